//! Singular values of kernels, as the roots of the eigenvalues of the smaller Gram matrix: Householder's
//! tridiagonal form, then implicit QL steps (Golub and Van Loan, *Matrix Computations*, 8.3). Values
//! below about 1e-8 of the largest are lost in the squares, which a rank of these does not mind.

use serde::{Deserialize, Serialize};

/// The smaller side of a matrix, and values, at most.
const MOST_SIDE: usize = 512;
const MOST_VALUES: usize = 1 << 21;
/// Singular values that are told.
const TOLD: usize = 64;

/// How many directions a layer's kernels use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rank {
    /// The largest singular values, the largest first.
    pub largest: Vec<f32>,
    /// How many there are: the smaller side of the matrix.
    pub of: u32,
    /// Roy and Vetterli 2007: e to the entropy of the values as shares of their sum.
    pub effective: f64,
}

impl Rank {
    /// Of a matrix with so many rows; none where it is too large, or all are 0.
    pub fn of(matrix: &[f32], rows: usize) -> Option<Self> {
        let columns = matrix.len().checked_div(rows)?;
        let small = rows.min(columns);
        if small == 0 || small > MOST_SIDE || matrix.len() > MOST_VALUES {
            return None;
        }
        let values = singular_values(matrix, rows);
        let sum: f64 = values.iter().sum();
        if !(sum > 0.0 && sum.is_finite()) {
            return None;
        }
        let shares = values.iter().map(|it| it / sum).filter(|it| *it > 0.0);
        let entropy: f64 = shares.map(|it| -it * libm::log(it)).sum();
        Some(Self {
            largest: values.iter().take(TOLD).map(|&it| it as f32).collect(),
            of: small as u32,
            effective: libm::exp(entropy),
        })
    }
}

