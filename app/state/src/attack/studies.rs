//! What is measured on data sets, and what came out.

use std::sync::Arc;

use engine::Shape;
use engine::attack::{
    Corruption, Curve, Method, Norm, Sanitation, SetOrder, SetReport, Settings, Smoothing, Study,
    Transfer, certified_radius, lower_bound,
};
use engine::data::Means;
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{GetUntracked, Set, Update};

use super::{Pictures, name, short};
use crate::signals::set_if_changed;

/// What the next study is of.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub methods: Vec<Method>,
    pub norm: Norm,
    pub images: u32,
    /// What the defended network does to a picture first.
    pub sanitation: Option<Sanitation>,
    /// The attack goes through it.
    pub adaptive: bool,
    /// Of randomised smoothing: the deviation of its noise and how many noisy pictures are answered.
    pub sigma: f32,
    pub samples: u32,
}

/// The deviations and numbers of samples that are offered.
pub const SIGMAS: [f32; 4] = [0.12, 0.25, 0.5, 1.0];
pub const SAMPLES: [u32; 3] = [200, 1000, 5000];

impl Default for Choice {
    fn default() -> Self {
        Self {
            methods: vec![Method::Fgsm, Method::Pgd, Method::Noise],
            norm: Norm::Linf,
            images: 500,
            sanitation: None,
            adaptive: false,
            sigma: 0.25,
            samples: 200,
        }
    }
}

/// The radii of a curve, beside 0.
const STEPS: u32 = 10;

/// Training images that a universal noise is found on.
const TRAINING: u32 = 1000;

impl Choice {
    /// The defence in words; empty without one.
    pub fn defence(&self) -> String {
        match (self.sanitation, self.adaptive) {
            (None, _) => String::new(),
            (Some(it), false) => it.name(),
            (Some(it), true) => format!("{}, adaptive", it.name()),
        }
    }

    /// One noise for all pictures, in the norm and within the bound of these settings.
    pub fn universal(of: &Settings) -> Study {
        let settings = Settings {
            method: Method::Pgd,
            steps: 40,
            alpha: Some(of.epsilon / 10.0).filter(|it| *it > 0.0),
            target: None,
            ..of.clone()
        };
        Study::Universal {
            settings,
            training: TRAINING,
        }
    }

    /// The certified accuracy of the smoothed network, up to the largest radius that so many samples can
    /// certify.
    pub fn smoothed(&self) -> Study {
        let smoothing = Smoothing {
            sigma: self.sigma,
            choose: (self.samples / 10).max(1),
            samples: self.samples,
            ..Smoothing::default()
        };
        let share = lower_bound(
            smoothing.samples.into(),
            smoothing.samples.into(),
            smoothing.alpha,
        );
        let most = certified_radius(share, smoothing.sigma.into());
        Study::Smoothed {
            smoothing,
            radii: (0..=STEPS)
                .map(|at| most * f64::from(at) / f64::from(STEPS))
                .collect(),
        }
    }

    /// The bounds at which accuracy is measured, for pictures of so many values.
    pub fn epsilons(&self, values: u64) -> Vec<f32> {
        let most = match self.norm {
            Norm::Linf => 0.3,
            // As large as a change of each value by a tenth.
            Norm::L2 => (values as f32).sqrt() / 10.0,
        };
        // Of photos a tenth of it is already too much.
        let most = if values > 10_000 { most / 10.0 } else { most };
        (0..=6).map(|at| most * at as f32 / 6.0).collect()
    }

    /// A curve of these methods, in this norm; those that have another one are left out.
    pub fn curve(&self, of: &Settings, values: u64) -> Study {
        let attacks = self
            .methods
            .iter()
            .filter(|it| it.norms().contains(&self.norm));
        let attack = |&method: &Method| Settings {
            method,
            norm: self.norm,
            steps: method.usual_steps(),
            alpha: None,
            target: None,
            ..of.clone()
        };
        Study::Curve {
            attacks: attacks.map(attack).collect(),
            epsilons: self.epsilons(values),
        }
    }

    /// This study of the images.
    pub fn order(&self, means: Means, study: Study) -> SetOrder {
        SetOrder {
            means,
            images: self.images,
            sanitation: self.sanitation.into_iter().collect(),
            adaptive: self.adaptive,
            study,
            ..SetOrder::default()
        }
    }
}

/// All corruptions.
pub fn corruptions() -> Study {
    Study::Corruptions {
        corruptions: Corruption::ALL.to_vec(),
    }
}

