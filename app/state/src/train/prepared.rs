//! How the images of a training become inputs.

use engine::data::Means;
use engine::train::Task;
use reactive_graph::graph::untrack;
use reactive_graph::traits::GetUntracked;

use crate::State;

impl State {
    /// The settings of the next training, whose images are prepared as drawings and photos are when the
    /// network runs.
    pub fn next_task(self) -> Task {
        let means = Means {
            photo: untrack(|| self.document.preparation()),
            drawing: self.input.recipe().get_untracked(),
        };
        Task {
            means,
            ..self.train.task().get_untracked()
        }
    }
}
