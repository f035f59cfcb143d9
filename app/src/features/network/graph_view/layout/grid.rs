//! One part's contents in rows and columns.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::route::{Route, Router};
use super::tree::Contents;
use super::{Point, Size};

/// Between a frame and what is in it.
const FRAME_SIDE: f32 = 14.0;
/// The line with a frame's title.
const FRAME_TITLE: f32 = 26.0;
/// From one column to the next, and from one row to the next where no wire turns between them.
pub const COLUMN_GAP: f32 = 24.0;
pub const ROW_GAP: f32 = 26.0;
/// From one lane, or one line in the gap between rows, to the next.
pub const LANE: f32 = 9.0;

/// A box to be placed. Everything is measured from its axis, the vertical line that the rows of a
/// chain share.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cell {
    pub left: f32,
    pub right: f32,
    pub height: f32,
}

impl Cell {
    /// Where a wire goes through the border.
    pub const PORT: Self = Self {
        left: 0.0,
        right: 0.0,
        height: 0.0,
    };

    pub const fn of(size: Size) -> Self {
        let half = size.width / 2.0;
        Self {
            left: half,
            right: half,
            height: size.height,
        }
    }

    const fn is_port(&self) -> bool {
        self.left + self.right == 0.0
    }
}

/// A wire from one cell to another.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    pub net: usize,
    pub from: usize,
    pub to: usize,
    /// Where it leaves and enters, from the cells' axes; without a place given, it gets one of
    /// those along the cell's top.
    pub leave: f32,
    pub enter: Option<f32>,
}

/// A part's contents, placed. The origin is the part's axis at its top.
#[derive(Debug)]
pub struct Plan {
    /// The axis and the top of each cell.
    pub places: Vec<Point>,
    /// Each segment's way.
    pub paths: Vec<Vec<Point>>,
    pub left: f32,
    pub right: f32,
    pub height: f32,
}

impl Plan {
    /// Places cells given in order of first appearance: ports at the top, then from `inner.0` the
    /// children, then from `inner.1` the ports at the bottom.
    ///
    /// # Errors
    /// With the cells of a circle, when there is one.
    pub fn of(
        cells: &[Cell],
        segments: &[Segment],
        inner: (usize, usize),
        framed: bool,
    ) -> Result<Self, Vec<usize>> {
        let grid = Grid::of(cells, segments, inner)?;
        let mut router = Router::new(&grid, cells, segments);
        let stretches = Stretches::of(&grid, cells, &router);
        let axis = |cell: usize| stretches.axis(grid.rows[cell], grid.columns[cell]);
        let xs: Vec<f32> = (0..cells.len()).map(axis).collect();
        router.turn(&stretches, &xs);
        let title = if framed { FRAME_TITLE } else { 0.0 };
        let mut tops = Vec::with_capacity(grid.row_count);
        let mut heights = vec![0.0_f32; grid.row_count];
        for (cell, &row) in cells.iter().zip(&grid.rows) {
            heights[row] = heights[row].max(cell.height);
        }
        let mut y = 0.0;
        // A frame without wires from above has its title above the first row.
        let titled = usize::from(inner.0 > 0);
        for (row, height) in heights.iter().enumerate() {
            if row > 0 {
                y += ROW_GAP + router.lines(row) as f32 * LANE;
            }
            if row == titled {
                y += title;
            }
            tops.push(y);
            y += height;
        }
        if framed && inner.1 == cells.len() {
            y += FRAME_SIDE;
        }
        let places: Vec<Point> = xs
            .iter()
            .zip(&grid.rows)
            .map(|(&x, &row)| (x, tops[row]))
            .collect();
        // The lines of a gap lie right above the row below it.
        let line = |row: usize, line: usize| {
            let lines = router.lines(row).saturating_sub(line) as f32;
            tops[row] - ROW_GAP / 2.0 - lines * LANE
        };
        let paths: Vec<Vec<Point>> = segments
            .iter()
            .zip(router.routes())
            .map(|(segment, route)| {
                let below = places[segment.from].1 + cells[segment.from].height;
                let from = (xs[segment.from] + segment.leave, below);
                let to = (xs[segment.to] + route.enter, tops[grid.rows[segment.to]]);
                route.path(from, to, line)
            })
            .collect();
        let side = if framed { FRAME_SIDE } else { 0.0 };
        let (mut left, mut right) = (0.0_f32, 0.0_f32);
        for (&x, cell) in xs.iter().zip(cells) {
            (left, right) = (left.max(cell.left - x), right.max(x + cell.right));
        }
        for &(x, _) in paths.iter().flatten() {
            (left, right) = (left.max(-x), right.max(x));
        }
        Ok(Self {
            places,
            paths,
            left: left + side,
            right: right + side,
            height: y,
        })
    }

    /// The plan as a box in its surroundings.
    pub const fn cell(&self) -> Cell {
        Cell {
            left: self.left,
            right: self.right,
            height: self.height,
        }
    }

