//! The wires' ways through the grid: straight down a free column, or down a lane beside one, and
//! across only in the gaps between rows.

use super::Point;
use super::grid::{Cell, Grid, LANE, Segment, Stretches};

/// From one of a box's inputs to the next, along its top.
const PIN: f32 = 16.0;

/// Where a wire goes down between the rows of its ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Down {
    /// The rows follow each other.
    Next,
    Column(usize),
    /// Right of a column; lanes count from the column.
    Lane(usize, usize),
}

/// A segment's way.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// Where it enters, from the axis of the cell.
    pub enter: f32,
    /// The gap above this row, the line in it, and the x to go on at.
    pub turns: Vec<(usize, usize, f32)>,
}

/// A part of a gap's line that is in use.
struct Across {
    net: usize,
    /// Whether it is the way into a cell below and not out of one above.
    arrives: bool,
    from: f32,
    to: f32,
    line: usize,
    /// The segments, and which of their turns.
    users: Vec<(usize, usize)>,
}

pub struct Router<'a> {
    cells: &'a [Cell],
    segments: &'a [Segment],
    rows: &'a [usize],
    downs: Vec<Down>,
    routes: Vec<Route>,
    /// The number of lines in the gap above each row.
    lines: Vec<usize>,
    stretches: Vec<Option<usize>>,
    /// By stretch and column: the number of lanes, and whether a wire goes down the column.
    lanes: Vec<Vec<(usize, bool)>>,
}

impl<'a> Router<'a> {
    /// Chooses columns and lanes; [`Self::turn`] does the rest when they have their x.
    pub fn new(grid: &'a Grid, cells: &'a [Cell], segments: &'a [Segment]) -> Self {
        let stretches = stretches(grid, segments);
        let count = stretches.iter().flatten().max().map_or(0, |last| last + 1);
        let mut router = Self {
            cells,
            segments,
            rows: &grid.rows,
            downs: vec![Down::Next; segments.len()],
            routes: vec![Route::default(); segments.len()],
            lines: vec![0; grid.row_count],
            stretches,
            lanes: vec![vec![(0, false); grid.column_count()]; count],
        };
        router.go_down(grid);
        router
    }

    /// Columns first, then lanes, short wires inside.
    fn go_down(&mut self, grid: &Grid) {
        let mut free = grid.clone();
        let mut lanes: Vec<Vec<Vec<(usize, usize, usize)>>> = vec![Vec::new(); grid.column_count()];
        let rows = |segment: &Segment| self.rows[segment.from] + 1..self.rows[segment.to];
        let mut long: Vec<usize> = (0..self.segments.len())
            .filter(|&number| !rows(&self.segments[number]).is_empty())
            .collect();
        long.sort_by_key(|&number| rows(&self.segments[number]).len());
        for number in long {
            let segment = self.segments[number];
            let rows = self.rows[segment.from] + 1..self.rows[segment.to];
            let ends = [grid.columns[segment.from], grid.columns[segment.to]];
            let column = ends
                .into_iter()
                .find(|&column| free.is_free(column, rows.clone(), Some(segment.net)));
            let stretch = self.stretches[rows.start].unwrap_or_default();
            self.downs[number] = if let Some(column) = column {
                free.pass(column, rows, segment.net);
                self.lanes[stretch][column].1 = true;
                Down::Column(column)
            } else {
                let beside = ends[0].min(ends[1]);
                let apart = |&(start, end, net): &(usize, usize, usize)| {
                    net == segment.net || end <= rows.start || rows.end <= start
                };
                let known = &mut lanes[beside];
                let open = known.iter().position(|lane| lane.iter().all(apart));
                let lane = open.unwrap_or_else(|| {
                    known.push(Vec::new());
                    known.len() - 1
                });
                known[lane].push((rows.start, rows.end, segment.net));
                let (most, _) = &mut self.lanes[stretch][beside];
                *most = (*most).max(lane + 1);
                Down::Lane(beside, lane)
            };
        }
    }

    /// Chooses where wires enter and on which lines of the gaps they go across; `xs` are the
    /// cells' axes.
    pub fn turn(&mut self, stretches: &Stretches, xs: &[f32]) {
        let down = |number: usize, segment: &Segment| {
            let row = self.rows[segment.from] + 1;
            match self.downs[number] {
                Down::Next => None,
                Down::Column(column) => Some(stretches.axis(row, column)),
                Down::Lane(column, lane) => Some(stretches.lane(row, column, lane)),
            }
        };
        let downs: Vec<Option<f32>> = self
            .segments
            .iter()
            .enumerate()
            .map(|(number, it)| down(number, it))
            .collect();
        self.enter(&downs, xs);
        let mut gaps: Vec<Vec<Across>> = (0..self.lines.len()).map(|_| Vec::new()).collect();
        for (number, segment) in self.segments.iter().enumerate() {
            let start = xs[segment.from] + segment.leave;
            let end = xs[segment.to] + self.routes[number].enter;
            let below = self.rows[segment.to];
            let mut add = |row: usize, arrives: bool, (from, to): Point| {
                if from == to {
                    return;
                }
                let turns = &mut self.routes[number].turns;
                let user = (number, turns.len());
                turns.push((row, 0, to));
                let (least, most) = (from.min(to), from.max(to));
                // What comes out of one pin, or down one lane, is drawn as one line.
                let same = gaps[row].iter_mut().find(|across| {
                    across.net == segment.net && across.arrives == arrives && !arrives
                });
                if let Some(across) = same {
                    across.from = across.from.min(least);
                    across.to = across.to.max(most);
                    across.users.push(user);
                    return;
                }
                gaps[row].push(Across {
                    net: segment.net,
                    arrives,
                    from: least,
                    to: most,
                    line: 0,
                    users: vec![user],
                });
            };
            match downs[number] {
                None => add(below, false, (start, end)),
                Some(x) => {
                    add(self.rows[segment.from] + 1, false, (start, x));
                    add(below, true, (x, end));
                }
            }
        }
        for (row, gap) in gaps.iter_mut().enumerate() {
            self.lines[row] = stack(gap);
            for across in gap {
                for &(number, turn) in &across.users {
                    self.routes[number].turns[turn].1 = across.line;
                }
            }
        }
    }

