//! Non-negative least squares.

/// The non-negative unknowns for which the sum of each row's terms is nearest to 1 (Lawson and
/// Hanson 1974; here unknowns that would be negative are left out). An unknown in no row is 0.
pub(super) fn nonnegative<const N: usize>(rows: &[[f64; N]]) -> [f64; N] {
    // Scale the columns: terms of bytes and of layers differ by nine orders of magnitude.
    let sizes: [f64; N] = std::array::from_fn(|column| {
        let squares: f64 = rows.iter().map(|row| row[column].powi(2)).sum();
        squares.sqrt()
    });
    let mut used: Vec<usize> = (0..N).filter(|&column| sizes[column] > 0.0).collect();
    loop {
        let term = |row: &[f64; N], column: usize| row[column] / sizes[column];
        let normal: Vec<Vec<f64>> = used
            .iter()
            .map(|&i| {
                let with = |j: usize| rows.iter().map(|row| term(row, i) * term(row, j)).sum();
                let right: f64 = rows.iter().map(|row| term(row, i)).sum();
                used.iter().map(|&j| with(j)).chain([right]).collect()
            })
            .collect();
        let found = solve(normal);
        let worst = used.iter().zip(&found).min_by(|a, b| a.1.total_cmp(b.1));
        match worst {
            Some((&column, &least)) if least < 0.0 => used.retain(|&other| other != column),
            Some(_) | None => {
                let mut all = [0.0; N];
                for (column, value) in used.into_iter().zip(found) {
                    all[column] = value / sizes[column];
                }
                return all;
            }
        }
    }
}

/// A pivot below this share of its column's size (1) counts as 0.
const NOTHING: f64 = 1e-12;

/// Solves linear equations, each row with its right side at the end (Gauss-Jordan elimination with
/// pivoting). An unknown that the equations do not determine is 0.
fn solve(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    let count = rows.len();
    let mut left: Vec<usize> = (0..count).collect();
    let mut pivots = vec![None; count];
    for (column, pivot) in pivots.iter_mut().enumerate() {
        let largest = left
            .iter()
            .copied()
            .max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()));
        let Some(at) = largest.filter(|&at| rows[at][column].abs() > NOTHING) else {
            continue;
        };
        left.retain(|&row| row != at);
        *pivot = Some(at);
        let own = rows[at].clone();
        for (other, row) in rows.iter_mut().enumerate() {
            if other != at {
                let times = row[column] / own[column];
                row.iter_mut()
                    .zip(&own)
                    .for_each(|(it, own)| *it -= times * own);
            }
        }
    }
    let value = |(column, pivot): (usize, &Option<usize>)| {
        pivot.map_or(0.0, |at| rows[at][count] / rows[at][column])
    };
    pivots.iter().enumerate().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_three_points_is_the_textbook_s() {
        // 1 = (a + b·x) / y for (1, 2), (2, 3), (3, 4): a = 1, b = 1.
        let rows = [(1.0, 2.0), (2.0, 3.0), (3.0, 4.0)].map(|(x, y)| [1.0 / y, x / y]);
        let [a, b] = nonnegative(&rows);
        assert!((a - 1.0).abs() < 1e-9 && (b - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_would_be_negative_is_nothing() {
        // For decreasing times the slope would be negative; only the constant is left.
        let rows = [(1.0, 4.0), (2.0, 3.0), (3.0, 2.0)].map(|(x, y)| [1.0 / y, x / y]);
        let [constant, slope] = nonnegative(&rows);
        assert_eq!(slope, 0.0);
        assert!(constant > 2.0 && constant < 4.0);
    }

    #[test]
    fn two_columns_that_cannot_be_told_apart_do_not_blow_up() {
        let [a, b, none] = nonnegative(&[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]]);
        assert!((a + b - 1.0).abs() < 1e-9);
        assert_eq!(none, 0.0);
    }
}
