//! Where the values of a map lie.

/// A map in a buffer, position after position, the channels of a position together (NHWC). All
/// numbers count floats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Map {
    /// The number of the buffer.
    pub buffer: usize,
    /// The place of the first channel of the position at the top left.
    pub start: usize,
    /// From one position to the next in a row; at least `channels`.
    pub pitch: usize,
    /// From one row to the next.
    pub row: usize,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl Map {
    /// The place of a position's first channel.
    #[inline(always)]
    pub const fn at(&self, y: usize, x: usize) -> usize {
        self.start + y * self.row + x * self.pitch
    }

    pub const fn positions(&self) -> usize {
        self.height * self.width
    }

    pub const fn elements(&self) -> usize {
        self.positions() * self.channels
    }

    /// Whether the values of a row lie without gaps.
    pub const fn has_full_rows(&self) -> bool {
        self.pitch == self.channels
    }

    /// One past its last value.
    pub const fn end(&self) -> usize {
        self.at(self.height - 1, self.width - 1) + self.channels
    }
}
