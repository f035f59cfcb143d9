//! A row of test images to put on the pad.

use std::cell::RefCell;

use leptos::html::{Canvas, Section};
use leptos::prelude::*;
use state::input::{DataSet, IMAGE_SIDE, Sample, Source};
use state::notices::{Failure, Place};

use crate::lab::Lab;
use crate::platform::schedule::after_frames;
use crate::ui::format::exact;
use crate::ui::icon::{Icon, icon};
use crate::ui::maps::{Palette, Range, Resizing, Table};
use crate::ui::{into_view, is_narrow, rove};

/// Images in the row.
const PER_PAGE: usize = 7;

#[component]
pub fn GalleryView(set: DataSet) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let galleries = lab.input.galleries();
    let count =
        Memo::new(move |_| galleries.with(|it| it.of(set).map_or(0, |gallery| gallery.len())));
    // The image of this set that is on the pad.
    let chosen = Memo::new(move |_| {
        let sample = lab.input.sample().get().filter(|sample| sample.set == set);
        sample.map(|sample| sample.index)
    });
    let page = RwSignal::new(0);
    // The page follows the chosen sample.
    Effect::new(move |_| {
        if let Some(index) = chosen.get() {
            page.set(index / PER_PAGE);
        }
    });
    // On a phone it is below the pad: there it comes into view when it is chosen.
    let strip = NodeRef::<Section>::new();
    Effect::new(move |_| {
        let wanted = lab.input.source().get_untracked() == Source::Gallery(set);
        if count.get() > 0 && wanted && is_narrow() {
            after_frames(move || {
                if let Some(strip) = strip.try_get_untracked().flatten() {
                    into_view(&strip);
                }
            });
        }
    });
    let turn = move |back: bool| {
        let pages = count.get_untracked().div_ceil(PER_PAGE);
        page.update(|page| *page = around(*page, pages, back));
    };
    let leaf = move |back: bool| {
        let index = match chosen.get_untracked() {
            Some(index) => around(index, count.get_untracked(), back),
            None => page.get_untracked() * PER_PAGE,
        };
        lab.show_sample(Sample { set, index });
    };
    let shown = move || {
        let first = page.get() * PER_PAGE;
        let last = (first + PER_PAGE).min(count.get());
        let [first, last, all] = [first + 1, last, count.get()].map(|it| exact(it as u64));
        format!("{first}–{last} of {all}")
    };
    let arrow = |name: &'static str, testid: &'static str, picture: Icon, act: Callback<()>| {
        view! {
            <button
                type="button"
                class="icon"
                data-testid=testid
                aria-label=name
                title=name
                tabindex=(testid != "gallery-previous-page").then_some("-1")
                on:click=move |_| act.run(())
            >
                {icon(picture)}
            </button>
        }
    };
    let title = format!("{} test images", set.name());
    let images = move || {
        let one = |place: usize| {
            let sample = Memo::new(move |_| Sample {
                set,
                index: page.get() * PER_PAGE + place,
            });
            view! { <One sample count first=place == 0 /> }
        };
        (0..PER_PAGE).map(one).collect_view()
    };
    let missing = move || {
        let failed = |failure: &Failure| failure.place == Place::Gallery;
        if lab.notices.failures().with(|it| it.iter().any(failed)) {
            "The images did not come."
        } else {
            "The images are on their way."
        }
    };
    view! {
        <section node_ref=strip class="strip" data-set=set.name() aria-label=title.clone()>
            <div class="strip-head" role="toolbar" aria-label="Other test images" on:keydown=rove>
                <h2>{title.clone()}</h2>
                {arrow("Previous images", "gallery-previous-page", Icon::Back, Callback::new(move |()| turn(true)))}
                {arrow("Previous image", "gallery-previous", Icon::Previous, Callback::new(move |()| leaf(true)))}
                {arrow("Next image", "gallery-next", Icon::Next, Callback::new(move |()| leaf(false)))}
                {arrow("Next images", "gallery-next-page", Icon::Forward, Callback::new(move |()| turn(false)))}
            </div>
            <p class="visually-hidden" role="status" data-testid="gallery-page">{shown}</p>
            {move || {
                if count.get() == 0 {
                    view! { <p class="pad-note">{missing}</p> }.into_any()
                } else {
                    view! {
                        <div class="thumbs" role="group" aria-label="Test images" on:keydown=rove>
                            {images()}
                        </div>
                    }
                    .into_any()
                }
            }}
        </section>
    }
}

/// The next of `count` indices, or the previous one when `back`, cyclically.
fn around(at: usize, count: usize, back: bool) -> usize {
    let count = count.max(1);
    (at + if back { count - 1 } else { 1 }) % count
}

#[component]
fn One(sample: Memo<Sample>, count: Memo<usize>, first: bool) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let canvas = NodeRef::<Canvas>::new();
    let work = RefCell::new((Resizing::default(), Vec::new()));
    let table = Table::of(Palette::Grey);
    Effect::new(move |_| {
        let Some(canvas) = canvas.get() else { return };
        let image = lab
            .input
            .galleries()
            .with(|it| it.image(sample.get()).map(<[u8]>::to_vec));
        let Some(image) = image else { return };
        let values: Vec<f32> = image.into_iter().map(f32::from).collect();
        let (painter, rgba) = &mut *work.borrow_mut();
        if let Ok(painter) = painter.fit(&canvas, IMAGE_SIDE, IMAGE_SIDE) {
            let range = Range {
                min: 0.0,
                max: 255.0,
            };
            painter.paint(&values, table, range, rgba);
        }
    });
    let label = Memo::new(move |_| lab.input.galleries().with(|it| it.label(sample.get())));
    let label = move || label.get().unwrap_or_default();
    let number = move || sample.get().index + 1;
    view! {
        <button
            type="button"
            class="thumb"
            data-testid="sample"
            data-index=move || sample.get().index.to_string()
            data-label=label
            aria-label=move || format!("Test image {}: {}", number(), label())
            title=label
            aria-pressed=move || (lab.input.sample().get() == Some(sample.get())).to_string()
            tabindex=(!first).then_some("-1")
            hidden=move || count.get() < number()
            on:click=move |_| lab.show_sample(sample.get_untracked())
        >
            <canvas node_ref=canvas class="pixels" width=IMAGE_SIDE height=IMAGE_SIDE></canvas>
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
