//! The lessons in their order: how each begins, what each step asks for, and the question at the end.

mod basics;
mod families;
mod practice;

use super::check::Check;
use super::question::Question;
use super::start::Start;

/// One lesson. Its texts are in the file of texts, under its id.
#[derive(Clone, Copy, Debug)]
pub struct Lesson {
    pub id: &'static str,
    pub start: Start,
    pub steps: &'static [Check],
    pub question: Question,
}

/// All lessons, in the order in which they build on each other.
pub const ALL: &[Lesson] = &[
    basics::PICTURE,
    basics::CONVOLUTION,
    basics::STRIDE,
    basics::FILTERS,
    basics::POOLING,
    basics::LENET_5,
    basics::FAILS,
    basics::COUNTING,
    families::ALEXNET,
    families::VGG,
    families::NIN,
    families::INCEPTION,
    families::RESIDUAL,
    families::MOBILENET,
    families::DILATED,
    families::GROUPED,
    practice::TRAINING,
    practice::TRANSFER,
    practice::SMALLER,
    practice::ATTACKS,
    practice::PARALLEL,
    practice::DEPLOYMENT,
];

/// The lesson of this id.
pub fn lesson(id: &str) -> Option<&'static Lesson> {
    ALL.iter().find(|it| it.id == id)
}

/// The number at the end is exactly this.
const fn exactly(right: &'static str) -> Question {
    Question::Number { right, within: 0.0 }
}

/// It is this, rounded.
const fn about(right: &'static str) -> Question {
    Question::Number {
        right,
        within: 0.02,
    }
}
