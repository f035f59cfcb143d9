//! Where values lie: buffers of maps, and views of parts of them.

use crate::Shape;
use crate::layer::FlattenOrder;

/// A map that is written by a step, before it is known where it lies.
#[derive(Clone, Debug)]
pub(super) struct Root {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    /// Zeros around it that its readers want: top, left, bottom, right.
    pub border: [usize; 4],
    /// The root whose channels from this one on it is.
    pub within: Option<(usize, usize)>,
    /// Kept to the end of a run.
    pub pinned: bool,
}

/// A part of a root, or its surroundings: what a node's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub root: usize,
    /// The first channel.
    pub channel: usize,
    pub channels: usize,
    /// The position at the top left, from that of the root.
    pub y: isize,
    pub x: isize,
    pub height: usize,
    pub width: usize,
    /// The value is a vector of these values in this order.
    pub flat: Option<FlattenOrder>,
}

impl View {
    /// The whole of a new root of this shape.
    pub fn whole(root: usize, shape: Shape) -> Self {
        Self {
            root,
            channel: 0,
            channels: shape.channels as usize,
            y: 0,
            x: 0,
            height: shape.height as usize,
            width: shape.width as usize,
            flat: None,
        }
    }
}

impl Root {
    pub fn of(shape: Shape) -> Self {
        Self {
            channels: shape.channels as usize,
            height: shape.height as usize,
            width: shape.width as usize,
            border: [0; 4],
            within: None,
            pinned: false,
        }
    }

    /// Floats of the map and its border.
    pub const fn size(&self) -> usize {
        self.row() * (self.border[0] + self.height + self.border[2])
    }

    /// Floats of a row.
    pub const fn row(&self) -> usize {
        (self.border[1] + self.width + self.border[3]) * self.channels
    }

    /// Wants zeros around a view: `sides` are top, left, bottom, right, less than 0 where some of
    /// the view itself is enough.
    pub fn surround(&mut self, view: &View, sides: [isize; 4]) {
        let wanted = [
            sides[0] - view.y,
            sides[1] - view.x,
            sides[2] + view.y + view.height as isize - self.height as isize,
            sides[3] + view.x + view.width as isize - self.width as isize,
        ];
        for (border, wanted) in self.border.iter_mut().zip(wanted) {
            *border = (*border).max(wanted.max(0) as usize);
        }
    }
}
