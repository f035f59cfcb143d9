//! One channel of the selected layer, large, with the value under the pointer or the keyboard.

use std::cell::RefCell;

use engine::{NodeId, Shape};
use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html::Canvas;
use leptos::prelude::*;

use super::grid::Grid;
use crate::format::value;
use crate::lab::{Detail, Lab, Trace};
use crate::maps::{Painter, Palette, Range, Table};

#[component]
pub fn Viewer(id: NodeId, shape: Shape) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let grid = Grid::of(shape);
    let channel = RwSignal::new(0_u32);
    let cell = RwSignal::new((0_u32, 0_u32));
    let canvas = NodeRef::<Canvas>::new();
    let palette = lab
        .palettes
        .with_untracked(|palettes| palettes.get(&id).copied());
    let table = Table::new(palette.unwrap_or(Palette::Signed));
    let work = RefCell::new((None, Vec::new(), Vec::new()));
    lab.show_maps(move || Some((id, Detail::ALL)));
    lab.on_trace(move |trace: &Trace| {
        let (Some((slice, values)), Some(canvas)) = (trace.map(id), canvas.get_untracked()) else {
            return;
        };
        let (painter, rgba, picture) = &mut *work.borrow_mut();
        if painter.is_none() {
            *painter = Painter::new(&canvas, grid.width, grid.height).ok();
        }
        let Some(painter) = painter else { return };
        grid.picture(values, channel.get_untracked(), picture);
        painter.paint(
            picture,
            &table,
            Range {
                min: slice.min,
                max: slice.max,
            },
            rgba,
        );
    });
    Effect::new(move |_| {
        channel.track();
        if canvas.get().is_some() {
            lab.repaint();
        }
    });
    let turn = move |back: bool| {
        let count = grid.channels;
        channel.update(|channel| *channel = (*channel + if back { count - 1 } else { 1 }) % count);
    };
    let point = move |event: PointerEvent| {
        let shown: web_sys::HtmlElement = event_target(&event);
        let at = |offset: i32, length: i32, count: u32| {
            let share = f64::from(offset) / f64::from(length.max(1));
            ((share * f64::from(count)) as u32).min(count - 1)
        };
        let column = at(event.offset_x(), shown.client_width(), grid.width);
        cell.set((
            column,
            at(event.offset_y(), shown.client_height(), grid.height),
        ));
    };
    let key = move |event: KeyboardEvent| match event.key().as_str() {
        "PageUp" => {
            turn(true);
            event.prevent_default();
        }
        "PageDown" => {
            turn(false);
            event.prevent_default();
        }
        arrow => {
            if let Some(moved) = grid.moved(cell.get_untracked(), arrow) {
                cell.set(moved);
                event.prevent_default();
            }
        }
    };
    let reading = move || {
        let (cell, channel) = (cell.get(), channel.get());
        let found = lab.latest.with(|trace| {
            let (_, values) = trace.as_ref()?.map(id)?;
            values.get(grid.index(channel, cell)?).copied()
        });
        let shown = found.map_or_else(|| "–".to_owned(), value);
        format!("{}: {shown}", grid.describe(channel, cell))
    };
    let range = move || {
        lab.latest.with(|trace| {
            let (slice, _) = trace.as_ref()?.map(id)?;
            Some(format!(
                "Layer from {} to {}",
                value(slice.min),
                value(slice.max)
            ))
        })
    };
    let picker = (grid.channels > 1).then(|| {
        view! {
            <div class="tools">
                <button type="button" aria-label="Previous channel" on:click=move |_| turn(true)>
                    "‹"
                </button>
                <span class="figures">
                    {move || format!("channel {} of {}", channel.get() + 1, grid.channels)}
                </span>
                <button type="button" aria-label="Next channel" on:click=move |_| turn(false)>
                    "›"
                </button>
            </div>
        }
    });
    let place = move |at: u32, count: u32| format!("{}%", f64::from(at) / f64::from(count) * 100.0);
    view! {
        {picker}
        <div class="viewer" style=format!("aspect-ratio: {} / {}", grid.width, grid.height)>
            <canvas
                node_ref=canvas
                class="pixels"
                data-testid="viewer"
                tabindex="0"
                role="application"
                aria-roledescription="feature map"
                aria-label="Feature map; arrow keys move from value to value, Page Up and Page Down \
                            from channel to channel"
                width=grid.width
                height=grid.height
                on:pointermove=point
                on:pointerdown=point
                on:keydown=key
            ></canvas>
            <span
                class="viewer-cell"
                style:left=move || place(cell.get().0, grid.width)
                style:top=move || place(cell.get().1, grid.height)
                style:width=place(1, grid.width)
                style:height=place(1, grid.height)
            ></span>
        </div>
        <p class="figures" data-testid="map-value">{reading}</p>
        <p class="hint figures">{range}</p>
    }
}
