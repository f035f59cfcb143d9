//! Questions to the engine about what is inside the network.

mod surgery;

use std::cell::RefCell;
use std::sync::Arc;

use engine::explain::{Ask, Told};
use engine::session::{Command, Encoded, Event, Message};
use engine::train::Task;
use leptos::prelude::*;
use state::data::SetId;
use state::explain::{Chosen, Map};

use super::Lab;
use super::job::Job;
use crate::client::{QueryError, sentence};

thread_local! {
    /// What the person chose when the view was last shown.
    static CHOSEN: RefCell<Chosen> = RefCell::new(Chosen::default());
}

/// What was chosen when the view was last shown.
pub fn chosen() -> Chosen {
    CHOSEN.with_borrow(Chosen::clone)
}

/// Keeps what is chosen for the next time that the view is shown.
pub fn keep_chosen(chosen: &Chosen) {
    CHOSEN.replace(chosen.clone());
}

/// The command that asks this.
pub fn command(ask: &Ask) -> Command {
    Command::Explain {
        ask: Encoded::new(ask),
    }
}

/// What a message tells, with its values.
///
/// # Errors
/// When it is something else.
pub fn told(message: Message<Event>) -> Result<(Told, Vec<f32>), String> {
    let values = message.values().map_err(|error| sentence(&error))?;
    match message.header {
        Event::Explained { told } => {
            let told = told.decode().map_err(|error| sentence(&error))?;
            Ok((told, values))
        }
        _ => Err(QueryError::Unexpected.sentence()),
    }
}

/// A message with one map.
///
/// # Errors
/// When it is something else.
pub fn map(message: Message<Event>) -> Result<Arc<Map>, String> {
    match told(message)? {
        (Told::Explained(about), values) => Ok(Arc::new(Map::new(about, &values))),
        _ => Err(QueryError::Unexpected.sentence()),
    }
}

impl Lab {
    /// Asks the engine that answers, as a job. `None` when the person cancelled it.
    ///
    /// # Errors
    /// Why there is no result, as a sentence.
    pub async fn look_inside(
        self,
        job: Job,
        ask: &Ask,
    ) -> Option<Result<(Told, Vec<f32>), String>> {
        if !job.begin() {
            return None;
        }
        let device = self.answer.device();
        let answer = self.run_job(job, device, command(ask), Vec::new()).await;
        let cancelled = job.is_cancelled();
        job.end();
        match answer {
            Err(_) if cancelled => None,
            Err(error) => Some(Err(error.sentence())),
            Ok(message) => Some(told(message)),
        }
    }

    /// Asks about the network on the chosen data, as a job. `None` when the person cancelled it.
    ///
    /// # Errors
    /// Why there is no result, as a sentence.
    pub async fn look_inside_on_data(
        self,
        job: Job,
        ask: impl FnOnce(SetId, Box<Task>) -> Ask,
    ) -> Option<Result<(SetId, Told, Vec<f32>), String>> {
        if untrack(|| self.train.is_busy()) {
            let why = "Pause the training first; then its network can be run on the data.";
            return Some(Err(why.to_owned()));
        }
        let Some(set) = untrack(|| self.data.chosen()) else {
            let why = "There are no data to run the network on. Choose a data set in Train first.";
            return Some(Err(why.to_owned()));
        };
        if let Err(error) = self.send_set(self.answer.device(), set.id).await {
            return Some(Err(sentence(&error)));
        }
        let task = Box::new(self.train.task().get_untracked());
        let answer = self.look_inside(job, &ask(set.id, task)).await?;
        Some(answer.map(|(told, values)| (set.id, told, values)))
    }
}
