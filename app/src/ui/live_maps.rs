//! The maps of a node as of the latest answer, wherever a network is shown: a canvas a channel, and
//! of a vector one strip with a pixel for each value.

use std::cell::RefCell;
use std::rc::Rc;

use engine::{NodeId, Shape};
use leptos::html::Canvas;
use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::card::Card;
use crate::ui::maps::{Atlas, Palette, Picture, Range, Table};
use state::answer::Detail;
use state::answer::Trace;

/// What is shown at the place of a node's maps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inside {
    /// The maps of this shape and name.
    Maps(Shape, String),
    /// Why there are no maps.
    Words(&'static str),
}

impl Inside {
    /// `None` where the node's problem is shown anyway.
    pub fn of(lab: Lab, card: &Card) -> Option<Self> {
        match card.shape {
            Some(shape) if lab.runs(card.id) => Some(Self::Maps(shape, card.name.clone())),
            Some(_) => Some(Self::Words("Does not run as it stands here.")),
            None if card.problem.is_some() => None,
            None => Some(Self::Words("Waits for the nodes before it.")),
        }
    }

    /// The layout of the maps at this `detail`, or why there are none.
    pub fn standing(&self, detail: Detail) -> Result<Layout, &'static str> {
        match self {
            Self::Maps(shape, _) => Ok(Layout::of(*shape, detail)),
            Self::Words(words) => Err(words),
        }
    }

    /// What the maps are of.
    pub fn maps(&self) -> Option<(Shape, String)> {
        match self {
            Self::Maps(shape, name) => Some((*shape, name.clone())),
            Self::Words(_) => None,
        }
    }
}

/// The layout of a node's maps in the page; their canvases are kept while it is equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// A vector's one strip.
    pub strip: bool,
    /// How many canvases there are.
    pub shown: u32,
}

impl Layout {
    /// The layout for a node of this shape; `detail` applies to maps, not to a vector.
    pub fn of(shape: Shape, detail: Detail) -> Self {
        let strip = shape.is_vector();
        let shown = if strip {
            1
        } else {
            sent(shape, detail).channels
        };
        Self { strip, shown }
    }

    /// Width and height of one canvas, in values.
    pub fn size(self, shape: Shape, detail: Detail) -> (u32, u32) {
        if self.strip {
            (shape.channels, 1)
        } else {
            let sent = sent(shape, detail);
            (sent.width, sent.height)
        }
    }
}

/// The part of a map of this shape that is requested.
fn sent(shape: Shape, detail: Detail) -> Shape {
    detail.of(NodeId::INPUT).sent(shape)
}

/// The node whose maps are shown; `None` while a view is being removed.
pub type Pictured = Memo<Option<(Shape, String)>>;

/// Requests the maps while they are mounted, and paints them.
pub struct LiveMaps {
    pub atlas: Rc<Atlas>,
    canvases: Vec<NodeRef<Canvas>>,
    layout: Layout,
    detail: Detail,
    of: Pictured,
}

impl LiveMaps {
    /// Creates the canvases for this layout; `detail` applies to maps, not to a vector.
    pub fn new(lab: Lab, id: NodeId, layout: Layout, of: Pictured, detail: Detail) -> Self {
        let Layout { strip, shown } = layout;
        let wanted = if strip { Detail::ALL } else { detail };
        lab.show_maps(move || Some((id, wanted)));
        let canvases: Vec<NodeRef<Canvas>> = (0..shown).map(|_| NodeRef::new()).collect();
        let atlas = Atlas::new(canvases.clone());
        let shown = Rc::clone(&atlas);
        let table = RefCell::new(None);
        let shape_now = move || {
            of.try_with_untracked(|of| of.as_ref().map(|of| of.0))
                .flatten()
        };
        let paint = Rc::new(move |trace: &Trace| {
            let shape = shape_now();
            let Some((slice, values)) = trace
                .map(id)
                .filter(|(slice, _)| Some(slice.shape) == shape)
            else {
                return;
            };
            // If another view requests the map in full, it is received in full.
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
        // A view mounted after the answer paints it too, and so does one whose shape has changed
        // since. An answer that is being painted may have passed this view already.
        let last = canvases.last().copied();
        let shape = Memo::new(move |_| of.with(|of| of.as_ref().map(|of| of.0)));
        Effect::new(move |_| {
            // A memo without subscribers is not updated.
            let _read = shape.get();
            if last.is_some_and(|canvas| canvas.get().is_some())
                && let Some(trace) = lab.newest()
            {
                paint(&trace);
            }
        });
        Self {
            atlas,
            canvases,
            layout,
            detail,
            of,
        }
    }

    /// Width and height of one canvas, in values.
    pub fn size(&self) -> Signal<(u32, u32)> {
        let Self {
            layout, detail, of, ..
        } = *self;
        Signal::derive(move || {
            of.with(|of| {
                of.as_ref()
                    .map_or((1, 1), |(shape, _)| layout.size(*shape, detail))
            })
        })
    }

    /// The canvases, and what shows them.
    pub fn view(self) -> AnyView {
        // The initial size; painting sets the actual one.
        let (width, height) = self.size().get_untracked();
        let Self {
            atlas,
            canvases,
            layout: Layout { strip, .. },
            of,
            ..
        } = self;
        let label = move |channel: usize| {
            of.with(|of| {
                let (shape, name) = of.as_ref()?;
                Some(if strip {
                    format!("{name}: {} values", shape.channels)
                } else {
                    format!("{name}, channel {}", channel + 1)
                })
            })
        };
        let canvas = |(channel, canvas): (usize, NodeRef<Canvas>)| {
            view! {
                <canvas
                    node_ref=canvas
                    class="pixels"
                    data-testid="map"
                    data-channel=channel.to_string()
                    data-cell=atlas.cell()
                    role="img"
                    aria-label=move || label(channel)
                    width=width
                    height=height
                ></canvas>
            }
        };
        let canvases = canvases.into_iter().enumerate().map(canvas).collect_view();
        view! {
            {canvases}
            {atlas.view()}
        }
        .into_any()
    }
}
