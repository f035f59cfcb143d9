//! What a study came to.

use super::SetAttack;
use super::tasks::width;
use crate::attack::{CorruptionRow, Curve, SEVERITIES, SetReport, Sizes, Study};

impl SetAttack {
    /// The report and the pictures that belong to it.
    pub fn finish(self) -> (SetReport, Vec<f32>) {
        let images = self.images.len() as u64;
        let share = |count: u64| count as f64 / images as f64;
        let clean = share(self.clean);
        match &self.order.study {
            Study::Curve { attacks, epsilons } => {
                let curves = attacks.iter().enumerate();
                let curves = curves.map(|(place, settings)| {
                    let accuracy = |at: usize, epsilon: f32| {
                        if settings.method.has_epsilon() {
                            let before = (0..place).map(|it| width(&attacks[it], epsilons));
                            return share(self.counts[before.sum::<usize>() + at]);
                        }
                        let held = self.needed[place].iter().filter(|&&it| it > epsilon.into());
                        share(held.count() as u64)
                    };
                    let points = epsilons.iter().enumerate();
                    Curve {
                        settings: settings.clone(),
                        points: points
                            .map(|(at, &it)| [f64::from(it), accuracy(at, it)])
                            .collect(),
                    }
                });
                let curves = curves.collect();
                (
                    SetReport::Curve {
                        images,
                        clean,
                        curves,
                    },
                    Vec::new(),
                )
            }
            Study::Corruptions { corruptions } => {
                let rows = corruptions.iter().enumerate().map(|(place, &corruption)| {
                    let numbers = corruption.numbers(self.plain.shape);
                    CorruptionRow {
                        corruption,
                        severities: std::array::from_fn(|at| {
                            let count = self.counts[place * SEVERITIES as usize + at];
                            [numbers[at].into(), share(count)]
                        }),
                    }
                });
                let rows = rows.collect();
                let report = SetReport::Corruptions {
                    images,
                    clean,
                    rows,
                };
                (report, Vec::new())
            }
            Study::Universal { .. } => {
                let noise = self
                    .universal
                    .map(|it| it.noise().to_vec())
                    .unwrap_or_default();
                let report = SetReport::Universal {
                    images,
                    clean,
                    accuracy: share(self.counts[0]),
                    fooled: share(self.fooled),
                    sizes: Sizes::of(&vec![0.0; noise.len()], &noise),
                };
                (report, noise)
            }
            Study::Smoothed { radii, .. } => {
                let certified = |radius: f64| {
                    let rows = self.certificates.iter();
                    let right = rows.filter(|(it, label)| {
                        it.answers() && it.class == *label && it.radius >= radius
                    });
                    [radius, share(right.count() as u64)]
                };
                let silent = self.certificates.iter().filter(|it| !it.0.answers());
                let report = SetReport::Smoothed {
                    images,
                    clean,
                    points: radii.iter().map(|&it| certified(it)).collect(),
                    abstained: share(silent.count() as u64),
                };
                (report, Vec::new())
            }
            Study::Craft { .. } => {
                let report = SetReport::Crafted {
                    images,
                    clean,
                    accuracy: share(self.counts[0]),
                    mean: Sizes {
                        l2: self.sizes.l2 / images as f64,
                        linf: self.sizes.linf / images as f64,
                        changed: self.sizes.changed / images,
                    },
                };
                (report, self.made)
            }
            Study::Judge => {
                let accuracy = clean;
                (SetReport::Judged { images, accuracy }, Vec::new())
            }
        }
    }
}
