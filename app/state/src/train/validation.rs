//! The answers of a training's weights to the validation examples.

use engine::train::Evaluation;

use crate::data::SetId;

/// One example: the image's number in its data set, the class that the network gave it, and the
/// cross-entropy in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answered {
    pub image: u32,
    pub answer: u16,
    pub loss: f32,
}

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct Validation {
    pub set: SetId,
    pub evaluation: Evaluation,
    pub answers: Vec<Answered>,
}

impl Validation {
    /// From an engine's reply: `values` are three for each example, its number, answer and loss.
    pub fn read(set: SetId, evaluation: Evaluation, values: &[f32]) -> Self {
        let (examples, _) = values.as_chunks::<3>();
        let answers = examples.iter().map(|&[image, answer, loss]| Answered {
            image: image as u32,
            answer: answer as u16,
            loss,
        });
        let answers = answers.collect();
        Self {
            set,
            evaluation,
            answers,
        }
    }
}