    /// Where this net comes in at the top, from the axis.
    pub fn enter(&self, contents: &Contents, net: usize) -> f32 {
        let port = contents.enter.iter().position(|&known| known == net);
        port.map_or(0.0, |port| self.places[port].0)
    }

    /// Where this net goes out at the bottom.
    pub fn leave(&self, contents: &Contents, net: usize) -> f32 {
        let first = contents.enter.len() + contents.children.len();
        let port = contents.leave.iter().position(|&known| known == net);
        port.map_or(0.0, |port| self.places[first + port].0)
    }
}

/// What stands at a place of the grid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum There {
    #[default]
    Nothing,
    Cell,
    /// A net on its way straight down.
    Net(usize),
}

/// The row and column of each cell.
#[derive(Clone)]
pub struct Grid {
    pub rows: Vec<usize>,
    pub columns: Vec<usize>,
    pub row_count: usize,
    /// By column and row.
    taken: Vec<Vec<There>>,
}

impl Grid {
    fn of(
        cells: &[Cell],
        segments: &[Segment],
        (first, last): (usize, usize),
    ) -> Result<Self, Vec<usize>> {
        let mut incoming: Vec<Vec<usize>> = vec![Vec::new(); cells.len()];
        let mut outgoing: Vec<Vec<usize>> = vec![Vec::new(); cells.len()];
        for (number, segment) in segments.iter().enumerate() {
            incoming[segment.to].push(number);
            outgoing[segment.from].push(number);
        }
        let (rows, order) = rows(segments, &incoming, &outgoing, first, last)?;
        let row_count = rows.iter().max().map_or(0, |row| row + 1);
        let columns = vec![0; cells.len()];
        let mut grid = Self {
            rows,
            columns,
            row_count,
            taken: Vec::new(),
        };
        // Whether a cell's column goes on with one of those that it feeds.
        let mut continued = vec![false; cells.len()];
        for cell in order {
            let row = grid.rows[cell];
            let feeds = || incoming[cell].iter().map(|&number| segments[number]);
            let next = |segment: &Segment| {
                let (column, above) = (grid.columns[segment.from], grid.rows[segment.from] + 1);
                !continued[segment.from] && grid.is_free(column, above..row + 1, None)
            };
            let main = feeds()
                .filter(next)
                .min_by_key(|segment| grid.columns[segment.from]);
            let (column, from) = if let Some(segment) = main {
                continued[segment.from] = true;
                (grid.columns[segment.from], Some(segment))
            } else if let Some(segment) = feeds().next() {
                let above = grid.rows[segment.from] + 1;
                let beside = grid.columns[segment.from] + 1;
                let free = |column: &usize| grid.is_free(*column, above..row + 1, None);
                ((beside..).find(free).unwrap_or(beside), Some(segment))
            } else {
                let free = |column: &usize| grid.is_free(*column, row..row + 1, None);
                ((0..).find(free).unwrap_or(0), None)
            };
            grid.columns[cell] = column;
            grid.take(column, row..row + 1, There::Cell);
            if let Some(segment) = from {
                grid.take(
                    column,
                    grid.rows[segment.from] + 1..row,
                    There::Net(segment.net),
                );
            }
        }
        Ok(grid)
    }

    /// Whether a column's rows hold nothing, or nothing but this net.
    pub fn is_free(&self, column: usize, rows: std::ops::Range<usize>, net: Option<usize>) -> bool {
        let Some(taken) = self.taken.get(column) else {
            return true;
        };
        let mine = net.map(There::Net);
        let there = taken.iter().take(rows.end).skip(rows.start);
        { there }.all(|&there| there == There::Nothing || Some(there) == mine)
    }

    /// Reserves a column's rows for a net on its way down.
    pub fn pass(&mut self, column: usize, rows: std::ops::Range<usize>, net: usize) {
        self.take(column, rows, There::Net(net));
    }

    fn take(&mut self, column: usize, rows: std::ops::Range<usize>, what: There) {
        if self.taken.len() <= column {
            self.taken.resize(column + 1, Vec::new());
        }
        let taken = &mut self.taken[column];
        if taken.len() < rows.end {
            taken.resize(rows.end, There::Nothing);
        }
        taken[rows].fill(what);
    }

    pub fn column_count(&self) -> usize {
        self.taken.len()
    }
}

