//! t-SNE (van der Maaten and Hinton 2008), exact: points of many values put in the plane so that near
//! ones stay near. Distances between far groups, their sizes and densities mean nothing.

use crate::data::Random;

/// Points at most: the work and the memory grow with the square of their number.
pub const MOST_POINTS: usize = 1000;
/// Steps in all; in the first, groups are drawn together by this factor.
pub const STEPS: usize = 500;
const EARLY: usize = 125;
const TOGETHER: f64 = 12.0;
/// About how many neighbours a point minds.
const PERPLEXITY: f64 = 30.0;

/// Points on their way to their places.
#[derive(Debug)]
pub struct Tsne {
    count: usize,
    /// How much each pair belongs together; all together 1.
    together: Vec<f64>,
    places: Vec<[f64; 2]>,
    speeds: Vec<[f64; 2]>,
    gains: Vec<[f64; 2]>,
    at: usize,
}

impl Tsne {
    /// Of points of `each` values, one after the other, from random places near 0.
    pub fn new(points: &[f32], each: usize, seed: u64) -> Self {
        let squares = squared_distances(points, each.max(1));
        let count = points.len() / each.max(1);
        let mut random = Random::new(seed);
        let mut near = || f64::from(random.within(1.0)) * 1e-4;
        let places = (0..count).map(|_| [near(), near()]).collect();
        Self {
            together: joint(&squares, count, PERPLEXITY),
            count,
            places,
            speeds: vec![[0.0; 2]; count],
            gains: vec![[1.0; 2]; count],
            at: 0,
        }
    }

    /// Steps done, and of how many.
    pub const fn progress(&self) -> [u64; 2] {
        [self.at as u64, STEPS as u64]
    }

    /// Some steps; whether all are done.
    pub fn advance(&mut self, steps: usize) -> bool {
        for _ in 0..steps.min(STEPS - self.at) {
            self.step();
        }
        self.at == STEPS
    }

    pub fn places(&self) -> &[[f64; 2]] {
        &self.places
    }

    /// Momentum and gains as in the authors' implementation, the rate by Belkina et al. 2019.
    fn step(&mut self) {
        let early = self.at < EARLY;
        let factor = if early { TOGETHER } else { 1.0 };
        let momentum = if early { 0.5 } else { 0.8 };
        let rate = (self.count as f64 / TOGETHER).max(50.0);
        let slopes = slopes(&self.together, &self.places, factor);
        let mut middle = [0.0; 2];
        for (at, slope) in slopes.into_iter().enumerate() {
            for axis in 0..2 {
                let (gain, speed) = (&mut self.gains[at][axis], &mut self.speeds[at][axis]);
                let against = slope[axis] * *speed <= 0.0;
                *gain = if against {
                    *gain + 0.2
                } else {
                    (*gain * 0.8).max(0.01)
                };
                *speed = momentum * *speed - rate * *gain * slope[axis];
                self.places[at][axis] += *speed;
                middle[axis] += self.places[at][axis] / self.count as f64;
            }
        }
        for place in &mut self.places {
            place[0] -= middle[0];
            place[1] -= middle[1];
        }
        self.at += 1;
    }
}

fn squared_distances(points: &[f32], each: usize) -> Vec<f64> {
    let count = points.len() / each;
    let mut squares = vec![0.0; count * count];
    for (one, a) in points.chunks_exact(each).enumerate() {
        for (other, b) in points.chunks_exact(each).enumerate().take(one) {
            let both = a.iter().zip(b);
            // In 32 bits in blocks, so that vectors of many values go fast.
            let sum: f32 = both.map(|(a, b)| (a - b) * (a - b)).sum();
            squares[one * count + other] = sum.into();
            squares[other * count + one] = sum.into();
        }
    }
    squares
}

/// The shares of a point's neighbours, by a normal curve whose width gives this perplexity.
fn neighbours(squares: &[f64], own: usize, perplexity: f64) -> Vec<f64> {
    let wanted = perplexity.min((squares.len() as f64 - 1.0) / 3.0).max(1.0);
    let nearest = squares
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != own)
        .map(|(_, it)| *it)
        .fold(f64::INFINITY, f64::min);
    let (mut low, mut high) = (0.0, f64::INFINITY);
    // Starts where distances of this size count.
    let mean = squares.iter().sum::<f64>() / squares.len().max(1) as f64;
    let mut narrow = 1.0 / mean.max(f64::MIN_POSITIVE);
    let mut shares = vec![0.0; squares.len()];
    for _ in 0..100 {
        let mut sum = 0.0;
        for (at, (share, &square)) in shares.iter_mut().zip(squares).enumerate() {
            // Less the nearest, so that not all vanish.
            *share = if at == own {
                0.0
            } else {
                libm::exp(-(square - nearest) * narrow)
            };
            sum += *share;
        }
        shares
            .iter_mut()
            .for_each(|it| *it /= sum.max(f64::MIN_POSITIVE));
        let entropy: f64 = { shares.iter().filter(|it| **it > 0.0) }
            .map(|it| -it * libm::log(*it))
            .sum();
        let off = entropy - libm::log(wanted);
        if off.abs() < 1e-5 {
            break;
        }
        if off > 0.0 {
            low = narrow;
            narrow = if high.is_finite() {
                (low + high) / 2.0
            } else {
                narrow * 2.0
            };
        } else {
            high = narrow;
            narrow = (low + high) / 2.0;
        }
    }
    shares
}

