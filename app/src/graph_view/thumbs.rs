//! The live maps inside a box: one for each of the first channels.

use std::cell::RefCell;
use std::rc::Rc;

use engine::{NodeId, Shape};
use leptos::html::Canvas;
use leptos::prelude::*;

use crate::lab::{Detail, Lab, Trace};
use crate::maps::{Palette, Range, Resizing, Table};

/// Maps larger than this come reduced.
const SIDE: u32 = 32;
/// Two rows of eight fill a box.
const CHANNELS: u32 = 16;
const SHOWN: Detail = Detail {
    channels: Some(CHANNELS),
    side: Some(SIDE),
};

/// What painting needs again and again.
#[derive(Default)]
struct Work {
    painters: Vec<Resizing>,
    table: Option<(Palette, Table)>,
    rgba: Vec<u8>,
}

/// The first maps of a node; of a vector one strip with a pixel for each value.
pub fn thumbs(lab: Lab, id: NodeId, shape: Shape, name: String) -> AnyView {
    let strip = shape.is_vector();
    let detail = if strip { Detail::ALL } else { SHOWN };
    let sent = detail.of(id).sent(shape);
    let (shown, width, height) = if strip {
        (1, sent.channels, 1)
    } else {
        (sent.channels, sent.width, sent.height)
    };
    lab.show_maps(move || Some((id, detail)));
    let canvases: Vec<NodeRef<Canvas>> = (0..shown).map(|_| NodeRef::new()).collect();
    let refs = canvases.clone();
    let work = RefCell::new(Work::default());
    let paint = Rc::new(move |trace: &Trace| {
        let Some((slice, values)) = trace.map(id).filter(|(slice, _)| slice.shape == shape) else {
            return;
        };
        // Where another view wants the map in full, it comes in full.
        let (width, height) = if strip {
            (slice.sent.channels, 1)
        } else {
            (slice.sent.width, slice.sent.height)
        };
        let work = &mut *work.borrow_mut();
        let palette = lab
            .palettes
            .with_untracked(|palettes| palettes.get(&id).copied());
        let palette = palette.unwrap_or(Palette::Signed);
        let known = work.table.take().filter(|(of, _)| *of == palette);
        let (_, table) = &*work
            .table
            .insert(known.unwrap_or_else(|| (palette, Table::new(palette))));
        work.painters.resize_with(refs.len(), Resizing::default);
        let range = Range {
            min: slice.min,
            max: slice.max,
        };
        let channels = values.chunks_exact(width as usize * height as usize);
        for ((painter, canvas), values) in work.painters.iter_mut().zip(&refs).zip(channels) {
            let Some(canvas) = canvas.get_untracked() else {
                continue;
            };
            if let Ok(painter) = painter.fit(&canvas, width, height) {
                painter.paint(values, table, range, &mut work.rgba);
            }
        }
    });
    let again = Rc::clone(&paint);
    lab.on_trace(move |trace| again(trace));
    // A box that comes later than the answer shows it all the same.
    let last = canvases.last().copied();
    Effect::new(move |_| {
        if last.is_some_and(|canvas| canvas.get().is_some()) {
            lab.latest.with_untracked(|trace| {
                if let Some(trace) = trace {
                    paint(trace);
                }
            });
        }
    });
    let label = move |channel: usize| {
        if strip {
            format!("{name}: {} values", shape.channels)
        } else {
            format!("{name}, channel {}", channel + 1)
        }
    };
    let canvas = |(channel, canvas): (usize, NodeRef<Canvas>)| {
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
            ></canvas>
        }
    };
    let kind = match shown {
        _ if strip => "vector",
        ..=5 => "large",
        6 => "medium",
        7..=8 => "small",
        _ => "two-rows",
    };
    view! {
        <span class="thumbs" data-kind=kind>
            {canvases.into_iter().enumerate().map(canvas).collect_view()}
        </span>
    }
    .into_any()
}