/// The singular values of a matrix with so many rows, the largest first.
pub fn singular_values(matrix: &[f32], rows: usize) -> Vec<f64> {
    let columns = matrix.len() / rows.max(1);
    let size = rows.min(columns);
    let at = |row: usize, column: usize| f64::from(matrix[row * columns + column]);
    let mut gram = vec![0.0; size * size];
    for one in 0..size {
        for other in one..size {
            let sum: f64 = if rows <= columns {
                (0..columns).map(|it| at(one, it) * at(other, it)).sum()
            } else {
                (0..rows).map(|it| at(it, one) * at(it, other)).sum()
            };
            gram[one * size + other] = sum;
            gram[other * size + one] = sum;
        }
    }
    let (mut diagonal, mut beside) = tridiagonal(&mut gram, size);
    ql(&mut diagonal, &mut beside);
    let mut values: Vec<f64> = diagonal.iter().map(|it| it.max(0.0).sqrt()).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

/// The diagonal and the values beside it of a tridiagonal matrix with the same eigenvalues.
fn tridiagonal(matrix: &mut [f64], size: usize) -> (Vec<f64>, Vec<f64>) {
    let mut beside = vec![0.0; size];
    for step in 0..size.saturating_sub(1) {
        let from = step + 1;
        let mut mirror: Vec<f64> = (from..size).map(|row| matrix[row * size + step]).collect();
        let length = norm(&mirror);
        let wanted = if mirror[0] > 0.0 { -length } else { length };
        beside[step] = wanted;
        mirror[0] -= wanted;
        let own = norm(&mirror);
        if own == 0.0 {
            continue;
        }
        mirror.iter_mut().for_each(|it| *it /= own);
        // A − 2 v qᵀ − 2 q vᵀ with p = A v and q = p − (v · p) v.
        let mut q: Vec<f64> = (from..size)
            .map(|row| dot(&matrix[row * size + from..(row + 1) * size], &mirror))
            .collect();
        let along = dot(&q, &mirror);
        for (q, v) in q.iter_mut().zip(&mirror) {
            *q -= along * v;
        }
        for (row, (vr, qr)) in (from..size).zip(mirror.iter().zip(&q)) {
            let line = &mut matrix[row * size + from..(row + 1) * size];
            for (value, (vc, qc)) in line.iter_mut().zip(mirror.iter().zip(&q)) {
                *value -= 2.0 * (vr * qc + qr * vc);
            }
        }
    }
    let diagonal = (0..size).map(|at| matrix[at * size + at]).collect();
    (diagonal, beside)
}

/// Turns the diagonal of a symmetric tridiagonal matrix into its eigenvalues.
fn ql(diagonal: &mut [f64], beside: &mut [f64]) {
    let size = diagonal.len();
    for left in 0..size {
        for _ in 0..80 {
            let small = |at: usize| {
                let around = diagonal[at].abs() + diagonal[at + 1].abs();
                beside[at].abs() <= f64::EPSILON * around
            };
            let right = (left..size - 1).find(|&at| small(at)).unwrap_or(size - 1);
            if right == left {
                break;
            }
            let half = (diagonal[left + 1] - diagonal[left]) / (2.0 * beside[left]);
            let root = half.hypot(1.0).copysign(half);
            let mut g = diagonal[right] - diagonal[left] + beside[left] / (half + root);
            let (mut sine, mut cosine, mut p) = (1.0, 1.0, 0.0);
            let mut split = false;
            for at in (left..right).rev() {
                let (f, b) = (sine * beside[at], cosine * beside[at]);
                let length = f.hypot(g);
                beside[at + 1] = length;
                if length == 0.0 {
                    diagonal[at + 1] -= p;
                    beside[right] = 0.0;
                    split = true;
                    break;
                }
                sine = f / length;
                cosine = g / length;
                g = diagonal[at + 1] - p;
                let turned = (diagonal[at] - g) * sine + 2.0 * cosine * b;
                p = sine * turned;
                diagonal[at + 1] = g + p;
                g = cosine * turned - b;
            }
            if !split {
                diagonal[left] -= p;
                beside[left] = g;
                beside[right] = 0.0;
            }
        }
    }
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

fn norm(values: &[f64]) -> f64 {
    dot(values, values).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Random;

    fn close(got: &[f64], wanted: &[f64]) {
        assert_eq!(got.len(), wanted.len());
        for (got, wanted) in got.iter().zip(wanted) {
            assert!((got - wanted).abs() < 1e-5, "{got}, not {wanted}");
        }
    }

    #[test]
    fn known_singular_values() {
        // Strang, *Introduction to Linear Algebra*, 7.2: 3√5 and √5.
        let root = 5.0_f64.sqrt();
        close(
            &singular_values(&[3.0, 0.0, 4.0, 5.0], 2),
            &[3.0 * root, root],
        );
        close(
            &singular_values(&[0.0, -7.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.5], 3),
            &[7.0, 2.0, 0.5],
        );
        // The second differences of 5 points: 2 − 2 cos(k π / 6).
        let mut matrix = vec![0.0; 25];
        for at in 0..5 {
            matrix[at * 6] = 2.0;
            if at < 4 {
                matrix[at * 6 + 1] = -1.0;
                matrix[at * 6 + 5] = -1.0;
            }
        }
        let wanted = (1..=5).rev().map(|k| {
            let angle = f64::from(k) * std::f64::consts::PI / 6.0;
            2.0 - 2.0 * angle.cos()
        });
        close(&singular_values(&matrix, 5), &wanted.collect::<Vec<_>>());
    }

    fn random(count: usize) -> Vec<f32> {
        let mut random = Random::new(7);
        (0..count).map(|_| random.within(1.0)).collect()
    }

    #[test]
    fn a_rotation_and_a_transposition_change_nothing_and_the_squares_add_up() {
        let (rows, columns) = (40, 9);
        let matrix = random(rows * columns);
        let values = singular_values(&matrix, rows);
        assert_eq!(values.len(), columns);
        let squares: f64 = matrix.iter().map(|&it| f64::from(it).powi(2)).sum();
        let own: f64 = values.iter().map(|it| it * it).sum();
        assert!((squares - own).abs() < 1e-9 * squares);
        let transposed: Vec<f32> = (0..columns)
            .flat_map(|column| (0..rows).map(move |row| (row, column)))
            .map(|(row, column)| matrix[row * columns + column])
            .collect();
        close(&singular_values(&transposed, columns), &values);
        // Rows 3 and 17 turned in their plane.
        let mut turned = matrix.clone();
        let (sine, cosine) = 0.7_f32.sin_cos();
        for column in 0..columns {
            let (a, b) = (matrix[3 * columns + column], matrix[17 * columns + column]);
            turned[3 * columns + column] = cosine * a - sine * b;
            turned[17 * columns + column] = sine * a + cosine * b;
        }
        close(&singular_values(&turned, rows), &values);
    }

    #[test]
    fn the_effective_rank_counts_equal_directions() {
        let mut identity = vec![0.0; 64];
        (0..8).for_each(|at| identity[at * 9] = 3.0);
        let rank = Rank::of(&identity, 8).unwrap();
        assert!((rank.effective - 8.0).abs() < 1e-9 && rank.of == 8);
        // Every row a multiple of one: a single direction.
        let row = random(12);
        let one: Vec<f32> = (1..=5)
            .flat_map(|times| row.iter().map(move |it| it * times as f32))
            .collect();
        let rank = Rank::of(&one, 5).unwrap();
        assert!((rank.effective - 1.0).abs() < 1e-3, "{}", rank.effective);
        assert_eq!(Rank::of(&[0.0; 6], 2), None);
        assert_eq!(Rank::of(&vec![1.0; 513 * 513], 513), None);
    }
}
