//! Steps that make the network smaller. An engine makes them; what they come to is a step of the
//! history and a variant.

mod beside;
mod masks;
mod measure;
mod restore;
mod teacher;

use engine::compress::{Job, Levels, Measured, Outcome, Report, Shrink, Stored};
use engine::format::Control;
use engine::session::{CancelReason, Command, Event, Message};
use engine::{Analysis, Graph};
use js_sys::{Array, Date, Uint8Array};
use leptos::prelude::*;
use state::document::{OwnWeights, Snapshot};
use state::shrink::{New, VariantId};
use std::sync::Arc;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::Lab;
use super::weights::random_number;
use crate::client::{QueryError, sentence};
use crate::platform::fetch::reason;

pub use self::beside::{Compared, MapsBeside};
pub use self::teacher::Teacher;

/// Test images that the accuracy is measured on at most.
const IMAGES: u32 = 1000;
/// Of the curves of the layers, which take a run for each layer and level.
const CURVE_IMAGES: u32 = 250;

/// Why there is no result; nothing is said where the person cancelled it.
type Stopped = Option<String>;

impl Lab {
    /// Makes the network smaller, as one step of the history.
    pub fn make_smaller(self, shrink: Shrink) {
        if !self.permits(Control::Network) || !self.shrink_job.begin() {
            return;
        }
        self.shrink.begin();
        spawn_local(async move {
            let made = self.run_step(shrink).await;
            self.shrink_job.end();
            if let Err(Some(why)) = made {
                self.shrink.fail(why);
            }
        });
    }

    async fn run_step(self, shrink: Shrink) -> Result<(), Stopped> {
        let before = self.document.snapshot();
        let measured = self.measured(IMAGES);
        let set = untrack(|| self.data.chosen()).map(|it| it.name);
        let (outcome, payload) = self.ask(Job::Shrink { shrink, measured }).await?;
        let Outcome::Shrunk { graph, report } = outcome else {
            return Err(Some(QueryError::Unexpected.sentence()));
        };
        if self.document.snapshot() != before {
            let why = "The network was changed meanwhile, so the result is of another one. Apply it \
                       again.";
            return Err(Some(why.to_owned()));
        }
        let bytes = Uint8Array::from(payload.as_slice());
        let file = Blob::new_with_u8_array_sequence(&Array::of1(&bytes));
        let file = file.map_err(|error| Some(sentence(&reason(&error))))?;
        self.take_step(before, graph, file, set, Arc::new(report));
        Ok(())
    }

    /// The smaller network becomes the document, and both are variants.
    fn take_step(
        self,
        before: Snapshot,
        graph: Graph,
        file: Blob,
        set: Option<String>,
        report: Arc<Report>,
    ) {
        let number = random_number();
        let own = before.weights.as_ref().map(|it| it.number);
        let bytes = file.size() as u64;
        let bytes_before = self.core(|core| {
            core.checkpoints.insert(number, file.clone());
            core.variant_files.insert(number, file);
            // It stays while the variant does, whatever the history forgets.
            let own = own.and_then(|it| Some((it, core.checkpoints.get(&it)?.clone())));
            own.map_or(0, |(own, file)| {
                let bytes = file.size() as u64;
                core.variant_files.insert(own, file);
                bytes
            })
        });
        let step = before.weights.as_ref().map_or(0, |it| it.step);
        let what = report.shrink.title();
        let from = match report.shrink {
            Shrink::Prune(_) => "pruning",
            Shrink::Quantise(_) => "quantisation",
            Shrink::Fold => "folding batch norms",
        };
        let after = Snapshot {
            graph,
            origin: before.origin,
            weights: Some(OwnWeights {
                number,
                from: from.into(),
                step,
            }),
        };
        let graph = self.document.graph().get_untracked();
        // Numbers of nodes that were there before are not given again.
        let after = Snapshot {
            graph: after.graph.with_next_id(graph.next_id()),
            ..after
        };
        let new = |snapshot, figures, bytes| New {
            id: VariantId(random_number()),
            made: Date::now(),
            snapshot,
            figures,
            set: set.clone(),
            bytes,
        };
        self.shrink.edit(|held| {
            let before = new(before, report.before, bytes_before);
            let from = held.variants.keep(before);
            let after = new(after.clone(), report.after, bytes);
            let id = held.variants.step(from, what.clone(), after);
            held.note = held.variants.thin(&[from, id]).sentence();
            if let Some(variant) = held.variants.get_mut(id) {
                variant.stored = report.stored;
                variant.ms = report.times.map(|it| it.integer_ms);
                variant.float_ms = report.times.map(|it| it.float_ms);
                variant.activations.clone_from(&report.activations);
            }
            held.report = Some(report);
        });
        self.forget_variant_files();
        self.document.clear_refusal();
        self.replace_with(after, &what);
        self.drawing_changed();
    }

