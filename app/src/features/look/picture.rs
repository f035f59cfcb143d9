//! Pictures of values: one on a canvas, or many side by side on one.

use std::cell::RefCell;

use leptos::ev::KeyboardEvent;
use leptos::html::{Canvas, Div};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::lab::Lab;
use crate::ui::maps::{Palette, Range, Resizing, Table};

/// Pictures of one size, each row by row from the top.
pub struct Pictures {
    pub width: u32,
    pub height: u32,
    pub values: Vec<f32>,
    pub palette: Palette,
    pub range: Range,
    /// Which values are marked as pruned; empty where none is.
    pub gone: Vec<bool>,
}

/// The colour of pruned weights, which stands out from that of zero on light and dark pages.
const GONE: [u8; 3] = [128, 128, 128];
/// The width of a stripe, in pixels.
const STRIPE: u32 = 2;

/// A canvas that shows the first of these pictures, a pixel a value, painted when they change.
pub fn painted(lab: Lab, what: impl Fn() -> Option<Pictures> + 'static) -> NodeRef<Canvas> {
    let canvas = NodeRef::<Canvas>::new();
    let work = RefCell::new((Resizing::default(), Vec::new()));
    Effect::new(move |_| {
        lab.screen.dark().track();
        let (Some(canvas), Some(it)) = (canvas.get(), what()) else {
            return;
        };
        let (painter, rgba) = &mut *work.borrow_mut();
        if let Ok(painter) = painter.fit(&canvas, it.width, it.height) {
            Table::of(it.palette).paint(&it.values, it.range, rgba);
            // A pixel a value leaves no room for stripes.
            for (pixel, gone) in rgba.chunks_exact_mut(4).zip(&it.gone) {
                if *gone {
                    pixel[..3].copy_from_slice(&GONE);
                }
            }
            painter.put(rgba);
        }
    });
    canvas
}

/// How the pictures of a sheet stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub columns: u32,
    /// The side of a picture in pixels, and the room between two.
    pub side: u32,
    pub gap: u32,
}

/// Pictures side by side on one canvas, each with a button over it; the arrow keys go from one to
/// the next.
#[component]
pub fn Sheet(
    /// The pictures number `first` to `first + count`.
    what: Box<dyn Fn() -> Option<Pictures>>,
    first: u32,
    count: u32,
    layout: Layout,
    #[prop(into)] chosen: Signal<u32>,
    choose: Callback<u32>,
    name: Callback<u32, String>,
    label: String,
    testid: &'static str,
) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let Layout { columns, side, gap } = layout;
    let columns = columns.min(count.max(1));
    let rows = count.div_ceil(columns);
    let (width, height) = (columns * (side + gap) - gap, rows * (side + gap) - gap);
    let canvas = NodeRef::<Canvas>::new();
    let work = RefCell::new((Resizing::default(), Vec::new(), Vec::new()));
    Effect::new(move |_| {
        lab.screen.dark().track();
        let (Some(canvas), Some(it)) = (canvas.get(), what()) else {
            return;
        };
        let (painter, colours, rgba) = &mut *work.borrow_mut();
        Table::of(it.palette).paint(&it.values, it.range, colours);
        compose(&it, colours, layout, (width, columns), rgba, height);
        if let Ok(painter) = painter.fit(&canvas, width, height) {
            painter.put(rgba);
        }
    });
    let place = NodeRef::<Div>::new();
    let turn = move |event: KeyboardEvent| {
        let now = chosen.get_untracked();
        let (first, last) = (first, first + count - 1);
        let next = match event.key().as_str() {
            "ArrowLeft" => now.saturating_sub(1),
            "ArrowRight" => now + 1,
            "ArrowUp" => now.saturating_sub(columns),
            "ArrowDown" => now + columns,
            "Home" => first,
            "End" => last,
            _ => return,
        };
        event.prevent_default();
        let next = next.clamp(first, last);
        choose.run(next);
        focus_number(place, next);
    };
    let one = move |number: u32| {
        let is_chosen = move || chosen.get() == number;
        // One of them is reached by Tab.
        let tab = move || {
            let chosen = chosen.get();
            let on_page = (first..first + count).contains(&chosen);
            if chosen == number || (!on_page && number == first) {
                "0"
            } else {
                "-1"
            }
        };
        view! {
            <button
                type="button"
                data-testid=testid
                data-number=number.to_string()
                aria-label=move || name.run(number)
                aria-pressed=move || is_chosen().to_string()
                tabindex=tab
                on:click=move |_| choose.run(number)
            ></button>
        }
    };
    view! {
        <div
            class="sheet"
            node_ref=place
            role="group"
            aria-label=label
            style:grid-template-columns=format!("repeat({columns}, {side}px)")
            style:grid-auto-rows=format!("{side}px")
            style:gap=format!("{gap}px")
            on:keydown=turn
        >
            <canvas
                node_ref=canvas
                class="pixels"
                aria-hidden="true"
                style:width=format!("{width}px")
                style:height=format!("{height}px")
            ></canvas>
            {(first..first + count).map(one).collect_view()}
        </div>
    }
}

