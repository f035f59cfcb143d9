//! Evaluations of the weights that the network has, on one part of the data.

use std::sync::Arc;

use engine::data::Part;
use engine::session::{CancelReason, Command, Event};
use engine::train::Task;
use leptos::prelude::*;
use state::data::SetId;
use state::train::{Examined, Validation};

use crate::client::{QueryError, sentence};
use crate::lab::Lab;

impl Lab {
    /// The step whose weights the network has.
    pub fn present_step(self) -> u64 {
        let newest = || self.train.snapshots().with(|it| it.at(u64::MAX));
        let shown = self.train.shown().get();
        shown.or_else(|| newest().map(|it| it.step)).unwrap_or(0)
    }

    /// The settings that the network was trained with here; before a training, those of the next.
    fn task_of_weights(self) -> Task {
        let trained = self.train.run_task().get_untracked();
        trained.unwrap_or_else(|| self.next_task())
    }

    /// Runs the network as it is on one part of the chosen data, as a job. Nothing is said when the
    /// person cancels it.
    ///
    /// # Errors
    /// Why there is no result, as a sentence.
    pub async fn examine(self, part: Part) -> Result<(), String> {
        if untrack(|| self.train.is_busy()) {
            return Err("Pause the training first; then it can be evaluated.".to_owned());
        }
        let Some(set) = untrack(|| self.data.chosen()) else {
            return Err("There are no data to evaluate on. Choose a data set first.".to_owned());
        };
        if !self.evaluation_job.begin() {
            return Ok(());
        }
        let step = untrack(|| self.present_step());
        let examined = self.run_examination(set.id, part).await;
        self.evaluation_job.end();
        // Another step is shown, or another network open.
        let same = untrack(|| self.present_step()) == step;
        match examined? {
            Some(validation) if same => {
                let held_out = untrack(|| self.data.info(set.id)).map_or(0, |it| it.held_out);
                let examples = validation.evaluation.examples;
                if part == Part::Test && examples < held_out {
                    return Err(format!(
                        "Only {examples} of the {held_out} test images are loaded. Test again when all \
                         are."
                    ));
                }
                let validation = Arc::new(validation);
                self.train.examine(Examined { step, validation });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The evaluation itself, within `evaluation_job`, of the images that are loaded; `None` when the person cancelled it.
    ///
    /// # Errors
    /// Why there is no result, as a sentence.
    pub(in crate::lab) async fn run_examination(
        self,
        set: SetId,
        part: Part,
    ) -> Result<Option<Validation>, String> {
        let device = self.answer.device();
        let sent = self.send_set(device, set).await;
        sent.map_err(|error| sentence(&error))?;
        let command = Command::Evaluate {
            set: set.0,
            task: Box::new(self.task_of_weights()),
            part,
            images: None,
        };
        let job = self.evaluation_job;
        let message = match self.run_job(job, device, command, Vec::new()).await {
            Ok(message) => message,
            Err(QueryError::Cancelled(CancelReason::Requested)) => return Ok(None),
            Err(error) => return Err(error.sentence()),
        };
        let values = message.values();
        match (message.header, values) {
            (Event::Evaluated { evaluation }, Ok(values)) => {
                Ok(Some(Validation::read(set, evaluation, &values)))
            }
            _ => Err(QueryError::Unexpected.sentence()),
        }
    }
}
