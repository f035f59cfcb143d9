//! How a layer's values lie in the large view: a map as it is, a vector in rows.

use engine::Shape;

/// A vector is shown in rows of this many values.
const ROW: u32 = 12;

/// The large view of one shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    pub width: u32,
    pub height: u32,
    /// How many pictures there are to leaf through.
    pub channels: u32,
    /// How many values one picture has; the last row of a vector may be short.
    values: u32,
    vector: bool,
}

impl Grid {
    pub const fn of(shape: Shape) -> Self {
        if shape.is_vector() {
            let values = shape.channels;
            let width = if values < ROW { values } else { ROW };
            let height = values.div_ceil(ROW);
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

    /// Copies one channel's values into `picture`; a vector's short row is filled up with zeros.
    pub fn picture(self, values: &[f32], channel: u32, picture: &mut Vec<f32>) {
        let length = self.values as usize;
        picture.clear();
        if let Some(channel) = values.chunks_exact(length).nth(channel as usize) {
            picture.extend_from_slice(channel);
        }
        picture.resize(self.width as usize * self.height as usize, 0.0);
    }

    /// Where a cell's value lies among the layer's; `None` in the empty end of a row.
    pub fn index(self, channel: u32, (column, row): (u32, u32)) -> Option<usize> {
        let within = row as usize * self.width as usize + column as usize;
        let length = self.values as usize;
        (within < length).then_some(channel as usize * length + within)
    }

    /// The cell an arrow key leads to, staying inside; `None` for another key.
    pub fn moved(self, (column, row): (u32, u32), key: &str) -> Option<(u32, u32)> {
        match key {
            "ArrowLeft" => Some((column.saturating_sub(1), row)),
            "ArrowRight" => Some(((column + 1).min(self.width - 1), row)),
            "ArrowUp" => Some((column, row.saturating_sub(1))),
            "ArrowDown" => Some((column, (row + 1).min(self.height - 1))),
            _ => None,
        }
    }

    /// Where a cell is, in words; counted from zero, as in code.
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
    fn a_map_s_values_lie_channel_after_channel_row_by_row() {
        let grid = Grid::of(Shape::new(6, 28, 20));
        assert_eq!((grid.width, grid.height, grid.channels), (20, 28, 6));
        assert_eq!(grid.index(2, (3, 4)), Some((2 * 28 + 4) * 20 + 3));
        assert_eq!(grid.describe(2, (3, 4)), "value [2, 4, 3]");
    }

    #[test]
    fn a_vector_is_folded_into_rows_and_its_short_row_ends_in_nothing() {
        let grid = Grid::of(Shape::vector(30));
        assert_eq!((grid.width, grid.height, grid.channels), (12, 3, 1));
        assert_eq!(grid.index(0, (5, 2)), Some(29));
        assert_eq!(grid.index(0, (6, 2)), None);
        let mut picture = Vec::new();
        grid.picture(&[1.0; 30], 0, &mut picture);
        assert_eq!((picture.len(), picture[29], picture[30]), (36, 1.0, 0.0));
    }

    #[test]
    fn arrows_stop_at_the_edge() {
        let grid = Grid::of(Shape::new(1, 2, 2));
        assert_eq!(grid.moved((1, 1), "ArrowRight"), Some((1, 1)));
        assert_eq!(grid.moved((0, 0), "ArrowDown"), Some((0, 1)));
        assert_eq!(grid.moved((0, 0), "Enter"), None);
    }
}
