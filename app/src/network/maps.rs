//! The live maps inside a card.

use std::cell::RefCell;

use engine::{NodeId, Shape};
use leptos::html::Canvas;
use leptos::prelude::*;

use crate::format::value;
use crate::lab::{Detail, Lab, Trace};
use crate::maps::{Palette, Range, Resizing, Table};

/// What a card shows: its first channels, large ones reduced. The browser takes each canvas through
/// every frame, so some cards of many would hold the page up; the inspector shows all.
const SHOWN: Detail = Detail {
    channels: Some(32),
    side: Some(56),
};

/// The live maps of one node: a canvas a channel, or one strip for a vector.
#[component]
pub fn Maps(id: NodeId, shape: Shape, name: String) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let strip = shape.is_vector();
    // A strip has one pixel for each value of the vector.
    let detail = if strip { Detail::ALL } else { SHOWN };
    let sent = detail.of(id).sent(shape);
    let (shown, width, height) = if strip {
        (1, sent.channels, 1)
    } else {
        (sent.channels, sent.width, sent.height)
    };
    lab.show_maps(move || Some((id, detail)));
    let canvases: Vec<NodeRef<Canvas>> = (0..shown).map(|_| NodeRef::new()).collect();
    let palette = lab
        .palettes
        .with_untracked(|palettes| palettes.get(&id).copied());
    let table = Table::new(palette.unwrap_or(Palette::Signed));
    let work = RefCell::new((Vec::<Resizing>::new(), Vec::new()));
    let refs = canvases.clone();
    let paint = move |trace: &Trace| {
        let Some((slice, values)) = trace.map(id).filter(|(slice, _)| slice.shape == shape) else {
            return;
        };
        // Where another view wants the map in full, it comes in full.
        let (width, height) = if strip {
            (slice.sent.channels, 1)
        } else {
            (slice.sent.width, slice.sent.height)
        };
        let (painters, rgba) = &mut *work.borrow_mut();
        painters.resize_with(refs.len(), Resizing::default);
        let range = Range {
            min: slice.min,
            max: slice.max,
        };
        let channels = values.chunks_exact(width as usize * height as usize);
        for ((painter, canvas), values) in painters.iter_mut().zip(&refs).zip(channels) {
            let Some(canvas) = canvas.get_untracked() else {
                continue;
            };
            if let Ok(painter) = painter.fit(&canvas, width, height) {
                painter.paint(values, &table, range, rgba);
            }
        }
    };
    lab.on_trace(paint);
    // A card that comes later than the answer shows it all the same.
    let first = refs_mounted(&canvases);
    Effect::new(move |_| {
        if first() {
            lab.repaint();
        }
    });
    let channels = shape.channels;
    let more = (!strip && channels > shown)
        .then(|| view! { <p class="hint">{format!("{shown} of {channels} channels")}</p> });
    let label = move |channel: usize| {
        if strip {
            format!("{name}: {channels} values")
        } else {
            format!("{name}, channel {}", channel + 1)
        }
    };
    let tip = move |event: leptos::ev::PointerEvent| strip_tip(lab, id, channels, &event);
    let hovered = RwSignal::new(None::<String>);
    view! {
        <div
            class="maps"
            data-kind=if strip { "vector" } else { "maps" }
            style:--map-width=width.to_string()
            style:--map-height=height.to_string()
            style:--map-scale=map_scale(width).to_string()
        >
            {canvases
                .into_iter()
                .enumerate()
                .map(|(channel, canvas)| {
                    view! {
                        <canvas
                            node_ref=canvas
                            class="pixels"
                            data-testid="map"
                            data-channel=channel.to_string()
                            role="img"
                            aria-label=label(channel)
                            width=width
                            height=height
                            on:pointermove=move |event| {
                                if strip {
                                    hovered.set(tip(event));
                                }
                            }
                            on:pointerleave=move |_| hovered.set(None)
                        ></canvas>
                    }
                })
                .collect_view()}
            <span class="map-value" aria-hidden="true">{move || hovered.get()}</span>
        </div>
        {more}
    }
}

/// How many screen pixels wide a value is: large maps as they are, small ones enlarged to about 30.
const fn map_scale(width: u32) -> u32 {
    if width > 30 {
        1
    } else {
        30_u32.div_ceil(width)
    }
}

/// Whether all of these canvases are in the page.
fn refs_mounted(canvases: &[NodeRef<Canvas>]) -> impl Fn() -> bool + 'static {
    let last = canvases.last().copied();
    move || last.is_some_and(|canvas| canvas.get().is_some())
}

/// The value under the pointer in a vector's strip.
fn strip_tip(
    lab: Lab,
    id: NodeId,
    channels: u32,
    event: &leptos::ev::PointerEvent,
) -> Option<String> {
    let canvas: web_sys::HtmlElement = event_target(event);
    let width = f64::from(canvas.client_width());
    let at = (f64::from(event.offset_x()) / width.max(1.0) * f64::from(channels)) as usize;
    let at = at.min(channels.saturating_sub(1) as usize);
    lab.latest.with_untracked(|trace| {
        let (_, values) = trace.as_ref()?.map(id)?;
        Some(format!("{at}: {}", value(*values.get(at)?)))
    })
}