    /// Measures the accuracy with one layer changed at a time.
    pub fn measure_sensitivity(self, levels: Levels) {
        if !self.shrink_job.begin() {
            return;
        }
        self.shrink.begin();
        spawn_local(async move {
            let measured = self.measured(CURVE_IMAGES);
            let found = self.ask(Job::Sensitivity { levels, measured }).await;
            self.shrink_job.end();
            match found {
                Ok((Outcome::Sensitivity { sensitivity }, _)) => {
                    let found = Some(Arc::new(sensitivity));
                    self.shrink.edit(|held| held.sensitivity = found);
                }
                Ok(_) => self.shrink.fail(QueryError::Unexpected.sentence()),
                Err(Some(why)) => self.shrink.fail(why),
                Err(None) => {}
            }
        });
    }

    fn measured(self, images: u32) -> Measured {
        let stored = untrack(|| self.stored());
        self.train.task().with_untracked(|task| Measured {
            split: task.split,
            means: task.means,
            images,
            seed: task.settings.seed,
            timed: true,
            stored,
        })
    }

    /// How the weights of the open network are stored, tracked.
    pub fn stored(self) -> Stored {
        let weights = self.document.weights().get();
        let origin = self.document.origin().get();
        self.document.graph().with(|graph| {
            self.shrink.read(|held| {
                let open = held.variants.of(graph, weights.as_ref(), origin);
                open.map_or_else(Stored::default, |it| it.stored)
            })
        })
    }

    /// Asks the engine that answers, on the chosen data.
    async fn ask(self, job: Job) -> Result<(Outcome, Vec<u8>), Stopped> {
        if untrack(|| self.train.is_busy()) {
            let why = "A training is under way. Pause it in Train, then make the network smaller.";
            return Err(Some(why.to_owned()));
        }
        if !self.document.analysis.with_untracked(Analysis::is_valid) {
            let why = "The network has a problem. Repair it in Build first.";
            return Err(Some(why.to_owned()));
        }
        let Some(set) = untrack(|| self.data.chosen()) else {
            let why = "There are no data to measure the accuracy on. Choose a data set in Train.";
            return Err(Some(why.to_owned()));
        };
        let device = self.answer.device();
        let sent = self.send_set(device, set.id).await;
        sent.map_err(|error| Some(sentence(&error)))?;
        let json = serde_json::to_string(&job).map_err(|error| Some(sentence(&error)))?;
        let command = Command::Shrink {
            set: Some(set.id.0),
            job: json,
        };
        let job = self.shrink_job;
        let Message { header, payload } = match self.run_job(job, device, command, Vec::new()).await
        {
            Ok(message) => message,
            Err(QueryError::Cancelled(CancelReason::Requested)) => return Err(None),
            Err(error) => return Err(Some(error.sentence())),
        };
        let Event::Shrunk { json } = header else {
            return Err(Some(QueryError::Unexpected.sentence()));
        };
        let outcome = serde_json::from_str(&json).map_err(|error| Some(sentence(&error)))?;
        Ok((outcome, payload))
    }
}
