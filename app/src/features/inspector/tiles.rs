//! Pictures of one size: the maps of a layer's channels, or the kernels of one of them.

use std::sync::Arc;

use leptos::prelude::*;

use crate::ui::maps::Range;

/// Consecutive pictures, each row by row from the top.
#[derive(Clone, Debug, PartialEq)]
pub struct Tiles {
    pub width: u32,
    pub height: u32,
    /// The number of the first picture here.
    pub first: u32,
    pub values: Vec<f32>,
    /// The number of padding cells at the end of a vector's last row.
    pub empty: usize,
}

/// Pictures that change with each answer; they are not compared, because that would cost more than
/// painting.
pub type Live = Memo<Option<Arc<Tiles>>>;

/// Pictures computed by `read` whenever a signal that it reads changes.
pub fn live(read: impl Fn() -> Option<Tiles> + Send + Sync + 'static) -> Live {
    Memo::new_with_compare(move |_| read().map(Arc::new), |_, _| true)
}

impl Tiles {
    const fn area(&self) -> usize {
        self.width as usize * self.height as usize
    }

    /// The number of the last picture here.
    pub fn last(&self) -> u32 {
        let count = self.values.len() / self.area().max(1);
        self.first + (count as u32).saturating_sub(1)
    }

    /// The picture of this number.
    pub fn one(&self, number: u32) -> Option<&[f32]> {
        let place = number.checked_sub(self.first)? as usize;
        let start = place.checked_mul(self.area())?;
        self.values.get(start..start.checked_add(self.area())?)
    }

    /// The values of the picture of this number, without padding.
    pub fn values_of(&self, number: u32) -> Option<&[f32]> {
        let picture = self.one(number)?;
        let place = (number - self.first) as usize;
        let is_last = (place + 1) * self.area() == self.values.len();
        let empty = if is_last { self.empty } else { 0 };
        picture.get(..picture.len().saturating_sub(empty))
    }

    /// The value of a cell of the picture of this number.
    pub fn value(&self, number: u32, (column, row): (u32, u32)) -> Option<f32> {
        if column >= self.width {
            return None;
        }
        let within = row as usize * self.width as usize + column as usize;
        self.values_of(number)?.get(within).copied()
    }

    pub fn range(&self) -> Option<Range> {
        Range::of(&self.values[..self.values.len().saturating_sub(self.empty)])
    }
}

/// The range of the colour scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// The largest value of all pictures, so that they can be compared.
    #[default]
    All,
    /// Each picture's own largest value, so that faint ones are seen too.
    Each,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_found_by_their_own_numbers() {
        let tiles = Tiles {
            width: 2,
            height: 1,
            first: 64,
            values: vec![1.0, 2.0, 3.0, 4.0],
            empty: 0,
        };
        assert_eq!(tiles.one(65), Some(&[3.0, 4.0][..]));
        assert_eq!(tiles.value(65, (1, 0)), Some(4.0));
        assert_eq!((tiles.one(63), tiles.one(66)), (None, None));
        assert_eq!(tiles.value(64, (2, 0)), None, "not the next row's");
    }

    #[test]
    fn padding_of_the_last_row_is_shown_but_has_no_value() {
        let tiles = Tiles {
            width: 2,
            height: 2,
            first: 0,
            values: vec![1.0, 2.0, 3.0, 0.0],
            empty: 1,
        };
        assert_eq!(tiles.one(0).map(<[f32]>::len), Some(4));
        assert_eq!(tiles.values_of(0), Some(&[1.0, 2.0, 3.0][..]));
        assert_eq!(tiles.value(0, (0, 1)), Some(3.0));
        assert_eq!(tiles.value(0, (1, 1)), None);
    }
}
