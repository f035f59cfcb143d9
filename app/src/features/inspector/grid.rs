//! The arrangement of a layer's values in the large view: a map as it is, a vector in rows.

use engine::session::Unit;
use engine::{NodeId, Shape};

/// The minimum number of values in a row of a vector.
const ROW: u32 = 12;

/// Width and height of a vector of this many values in rows; a long one becomes a square.
pub const fn fold(values: u32) -> (u32, u32) {
    let side = values.isqrt();
    let row = if side > ROW { side } else { ROW };
    let width = if values < row { values } else { row };
    // No layer has an empty output, but the division must not fail.
    let width = if width == 0 { 1 } else { width };
    (width, values.div_ceil(width))
}

/// The large view of one shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    pub width: u32,
    pub height: u32,
    /// The number of pictures.
    pub channels: u32,
    /// How many values one picture has; the last row of a vector may be short.
    values: u32,
    vector: bool,
}

impl Grid {
    pub const fn of(shape: Shape) -> Self {
        if shape.is_vector() {
            let values = shape.channels;
            let (width, height) = fold(values);
            return Self {
                width,
                height,
                channels: 1,
                values,
                vector: true,
            };
        }
        let (width, height, channels) = (shape.width, shape.height, shape.channels);
        Self {
            width,
            height,
            channels,
            values: width.saturating_mul(height),
            vector: false,
        }
    }

    /// One channel's values as a picture; the last row of a vector is padded with zeros.
    pub fn picture(self, channel: &[f32]) -> Vec<f32> {
        let mut picture = channel.to_vec();
        picture.resize(self.width as usize * self.height as usize, 0.0);
        picture
    }

    /// Whether the values are a vector in rows.
    pub const fn is_vector(self) -> bool {
        self.vector
    }

    /// The cell to begin with: the middle of a map, the first value of a vector.
    pub const fn middle(self) -> (u32, u32) {
        if self.vector {
            (0, 0)
        } else {
            (self.width / 2, self.height / 2)
        }
    }

    /// The value that a cell shows.
    pub const fn unit(self, node: NodeId, channel: u32, (column, row): (u32, u32)) -> Unit {
        if self.vector {
            let channel = row * self.width + column;
            let channel = if channel < self.values { channel } else { 0 };
            return Unit {
                node,
                channel,
                row: 0,
                column: 0,
            };
        }
        Unit {
            node,
            channel,
            row,
            column,
        }
    }

    /// The index of a cell's value in the layer's output; `None` in the padding of the last row.
    pub fn index(self, channel: u32, (column, row): (u32, u32)) -> Option<usize> {
        let within = row as usize * self.width as usize + column as usize;
        let length = self.values as usize;
        (within < length).then_some(channel as usize * length + within)
    }

    /// The position of a cell in words, counted from 0.
    pub fn describe(self, channel: u32, (column, row): (u32, u32)) -> String {
        if self.vector {
            format!("value [{}]", row * self.width + column)
        } else {
            format!("value [{channel}, {row}, {column}]")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_map_are_in_channel_row_column_order() {
        let grid = Grid::of(Shape::new(6, 28, 20));
        assert_eq!((grid.width, grid.height, grid.channels), (20, 28, 6));
        assert_eq!(grid.index(2, (3, 4)), Some((2 * 28 + 4) * 20 + 3));
        assert_eq!(grid.describe(2, (3, 4)), "value [2, 4, 3]");
    }

    #[test]
    fn a_vector_is_shown_in_rows_with_padding_in_the_last() {
        let grid = Grid::of(Shape::vector(30));
        assert_eq!((grid.width, grid.height, grid.channels), (12, 3, 1));
        assert_eq!(grid.index(0, (5, 2)), Some(29));
        assert_eq!(grid.index(0, (6, 2)), None);
        let picture = grid.picture(&[1.0; 30]);
        assert_eq!((picture.len(), picture[29], picture[30]), (36, 1.0, 0.0));
        let unit = grid.unit(NodeId(1), 0, (5, 2));
        assert_eq!((unit.channel, unit.row, unit.column), (29, 0, 0));
    }

    #[test]
    fn a_long_vector_becomes_a_square() {
        assert_eq!(fold(4096), (64, 64));
        // ⌊√1000⌋ = 31; 33 rows hold 1,023.
        assert_eq!(fold(1000), (31, 33));
        assert_eq!(fold(84), (12, 7));
        assert_eq!(fold(5), (5, 1));
    }
}
