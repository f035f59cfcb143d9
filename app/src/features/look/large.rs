//! The chosen map, large, with the value under the pointer or the keyboard.

use leptos::ev::{KeyboardEvent, MouseEvent, PointerEvent};
use leptos::prelude::*;
use state::look::Pixel;
use wasm_bindgen::JsCast;

use super::looking::Looking;
use super::picture::{Pictures, painted};
use super::subject::{Cell, Grid};
use crate::ui::format::short;
use crate::ui::maps::Palette;

/// Below this the picture is enlarged by a whole number.
const WHOLE: u32 = 256;

/// Where a pixel is, for people: counted from 1.
pub fn place(grid: Grid, pixel: Pixel) -> String {
    if grid.is_vector() {
        return format!("value {}", pixel.channel + 1);
    }
    format!("row {}, column {}", pixel.row + 1, pixel.column + 1)
}

/// The picture's values: a channel, or all of a vector in rows.
fn pictures(looking: Looking, grid: Grid) -> Option<Pictures> {
    let trace = looking.trace()?;
    let own = looking.own.get();
    let values = if grid.is_vector() {
        own.values(&trace)?
    } else {
        own.channel(&trace, looking.chosen.get().channel)?
    };
    let mut values = values.to_vec();
    values.resize(grid.width as usize * grid.height as usize, 0.0);
    Some(Pictures {
        width: grid.width,
        height: grid.height,
        range: own.range(&trace, looking.palette)?,
        values,
        palette: looking.palette,
        gone: Vec::new(),
    })
}

/// The cell under the pointer.
fn under(event: &MouseEvent, grid: Grid) -> Option<Cell> {
    let shown: web_sys::HtmlElement = event.current_target()?.dyn_into().ok()?;
    let at = |offset: i32, length: i32, count: u32| {
        let share = f64::from(offset.max(0)) / f64::from(length.max(1));
        ((share * f64::from(count)) as u32).min(count - 1)
    };
    Some((
        at(event.offset_x(), shown.client_width(), grid.width),
        at(event.offset_y(), shown.client_height(), grid.height),
    ))
}

#[component]
pub fn Large(looking: Looking) -> impl IntoView {
    let lab = looking.lab;
    let grid = looking.subject.with_value(|subject| subject.grid());
    let canvas = painted(lab, move || pictures(looking, grid));
    let pixel = move |event: &MouseEvent| {
        let cell = under(event, grid)?;
        grid.pixel(looking.chosen.get_untracked(), cell)
    };
    let moved = move |event: PointerEvent| {
        if event.pointer_type() != "touch" {
            lab.look.hover(pixel(&event));
        }
    };
    let click = move |event: MouseEvent| {
        if let Some(pixel) = pixel(&event) {
            lab.look.choose(Some(pixel));
        }
    };
    let key = move |event: KeyboardEvent| {
        let chosen = looking.chosen.get_untracked();
        let channels = looking.subject.with_value(|it| it.shape.channels);
        let to = match event.key().as_str() {
            "PageUp" => Some(Pixel {
                channel: (chosen.channel + channels - 1) % channels,
                ..chosen
            }),
            "PageDown" => Some(Pixel {
                channel: (chosen.channel + 1) % channels,
                ..chosen
            }),
            arrow => grid.moved(chosen, arrow),
        };
        if let Some(to) = to {
            event.prevent_default();
            lab.look.hover(None);
            lab.look.choose(Some(to));
        }
    };
    let cell = move || grid.cell(looking.shown.get());
    let share = |at: u32, of: u32| format!("{}%", f64::from(at) / f64::from(of) * 100.0);
    let value = move || looking.value(looking.shown.get());
    // The words stand below the pixel, or above it in the lower half, and towards the middle.
    let low = move || cell().1 * 2 >= grid.height;
    let right = move || cell().0 * 2 >= grid.width;
    let longest = grid.width.max(grid.height);
    let ends = move || {
        let trace = looking.trace()?;
        let range = looking.own.get().range(&trace, looking.palette)?;
        Some(match looking.palette {
            Palette::Signed => [range.max, -range.max],
            Palette::Positive => [range.max, 0.0],
            Palette::Grey => [range.max, range.min],
        })
    };
    let end = move |at: usize| {
        let ends = ends()?;
        let sign = if ends[at] > 0.0 { "+" } else { "" };
        Some(format!("{sign}{}", short(ends[at])))
    };
    let palette = match looking.palette {
        Palette::Signed => "signed",
        Palette::Positive => "positive",
        Palette::Grey => "grey",
    };
    view! {
        <div class="large">
            <div
                class="large-map"
                class:fine={longest > WHOLE}
                style:--across=format!("{longest}px")
                style:--wide=(f64::from(grid.width) / f64::from(longest)).to_string()
                style:--high=(f64::from(grid.height) / f64::from(longest)).to_string()
            >
                <canvas
                    node_ref=canvas
                    class="pixels"
                    data-testid="viewer"
                    tabindex="0"
                    role="application"
                    aria-roledescription="map"
                    aria-label="Map; arrow keys go from value to value, Page Up and Page Down from map to map"
                    on:pointermove=moved
                    on:pointerleave=move |_| lab.look.hover(None)
                    on:click=click
                    on:keydown=key
                ></canvas>
                <i
                    class="large-pixel"
                    style:left=move || share(cell().0, grid.width)
                    style:top=move || share(cell().1, grid.height)
                    style:width=share(1, grid.width)
                    style:height=share(1, grid.height)
                ></i>
                <p
                    class="large-tip"
                    role="status"
                    data-testid="map-value"
                    data-value=move || value().map(|it| it.to_string())
                    data-low=move || low().to_string()
                    data-right=move || right().to_string()
                    style:--x=move || share(2 * cell().0 + 1, 2 * grid.width)
                    style:--y=move || share(2 * cell().1 + 1, 2 * grid.height)
                >
                    {move || place(grid, looking.shown.get())}
                    ": "
                    <b>{move || value().map_or_else(|| "–".to_owned(), short)}</b>
                </p>
            </div>
            <div class="large-ramp" aria-hidden="true">
                <span>{move || end(0)}</span>
                <i data-palette=palette></i>
                <span>{move || end(1)}</span>
            </div>
        </div>
    }
}