/// Curves that were measured together.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// As [`Choice::defence`].
    pub defence: String,
    pub images: u64,
    /// Accuracy without noise.
    pub clean: f64,
    pub curves: Vec<Curve>,
}

/// One line of the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub name: String,
    pub curve: Curve,
}

/// Curves beside each other at most, as many as there are colours.
const MOST: usize = 6;

/// The curves with their names.
pub fn named(measured: &[Measured]) -> Vec<Named> {
    let lines = measured.iter().flat_map(|it| {
        it.curves.iter().map(|curve| Named {
            name: match it.defence.as_str() {
                "" => name(curve),
                defence => format!("{}, {defence}", name(curve)),
            },
            curve: curve.clone(),
        })
    });
    lines.collect()
}

/// A noise for all pictures, and what it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Universal {
    pub report: SetReport,
    /// The noise, as the change of a picture that has none.
    pub pictures: Pictures,
}

/// The certified accuracy of the smoothed network.
#[derive(Clone, Debug, PartialEq)]
pub struct Certified {
    pub name: String,
    pub images: u64,
    /// Of the network itself.
    pub clean: f64,
    /// Radius and the share of images rightly answered with at least this certified radius.
    pub points: Vec<[f64; 2]>,
    /// The share for which it abstains.
    pub abstained: f64,
}

/// See the module.
#[derive(Clone, Copy)]
pub struct Studies {
    choice: RwSignal<Choice>,
    curves: RwSignal<Vec<Measured>>,
    corruptions: RwSignal<Option<Arc<SetReport>>>,
    universal: RwSignal<Option<Arc<Universal>>>,
    transfer: RwSignal<Option<Arc<Transfer>>>,
    certified: RwSignal<Vec<Certified>>,
    failure: RwSignal<Option<String>>,
}

readable!(Studies {
    /// What the next study is of.
    choice: Choice,
    /// The robustness curves of this network.
    curves: Vec<Measured>,
    corruptions: Option<Arc<SetReport>>,
    universal: Option<Arc<Universal>>,
    transfer: Option<Arc<Transfer>>,
    /// The smoothed networks that were measured, on the same number of images.
    certified: Vec<Certified>,
    /// Why the last study has no result, as a sentence.
    failure: Option<String>,
});

impl Studies {
    pub(super) fn new() -> Self {
        Self {
            choice: RwSignal::default(),
            curves: RwSignal::default(),
            corruptions: RwSignal::default(),
            universal: RwSignal::default(),
            transfer: RwSignal::default(),
            certified: RwSignal::default(),
            failure: RwSignal::default(),
        }
    }

    /// Changes what the next study is of.
    pub fn edit(self, change: impl FnOnce(&mut Choice)) {
        let mut choice = self.choice.get_untracked();
        change(&mut choice);
        set_if_changed(self.choice, choice);
    }

    /// Keeps a report, its pictures and the choice that it is of. Curves of the same norm and number
    /// of images stand beside those measured before.
    pub fn keep(self, report: SetReport, pictures: &[f32], shape: Shape, of: &Choice) {
        self.failure.set(None);
        match report {
            SetReport::Curve {
                images,
                clean,
                curves,
            } => self.curves.update(|all| {
                let defence = of.defence();
                let norm = |it: &Measured| it.curves.first().map(|it| it.settings.norm);
                let new = Measured {
                    defence,
                    images,
                    clean,
                    curves,
                };
                all.retain(|it| {
                    it.defence != new.defence && it.images == images && norm(it) == norm(&new)
                });
                all.push(new);
                while all.len() > 1 && all.iter().map(|it| it.curves.len()).sum::<usize>() > MOST {
                    all.remove(0);
                }
            }),
            SetReport::Corruptions { .. } => self.corruptions.set(Some(Arc::new(report))),
            SetReport::Universal { .. } => {
                let pictures = Pictures {
                    shape,
                    before: vec![0.0; pictures.len()],
                    after: pictures.to_vec(),
                };
                let universal = Universal { report, pictures };
                self.universal.set(Some(Arc::new(universal)));
            }
            SetReport::Smoothed {
                images,
                clean,
                points,
                abstained,
            } => self.certified.update(|all| {
                let name = format!("σ {}, {} samples", short(of.sigma.into()), of.samples);
                all.retain(|it| it.name != name && it.images == images);
                all.push(Certified {
                    name,
                    images,
                    clean,
                    points,
                    abstained,
                });
                while all.len() > MOST {
                    all.remove(0);
                }
            }),
            SetReport::Crafted { .. } | SetReport::Judged { .. } => {}
        }
    }