/// The symmetric shares of all pairs.
fn joint(squares: &[f64], count: usize, perplexity: f64) -> Vec<f64> {
    let rows: Vec<f64> = squares
        .chunks_exact(count.max(1))
        .enumerate()
        .flat_map(|(own, row)| neighbours(row, own, perplexity))
        .collect();
    let both = |at: usize| rows[at] + rows[at % count * count + at / count];
    (0..rows.len())
        .map(|at| both(at) / (2 * count) as f64)
        .collect()
}

/// The gradient of the Kullback–Leibler divergence with respect to the places, `together` taken so many
/// times.
fn slopes(together: &[f64], places: &[[f64; 2]], factor: f64) -> Vec<[f64; 2]> {
    let count = places.len();
    let mut sum = 0.0;
    let mut nearness = vec![0.0; count * count];
    for one in 0..count {
        for other in 0..one {
            let apart = [0, 1].map(|axis| places[one][axis] - places[other][axis]);
            let near = 1.0 / (1.0 + apart[0] * apart[0] + apart[1] * apart[1]);
            nearness[one * count + other] = near;
            sum += 2.0 * near;
        }
    }
    let mut slopes = vec![[0.0; 2]; count];
    for one in 0..count {
        for other in 0..one {
            let near = nearness[one * count + other];
            let pull = factor * together[one * count + other] - near / sum;
            for axis in 0..2 {
                let part = 4.0 * pull * near * (places[one][axis] - places[other][axis]);
                slopes[one][axis] += part;
                slopes[other][axis] -= part;
            }
        }
    }
    slopes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three groups far apart.
    fn groups() -> Vec<f32> {
        let mut random = Random::new(5);
        let mut points = Vec::new();
        for at in 0..60 {
            let group = at % 3;
            points.extend((0..10).map(|axis| {
                let centre = if axis == group { 8.0 } else { 0.0 };
                centre + random.within(1.0)
            }));
        }
        points
    }

    fn divergence(together: &[f64], places: &[[f64; 2]]) -> f64 {
        let count = places.len();
        let near = |one: usize, other: usize| {
            let apart = [0, 1].map(|axis| places[one][axis] - places[other][axis]);
            1.0 / (1.0 + apart[0].powi(2) + apart[1].powi(2))
        };
        let pairs = || (0..count * count).filter(|at| at / count != at % count);
        let sum: f64 = pairs().map(|at| near(at / count, at % count)).sum();
        let parts = pairs().filter(|&at| together[at] > 0.0);
        parts
            .map(|at| {
                let q = near(at / count, at % count) / sum;
                together[at] * (together[at] / q).ln()
            })
            .sum()
    }

    #[test]
    fn a_point_minds_as_many_neighbours_as_asked() {
        let points = groups();
        let squares = squared_distances(&points, 10);
        for own in [0, 7, 31] {
            let row = &squares[own * 60..(own + 1) * 60];
            let shares = neighbours(row, own, 12.0);
            assert_eq!(shares[own], 0.0);
            let sum: f64 = shares.iter().sum();
            assert!((sum - 1.0).abs() < 1e-9);
            let bits: f64 = { shares.iter().filter(|it| **it > 0.0) }
                .map(|it| -it * it.log2())
                .sum();
            assert!((bits.exp2() - 12.0).abs() < 1e-3, "{}", bits.exp2());
        }
    }

    #[test]
    fn the_slopes_are_differences_of_the_divergence() {
        let points = groups();
        let together = joint(&squared_distances(&points, 10), 60, 10.0);
        let whole: f64 = together.iter().sum();
        assert!((whole - 1.0).abs() < 1e-9);
        let mut random = Random::new(2);
        let mut places: Vec<[f64; 2]> = (0..60)
            .map(|_| [0, 1].map(|_| f64::from(random.within(2.0))))
            .collect();
        let slopes = slopes(&together, &places, 1.0);
        for (point, axis) in [(0, 0), (13, 1), (59, 0)] {
            let here = places[point][axis];
            let mut at = |to: f64| {
                places[point][axis] = to;
                divergence(&together, &places)
            };
            let quotient = (at(here + 1e-5) - at(here - 1e-5)) / 2e-5;
            places[point][axis] = here;
            assert!((quotient - slopes[point][axis]).abs() < 1e-7, "{quotient}");
        }
    }

    #[test]
    fn groups_stay_groups() {
        let mut tsne = Tsne::new(&groups(), 10, 1);
        while !tsne.advance(50) {}
        let places = tsne.places();
        for (one, place) in places.iter().enumerate() {
            let apart = |other: usize| {
                (places[other][0] - place[0]).powi(2) + (places[other][1] - place[1]).powi(2)
            };
            let others = (0..places.len()).filter(|&other| other != one);
            let nearest = others
                .min_by(|&a, &b| apart(a).total_cmp(&apart(b)))
                .unwrap();
            assert_eq!(nearest % 3, one % 3);
        }
    }
}
