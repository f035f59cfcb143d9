//! The maps of a node as of the latest answer, wherever a network is shown: a canvas a channel, and
//! of a vector one strip with a pixel for each value.

use std::cell::RefCell;
use std::rc::Rc;

use engine::{NodeId, Shape};
use leptos::html::Canvas;
use leptos::prelude::*;

use crate::lab::{Detail, Lab, Trace};
use crate::maps::{Contact, Palette, Picture, Range, Table};

/// Asks for the maps as long as they are in the page, and paints them.
pub struct LiveMaps {
    pub contact: Rc<Contact>,
    pub canvases: Vec<NodeRef<Canvas>>,
    pub strip: bool,
    /// Of one canvas, in values.
    pub width: u32,
    pub height: u32,
    name: String,
    channels: u32,
}

impl LiveMaps {
    /// Of a node of this shape; of maps, not of a vector, only what `detail` says.
    pub fn new(lab: Lab, id: NodeId, shape: Shape, name: String, detail: Detail) -> Self {
        let strip = shape.is_vector();
        let detail = if strip { Detail::ALL } else { detail };
        let sent = detail.of(id).sent(shape);
        let (shown, width, height) = if strip {
            (1, sent.channels, 1)
        } else {
            (sent.channels, sent.width, sent.height)
        };
        lab.show_maps(move || Some((id, detail)));
        let canvases: Vec<NodeRef<Canvas>> = (0..shown).map(|_| NodeRef::new()).collect();
        let contact = Contact::new(canvases.clone());
        let shown = Rc::clone(&contact);
        let table = RefCell::new(None);
        let paint = Rc::new(move |trace: &Trace| {
            let Some((slice, values)) = trace.map(id).filter(|(slice, _)| slice.shape == shape)
            else {
                return;
            };
            // Where another view wants the map in full, it comes in full.
            let (width, height) = if strip {
                (slice.sent.channels, 1)
            } else {
                (slice.sent.width, slice.sent.height)
            };
            let palette = lab
                .palettes
                .with_untracked(|palettes| palettes.get(&id).copied());
            let palette = palette.unwrap_or(Palette::Signed);
            let table = &mut *table.borrow_mut();
            let known = table.take().filter(|(of, _)| *of == palette);
            let (_, table) = table.insert(known.unwrap_or_else(|| (palette, Table::new(palette))));
            let range = Range {
                min: slice.min,
                max: slice.max,
            };
            let channels = values.chunks_exact(width as usize * height as usize);
            shown.paint(channels.map(|values| {
                Some(Picture {
                    values,
                    width,
                    height,
                    table,
                    range,
                })
            }));
        });
        let again = Rc::clone(&paint);
        lab.on_trace(move |trace| again(trace));
        // What comes later than the answer shows it all the same.
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
        Self {
            contact,
            canvases,
            strip,
            width,
            height,
            name,
            channels: shape.channels,
        }
    }

    /// How many canvases there are.
    pub fn shown(&self) -> u32 {
        self.canvases.len() as u32
    }

    /// The canvases, and what shows them.
    pub fn view(self) -> AnyView {
        let Self {
            contact,
            canvases,
            strip,
            width,
            height,
            name,
            channels,
        } = self;
        let label = |channel: usize| {
            if strip {
                format!("{name}: {channels} values")
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
                    data-cell=contact.cell()
                    role="img"
                    aria-label=label(channel)
                    width=width
                    height=height
                ></canvas>
            }
        };
        let canvases = canvases.into_iter().enumerate().map(canvas).collect_view();
        view! {
            {canvases}
            {contact.view()}
        }
        .into_any()
    }
}