    /// Spreads the inputs of each box along its top, in the order in which they come.
    fn enter(&mut self, downs: &[Option<f32>], xs: &[f32]) {
        let mut arrivals: Vec<Vec<(f32, usize)>> = vec![Vec::new(); self.cells.len()];
        for (number, segment) in self.segments.iter().enumerate() {
            let x = downs[number].unwrap_or(xs[segment.from] + segment.leave);
            match segment.enter {
                Some(enter) => self.routes[number].enter = enter,
                None => arrivals[segment.to].push((x - xs[segment.to], number)),
            }
        }
        for (cell, mut arriving) in self.cells.iter().zip(arrivals) {
            arriving.sort_by(|one, other| one.0.total_cmp(&other.0));
            let count = arriving.len();
            let left = arriving.iter().filter(|(x, _)| *x < 0.0).count();
            let straight = arriving.get(left).is_some_and(|&(x, _)| x == 0.0);
            let middle = if straight {
                left as f32
            } else if count == 1 {
                0.0
            } else {
                left as f32 - 0.5
            };
            let room = (cell.left.min(cell.right) - LANE).max(0.0);
            let step = PIN.min(room / count.max(1) as f32);
            for (place, &(_, number)) in arriving.iter().enumerate() {
                self.routes[number].enter = (place as f32 - middle) * step;
            }
        }
    }

    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// How many lines there are in the gap above this row.
    pub fn lines(&self, row: usize) -> usize {
        self.lines[row]
    }

    pub fn stretches(&self) -> &[Option<usize>] {
        &self.stretches
    }

    pub fn lanes(&self, stretch: usize, column: usize) -> usize {
        self.lanes[stretch][column].0
    }

    pub fn is_passed(&self, stretch: usize, column: usize) -> bool {
        self.lanes[stretch][column].1
    }
}

/// Which rows are in which stretch; `None` for a row of one cell and no wire beside it.
fn stretches(grid: &Grid, segments: &[Segment]) -> Vec<Option<usize>> {
    let mut cells = vec![0; grid.row_count];
    let mut wires = vec![0_isize; grid.row_count + 1];
    for &row in &grid.rows {
        cells[row] += 1;
    }
    for segment in segments {
        wires[grid.rows[segment.from] + 1] += 1;
        wires[grid.rows[segment.to]] -= 1;
    }
    let (mut passing, mut stretch, mut inside) = (0, 0, false);
    let rows = cells.iter().zip(&wires).map(|(&cells, change)| {
        passing += change;
        if cells == 1 && passing == 0 {
            stretch += usize::from(inside);
            inside = false;
            return None;
        }
        inside = true;
        Some(stretch)
    });
    rows.collect()
}

/// Gives each its line, so that no two that overlap have the same; gives the number of lines.
/// What leaves is above what arrives and short above long: so the fewest cross.
fn stack(gap: &mut [Across]) -> usize {
    gap.sort_by(|one, other| {
        let length = |across: &Across| across.to - across.from;
        let order = one.arrives.cmp(&other.arrives);
        order.then(length(one).total_cmp(&length(other)))
    });
    let mut count = 0;
    for number in 0..gap.len() {
        let (before, rest) = gap.split_at_mut(number);
        let Some(across) = rest.first_mut() else {
            break;
        };
        let meets = |it: &&Across| it.from <= across.to && across.from <= it.to;
        let line = before
            .iter()
            .filter(meets)
            .map(|it| it.line + 1)
            .max()
            .unwrap_or(0);
        across.line = line;
        count = count.max(line + 1);
    }
    count
}

/// Leaves out points between two others on one straight line.
pub fn straighten(points: &mut Vec<Point>) {
    let mut kept: Vec<Point> = Vec::with_capacity(points.len());
    for &point in points.iter() {
        if kept.last() == Some(&point) {
            continue;
        }
        if let [.., before, last] = kept.as_slice() {
            let vertical = before.0 == last.0 && last.0 == point.0;
            let level = before.1 == last.1 && last.1 == point.1;
            if vertical || level {
                kept.pop();
            }
        }
        kept.push(point);
    }
    *points = kept;
}
