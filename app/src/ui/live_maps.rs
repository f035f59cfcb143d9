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

/// What stands where a node's maps do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inside {
    /// The maps of this shape and name.
    Maps(Shape, String),
    /// Why there are none.
    Words(&'static str),
}

impl Inside {
    /// `None` where the node's problem says enough.
    pub fn of(lab: Lab, card: &Card) -> Option<Self> {
        match card.shape {
            Some(shape) if lab.runs(card.id) => Some(Self::Maps(shape, card.name.clone())),
            Some(_) => Some(Self::Words("Does not run as it stands here.")),
            None if card.problem.is_some() => None,
            None => Some(Self::Words("Waits for the nodes before it.")),
        }
    }

    /// How the maps stand, of which only what `detail` says is shown; or why there are none.
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

/// How a node's maps stand in the page: while that stays as it is, their canvases do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// A vector's one strip.
    pub strip: bool,
    /// How many canvases there are.
    pub shown: u32,
}

impl Layout {
    /// Of a node of this shape; of maps, not of a vector, only what `detail` says.
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

/// What of a map of this shape comes.
fn sent(shape: Shape, detail: Detail) -> Shape {
    detail.of(NodeId::INPUT).sent(shape)
}

/// What maps are of; `None` where it is not known, while a view goes.
pub type Pictured = Memo<Option<(Shape, String)>>;

/// Asks for the maps as long as they are in the page, and paints them.
pub struct LiveMaps {
    pub atlas: Rc<Atlas>,
    canvases: Vec<NodeRef<Canvas>>,
    layout: Layout,
    detail: Detail,
    of: Pictured,
}

impl LiveMaps {
    /// Of a node whose shapes stand like this; of maps, not of a vector, only what `detail` says.
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
        // What comes later than the answer shows it all the same, and so does what has another shape
        // since. The answer may be under way, and have passed this view by before.
        let last = canvases.last().copied();
        let shape = Memo::new(move |_| of.with(|of| of.as_ref().map(|of| of.0)));
        Effect::new(move |_| {
            // A memo that nobody reads follows nothing.
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
        // As they begin; whoever paints gives them the size of what they show.
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
