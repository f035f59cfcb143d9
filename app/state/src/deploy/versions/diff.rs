//! What differs between two versions: their answers, class by class and image by image, and their
//! weights, layer by layer.

use std::collections::HashMap;

use ::engine::Graph;
use ::engine::checkpoint::{Weights, WeightsError};

use super::Tested;

/// The accuracy of one class.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassChange {
    pub class: String,
    pub before: Option<f64>,
    pub after: Option<f64>,
}

/// An image that is answered otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers {
    pub image: u32,
    pub label: u32,
    pub before: u32,
    pub after: u32,
}

/// The difference of two versions' answers to the same images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// Images that both answered.
    pub compared: usize,
    pub classes: Vec<ClassChange>,
    /// Wrong before, right after.
    pub repaired: Vec<Answers>,
    /// Right before, wrong after.
    pub broken: Vec<Answers>,
    /// Wrong before and after, with another answer.
    pub otherwise: Vec<Answers>,
}

impl Difference {
    /// # Errors
    /// When the two were not tested on the same data, as a sentence.
    pub fn between(before: &Tested, after: &Tested) -> Result<Self, String> {
        if before.set != after.set || before.classes != after.classes {
            return Err(format!(
                "One was tested on {}, the other on {}. Test both on the same data.",
                before.set, after.set
            ));
        }
        let known: HashMap<u32, u32> = { before.answers.iter() }
            .map(|&[image, _, answer]| (image, answer))
            .collect();
        let mut difference = Self {
            classes: { before.classes.iter().enumerate() }
                .map(|(class, name)| ClassChange {
                    class: name.clone(),
                    before: before.class_accuracy(class),
                    after: after.class_accuracy(class),
                })
                .collect(),
            ..Self::default()
        };
        for &[image, label, answer] in &after.answers {
            let Some(&old) = known.get(&image) else {
                continue;
            };
            difference.compared += 1;
            if old == answer {
                continue;
            }
            let list = if answer == label {
                &mut difference.repaired
            } else if old == label {
                &mut difference.broken
            } else {
                &mut difference.otherwise
            };
            list.push(Answers {
                image,
                label,
                before: old,
                after: answer,
            });
        }
        Ok(difference)
    }

    /// How many images are answered otherwise.
    pub fn changed(&self) -> usize {
        self.repaired.len() + self.broken.len() + self.otherwise.len()
    }
}

/// How far the weights of a layer have moved.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightChange {
    pub node: String,
    pub values: usize,
    /// The norm of the difference divided by the norm before; `None` where it was 0.
    pub relative: Option<f64>,
    pub largest: f64,
}

/// Layers of the same name and the same number of values in both files, in the order of the first
/// network; and how many layers have no such partner.
///
/// # Errors
/// When a file does not fit its network.
pub fn weight_changes(
    before: (&Graph, &[u8]),
    after: (&Graph, &[u8]),
) -> Result<(Vec<WeightChange>, usize), WeightsError> {
    let read = |(graph, file): (&Graph, &[u8])| -> Result<Vec<(String, Vec<f32>)>, WeightsError> {
        let (weights, _) = Weights::read(graph, file)?;
        let mut layers: Vec<(String, Vec<f32>)> = Vec::new();
        for (parameter, values) in weights.iter() {
            let name = graph.node(parameter.node).map(|it| it.name.clone());
            let name = name.unwrap_or_default();
            match layers.last_mut().filter(|it| it.0 == name) {
                Some((_, all)) => all.extend_from_slice(values),
                None => layers.push((name, values.to_vec())),
            }
        }
        Ok(layers)
    };
    let (old, new) = (read(before)?, read(after)?);
    let new: HashMap<&str, &Vec<f32>> = new.iter().map(|it| (it.0.as_str(), &it.1)).collect();
    let mut alone = 0;
    let mut changes = Vec::new();
    for (name, values) in &old {
        let Some(other) = { new.get(name.as_str()) }.filter(|it| it.len() == values.len()) else {
            alone += 1;
            continue;
        };
        let (mut moved, mut norm, mut largest) = (0.0, 0.0, 0.0_f64);
        for (old, new) in values.iter().zip(other.iter()) {
            let step = f64::from(*new) - f64::from(*old);
            moved += step * step;
            norm += f64::from(*old) * f64::from(*old);
            largest = largest.max(step.abs());
        }
        changes.push(WeightChange {
            node: name.clone(),
            values: values.len(),
            relative: (norm > 0.0).then(|| (moved / norm).sqrt()),
            largest,
        });
    }
    Ok((changes, alone))
}
