//! Lines from card to card: straight on in a row, through the gutter to the next row, and in lanes
//! above a row where cards are jumped over.

use super::super::Stages;
use super::card::Style;
use super::columns::Spot;
use super::place::{GUTTER, LANE, Row};
use super::{Card, Level, Point, Rect, Wire};

/// A skip's part above one row.
pub struct Lane {
    pub row: usize,
    pub lane: usize,
}

/// An edge that jumps over cards.
pub struct Skip {
    pub edge: usize,
    pub lanes: Vec<Lane>,
}

/// Whether the line can go straight on: no card stands between.
fn is_straight(stages: &Stages, spots: &[Spot], row_of: &[usize], edge: usize) -> bool {
    let edge = &stages.edges[edge];
    let (from, to) = (spots[edge.from], spots[edge.to]);
    if to.column <= from.column {
        return false;
    }
    if to.column == from.column + 1 {
        return true;
    }
    // Over empty places of a lane.
    let lane = from.lane.max(to.lane);
    row_of[from.column] == row_of[to.column]
        && spots
            .iter()
            .all(|spot| spot.lane != lane || spot.column <= from.column || spot.column >= to.column)
}

/// The skips, each with a lane in every row that it runs above. Lanes are shared where spans do not
/// meet.
pub fn skips(stages: &Stages, spots: &[Spot], row_of: &[usize]) -> Vec<Skip> {
    // The spans that are taken of each row's lanes.
    let rows = row_of.last().map_or(0, |row| row + 1);
    let mut taken: Vec<Vec<Vec<(usize, usize)>>> = vec![Vec::new(); rows];
    let mut order: Vec<usize> = (0..stages.edges.len()).collect();
    let span = |&at: &usize| {
        let edge = &stages.edges[at];
        spots[edge.to].column.abs_diff(spots[edge.from].column)
    };
    order.sort_by_key(|at| (span(at), *at));
    let mut skips = Vec::new();
    for edge in order {
        if is_straight(stages, spots, row_of, edge) {
            continue;
        }
        let (from, to) = (stages.edges[edge].from, stages.edges[edge].to);
        let (from, to) = (spots[from].column, spots[to].column);
        let (start, end) = (row_of[from], row_of[to]);
        let runs = if start == end {
            vec![(start, from.min(to), from.max(to))]
        } else {
            vec![(start, from, usize::MAX), (end, 0, to)]
        };
        let lanes = runs.into_iter().map(|(row, first, last)| {
            let lanes = &mut taken[row];
            let free = |lane: &Vec<(usize, usize)>| {
                lane.iter()
                    .all(|&(other, end)| last <= other || end <= first)
            };
            let lane = lanes.iter().position(free).unwrap_or(lanes.len());
            if lane == lanes.len() {
                lanes.push(Vec::new());
            }
            lanes[lane].push((first, last));
            Lane { row, lane }
        });
        let lanes = lanes.collect();
        skips.push(Skip { edge, lanes });
    }
    skips
}

/// The height at which wires leave and enter cards of this level.
fn port(style: Style, rect: &Rect) -> f32 {
    let along = match style.level {
        Level::Near => style.head + 40.0,
        Level::Block => 84.0,
        Level::Far | Level::Furthest => rect.height / 2.0,
    };
    rect.y
        + along.min(
            rect.height / 2.0
                + if style.level == Level::Near {
                    rect.height
                } else {
                    0.0
                },
        )
}

pub fn wires(
    stages: &Stages,
    cards: &[Card],
    rows: &[Row],
    skips: &[Skip],
    width: f32,
    style: Style,
) -> Vec<Wire> {
    let mut wires = Vec::with_capacity(stages.edges.len());
    for (number, edge) in stages.edges.iter().enumerate() {
        let (from, to) = (&cards[edge.from], &cards[edge.to]);
        let skip = skips.iter().find(|skip| skip.edge == number);
        let points = match skip {
            Some(skip) if style.narrow => beside(from, to, skip, width),
            Some(skip) => above(from, to, rows, skip, width),
            None if style.narrow => {
                let x = from.rect.x + 20.0;
                vec![(x, from.rect.bottom()), (x, to.rect.y)]
            }
            None if from.row == to.row => across(from, to, style),
            None => turning(from, to, rows, width, style),
        };
        wires.push(Wire {
            edge: number,
            points,
            skip: skip.is_some(),
        });
    }
    wires
}

/// From one column to the next.
fn across(from: &Card, to: &Card, style: Style) -> Vec<Point> {
    let (start, end) = (port(style, &from.rect), port(style, &to.rect));
    let (left, right) = (from.rect.right(), to.rect.x);
    if start == end {
        return vec![(left, start), (right, end)];
    }
    // A branch leaves close to its card, and joins close to the next.
    let middle = if to.lane > from.lane {
        left + (right - left).min(24.0) / 2.0
    } else {
        right - (right - left).min(24.0) / 2.0
    };
    vec![(left, start), (middle, start), (middle, end), (right, end)]
}

/// Through the gutters into the next row.
fn turning(from: &Card, to: &Card, rows: &[Row], width: f32, style: Style) -> Vec<Point> {
    let (start, end) = (port(style, &from.rect), port(style, &to.rect));
    let between = rows[to.row].above + 8.0;
    let right = (width - GUTTER / 2.0 + 2.0).max(from.rect.right() + 4.0);
    let left = GUTTER / 2.0 - 2.0;
    vec![
        (from.rect.right(), start),
        (right, start),
        (right, between),
        (left, between),
        (left, end),
        (to.rect.x, end),
    ]
}

/// Up, along the lane, and down.
fn above(from: &Card, to: &Card, rows: &[Row], skip: &Skip, width: f32) -> Vec<Point> {
    let height = |lane: &Lane| {
        let row = &rows[lane.row];
        row.top - row.frame - (lane.lane as f32 + 1.0) * LANE + 2.0
    };
    let inset = |rect: &Rect| (rect.width / 3.0).min(16.0);
    let start = (from.rect.right() - inset(&from.rect), from.rect.y);
    let end = (to.rect.x + inset(&to.rect), to.rect.y);
    match &skip.lanes[..] {
        [first, second, ..] => {
            let (up, down) = (height(first), height(second));
            let right = width - 3.0;
            let mut points = vec![start, (start.0, up)];
            if second.row < first.row {
                // Backwards.
                points.extend([(3.0, up), (3.0, down)]);
            } else {
                points.extend([(right, up), (right, down)]);
            }
            points.extend([(end.0, down), end]);
            points
        }
        [lane] => {
            let y = height(lane);
            vec![start, (start.0, y), (end.0, y), end]
        }
        [] => vec![start, end],
    }
}

/// Of a narrow room: beside the cards.
fn beside(from: &Card, to: &Card, skip: &Skip, width: f32) -> Vec<Point> {
    let lane = skip.edge % 2;
    let x = width - 4.0 - lane as f32 * 3.0;
    let start = (from.rect.right(), from.rect.bottom() - 8.0);
    let end = (to.rect.right(), to.rect.y + 8.0);
    vec![start, (x, start.1), (x, end.1), end]
}
