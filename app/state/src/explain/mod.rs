//! Looking inside a network: the methods that explain an answer, with what each shows and where it
//! misleads, and their results. No signals: the views that show them hold those.

mod backward;
mod depth;
mod map;
mod patch;
mod projection;
mod surgery;

use engine::NodeId;
use engine::explain::{Method, Occlusion};

pub use backward::{Stop, as_trace, stops, unit_at};
pub use depth::{Curve, Point, added_skips, all_cut, curve};
pub use map::Map;
pub use patch::middle_share;
pub use projection::{Placed, aligned, placed};
pub use surgery::{Operable, Ranked, cut, maker, operable, skips};

/// A method of attribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Gradient,
    GradientInput,
    GradCam,
    Guided,
    SmoothGrad,
    IntegratedGradients,
    Occlusion,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::Gradient,
        Self::GradientInput,
        Self::GradCam,
        Self::Guided,
        Self::SmoothGrad,
        Self::IntegratedGradients,
        Self::Occlusion,
    ];

    /// The method with its usual settings.
    pub const fn method(self, node: Option<NodeId>, occlusion: Occlusion) -> Method {
        match self {
            Self::Gradient => Method::Gradient,
            Self::GradientInput => Method::GradientInput,
            Self::GradCam => Method::GradCam { node },
            Self::Guided => Method::Guided,
            Self::SmoothGrad => Method::SMOOTH_GRAD,
            Self::IntegratedGradients => Method::IntegratedGradients,
            Self::Occlusion => Method::Occlusion(occlusion),
        }
    }

    /// Any settings, where they do not matter.
    const fn any(self) -> Method {
        let occlusion = Occlusion {
            patch: 1,
            stride: 1,
            fill: 0.0,
        };
        self.method(None, occlusion)
    }

    /// The name in `data-method`, as on the command line.
    pub const fn name(self) -> &'static str {
        self.any().name()
    }

    pub const fn title(self) -> &'static str {
        self.any().title()
    }

    /// Whether it follows the drawing.
    pub const fn is_cheap(self) -> bool {
        self.any().is_cheap()
    }

    /// What it shows, in a sentence.
    pub const fn shows(self) -> &'static str {
        match self {
            Self::Gradient => "How the class's score changes when a pixel changes a little.",
            Self::GradientInput => {
                "The gradient times the pixel: what the pixel would add to the score of a linear \
                 network."
            }
            Self::GradCam => {
                "Where the maps of a layer speak for the class: each map weighted by its mean gradient."
            }
            Self::Guided => {
                "The gradient without what is negative at each ReLU: the fine edges that excite the \
                 class."
            }
            Self::SmoothGrad => {
                "The mean gradient of noisy copies of the input: single pixels average out."
            }
            Self::IntegratedGradients => {
                "The gradient added up on the way from an input of zeros; the values sum to the score's \
                 rise on that way."
            }
            Self::Occlusion => {
                "How far the score falls when a square is covered; it needs no gradient."
            }
        }
    }

    /// Where it misleads, in a sentence.
    pub const fn misleads(self) -> &'static str {
        match self {
            Self::Gradient => {
                "Can mislead: a saturated unit has no gradient, however much the answer rests on it."
            }
            Self::GradientInput => {
                "Can mislead: a pixel of value 0 never counts, so that something is missing is not shown."
            }
            Self::GradCam => {
                "Can mislead: it is as coarse as the layer, and what speaks against the class is left out."
            }
            Self::Guided => {
                "Can mislead: it looks much the same for every class and for random weights (see the sanity \
                 check)."
            }
            Self::SmoothGrad => {
                "Can mislead: how smooth it is depends on the noise and not on the network."
            }
            Self::IntegratedGradients => {
                "Can mislead: zeros are a choice, and a pixel of value 0 never counts."
            }
            Self::Occlusion => {
                "Can mislead: a covered picture is an unusual one, and parts that replace each other look \
                 unimportant."
            }
        }
    }
}

/// What a person has chosen to see.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// In the order of [`Kind::ALL`].
    pub kinds: Vec<Kind>,
    /// The class; the predicted one if none.
    pub class: Option<u32>,
    /// The node of Grad-CAM; the last with maps if none.
    pub node: Option<NodeId>,
    /// Of occlusion; the usual one if none.
    pub occlusion: Option<Occlusion>,
}

impl Default for Chosen {
    fn default() -> Self {
        Self {
            kinds: vec![Kind::Gradient, Kind::GradientInput, Kind::GradCam],
            class: None,
            node: None,
            occlusion: None,
        }
    }
}

impl Chosen {
    /// Shows a method, or no longer; one always stays.
    pub fn toggle(&mut self, kind: Kind) {
        if self.kinds.contains(&kind) {
            if self.kinds.len() > 1 {
                self.kinds.retain(|it| *it != kind);
            }
        } else {
            let shown = |it: &Kind| *it == kind || self.kinds.contains(it);
            self.kinds = Kind::ALL.into_iter().filter(shown).collect();
        }
    }
}

/// Classes that a list offers: all of a few, else those with the largest outputs and the chosen one.
pub fn offered(answer: &[f32], chosen: Option<u32>) -> Vec<u32> {
    const FEW: usize = 20;
    const BEST: usize = 10;
    let all = 0..answer.len() as u32;
    if answer.len() <= FEW {
        return all.collect();
    }
    let value = |class: u32| answer.get(class as usize).copied().unwrap_or(f32::MIN);
    let mut best: Vec<u32> = all.collect();
    best.sort_by(|&a, &b| value(b).total_cmp(&value(a)));
    best.truncate(BEST);
    if let Some(chosen) = chosen
        && !best.contains(&chosen)
        && (chosen as usize) < answer.len()
    {
        best.push(chosen);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_method_always_stays() {
        let mut chosen = Chosen::default();
        chosen.toggle(Kind::Gradient);
        chosen.toggle(Kind::GradCam);
        chosen.toggle(Kind::GradientInput);
        assert_eq!(chosen.kinds, [Kind::GradientInput]);
        chosen.toggle(Kind::Occlusion);
        chosen.toggle(Kind::Gradient);
        let shown = [Kind::Gradient, Kind::GradientInput, Kind::Occlusion];
        assert_eq!(chosen.kinds, shown);
    }

    #[test]
    fn of_many_classes_the_likeliest_are_offered_and_the_chosen_one() {
        assert_eq!(offered(&[0.1, 0.9], Some(0)), [0, 1]);
        let answer: Vec<f32> = (0..1000_u16).map(f32::from).collect();
        let best = offered(&answer, Some(3));
        assert_eq!(best.len(), 11);
        assert_eq!((best[0], best[9], best[10]), (999, 990, 3));
        assert_eq!(offered(&answer, Some(995)).len(), 10);
        assert_eq!(offered(&answer, Some(4000)).len(), 10);
    }

    #[test]
    fn names_are_those_of_the_command_line() {
        let names = Kind::ALL.map(Kind::name);
        let wanted = [
            "gradient",
            "gradient-input",
            "grad-cam",
            "guided",
            "smoothgrad",
            "integrated-gradients",
            "occlusion",
        ];
        assert_eq!(names, wanted);
        let cheap: Vec<Kind> = { Kind::ALL.into_iter() }
            .filter(|it| it.is_cheap())
            .collect();
        assert_eq!(cheap, Chosen::default().kinds);
    }
}
