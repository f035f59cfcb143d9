//! Test images to put on the pad.

use leptos::html::Canvas;
use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::format::exact;
use crate::ui::maps::{Atlas, Palette, Picture, Range, Table};
use state::input::DataSet;
use state::input::IMAGE_SIDE;
use state::input::Sample;
use state::notices::Failure;
use state::notices::Place;

/// Images on one page of the gallery.
const PER_PAGE: usize = 20;

#[component]
pub fn GalleryView(set: DataSet) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let count = Memo::new(move |_| {
        lab.input
            .galleries()
            .with(|it| it.of(set).map_or(0, |gallery| gallery.len()))
    });
    // The image of this page that is on the pad.
    let chosen = Memo::new(move |_| {
        let sample = lab.input.sample().get().filter(|sample| sample.set == set);
        sample.map(|sample| sample.index)
    });
    let page = RwSignal::new(0);
    let pages = move || count.get().div_ceil(PER_PAGE).max(1);
    // The page follows the chosen sample.
    Effect::new(move |_| {
        if let Some(index) = chosen.get() {
            page.set(index / PER_PAGE);
        }
    });
    let turn = move |back: bool| {
        page.update(|page| *page = around(*page, pages(), back));
    };
    let leaf = move |back: bool| {
        let first = page.get_untracked() * PER_PAGE;
        let index = match chosen.get_untracked() {
            Some(index) => around(index, count.get_untracked(), back),
            None => first,
        };
        lab.show_sample(Sample { set, index });
    };
    let shown = move || {
        let first = page.get() * PER_PAGE;
        let last = (first + PER_PAGE).min(count.get());
        format!(
            "{}–{} of {}",
            exact(first as u64 + 1),
            exact(last as u64),
            exact(count.get() as u64)
        )
    };
    let title = format!("{} test images", set.name());
    let title = StoredValue::new(title);
    view! {
        <Show when=move || count.get() != 0>
            <h2 class="section-title">{title.get_value()}</h2>
            <div class="gallery" data-set=set.name() role="group" aria-label=title.get_value()>
                <Page set page count />
            </div>
            <div class="tools gallery-tools">
                <button type="button" data-testid="gallery-previous-page" aria-label="Previous page"
                    on:click=move |_| turn(true)>"‹"</button>
                <span class="figures" data-testid="gallery-page">{shown}</span>
                <button type="button" data-testid="gallery-next-page" aria-label="Next page"
                    on:click=move |_| turn(false)>"›"</button>
                <span class="spring"></span>
                <button type="button" data-testid="gallery-previous"
                    on:click=move |_| leaf(true)>"Previous"</button>
                <button type="button" data-testid="gallery-next"
                    on:click=move |_| leaf(false)>"Next"</button>
            </div>
        </Show>
        <p class="hint" hidden=move || count.get() != 0>
            {move || {
                let failed = |failure: &Failure| failure.place == Place::Gallery;
                if lab.notices.failures().with(|failures| failures.iter().any(failed)) {
                    "The images did not come."
                } else {
                    "The images are on their way."
                }
            }}
        </p>
    }
}

/// The next of `count` indices, or the previous one when `back`, cyclically.
fn around(at: usize, count: usize, back: bool) -> usize {
    let count = count.max(1);
    (at + if back { count - 1 } else { 1 }) % count
}

/// The images of a page.
#[component]
fn Page(set: DataSet, page: RwSignal<usize>, count: Memo<usize>) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let canvases: Vec<NodeRef<Canvas>> = (0..PER_PAGE).map(|_| NodeRef::new()).collect();
    let atlas = Atlas::new(canvases.clone());
    let (cell, over) = (atlas.cell(), atlas.view());
    let table = Table::new(Palette::Grey);
    let range = Range {
        min: 0.0,
        max: 255.0,
    };
    let last = canvases.last().copied();
    Effect::new(move |_| {
        let first = page.get() * PER_PAGE;
        if last.is_none_or(|canvas| canvas.get().is_none()) {
            return;
        }
        let images: Vec<Option<Vec<f32>>> = lab.input.galleries().with(|galleries| {
            let image = |index| galleries.image(Sample { set, index });
            let values = |image: &[u8]| image.iter().copied().map(f32::from).collect();
            (first..first + PER_PAGE)
                .map(|index| image(index).map(values))
                .collect()
        });
        atlas.paint(images.iter().map(|image| {
            Some(Picture {
                values: image.as_deref()?,
                width: IMAGE_SIDE,
                height: IMAGE_SIDE,
                table: &table,
                range,
            })
        }));
    });
    let one = |(place, canvas)| view! { <One set page place count canvas cell /> };
    let pictures = canvases.into_iter().enumerate().map(one).collect_view();
    view! {
        {pictures}
        {over}
    }
}

#[component]
fn One(
    set: DataSet,
    page: RwSignal<usize>,
    place: usize,
    count: Memo<usize>,
    canvas: NodeRef<Canvas>,
    cell: Option<&'static str>,
) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let sample = Memo::new(move |_| {
        let index = page.get() * PER_PAGE + place;
        Sample { set, index }
    });
    let label = Memo::new(move |_| lab.input.galleries().with(|it| it.label(sample.get())));
    let label = move || label.get().unwrap_or_default();
    let number = move || sample.get().index + 1;
    let pressed = move || (lab.input.sample().get() == Some(sample.get())).to_string();
    view! {
        <button
            type="button"
            class="sample"
            data-testid="sample"
            data-index=move || sample.get().index.to_string()
            data-label=label
            aria-label=move || format!("Test image {}: {}", number(), label())
            title=label
            aria-pressed=pressed
            hidden=move || count.get() < number()
            on:click=move |_| lab.show_sample(sample.get_untracked())
        >
            <canvas
                node_ref=canvas
                class="pixels"
                data-cell=cell
                width=IMAGE_SIDE
                height=IMAGE_SIDE
            ></canvas>
            // A digit fits below its picture.
            {(set == DataSet::Mnist).then(|| view! { <span aria-hidden="true">{label}</span> })}
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leafing_goes_round() {
        assert_eq!(around(0, 1000, true), 999);
        assert_eq!(around(999, 1000, false), 0);
        assert_eq!(around(5, 1000, false), 6);
        assert_eq!(around(0, 0, true), 0);
    }
}
