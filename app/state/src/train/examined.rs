//! Evaluations that the person asked for, of a step's weights on one part of the data.

use std::sync::Arc;

use engine::data::Part;

use super::Validation;

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Examined {
    /// Steps done.
    pub step: u64,
    pub validation: Arc<Validation>,
}

impl Examined {
    pub fn part(&self) -> Part {
        self.validation.evaluation.part
    }
}

/// At most so many are kept; then the oldest goes.
const MOST: usize = 24;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Examinations(Vec<Examined>);

impl Examinations {
    /// The evaluation of this step's weights on this part.
    pub fn get(&self, step: u64, part: Part) -> Option<&Examined> {
        let is = |it: &&Examined| it.step == step && it.part() == part;
        self.0.iter().find(is)
    }

    pub(super) fn keep(&mut self, examined: Examined) {
        let (step, part) = (examined.step, examined.part());
        self.0.retain(|it| it.step != step || it.part() != part);
        self.0.push(examined);
        if self.0.len() > MOST {
            self.0.remove(0);
        }
    }

    /// Removes those of later steps.
    pub(super) fn cut(&mut self, step: u64) {
        self.0.retain(|it| it.step <= step);
    }
}
