//! The stored experiments: listing, opening, renaming, copying and deleting.

use engine::format::json;
use engine::format::{Experiment, share};
use js_sys::Date;
use state::experiment::Beside;
use state::library::Listed;
use state::library::record::Record;
use state::notices::Place;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

use super::autosave::{kept, shortened, word};
use super::store::{Change, Photo, Saved, Store, StoreError};
use crate::lab::Lab;
use crate::platform::language;

impl Lab {
    /// Shows the list of experiments.
    pub fn show_library(self) {
        self.library.show();
        spawn_local(async move {
            // The open one comes first, and would move the others down when it is stored.
            self.write_all().await;
            self.read_library();
        });
    }

    /// Hides the list. It is loaded again before it is next shown, so that it does not change under
    /// the pointer.
    pub fn hide_library(self) {
        self.library.hide();
    }

    /// Loads the list if it is shown.
    pub(super) fn read_library(self) {
        if !self.library.is_shown() {
            return;
        }
        let Some((store, open)) = kept(|keep| Some((keep.store.clone()?, keep.id.clone()))) else {
            return self.library.set_list(Vec::new());
        };
        spawn_local(async move {
            match store.records().await {
                Ok(records) => {
                    let mut list: Vec<Listed> = records
                        .iter()
                        .map(|(id, text)| listed(id, text, &open))
                        .collect();
                    list.sort_by(|a, b| b.edited.total_cmp(&a.edited));
                    if self.library.is_shown() {
                        self.library.set_list(list);
                    }
                }
                Err(error) => self.not_listed(&error),
            }
        });
    }

    fn not_listed(self, error: &StoreError) {
        let text = format!("The list of experiments cannot be changed or shown: {error}.");
        self.notices.fail(Place::Storage, text);
    }

    /// Does something with the storage once the open experiment is written, and shows the list.
    fn with_store<F: Future<Output = Result<(), StoreError>>>(
        self,
        act: impl FnOnce(Store) -> F + 'static,
    ) {
        let Some(store) = kept(|keep| keep.store.clone()) else {
            return;
        };
        spawn_local(async move {
            self.write_all().await;
            if let Err(error) = act(store).await {
                self.not_listed(&error);
            }
            self.read_library();
        });
    }

    /// Whether this experiment is the open one.
    pub fn is_open(self, id: &str) -> bool {
        kept(|keep| keep.id == id)
    }

    /// Opens a stored experiment; the current one stays in the list.
    pub fn open_experiment(self, id: String) {
        self.leave_lesson();
        self.notices.dismiss(Place::File);
        self.with_store(move |store| async move { self.open_kept(&store, &id).await });
    }

    /// Opens an experiment that is not stored yet; the current one stays in the list.
    pub fn open_new(self, experiment: Experiment) {
        spawn_local(self.opened_new(experiment));
    }

    /// As opening an experiment that is not stored yet, with a file of weights for its network.
    pub fn open_with_weights(self, experiment: Experiment, weights: File) {
        spawn_local(async move {
            self.opened_new(experiment).await;
            self.open_imported_weights(weights);
        });
    }

    async fn opened_new(self, mut experiment: Experiment) {
        self.leave_lesson();
        let store = kept(|keep| keep.store.clone());
        if let Some(store) = store {
            self.write_all().await;
            let name = experiment.name().to_owned();
            match store.records().await {
                Ok(records) if is_taken(&records, &name) => {
                    experiment.settings.name = Some(free_name(&records, &name));
                }
                Ok(_) => {}
                Err(error) => self.not_listed(&error),
            }
        }
        kept(|keep| keep.become_new());
        self.put(&experiment, Beside::default());
        self.touched();
        self.read_library();
    }

    /// To be called before a network takes the place of the open one: where that is the person's own
    /// it stays in the list, and what follows is a new experiment with the same history. `network`
    /// is the name of the one that follows.
    pub async fn leave_own_work(self, network: &str) {
        let own = || !self.learn.is_away() && self.document.snapshot().is_own();
        let Some(store) = kept(|keep| keep.store.clone()).filter(|_| own()) else {
            return;
        };
        self.write_all().await;
        let records = store.records().await.unwrap_or_default();
        // Another one may have been opened meanwhile.
        if !own() {
            return;
        }
        let name = self.document.name();
        kept(|keep| keep.become_new());
        let taken = is_taken(&records, network);
        let title = taken.then(|| free_name(&records, network));
        self.document.set_title(title);
        self.notices
            .tell(format!("“{name}” stays in the list of experiments."));
    }

    /// A new experiment with the network that the page opens with.
    pub fn new_experiment(self) {
        if let Some(experiment) = Self::first_experiment() {
            self.notices.dismiss(Place::File);
            self.open_new(experiment);
        }
    }

    /// Renames an experiment.
    pub fn rename_experiment(self, id: String, name: String) {
        let name = shortened(name.trim().to_owned());
        if name.is_empty() {
            return;
        }
        self.leave_lesson();
        if kept(|keep| keep.id == id) {
            self.document.set_title(Some(name));
            return self.with_store(|_| std::future::ready(Ok(())));
        }
        self.with_store(move |store| async move { rename(&store, &id, &name).await });
    }

