//! Uneven light as a smooth surface: a polynomial of degree 2 in both directions for each colour, fitted
//! to most of the picture. What is far from it (ink, a table's edge) has no weight: iteratively
//! reweighted least squares with Tukey's biweight (Beaton and Tukey 1974).

use super::colour::{Colour, DEVIATION, median};

/// Cells along the longer side that are fitted to.
const CELLS: usize = 32;
const TERMS: usize = 6;
const ROUNDS: usize = 12;
/// Tukey's constant: 95 % efficient where errors are normal.
const TUKEY: f64 = 4.685;
/// The least deviation, in levels: levels are rounded.
const LEAST: f64 = 2.0;

/// The surface at each pixel, for each colour.
pub(super) fn surface(picture: &Colour) -> [Vec<f32>; 3] {
    picture.planes.each_ref().map(|plane| {
        let cells = cells(plane, picture.width, picture.height);
        let terms = fitted(&cells);
        let row = |y: usize| {
            let y = placed(y, picture.height);
            (0..picture.width).map(move |x| value(&terms, placed(x, picture.width), y) as f32)
        };
        (0..picture.height).flat_map(row).collect()
    })
}

/// A cell's middle, -1 to 1 in each direction, and its level.
struct Cell {
    x: f64,
    y: f64,
    level: f64,
    border: bool,
}

/// A pixel's place, -1 to 1.
fn placed(at: usize, length: usize) -> f64 {
    (2 * at + 1) as f64 / length as f64 - 1.0
}

/// The median of each cell.
fn cells(plane: &[f32], width: usize, height: usize) -> Vec<Cell> {
    let side = width.max(height).div_ceil(CELLS);
    let (across, down) = (width.div_ceil(side), height.div_ceil(side));
    let mut cells = Vec::with_capacity(across * down);
    for row in 0..down {
        for column in 0..across {
            let rows = row * side..((row + 1) * side).min(height);
            let columns = column * side..((column + 1) * side).min(width);
            let middle = |range: &std::ops::Range<usize>, length| {
                (placed(range.start, length) + placed(range.end - 1, length)) / 2.0
            };
            let (x, y) = (middle(&columns, width), middle(&rows, height));
            let levels = rows.flat_map(|y| plane[y * width..][columns.clone()].iter().copied());
            cells.push(Cell {
                x,
                y,
                level: median(levels.collect()).into(),
                border: row == 0 || column == 0 || row + 1 == down || column + 1 == across,
            });
        }
    }
    cells
}

fn basis(x: f64, y: f64) -> [f64; TERMS] {
    [1.0, x, y, x * x, x * y, y * y]
}

fn value(terms: &[f64; TERMS], x: f64, y: f64) -> f64 {
    basis(x, y)
        .iter()
        .zip(terms)
        .map(|(base, term)| base * term)
        .sum()
}

fn fitted(cells: &[Cell]) -> [f64; TERMS] {
    // The border counts twice: the digit of a tight crop may cover half of it, but seldom its border.
    let border = cells.iter().filter(|cell| cell.border);
    let levels = cells.iter().chain(border).map(|cell| cell.level as f32);
    let mut terms = [0.0; TERMS];
    terms[0] = median(levels.collect()).into();
    for _ in 0..ROUNDS {
        let errors: Vec<f64> = cells
            .iter()
            .map(|cell| cell.level - value(&terms, cell.x, cell.y))
            .collect();
        let deviation = median(errors.iter().map(|error| error.abs() as f32).collect());
        let reach = f64::from(deviation * DEVIATION).max(LEAST) * TUKEY;
        let mut sums = [[0.0; TERMS + 1]; TERMS];
        for (cell, error) in cells.iter().zip(errors) {
            let share = error / reach;
            if share.abs() >= 1.0 {
                continue;
            }
            let weight = (1.0 - share * share).powi(2);
            let base = basis(cell.x, cell.y);
            for (row, one) in sums.iter_mut().zip(base) {
                for (sum, other) in row.iter_mut().zip(base) {
                    *sum += weight * one * other;
                }
                row[TERMS] += weight * one * cell.level;
            }
        }
        match solved(sums) {
            Some(better) => terms = better,
            None => break,
        }
    }
    terms
}

/// The solution of a system of linear equations, by Gauss's elimination; `None` where there is not one.
fn solved(mut rows: [[f64; TERMS + 1]; TERMS]) -> Option<[f64; TERMS]> {
    for column in 0..TERMS {
        let size = |row: usize| rows[row][column].abs();
        let pivot = (column..TERMS).max_by(|&a, &b| size(a).total_cmp(&size(b)))?;
        if size(pivot) < 1e-9 {
            return None;
        }
        rows.swap(column, pivot);
        let top = rows[column];
        for (at, row) in rows.iter_mut().enumerate() {
            if at != column {
                let factor = row[column] / top[column];
                for (value, above) in row.iter_mut().zip(top) {
                    *value -= factor * above;
                }
            }
        }
    }
    let mut solution = [0.0; TERMS];
    for (at, (term, row)) in solution.iter_mut().zip(&rows).enumerate() {
        *term = row[TERMS] / row[at];
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quadratic_surface_is_found_under_strokes() {
        let (width, height) = (96, 64);
        let light = |x: usize, y: usize| {
            let (x, y) = (placed(x, width), placed(y, height));
            (200.0 + 20.0 * x - 12.0 * y - 15.0 * x * x + 6.0 * x * y - 9.0 * y * y) as f32
        };
        let plane: Vec<f32> = (0..width * height)
            .map(|at| {
                let (x, y) = (at % width, at / width);
                let stroke = (30..40).contains(&x) && (10..50).contains(&y);
                if stroke { 10.0 } else { light(x, y) }
            })
            .collect();
        let picture = Colour {
            width,
            height,
            planes: [plane.clone(), plane.clone(), plane],
        };
        let [found, ..] = surface(&picture);
        for (at, found) in found.into_iter().enumerate() {
            let wanted = light(at % width, at / width);
            assert!((found - wanted).abs() < 1.0, "{at}: {found} {wanted}");
        }
    }
}