    pub fn keep_transfer(self, transfer: Transfer) {
        self.failure.set(None);
        self.transfer.set(Some(Arc::new(transfer)));
    }

    /// Sets or clears why there is no result.
    pub fn fail(self, why: Option<String>) {
        set_if_changed(self.failure, why);
    }

    /// The network has changed: what was measured is of another one.
    pub fn forget(self) {
        self.curves.set(Vec::new());
        self.corruptions.set(None);
        self.universal.set(None);
        self.transfer.set(None);
        self.certified.set(Vec::new());
        self.failure.set(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_has_the_methods_of_its_norm_and_begins_without_noise() {
        let choice = Choice {
            methods: vec![Method::Pgd, Method::DeepFool],
            ..Choice::default()
        };
        let of = |choice: &Choice| match choice.curve(&Settings::default(), 1024) {
            Study::Curve { attacks, epsilons } => {
                let methods: Vec<Method> = attacks.iter().map(|it| it.method).collect();
                (methods, epsilons)
            }
            other => panic!("{other:?}"),
        };
        let (methods, epsilons) = of(&choice);
        assert_eq!(methods, [Method::Pgd]);
        assert_eq!(epsilons[0], 0.0);
        assert!(epsilons.is_sorted() && epsilons[6] == 0.3);
        let l2 = Choice {
            norm: Norm::L2,
            ..choice
        };
        assert_eq!(of(&l2).0, [Method::Pgd, Method::DeepFool]);
    }

    /// Of 200 samples that all agree, the exact lower bound of the share at certainty 0.999 is
    /// 0.001^(1/200) = 0.96605 (Clopper and Pearson 1934), whose normal quantile is 1.8256.
    #[test]
    fn radii_end_where_no_more_can_be_certified() {
        let choice = Choice {
            sigma: 0.5,
            ..Choice::default()
        };
        let Study::Smoothed { smoothing, radii } = choice.smoothed() else {
            panic!("another study");
        };
        assert_eq!((smoothing.sigma, smoothing.samples), (0.5, 200));
        assert_eq!(radii[0], 0.0);
        assert!(radii.is_sorted());
        let most = radii.last().unwrap();
        assert!((most - 0.5 * 1.8256).abs() < 1e-3, "{most}");
    }

    #[test]
    fn smoothed_networks_stand_beside_each_other_for_the_same_images() {
        let studies = Studies::new();
        let keep = |choice: &Choice, images| {
            let report = SetReport::Smoothed {
                images,
                clean: 1.0,
                points: vec![[0.0, 0.9], [0.5, 0.2]],
                abstained: 0.05,
            };
            studies.keep(report, &[], Shape::vector(1), choice);
        };
        let wide = Choice {
            sigma: 0.5,
            ..Choice::default()
        };
        keep(&Choice::default(), 100);
        keep(&wide, 100);
        keep(&Choice::default(), 100);
        let names = || -> Vec<String> {
            let all = studies.certified().get_untracked();
            all.into_iter().map(|it| it.name).collect()
        };
        assert_eq!(names(), ["σ 0.5, 200 samples", "σ 0.25, 200 samples"]);
        keep(&wide, 500);
        assert_eq!(names(), ["σ 0.5, 200 samples"]);
    }

    #[test]
    fn curves_behind_a_defence_stand_beside_those_without_and_replace_their_own() {
        let studies = Studies::new();
        let curve = |accuracy| Curve {
            settings: Settings::of(Method::Pgd),
            points: vec![[0.0, 1.0], [0.1, accuracy]],
        };
        let keep = |choice: &Choice, accuracy| {
            let report = SetReport::Curve {
                images: 100,
                clean: 1.0,
                curves: vec![curve(accuracy)],
            };
            studies.keep(report, &[], Shape::vector(1), choice);
        };
        let plain = Choice::default();
        let defended = Choice {
            sanitation: Some(Sanitation::Bits(3)),
            adaptive: true,
            ..Choice::default()
        };
        keep(&plain, 0.2);
        keep(&defended, 0.5);
        keep(&plain, 0.3);
        let shown = named(&studies.curves().get_untracked());
        let shown: Vec<(&str, f64)> = shown
            .iter()
            .map(|it| (it.name.as_str(), it.curve.points[1][1]))
            .collect();
        assert_eq!(shown, [("PGD-10, 3 bits, adaptive", 0.5), ("PGD-10", 0.3)]);
        studies.forget();
        assert_eq!(studies.curves().get_untracked(), []);
    }
}
