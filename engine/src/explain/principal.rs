//! Principal components: the directions in which points lie furthest apart (Pearson 1901), by block
//! power iteration with Rayleigh–Ritz steps (Golub and Van Loan, *Matrix Computations*, 8.2), the small
//! eigenvalue problems by Jacobi's rotations.

use crate::data::Random;

/// Directions that are iterated beside the wanted ones, so that near ones do not hold these up.
const BLOCK: usize = 8;
/// Iterations at most.
const MOST_ITERATIONS: usize = 300;
/// The largest change of a wanted variance between two iterations, relative to it, that ends them.
const SETTLED: f64 = 1e-10;

/// The first principal components of points.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    /// For each wanted component the coordinate of every point.
    pub coordinates: Vec<Vec<f64>>,
    /// The share of the whole variance along each.
    pub shares: Vec<f64>,
}

/// The first `wanted` components of `points`, each of `each` values, one after the other. The sign of a
/// component is such that its largest coordinate by size is positive.
pub fn principal(points: &[f32], each: usize, wanted: usize) -> Principal {
    let each = each.max(1);
    let count = points.len() / each;
    let mut mean = vec![0.0_f64; each];
    for point in points.chunks_exact(each) {
        for (sum, &value) in mean.iter_mut().zip(point) {
            *sum += f64::from(value);
        }
    }
    for sum in &mut mean {
        *sum /= count.max(1) as f64;
    }
    let centred: Vec<f32> = points
        .chunks_exact(each)
        .flat_map(|point| {
            let values = point.iter().zip(&mean);
            values.map(|(&value, mean)| (f64::from(value) - mean) as f32)
        })
        .collect();
    let total: f64 = centred.iter().map(|&it| f64::from(it).powi(2)).sum();
    let block = (wanted + BLOCK).min(each).min(count).max(1);
    let mut directions = random_directions(block, each);
    orthonormalise(&mut directions);
    let mut variances = vec![0.0; block];
    for _ in 0..MOST_ITERATIONS {
        // (XᵀX) Q, row by row of X.
        let mut images = vec![vec![0.0_f64; each]; block];
        for point in centred.chunks_exact(each) {
            for (direction, image) in directions.iter().zip(&mut images) {
                let along: f64 = dot(direction, point);
                for (sum, &value) in image.iter_mut().zip(point) {
                    *sum += along * f64::from(value);
                }
            }
        }
        // Rayleigh–Ritz: the eigenvectors of Qᵀ (XᵀX) Q turn Q towards those of XᵀX.
        let mut small = vec![vec![0.0; block]; block];
        for (row, direction) in directions.iter().enumerate() {
            for (column, image) in images.iter().enumerate() {
                small[row][column] = direction.iter().zip(image).map(|(a, b)| a * b).sum();
            }
        }
        let (values, vectors) = jacobi(small);
        let before = std::mem::replace(&mut variances, values);
        directions = vectors
            .iter()
            .map(|vector| combined(vector, &images))
            .collect();
        orthonormalise(&mut directions);
        let settled = before.iter().zip(&variances).take(wanted);
        let settled = { settled }.all(|(a, b)| (a - b).abs() <= SETTLED * b.abs());
        if settled {
            break;
        }
    }
    let mut coordinates = Vec::with_capacity(wanted);
    for direction in directions.iter().take(wanted) {
        let of_point = |point: &[f32]| dot(direction, point);
        let along: Vec<f64> = centred.chunks_exact(each).map(of_point).collect();
        let furthest = along
            .iter()
            .copied()
            .max_by(|a, b| a.abs().total_cmp(&b.abs()));
        let sign = if furthest.unwrap_or_default() < 0.0 {
            -1.0
        } else {
            1.0
        };
        coordinates.push(along.into_iter().map(|it| sign * it).collect());
    }
    coordinates.resize(wanted, vec![0.0; count]);
    let share = |along: &Vec<f64>| {
        let sum: f64 = along.iter().map(|it| it * it).sum();
        if total > 0.0 { sum / total } else { 0.0 }
    };
    let shares = coordinates.iter().map(share).collect();
    Principal {
        coordinates,
        shares,
    }
}

fn dot(direction: &[f64], point: &[f32]) -> f64 {
    let both = direction.iter().zip(point);
    both.map(|(a, &b)| a * f64::from(b)).sum()
}

fn combined(weights: &[f64], vectors: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; vectors.first().map_or(0, Vec::len)];
    for (weight, vector) in weights.iter().zip(vectors) {
        for (sum, value) in sum.iter_mut().zip(vector) {
            *sum += weight * value;
        }
    }
    sum
}

fn random_directions(count: usize, each: usize) -> Vec<Vec<f64>> {
    let mut random = Random::new(1);
    let mut direction = |_| (0..each).map(|_| random.within(1.0).into()).collect();
    (0..count).map(&mut direction).collect()
}

