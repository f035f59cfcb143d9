//! Studies on the chosen data set, as jobs.

use engine::attack::{Order, SetReport, Study};
use engine::session::{CancelReason, Event};
use leptos::prelude::*;
use state::attack::Choice;
use wasm_bindgen_futures::spawn_local;

use super::command;
use crate::client::{QueryError, sentence};
use crate::lab::Lab;

impl Lab {
    /// Measures the network that runs on images of the chosen data set; the report is kept in the
    /// area's state.
    pub fn study(self, study: Study) {
        let part = self.attack();
        if !part.study.begin() {
            return;
        }
        let studies = part.attack.studies;
        studies.fail(None);
        spawn_local(async move {
            let graph = self.document.running().get_untracked();
            let choice = studies.choice().get_untracked();
            let result = self.carry_out(&choice, study).await;
            part.study.end();
            // What another network gives is shown by nobody.
            if self.document.running().with_untracked(|now| *now != graph) {
                return;
            }
            match result {
                Ok(Some((report, pictures))) => {
                    studies.keep(report, &pictures, graph.input(), &choice);
                }
                Ok(None) => {}
                Err(why) => studies.fail(Some(why)),
            }
        });
    }

    /// `None` when the person cancelled it.
    async fn carry_out(
        self,
        choice: &Choice,
        study: Study,
    ) -> Result<Option<(SetReport, Vec<f32>)>, String> {
        let part = self.attack();
        let set = untrack(|| self.data.chosen());
        let set =
            set.ok_or("There are no data to measure on. Choose a data set in Train first.")?;
        let device = self.answer.device();
        let sent = self.send_set(device, set.id).await;
        sent.map_err(|error| sentence(&error))?;
        let order = choice.order(untrack(|| self.means()), study);
        let (set, order) = (set.id.0, Box::new(order));
        let command = command(&Order::Set { set, order });
        let command = command.ok_or("An option of the study is not a number.")?;
        let message = match self.run_job(part.study, device, command, Vec::new()).await {
            Ok(message) => message,
            Err(QueryError::Cancelled(CancelReason::Requested)) => return Ok(None),
            Err(error) => return Err(error.sentence()),
        };
        let pictures = message.values().unwrap_or_default();
        let Event::Attacked { report } = message.header else {
            return Err(QueryError::Unexpected.sentence());
        };
        match serde_json::from_str(&report) {
            Ok(report) => Ok(Some((report, pictures))),
            Err(error) => Err(format!(
                "The engine's report is not of the format: {error}."
            )),
        }
    }
}
