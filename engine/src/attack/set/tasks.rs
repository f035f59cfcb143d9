//! The passes that a study makes over the images of one chunk, and which images those are.

use crate::attack::{SEVERITIES, Settings, Study};
use crate::data::DataSet;

/// So many of these images, as many of each class as there are: the first of each class, then the
/// second. Images that come later change nothing in what is drawn before them.
pub(super) fn drawn(images: &[u32], data: &DataSet, count: u32) -> Vec<u32> {
    let mut seen = vec![0_u32; data.classes() as usize];
    let mut ranked = Vec::with_capacity(images.len());
    for &image in images {
        let label = data.labels().get(image as usize).copied();
        let label = usize::from(label.unwrap_or_default());
        ranked.push((seen[label], label, image));
        seen[label] += 1;
    }
    ranked.sort_unstable();
    let drawn = ranked.iter().map(|it| it.2);
    drawn.take(count as usize).collect()
}

/// How many tasks an attack of a curve is: one for each ε that bounds it.
pub(super) const fn width(settings: &Settings, epsilons: &[f32]) -> usize {
    if settings.method.has_epsilon() {
        epsilons.len()
    } else {
        1
    }
}

/// Which attack of a curve a task is of.
pub(super) fn place_of(attacks: &[Settings], epsilons: &[f32], task: usize) -> usize {
    let mut end = 0;
    let over = attacks.iter().position(|settings| {
        end += width(settings, epsilons);
        task < end
    });
    over.unwrap_or_default()
}

/// The attack of a task of a curve, with its ε.
pub(super) fn task_of(attacks: &[Settings], epsilons: &[f32], task: usize) -> Option<Settings> {
    let place = place_of(attacks, epsilons, task);
    let before: usize = attacks[..place].iter().map(|it| width(it, epsilons)).sum();
    let mut settings = attacks.get(place)?.clone();
    if settings.method.has_epsilon() {
        let epsilon = *epsilons.get(task - before)?;
        settings.alpha = settings.alpha.map(|_| settings.step_for(epsilon));
        settings.epsilon = epsilon;
    }
    Some(settings)
}

impl Study {
    /// The attacks that it makes.
    pub(super) fn settings(&self) -> &[Settings] {
        match self {
            Self::Curve { attacks, .. } => attacks,
            Self::Universal { settings, .. } | Self::Craft { settings } => {
                std::slice::from_ref(settings)
            }
            Self::Corruptions { .. } | Self::Smoothed { .. } | Self::Judge => &[],
        }
    }

    /// The counts that it keeps.
    pub(super) fn tasks(&self) -> usize {
        match self {
            Self::Curve { attacks, epsilons } => attacks.iter().map(|it| width(it, epsilons)).sum(),
            Self::Corruptions { corruptions } => corruptions.len() * SEVERITIES as usize,
            Self::Universal { .. } | Self::Craft { .. } => 1,
            Self::Smoothed { .. } | Self::Judge => 0,
        }
    }
}

pub(super) fn count(of: &[bool]) -> u64 {
    of.iter().filter(|&&it| it).count() as u64
}

pub(super) fn unequal(answers: &[usize], others: &[usize]) -> u64 {
    let pairs = answers.iter().zip(others);
    pairs.filter(|(a, b)| a != b).count() as u64
}
