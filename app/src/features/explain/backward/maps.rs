//! A layer's activations and, below each, the gradient at the same places.

use std::cell::RefCell;
use std::sync::Arc;

use engine::session::Wanted;
use engine::{NodeId, Shape};
use leptos::ev::MouseEvent;
use leptos::html::Canvas;
use leptos::prelude::*;
use state::answer::Trace;
use state::look::Pixel;
use wasm_bindgen::JsCast;

use super::walk::{MAPS, Walk, wanted};
use crate::ui::maps::{Palette, Range, Resizing, Table};
use crate::ui::rove;

/// Values of a vector in one row.
const ROW: u32 = 32;

/// Which of the two is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Activation,
    Gradient,
}

pub fn maps(walk: Walk, node: NodeId) -> AnyView {
    let Some(shape) = walk.shape(node) else {
        return ().into_any();
    };
    let wanted = wanted(walk.lab.document.running(), node);
    let sent = wanted.sent(shape);
    if shape.positions() == 1 {
        let rows = sent.channels.div_ceil(ROW);
        let across = sent.channels.min(ROW);
        let strip = move |which: Which, name: &'static str| {
            view! {
                <figure class="backward-strip">
                    <figcaption>{name}</figcaption>
                    {canvas(walk, wanted, which, None, (across, rows))}
                </figure>
            }
        };
        return view! {
            <div class="backward-strips" data-testid="backward-maps">
                {strip(Which::Activation, "activation")}
                {strip(Which::Gradient, "gradient")}
            </div>
        }
        .into_any();
    }
    let one = move |channel: u32| {
        let chosen = move || walk.unit.get().is_some_and(|it| it.channel == channel);
        let click = move |event: MouseEvent| {
            let at = place(&event, shape).unwrap_or([shape.height / 2, shape.width / 2]);
            walk.lab.look.choose(Some(Pixel {
                node,
                channel,
                row: at[0],
                column: at[1],
            }));
        };
        view! {
            <button
                type="button"
                class="backward-map"
                aria-label=format!("Map {}", channel + 1)
                aria-pressed=move || chosen().to_string()
                tabindex=if channel == 0 { "0" } else { "-1" }
                on:click=click
            >
                {canvas(walk, wanted, Which::Activation, Some(channel), (sent.width, sent.height))}
                {canvas(walk, wanted, Which::Gradient, Some(channel), (sent.width, sent.height))}
            </button>
        }
    };
    let count = sent.channels.min(MAPS);
    let more =
        (shape.channels > count).then(|| format!("The first {count} of {} maps.", shape.channels));
    view! {
        <p class="backward-key" aria-hidden="true">
            <span>"activation"</span>
            <span>"gradient"</span>
        </p>
        <div
            class="backward-maps"
            role="toolbar"
            aria-label="Maps, the activation above its gradient"
            data-testid="backward-maps"
            on:keydown=rove
        >
            {(0..count).map(one).collect_view()}
        </div>
        {more.map(|more| view! { <p class="say">{more}</p> })}
    }
    .into_any()
}

/// The row and the column under the pointer; none of a click by key.
fn place(event: &MouseEvent, shape: Shape) -> Option<[u32; 2]> {
    let over: web_sys::HtmlElement = event.target()?.dyn_into().ok()?;
    if event.detail() == 0 || over.tag_name() != "CANVAS" {
        return None;
    }
    let at = |offset: i32, length: i32, count: u32| {
        let share = f64::from(offset.max(0)) / f64::from(length.max(1));
        ((share * f64::from(count)) as u32).min(count.saturating_sub(1))
    };
    Some([
        at(event.offset_y(), over.client_height(), shape.height),
        at(event.offset_x(), over.client_width(), shape.width),
    ])
}

fn canvas(
    walk: Walk,
    wanted: Wanted,
    which: Which,
    channel: Option<u32>,
    (width, height): (u32, u32),
) -> AnyView {
    let lab = walk.lab;
    let node = NodeRef::<Canvas>::new();
    let work = RefCell::new((Resizing::default(), Vec::new()));
    Effect::new(move |_| {
        lab.screen.dark().track();
        let trace: Option<Arc<Trace>> = match which {
            Which::Activation => lab.answer.latest().get(),
            Which::Gradient => walk.seen().map(|it| Arc::clone(&it.maps)),
        };
        let (Some(canvas), Some(trace)) = (node.get(), trace) else {
            return;
        };
        let Some((slice, values)) = trace.part(&wanted) else {
            return;
        };
        let palette = match which {
            Which::Activation => {
                let palettes = lab.palettes;
                let own = palettes.with(|palettes| palettes.get(&wanted.node).copied());
                own.unwrap_or(Palette::Signed)
            }
            Which::Gradient => Palette::Signed,
        };
        let Some(range) = Range::of_layer(values, palette) else {
            return;
        };
        // It may have come finer than asked, where another view needs it so.
        let (wide, high) = match channel {
            Some(_) => (slice.sent.width, slice.sent.height),
            None => (width, height),
        };
        let area = (wide * high) as usize;
        let from = channel.map_or(0, |it| it as usize * area);
        let mut part = values.get(from..).unwrap_or_default().to_vec();
        part.resize(area, 0.0);
        let (painter, rgba) = &mut *work.borrow_mut();
        if let Ok(painter) = painter.fit(&canvas, wide, high) {
            painter.paint(&part, Table::of(palette), range, rgba);
        }
    });
    view! { <canvas node_ref=node class="pixels" aria-hidden="true" style:aspect-ratio=format!("{width} / {height}")></canvas> }
        .into_any()
}