/// Gram and Schmidt, twice over each vector; one that depends on those before becomes zeros.
fn orthonormalise(vectors: &mut [Vec<f64>]) {
    for place in 0..vectors.len() {
        let (before, rest) = vectors.split_at_mut(place);
        let Some(vector) = rest.first_mut() else {
            return;
        };
        let length = norm(vector);
        for _ in 0..2 {
            for other in &*before {
                let along: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
                for (value, other) in vector.iter_mut().zip(other) {
                    *value -= along * other;
                }
            }
        }
        let left = norm(vector);
        let scale = if left > 1e-12 * length && left > 0.0 {
            1.0 / left
        } else {
            0.0
        };
        for value in vector.iter_mut() {
            *value *= scale;
        }
    }
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|it| it * it).sum::<f64>().sqrt()
}

/// The eigenvalues of a symmetric matrix, the largest first, and their eigenvectors.
fn jacobi(mut matrix: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let size = matrix.len();
    let mut vectors: Vec<Vec<f64>> = (0..size)
        .map(|row| (0..size).map(|it| f64::from(u8::from(it == row))).collect())
        .collect();
    for _ in 0..60 {
        let off = |(row, values): (usize, &Vec<f64>)| -> f64 {
            values.iter().skip(row + 1).map(|it| it * it).sum()
        };
        let rest: f64 = matrix.iter().enumerate().map(off).sum();
        let whole: f64 = matrix.iter().flatten().map(|it| it * it).sum();
        if rest <= 1e-30 * whole {
            break;
        }
        for p in 0..size {
            for q in p + 1..size {
                if matrix[p][q] == 0.0 {
                    continue;
                }
                let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
                let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
                let sine = tangent * cosine;
                for row in &mut matrix {
                    let (a, b) = (row[p], row[q]);
                    row[p] = cosine * a - sine * b;
                    row[q] = sine * a + cosine * b;
                }
                for column in 0..size {
                    let (a, b) = (matrix[p][column], matrix[q][column]);
                    matrix[p][column] = cosine * a - sine * b;
                    matrix[q][column] = sine * a + cosine * b;
                    // The vectors are kept as rows.
                    let (a, b) = (vectors[p][column], vectors[q][column]);
                    vectors[p][column] = cosine * a - sine * b;
                    vectors[q][column] = sine * a + cosine * b;
                }
            }
        }
    }
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| matrix[b][b].total_cmp(&matrix[a][a]));
    let values = order.iter().map(|&it| matrix[it][it]).collect();
    let vectors = order.iter().map(|&it| vectors[it].clone()).collect();
    (values, vectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: &[f64], wanted: &[f64], bound: f64) {
        assert_eq!(got.len(), wanted.len());
        for (got, wanted) in got.iter().zip(wanted) {
            assert!((got - wanted).abs() < bound, "{got} instead of {wanted}");
        }
    }

    #[test]
    fn points_on_two_lines_by_hand() {
        // The centre is (1, 1); along (1, 1)/√2 lie ±2√2, across it ±√2: variances 16 and 4 of 20.
        let points = [3.0, 3.0, -1.0, -1.0, 2.0, 0.0, 0.0, 2.0];
        let Principal {
            coordinates,
            shares,
        } = principal(&points, 2, 2);
        let root = 2.0_f64.sqrt();
        let sizes: Vec<f64> = coordinates[0].iter().map(|it| it.abs()).collect();
        close(&sizes, &[2.0 * root, 2.0 * root, 0.0, 0.0], 1e-9);
        assert!((coordinates[0][0] + coordinates[0][1]).abs() < 1e-9);
        let sizes: Vec<f64> = coordinates[1].iter().map(|it| it.abs()).collect();
        close(&sizes, &[0.0, 0.0, root, root], 1e-9);
        close(&shares, &[0.8, 0.2], 1e-12);
    }

    #[test]
    fn an_eigenvalue_problem_by_hand() {
        // det(λ − A) = (λ − 1)(λ − 3)(λ − 4) for this matrix.
        let matrix = vec![
            vec![2.0, 1.0, 0.0],
            vec![1.0, 2.0, 0.0],
            vec![0.0, 0.0, 4.0],
        ];
        let (values, vectors) = jacobi(matrix);
        close(&values, &[4.0, 3.0, 1.0], 1e-12);
        let half = 0.5_f64.sqrt();
        let sizes: Vec<f64> = vectors[1].iter().map(|it| it.abs()).collect();
        close(&sizes, &[half, half, 0.0], 1e-12);
    }

    #[test]
    fn more_directions_than_points_and_points_without_extent() {
        let same = principal(&[1.0, 2.0, 3.0, 1.0, 2.0, 3.0], 3, 2);
        assert_eq!(same.shares, [0.0, 0.0]);
        let line = principal(&[0.0, 0.0, 0.0, 2.0, 0.0, 0.0], 3, 2);
        close(&line.shares, &[1.0, 0.0], 1e-12);
        close(&line.coordinates[1], &[0.0, 0.0], 1e-9);
    }
}
