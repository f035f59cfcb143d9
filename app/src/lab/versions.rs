//! Versions of the open model: saved, tested, opened again. `storage` keeps them over a reload.

use engine::attack::{Order, SetReport, Study};
use engine::data::Part;
use engine::format::Control;
use engine::session::{Command, Event};
use js_sys::{Date, Uint8Array};
use leptos::prelude::*;
use state::attack::{Choice, corruptions};
use state::data::SetInfo;
use state::deploy::versions::{Drifts, Tested, Version, Versions, WeightChange, weight_changes};
use state::document::OwnWeights;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Blob;

use super::Lab;
use super::attack::command;
use super::weights::random_number;
use crate::client::{QueryError, sentence};
use crate::platform::download::download;
use crate::platform::fetch::reason;

impl Lab {
    /// Whether the network with the weights that it has now is this version.
    pub fn is_version(self, version: &Version) -> bool {
        let weights = self.document.weights().get();
        let origin = self.document.origin().get();
        self.document
            .graph()
            .with(|graph| version.is(graph, weights.as_ref(), origin))
    }

    /// The network with its weights becomes a version.
    pub fn save_version(self, name: String, note: String) {
        if untrack(|| self.train.is_busy()) {
            let why = "A training is under way. Pause it in Train, then save the version.";
            return self.deploy.fail_version(why.to_owned());
        }
        let before = self.document.snapshot();
        let device = self.answer.device();
        spawn_local(async move {
            let file = match self.query(device, Command::Checkpoint, Vec::new()) {
                Ok((_, replies)) => replies.file().await,
                Err(error) => Err(error),
            };
            let file = match file {
                Ok(file) => file,
                Err(error) => return self.deploy.fail_version(error.sentence()),
            };
            if self.document.snapshot() != before {
                let why = "The network was changed meanwhile. Save it once more.";
                return self.deploy.fail_version(why.to_owned());
            }
            let (parameters, macs) = Version::figures(&before.graph);
            let version = Version {
                number: random_number(),
                name,
                note,
                saved: Date::now(),
                snapshot: before,
                parameters,
                macs,
                bytes: file.size() as u64,
                tested: None,
                drifts: None,
            };
            let number = version.number;
            self.core(|core| core.version_files.insert(number, file));
            match self.deploy.edit_versions(|all| all.keep(version)) {
                Ok(()) => self.deploy.begin_version(),
                Err(why) => self.deploy.fail_version(why),
            }
        });
    }

    /// A version of an earlier visit.
    pub fn add_version(self, version: Version, file: Option<Blob>) {
        let number = version.number;
        if let Some(file) = file {
            self.core(|core| core.version_files.insert(number, file));
        }
        self.deploy.edit_versions(|all| {
            if all.get(number).is_none() {
                // There is room: they were kept under the same bound.
                drop(all.keep(version));
            }
        });
    }

    /// The weights of a version.
    pub fn version_file(self, number: u64) -> Option<Blob> {
        self.core(|core| core.version_files.get(&number).cloned())
    }

    /// Deletes a version; the network stays as it is.
    pub fn remove_version(self, number: u64) {
        self.deploy.edit_versions(|all| all.remove(number));
        self.core(|core| core.version_files.remove(&number));
    }

    /// A version becomes the network, as one step of the history.
    pub fn restore_version(self, number: u64) {
        let version = self.deploy.version(number);
        let Some(version) = version.filter(|_| self.permits(Control::Network)) else {
            return;
        };
        if untrack(|| self.train.is_busy()) {
            let why = "A training is under way. Pause it in Train, then open the version.";
            return self.deploy.fail_version(why.to_owned());
        }
        let Some(file) = self.version_file(number) else {
            let why = "The weights of this version are lost: the browser has deleted them.";
            return self.deploy.fail_version(why.to_owned());
        };
        self.deploy.begin_version();
        let mut snapshot = version.snapshot.clone();
        // Shipped weights may be others in a later version of the lab.
        let weights = snapshot.weights.get_or_insert_with(|| OwnWeights {
            number,
            from: version.name.as_str().into(),
            step: 0,
        });
        let kept = weights.number;
        self.core(|core| core.checkpoints.insert(kept, file));
        let next = { self.document.graph() }.with_untracked(|graph| graph.next_id());
        snapshot.graph = snapshot.graph.with_next_id(next);
        self.document.clear_refusal();
        self.replace_with(snapshot, &format!("open {}", version.name));
        self.drawing_changed();
    }