/// Puts the focus on the button of this number, once it is there.
pub fn focus_number(place: NodeRef<Div>, number: u32) {
    request_animation_frame(move || {
        let found = place.get_untracked().and_then(|place| {
            let found = place.query_selector(&format!("[data-number=\"{number}\"]"));
            found.ok().flatten()
        });
        if let Some(button) = found.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
            let focused = button.focus();
            debug_assert!(focused.is_ok());
        }
    });
}

/// Enlarges each picture by a whole number, or reduces it to the nearest pixels, and puts them side
/// by side.
fn compose(
    of: &Pictures,
    colours: &[u8],
    Layout { side, gap, .. }: Layout,
    (width, columns): (u32, u32),
    rgba: &mut Vec<u8>,
    height: u32,
) {
    rgba.clear();
    rgba.resize(width as usize * height as usize * 4, 0);
    let longest = of.width.max(of.height).max(1);
    let (times, parts) = if longest <= side {
        (side / longest, 1)
    } else {
        (1, longest.div_ceil(side))
    };
    let (wide, high) = (of.width * times / parts, of.height * times / parts);
    let area = of.width as usize * of.height as usize * 4;
    for (number, picture) in (0..).zip(colours.chunks_exact(area.max(1))) {
        let left = number % columns * (side + gap) + (side - wide) / 2;
        let top = number / columns * (side + gap) + (side - high) / 2;
        for y in 0..high {
            for x in 0..wide {
                let from = ((y * parts / times) * of.width + x * parts / times) as usize * 4;
                let to = ((top + y) * width + left + x) as usize * 4;
                let Some(pixel) = rgba.get_mut(to..to + 4) else {
                    continue;
                };
                pixel.copy_from_slice(&picture[from..from + 4]);
                let gone = of.gone.get(number as usize * area / 4 + from / 4);
                if gone == Some(&true) && (x + y) % (2 * STRIPE) < STRIPE {
                    pixel[..3].copy_from_slice(&GONE);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_enlarged_by_a_whole_number_and_centred() {
        let pictures = Pictures {
            width: 2,
            height: 1,
            values: Vec::new(),
            palette: Palette::Grey,
            range: Range { min: 0.0, max: 1.0 },
            gone: Vec::new(),
        };
        let colours: Vec<u8> = [1, 2, 3, 4].iter().flat_map(|&it| [it; 4]).collect();
        let layout = Layout {
            columns: 2,
            side: 5,
            gap: 1,
        };
        let mut rgba = Vec::new();
        compose(&pictures, &colours, layout, (11, 2), &mut rgba, 5);
        let row = |y: usize| rgba[y * 44..][..44].iter().step_by(4).copied();
        // Twice as large, 4 × 2 of 5 × 5.
        assert_eq!(row(0).collect::<Vec<_>>(), [0; 11]);
        assert_eq!(
            row(1).collect::<Vec<_>>(),
            [1, 1, 2, 2, 0, 0, 3, 3, 4, 4, 0]
        );
        assert_eq!(row(2).collect::<Vec<_>>(), row(1).collect::<Vec<_>>());
        assert_eq!(row(3).collect::<Vec<_>>(), [0; 11]);
    }

    #[test]
    fn pruned_values_are_striped() {
        let pictures = Pictures {
            width: 2,
            height: 1,
            values: vec![0.0; 2],
            palette: Palette::Signed,
            range: Range { min: 0.0, max: 1.0 },
            gone: vec![false, true],
        };
        let layout = Layout {
            columns: 1,
            side: 8,
            gap: 0,
        };
        let mut rgba = Vec::new();
        compose(&pictures, &[255; 8], layout, (8, 1), &mut rgba, 8);
        // Cells of 4 × 4 in the middle rows: the left one plain, half of the right one in grey.
        let grey = |columns: std::ops::Range<usize>| {
            let pixels = (2..6).flat_map(|y| columns.clone().map(move |x| (y * 8 + x) * 4));
            pixels.filter(|at| rgba[*at] == GONE[0]).count()
        };
        assert_eq!(grey(0..4), 0);
        assert_eq!(grey(4..8), 8);
    }
}
