//! MNIST test images to put on the pad.

use std::cell::RefCell;

use leptos::html::Canvas;
use leptos::prelude::*;

use crate::format::exact;
use crate::lab::{IMAGE_SIDE, Lab};
use crate::maps::{Painter, Palette, Range, Table};

/// Images on one page of the gallery.
const PER_PAGE: usize = 20;

#[component]
pub fn GalleryView() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let count = Memo::new(move |_| lab.gallery.with(|it| it.as_ref().map_or(0, |it| it.len())));
    let page = RwSignal::new(0);
    let pages = move || count.get().div_ceil(PER_PAGE).max(1);
    // The page follows the sample, wherever the choice came from.
    Effect::new(move |_| {
        if let Some(sample) = lab.sample.get() {
            page.set(sample / PER_PAGE);
        }
    });
    let turn = move |back: bool| {
        page.update(|page| *page = around(*page, pages(), back));
    };
    let leaf = move |back: bool| {
        let first = page.get_untracked() * PER_PAGE;
        let next = match lab.sample.get_untracked() {
            Some(sample) => around(sample, count.get_untracked(), back),
            None => first,
        };
        lab.show_sample(next);
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
    let truth = move || {
        let sample = lab.sample.get()?;
        let label = lab
            .gallery
            .with(|gallery| gallery.as_ref()?.label(sample))?;
        Some(format!(
            "On the pad: test image {}, a {label}.",
            exact(sample as u64 + 1)
        ))
    };
    view! {
        <Show when=move || count.get() != 0>
            <h2 class="section-title">"MNIST test images"</h2>
            <div class="gallery" role="group" aria-label="MNIST test images">
                {(0..PER_PAGE).map(|place| view! { <Sample page place count /> }).collect_view()}
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
            <p class="hint" role="status" data-testid="sample-truth">{truth}</p>
        </Show>
    }
}

/// The next of `count` places, or the one before when `back`, round and round.
fn around(at: usize, count: usize, back: bool) -> usize {
    let count = count.max(1);
    (at + if back { count - 1 } else { 1 }) % count
}

#[component]
fn Sample(page: RwSignal<usize>, place: usize, count: Memo<usize>) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let index = Memo::new(move |_| page.get() * PER_PAGE + place);
    let label = Memo::new(move |_| {
        lab.gallery
            .with(|gallery| gallery.as_ref().and_then(|it| it.label(index.get())))
    });
    let canvas = NodeRef::<Canvas>::new();
    let table = Table::new(Palette::Grey);
    let work = RefCell::new((None, Vec::new()));
    Effect::new(move |_| {
        let (Some(canvas), index) = (canvas.get(), index.get()) else {
            return;
        };
        let (painter, rgba) = &mut *work.borrow_mut();
        if painter.is_none() {
            *painter = Painter::new(&canvas, IMAGE_SIDE, IMAGE_SIDE).ok();
        }
        lab.gallery.with(|gallery| {
            let image = gallery.as_ref().and_then(|gallery| gallery.image(index));
            if let (Some(image), Some(painter)) = (image, painter) {
                let values: Vec<f32> = image.iter().copied().map(f32::from).collect();
                painter.paint(
                    &values,
                    &table,
                    Range {
                        min: 0.0,
                        max: 255.0,
                    },
                    rgba,
                );
            }
        });
    });
    let digit = move || {
        label
            .get()
            .map(|label| label.to_string())
            .unwrap_or_default()
    };
    let pressed = move || (lab.sample.get() == Some(index.get())).to_string();
    view! {
        <button
            type="button"
            class="sample"
            data-testid="sample"
            data-index=move || index.get().to_string()
            data-label=digit
            aria-label=move || format!("Test image {}, a {}", index.get() + 1, digit())
            aria-pressed=pressed
            hidden=move || count.get() <= index.get()
            on:click=move |_| lab.show_sample(index.get_untracked())
        >
            <canvas node_ref=canvas class="pixels" width=IMAGE_SIDE height=IMAGE_SIDE></canvas>
            <span aria-hidden="true">{digit}</span>
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
