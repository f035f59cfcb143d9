//! Maps as a shader's numbers.

use super::params::Numbers;
use crate::plan::Map;

/// Whether a map can be read and written in vectors of four channels.
pub(super) const fn in_fours(map: &Map) -> bool {
    let places = map.start | map.pitch | map.row | map.channels;
    places.is_multiple_of(4)
}

impl Numbers {
    /// The map that is read, in units of so many values.
    pub(super) const fn reading(mut self, map: &Map, unit: usize) -> Self {
        self.x_start = (map.start / unit) as u32;
        self.x_pitch = (map.pitch / unit) as u32;
        self.x_row = (map.row / unit) as u32;
        self.x_channels = (map.channels / unit) as u32;
        self.x_height = map.height as u32;
        self.x_width = map.width as u32;
        self
    }

    /// The other map that is read.
    pub(super) const fn with(mut self, map: &Map, unit: usize) -> Self {
        self.o_start = (map.start / unit) as u32;
        self.o_pitch = (map.pitch / unit) as u32;
        self.o_row = (map.row / unit) as u32;
        self.o_channels = (map.channels / unit) as u32;
        self.o_height = map.height as u32;
        self.o_width = map.width as u32;
        self
    }

    /// The map that is written.
    pub(super) const fn writing(mut self, map: &Map, unit: usize) -> Self {
        self.y_start = (map.start / unit) as u32;
        self.y_pitch = (map.pitch / unit) as u32;
        self.y_row = (map.row / unit) as u32;
        self.y_channels = (map.channels / unit) as u32;
        self.y_height = map.height as u32;
        self.y_width = map.width as u32;
        self
    }
}

/// Runs of neighbouring values at even distances: how many down and across, how far apart, how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    pub count: [usize; 2],
    pub apart: [usize; 2],
    pub run: usize,
}

impl Grid {
    /// Of runs that begin at these places; `None` where they are not even.
    pub fn of(places: &[usize], run: usize) -> Option<Self> {
        let first = *places.first()?;
        let offset = |at: usize| places[at].checked_sub(first);
        let right = if places.len() > 1 { offset(1)? } else { 0 };
        let across = (0..places.len()).take_while(|&at| offset(at) == Some(at * right));
        let across = across.count();
        let down = if across < places.len() {
            offset(across)?
        } else {
            0
        };
        let even = |at: usize| offset(at) == Some(at / across * down + at % across * right);
        if !places.len().is_multiple_of(across) || !(0..places.len()).all(even) {
            return None;
        }
        let mut grid = Self {
            count: [places.len() / across, across],
            apart: [down, right],
            run,
        };
        // Runs that lie one behind the other are one.
        if grid.apart[1] == grid.run {
            grid = Self {
                count: [grid.count[0], 1],
                apart: [down, 0],
                run: run * across,
            };
            if grid.apart[0] == grid.run {
                grid.run *= grid.count[0];
                grid.count[0] = 1;
                grid.apart[0] = 0;
            }
        }
        Some(grid)
    }

    /// Whether it can be read in vectors of four.
    pub const fn in_fours(&self) -> bool {
        (self.apart[0] | self.apart[1] | self.run).is_multiple_of(4)
    }
}

impl Numbers {
    pub(super) const fn over(mut self, grid: &Grid, unit: usize) -> Self {
        self.tall = grid.count[0] as u32;
        self.wide = grid.count[1] as u32;
        self.down = (grid.apart[0] / unit) as u32;
        self.right = (grid.apart[1] / unit) as u32;
        self.run = (grid.run / unit) as u32;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_become_a_grid_that_reads_the_same_places() {
        let windows: [(&[usize], usize); 6] = [
            (&[0, 20, 40], 9),
            (&[0, 4, 8, 20, 24, 28], 4),
            (&[0, 8, 20, 28], 4),
            (&[7], 3),
            (&[0, 9, 18], 9),
            (&[5, 9, 13, 17], 4),
        ];
        for (places, run) in windows {
            let grid = Grid::of(places, run).unwrap();
            let starts = (0..grid.count[0]).flat_map(|y| {
                (0..grid.count[1]).map(move |x| y * grid.apart[0] + x * grid.apart[1])
            });
            let read = starts.flat_map(|start| start..start + grid.run);
            let read: Vec<usize> = read.map(|at| at + places[0]).collect();
            let wanted = places.iter().flat_map(|&start| start..start + run);
            assert_eq!(read, wanted.collect::<Vec<_>>(), "{places:?}");
        }
        assert_eq!(Grid::of(&[0, 4, 9], 4), None);
    }
}