/// Each cell's row, one below the lowest that feeds it, and an order in which each comes after
/// those that feed it, otherwise as given. Ports are in the first and last row.
fn rows(
    segments: &[Segment],
    incoming: &[Vec<usize>],
    outgoing: &[Vec<usize>],
    first: usize,
    last: usize,
) -> Result<(Vec<usize>, Vec<usize>), Vec<usize>> {
    let count = incoming.len();
    let least = usize::from(first > 0);
    let mut rows: Vec<usize> = (0..count)
        .map(|cell| if cell < first { 0 } else { least })
        .collect();
    let mut waits: Vec<usize> = incoming.iter().map(Vec::len).collect();
    let mut ready: BinaryHeap<Reverse<usize>> = (0..count)
        .filter(|&cell| waits[cell] == 0)
        .map(Reverse)
        .collect();
    let mut order = Vec::with_capacity(count);
    while let Some(Reverse(cell)) = ready.pop() {
        order.push(cell);
        for &number in &outgoing[cell] {
            let to = segments[number].to;
            rows[to] = rows[to].max(rows[cell] + 1);
            waits[to] -= 1;
            if waits[to] == 0 {
                ready.push(Reverse(to));
            }
        }
    }
    if order.len() < count {
        return Err(circle(segments, incoming, &waits));
    }
    let bottom = rows[..last].iter().max().map_or(0, |row| row + 1);
    rows[last..].fill(bottom);
    Ok((rows, order))
}

/// The cells of a circle among those that still wait.
fn circle(segments: &[Segment], incoming: &[Vec<usize>], waits: &[usize]) -> Vec<usize> {
    let mut at = waits.iter().position(|&waits| waits > 0);
    let mut seen = Vec::new();
    while let Some(cell) = at {
        if let Some(start) = seen.iter().position(|&before| before == cell) {
            return seen.split_off(start);
        }
        seen.push(cell);
        let sources = incoming[cell].iter().map(|&number| segments[number].from);
        at = { sources }.find(|&source| waits[source] > 0);
    }
    seen
}

/// Rows between two that have one cell and no wire beside it; each such stretch has columns of
/// its own widths, so that a wide one does not move the others.
pub struct Stretches {
    /// Of each row; `None` where one cell stands alone on the axis.
    of_row: Vec<Option<usize>>,
    /// Of each stretch: the axis of each column and the x of its lane 0.
    columns: Vec<Vec<(f32, f32)>>,
}

impl Stretches {
    fn of(grid: &Grid, cells: &[Cell], router: &Router) -> Self {
        let of_row = router.stretches().to_vec();
        let count = of_row.iter().flatten().max().map_or(0, |last| last + 1);
        let mut widths = vec![vec![None::<(f32, f32)>; grid.column_count()]; count];
        for (cell, (&row, &column)) in cells.iter().zip(grid.rows.iter().zip(&grid.columns)) {
            if let Some(stretch) = of_row[row] {
                let (left, right) = widths[stretch][column].get_or_insert_default();
                (*left, *right) = (left.max(cell.left), right.max(cell.right));
                debug_assert!(cell.is_port() || cell.left > 0.0);
            }
        }
        let columns = widths.iter().enumerate().map(|(stretch, widths)| {
            let mut x = 0.0;
            let mut edges: Option<Point> = None;
            let mut axes = Vec::with_capacity(widths.len());
            let mut boxes = 0;
            for (column, width) in widths.iter().enumerate() {
                let lanes = router.lanes(stretch, column) as f32;
                let passed = router.is_passed(stretch, column);
                let (left, right) = width.unwrap_or_default();
                let axis = x + left;
                axes.push((axis, axis + right + LANE));
                if left + right > 0.0 {
                    boxes += 1;
                    let (start, _) = edges.unwrap_or((axis - left, 0.0));
                    edges = Some((start, axis + right));
                }
                if width.is_some() || passed || lanes > 0.0 {
                    x = axis + right + lanes * LANE + COLUMN_GAP;
                }
            }
            // Branches stand side by side around the axis; one column stands on it.
            let middle = match edges {
                Some((start, end)) if boxes > 1 => (start + end) / 2.0,
                _ => {
                    let column = widths
                        .iter()
                        .position(|width| width.is_some_and(|(left, right)| left + right > 0.0));
                    axes.get(column.unwrap_or(0)).map_or(0.0, |&(axis, _)| axis)
                }
            };
            axes.into_iter()
                .map(|(axis, lane)| (axis - middle, lane - middle))
                .collect()
        });
        Self {
            columns: columns.collect(),
            of_row,
        }
    }

    /// The x of a column in this row.
    pub fn axis(&self, row: usize, column: usize) -> f32 {
        self.of_row[row].map_or(0.0, |stretch| self.columns[stretch][column].0)
    }

    /// The x of a lane right of this column.
    pub fn lane(&self, row: usize, column: usize, lane: usize) -> f32 {
        let first = self.of_row[row].map_or(0.0, |stretch| self.columns[stretch][column].1);
        first + lane as f32 * LANE
    }
}

impl Route {
    /// The points from `from` to `to`; `line` gives the y of a line in the gap above a row.
    fn path(&self, from: Point, to: Point, line: impl Fn(usize, usize) -> f32) -> Vec<Point> {
        let mut points = vec![from];
        let (mut x, _) = from;
        for &(row, number, next) in &self.turns {
            let y = line(row, number);
            points.extend([(x, y), (next, y)]);
            x = next;
        }
        points.push(to);
        points
    }
}