    /// The version that the network with its weights is, and the chosen data.
    fn open_version(self) -> Result<(u64, SetInfo), String> {
        let here = |all: &Versions| {
            let open = all.all().iter().find(|it| self.is_version(it));
            open.map(|it| it.number)
        };
        let number = untrack(|| self.deploy.versions().with(here));
        let number = number.ok_or(
            "The network on the screen is not this version. Open it first, then measure it.",
        )?;
        if untrack(|| self.train.is_busy()) {
            return Err("A training is under way. Pause it in Train first.".to_owned());
        }
        let set = untrack(|| self.data.chosen());
        let set =
            set.ok_or("There are no data to measure on. Choose a data set in Train first.")?;
        Ok((number, set))
    }

    /// Tests the version that is open on the test images of the chosen data that are loaded.
    pub fn test_version(self) {
        let (number, set) = match self.open_version() {
            Ok(it) => it,
            Err(why) => return self.deploy.fail_version(why),
        };
        if !self.evaluation_job.begin() {
            return;
        }
        self.deploy.begin_version();
        spawn_local(async move {
            let tested = self.run_examination(set.id, Part::Test).await;
            self.evaluation_job.end();
            match tested {
                Ok(None) => {}
                Ok(Some(found)) => {
                    let answers = found.answers.iter().map(|it| (it.image, it.answer));
                    let label = |image| self.data.label(set.id, image);
                    let classes = set.classes.clone();
                    let tested =
                        Tested::new(set.name.clone(), classes, &found.evaluation, answers, label);
                    self.deploy.edit_versions(|all| all.test(number, tested));
                }
                Err(why) => self.deploy.fail_version(why),
            }
        });
    }

    /// Measures the version that is open on test images that are corrupted more and more.
    pub fn drift_version(self) {
        let (number, set) = match self.open_version() {
            Ok(it) => it,
            Err(why) => return self.deploy.fail_version(why),
        };
        if !self.evaluation_job.begin() {
            return;
        }
        self.deploy.begin_version();
        spawn_local(async move {
            let drifts = self.corrupted(&set, corruptions()).await;
            self.evaluation_job.end();
            match drifts {
                Ok(Some(drifts)) => self.deploy.edit_versions(|all| all.drift(number, drifts)),
                Ok(None) => {}
                Err(why) => self.deploy.fail_version(why),
            }
        });
    }

    async fn corrupted(self, set: &SetInfo, study: Study) -> Result<Option<Drifts>, String> {
        let device = self.answer.device();
        let sent = self.send_set(device, set.id).await;
        sent.map_err(|error| sentence(&error))?;
        let order = Choice::default().order(untrack(|| self.means()), study);
        let order = Order::Set {
            set: set.id.0,
            order: Box::new(order),
        };
        let command = command(&order).ok_or("An option of the study is not a number.")?;
        let job = self.evaluation_job;
        let message = match self.run_job(job, device, command, Vec::new()).await {
            Ok(message) => message,
            Err(QueryError::Cancelled(_)) => return Ok(None),
            Err(error) => return Err(error.sentence()),
        };
        let Event::Attacked { report } = message.header else {
            return Err(QueryError::Unexpected.sentence());
        };
        let report: SetReport = serde_json::from_str(&report).map_err(|it| sentence(&it))?;
        Ok(Drifts::of(&report))
    }

    /// How far the weights of each layer differ between two versions.
    ///
    /// # Errors
    /// Why that is not known, as a sentence.
    pub async fn compare_weights(
        self,
        before: u64,
        after: u64,
    ) -> Result<(Vec<WeightChange>, usize), String> {
        let read = async |number: u64| {
            let version = self.deploy.version(number);
            let file = self.version_file(number);
            let (Some(version), Some(file)) = (version, file) else {
                return Err("The weights of a version are lost.".to_owned());
            };
            let buffer = JsFuture::from(file.array_buffer()).await;
            let buffer = buffer.map_err(|error| reason(&error))?;
            Ok((version.snapshot.graph, Uint8Array::new(&buffer).to_vec()))
        };
        let (old, new) = (read(before).await?, read(after).await?);
        weight_changes((&old.0, &old.1), (&new.0, &new.1)).map_err(|error| sentence(&error))
    }

    /// Gives the person the table of versions as a file.
    pub fn save_versions_table(self) {
        let csv = self.deploy.versions().with_untracked(Versions::csv);
        if let Err(error) = download("versions.csv", csv.as_bytes()) {
            let why = reason(&error);
            self.deploy.fail_version(format!(
                "The browser does not save versions.csv: {why}. Try again."
            ));
        }
    }
}