    /// Duplicates an experiment with all its data.
    pub fn duplicate_experiment(self, id: String) {
        self.with_store(move |store| async move {
            let records = store.records().await?;
            let Some(record) = records.iter().find(|(other, _)| *other == id) else {
                return Ok(());
            };
            let Ok(record) = Record::read(&record.1) else {
                return Ok(());
            };
            let copy = word();
            store.copy(&id, &copy).await?;
            let name = free_name(&records, &record.name);
            let record = renamed(record, &name);
            keep_record(&store, &copy, 0, record).await
        });
    }

    /// Deletes an experiment permanently. The open one cannot be deleted.
    pub fn delete_experiment(self, id: String) {
        self.with_store(move |store| async move { store.remove(&id).await });
    }
}

async fn rename(store: &Store, id: &str, name: &str) -> Result<(), StoreError> {
    let Some(loaded) = store.load(id).await? else {
        return Ok(());
    };
    let Ok(record) = Record::read(&loaded.record) else {
        return Ok(());
    };
    let base = record.revision;
    keep_record(store, id, base, renamed(record, name)).await
}

async fn keep_record(store: &Store, id: &str, base: u64, record: Record) -> Result<(), StoreError> {
    let saved = store.save(Change {
        id: id.to_owned(),
        base,
        record,
        states: Vec::new(),
        photo: Photo::AsItIs,
        weights: Vec::new(),
    });
    match saved.await? {
        Saved::As(_) => Ok(()),
        Saved::Overtaken | Saved::Newer => Err(StoreError::Broken(
            "another tab has just changed this experiment; try again".into(),
        )),
    }
}

/// The record under another name, in the document as well where that can be read.
pub fn renamed(mut record: Record, name: &str) -> Record {
    if let Ok(mut experiment) = record.experiment() {
        experiment.settings.name = Some(name.to_owned());
        let packed = share::pack(&experiment.graph).map_err(|error| error.to_string());
        let document = packed.and_then(|graph| {
            json::write_packed(&experiment.settings, &graph).map_err(|error| error.to_string())
        });
        if let Ok(document) = document {
            record.document = document;
            record.name = name.to_owned();
        }
    }
    record
}

fn listed(id: &str, text: &str, open: &str) -> Listed {
    let (record, closed) = match Record::read(text) {
        Ok(record) => (record, None),
        Err(error) => (Record::default(), Some(error.to_string())),
    };
    let name = if record.name.is_empty() {
        name_of(text)
    } else {
        record.name
    };
    Listed {
        id: id.to_owned(),
        name,
        network: record.network,
        edited: record.edited,
        open: id == open,
        closed,
    }
}

/// The name of a record whose document may be unreadable.
pub fn name_of(text: &str) -> String {
    let record: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let name = record["name"].as_str().filter(|name| !name.is_empty());
    shortened(name.unwrap_or("An experiment").to_owned())
}

/// Whether a kept experiment has this name.
pub fn is_taken(records: &[(String, String)], name: &str) -> bool {
    records.iter().any(|(_, text)| name_of(text) == name)
}

/// The name with the first number from 2 that no kept experiment has yet.
pub fn free_name(records: &[(String, String)], name: &str) -> String {
    let names: Vec<String> = records.iter().map(|(_, text)| name_of(text)).collect();
    let stem = name
        .trim_end_matches(|it: char| it.is_ascii_digit())
        .trim_end();
    // “LeNet-5” is a name and not the fifth LeNet.
    let stem = if stem.ends_with(['-', '.']) || stem.is_empty() {
        name
    } else {
        stem
    };
    let mut free = name.to_owned();
    let mut number = 2;
    while names.contains(&free) {
        free = shortened(format!("{stem} {number}"));
        number += 1;
    }
    free
}

/// Formats a time as the page's language writes it; in English with the day first.
pub fn when(milliseconds: f64) -> String {
    let language = language::now();
    let locale = match &*language {
        "en" | "" => "en-GB",
        other => other,
    };
    let date = Date::new(&milliseconds.into());
    date.to_locale_string(locale, &wasm_bindgen::JsValue::UNDEFINED)
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let record = |name: &str| {
            let name = name.to_owned();
            let record = Record {
                name,
                ..Record::default()
            };
            (String::new(), record.write())
        };
        let records = [record("LeNet-5"), record("LeNet-5 2"), record("Mine")];
        assert_eq!(free_name(&records, "LeNet-5"), "LeNet-5 3");
        assert_eq!(free_name(&records, "LeNet-5 2"), "LeNet-5 3");
        assert_eq!(free_name(&records, "Mine"), "Mine 2");
        assert_eq!(free_name(&records, "New"), "New");
    }

    #[test]
    fn a_renamed_record_has_its_name_in_the_document_too() {
        let document = include_str!("../../../engine/tests/documents/version-1.cnnlab.json");
        let document = document.to_owned();
        let record = Record {
            document,
            ..Record::default()
        };
        let record = renamed(record, "Exercise 3");
        assert_eq!(record.name, "Exercise 3");
        assert_eq!(record.experiment().unwrap().name(), "Exercise 3");
    }
}
