//! Operations on the weights of the network on the screen, each a step of the history.

use engine::NodeId;
use engine::explain::{Ask, Operation, Told};
use engine::format::Control;
use leptos::prelude::*;
use state::data::SetId;
use state::explain::Ranked;

use super::super::Lab;
use super::super::job::Job;
use crate::client::{QueryError, sentence};

/// Test images that an accuracy is of.
const IMAGES: u32 = 1000;

impl Lab {
    /// Changes the network's weights as one step of the history.
    ///
    /// # Errors
    /// Why nothing was changed, as a sentence.
    pub async fn operate(self, job: Job, operation: Operation) -> Result<(), String> {
        if !self.permits(Control::Network) {
            return Ok(());
        }
        if untrack(|| self.train.is_busy()) {
            return Err("Pause the training first: it changes the same weights.".to_owned());
        }
        let running = self.document.running();
        let what = running.with_untracked(|graph| operation.words(graph));
        let device = self.answer.device();
        match self.look_inside(job, &Ask::Operate(operation)).await {
            None => return Ok(()),
            Some(Err(why)) => return Err(why),
            Some(Ok((Told::Operated, _))) => {}
            Some(Ok(_)) => return Err(QueryError::Unexpected.sentence()),
        }
        let own = self.document.weights().get_untracked();
        let step = own.map_or(0, |it| it.step);
        let kept = self.keep_weights(device, "surgery", step, &what).await;
        kept.map_err(|why| sentence(&why))?;
        // The weights are as many as before, but others: views that show them ask again.
        if let Some(weights) = self.engine.weights().get_untracked() {
            self.engine.set_weights(weights);
        }
        self.drawing_changed();
        Ok(())
    }

    /// How many of the first test images of the chosen data the network answers rightly, as it is and
    /// without each map of a node. `None` when the person cancelled it.
    ///
    /// # Errors
    /// Why there is no result, as a sentence.
    pub async fn rank(self, job: Job, node: Option<NodeId>) -> Option<Result<Ranked, String>> {
        let ask = |set: SetId, task| Ask::Rank {
            set: set.0,
            task,
            node,
            images: IMAGES,
        };
        let answer = self.look_inside_on_data(job, ask).await?;
        Some(answer.and_then(|(_, told, _)| match told {
            Told::Ranked {
                images,
                right,
                without,
            } => Ok(Ranked {
                images,
                right,
                without,
            }),
            _ => Err(QueryError::Unexpected.sentence()),
        }))
    }
}
