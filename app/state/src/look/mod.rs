//! The pixel of a map that the user looks at.

mod patch;

pub use patch::{Area, Patch, Taps, patch, sees};

use std::sync::Arc;

use engine::{Analysis, Graph, NodeId};
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{Get, GetUntracked, Set};

use crate::answer::Trace;
use crate::document::shape_of;
use crate::signals::set_if_changed;

/// One value of a node: a pixel of one of its maps. A vector has rows and columns of 1. All count
/// from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pixel {
    pub node: NodeId,
    pub channel: u32,
    pub row: u32,
    pub column: u32,
}

impl Pixel {
    /// Whether both are of the same map.
    pub fn shares_map(self, other: Self) -> bool {
        (self.node, self.channel) == (other.node, other.channel)
    }
}

/// See the module.
#[derive(Clone, Copy)]
pub struct Look {
    hovered: RwSignal<Option<Pixel>>,
    chosen: RwSignal<Option<Pixel>>,
    gradients: RwSignal<bool>,
    slopes: RwSignal<Option<Arc<Trace>>>,
}

readable!(Look {
    /// The pixel under the pointer, anywhere on the page.
    hovered: Option<Pixel>,
    /// The pixel that was chosen by click, tap or key; the panel shows its map. `None`: no map is
    /// selected.
    chosen: Option<Pixel>,
    /// Whether the cards show the loss's gradients in place of the activations.
    gradients: bool,
    /// The gradients' maps; `None` until they have come.
    slopes: Option<Arc<Trace>>,
});

impl Look {
    pub(crate) fn new() -> Self {
        Self {
            hovered: RwSignal::new(None),
            chosen: RwSignal::new(None),
            gradients: RwSignal::new(false),
            slopes: RwSignal::new(None),
        }
    }

    /// Shows gradients on the cards, or the activations.
    pub fn show_gradients(self, shown: bool) {
        set_if_changed(self.gradients, shown);
    }

    /// Sets the gradients' maps.
    pub fn set_slopes(self, slopes: Option<Arc<Trace>>) {
        self.slopes.set(slopes);
    }

    /// Sets the pixel under the pointer.
    pub fn hover(self, pixel: Option<Pixel>) {
        set_if_changed(self.hovered, pixel);
    }

    /// Chooses a pixel and so its map; `None` closes the panel.
    pub fn choose(self, pixel: Option<Pixel>) {
        set_if_changed(self.chosen, pixel);
    }

    /// The pixel whose arithmetic is shown: the hovered one where it is of the chosen map, else
    /// the chosen one.
    pub fn shown(self) -> Option<Pixel> {
        let chosen = self.chosen.get()?;
        let hovered = self.hovered.get();
        Some(hovered.filter(|it| it.shares_map(chosen)).unwrap_or(chosen))
    }

    /// The pixel whose patch is lit: the hovered one, else the chosen one.
    pub fn lit(self) -> Option<Pixel> {
        self.hovered.get().or_else(|| self.chosen.get())
    }

    /// Keeps the pixels on the maps of this graph: those of a node that is gone, or whose shape a
    /// problem leaves unknown, are forgotten, and others move to the nearest that there is.
    pub(crate) fn keep_within(self, graph: &Graph, analysis: &Analysis) {
        let kept = |pixel: Option<Pixel>| {
            let pixel = pixel?;
            let shape = shape_of(graph, analysis, pixel.node)?;
            Some(Pixel {
                channel: pixel.channel.min(shape.channels.saturating_sub(1)),
                row: pixel.row.min(shape.height.saturating_sub(1)),
                column: pixel.column.min(shape.width.saturating_sub(1)),
                ..pixel
            })
        };
        self.hover(kept(self.hovered.get_untracked()));
        self.choose(kept(self.chosen.get_untracked()));
    }
}
