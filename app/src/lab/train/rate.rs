//! The rate finder: a copy of the network trains with growing rates.

use engine::session::{CancelReason, Command, Event, Message};
use engine::train::RateRange;
use leptos::prelude::*;
use state::data::SetId;
use state::train::settings::Search;
use wasm_bindgen_futures::spawn_local;

use super::Stopped;
use crate::client::{QueryError, sentence};
use crate::lab::Lab;

impl Lab {
    /// Searches a rate for the next training; the result is that of the state's `search`.
    pub fn find_rate(self) {
        if self.train.is_busy() || !self.rate_job.begin() {
            return;
        }
        self.train.set_search(None);
        let Some(set) = untrack(|| self.data.chosen()) else {
            self.rate_job.end();
            let why = "There are no data to search a rate with. Choose a data set first.";
            return self.train.set_search(Some(Err(why.to_owned())));
        };
        spawn_local(async move {
            let found = self.search_rate(set.id).await;
            self.rate_job.end();
            match found {
                Ok(search) => self.train.set_search(Some(Ok(search))),
                Err(Stopped::Engine(QueryError::Cancelled(CancelReason::Requested))) => {}
                Err(error) => self.train.set_search(Some(Err(sentence(&error)))),
            }
        });
    }

    async fn search_rate(self, set: SetId) -> Result<Search, Stopped> {
        let device = self.answer.device();
        self.send_set(device, set).await?;
        let command = Command::FindRate {
            set: set.0,
            task: Box::new(self.next_task()),
            range: RateRange::default(),
        };
        let reply = self.run_job(self.rate_job, device, command, Vec::new());
        let Message { header, .. } = reply.await?;
        let Event::RateFound {
            rates,
            losses,
            proposed,
        } = header
        else {
            return Err(QueryError::Unexpected.into());
        };
        Ok(Search {
            rates,
            losses,
            proposed,
        })
    }
}
