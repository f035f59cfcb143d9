//! Writing: the current record, and the states that are not stored yet.

use engine::format::json;
use js_sys::Date;
use leptos::prelude::*;

use state::library::record::Record;
use state::notices::Place;

use super::super::store::{Change, Photo, Saved, StoreError};
use super::picture::kept_picture;
use super::{OPEN, kept};
use crate::lab::Lab;
use crate::platform::local_storage;
use crate::platform::schedule::yield_now;

impl Lab {
    /// Writes changes. Each state is packed in a new task.
    pub(super) async fn write(self) {
        if self.learn.is_away() {
            return;
        }
        let Some(store) = kept(|keep| keep.store.clone()) else {
            return;
        };
        for number in self.unpacked() {
            if let Err(why) = self.pack(number) {
                return self.not_kept(&StoreError::Broken(why));
            }
            yield_now().await;
        }
        let change = match self.change() {
            Ok(Some(change)) => change,
            Ok(None) => return,
            Err(why) => return self.not_kept(&StoreError::Broken(why)),
        };
        let (id, photo) = (change.id.clone(), self.input.own_photo());
        let numbers: Vec<u64> = change.states.iter().map(|state| state.0).collect();
        let weights: Vec<u64> = change.weights.iter().map(|it| it.0).collect();
        let written = written(&change.record);
        let saved = store.save(change).await;
        // Another experiment may have been opened meanwhile.
        if kept(|keep| keep.id != id) {
            return;
        }
        match saved {
            Ok(Saved::As(revision)) => {
                kept(|keep| {
                    keep.revision = revision;
                    keep.told = None;
                    keep.photo = photo;
                    keep.weights.extend(weights);
                    keep.written = written;
                    keep.packed.retain(|number, _| !numbers.contains(number));
                    keep.kept.extend(numbers);
                });
                local_storage::forget(&self.unsaved_key(&id));
                local_storage::remember(OPEN, &id);
                self.notices.dismiss(Place::Storage);
                self.read_library();
            }
            Ok(Saved::Overtaken) => self.go_on_as_copy(
                "Another tab has changed or deleted this experiment; what it did stays there.",
            ),
            Ok(Saved::Newer) => self.go_on_as_copy(
                "A newer version of the lab has changed this experiment; it is left untouched.",
            ),
            Err(error) => self.not_kept(&error),
        }
    }

    /// The states that are neither stored nor packed.
    pub(super) fn unpacked(self) -> Vec<u64> {
        self.document.history().with_untracked(|history| {
            kept(|keep| {
                let there = |it: u64| keep.kept.contains(&it) || keep.packed.contains_key(&it);
                let mut numbers = history.unkept(there);
                let now = history.now();
                if keep.graph.as_ref().is_none_or(|(number, _)| *number != now) || !there(now) {
                    numbers.push(now);
                }
                numbers
            })
        })
    }

    pub(super) fn pack(self, number: u64) -> Result<(), String> {
        let now = self
            .document
            .history()
            .with_untracked(|history| history.now() == number);
        if now {
            let state = self.document.snapshot();
            let graph = engine::format::share::pack(&state.graph);
            let graph = graph.map_err(|error| error.to_string())?;
            let packed = state.with_packed(&graph)?;
            kept(|keep| {
                keep.graph = Some((number, graph));
                if !keep.kept.contains(&number) {
                    keep.packed.insert(number, packed);
                }
            });
            return Ok(());
        }
        // A state dropped meanwhile need not be stored.
        if let Some(packed) = self
            .document
            .history()
            .with_untracked(|history| history.pack(number))
        {
            let packed = packed?;
            kept(|keep| keep.packed.insert(number, packed));
        }
        Ok(())
    }

    /// The record to write; `None` if unchanged since the last write.
    pub(super) fn change(self) -> Result<Option<Change>, String> {
        let (running, graph) = (self.running_state(), kept(|keep| keep.graph.clone()));
        let own_weights = self.document.weights().get_untracked();
        let (trail, own_weights) = self.document.history().with_untracked(|history| {
            (
                history.trail(running),
                history.weights(own_weights.as_ref()),
            )
        });
        let Some((_, graph)) = graph.filter(|(number, _)| *number == trail.now) else {
            // It has changed since it was packed, and will be written later.
            return Ok(None);
        };
        let document = json::write_packed(&self.settings(), &graph);
        let own = self.input.own_photo();
        let record = Record {
            page: kept(|keep| keep.page.clone()),
            edited: Date::now(),
            name: self.document.name(),
            network: self
                .document
                .graph()
                .with_untracked(|graph| graph.name().to_owned()),
            document: document.map_err(|error| error.to_string())?,
            trail,
            photo: own.is_some(),
            weights: own_weights,
            revision: 0,
        };
        let picture = self.input.photo().get_untracked();
        Ok(kept(|keep| {
            let needed = |number: &&u64| {
                let trail = &record.trail;
                let mut steps = trail.before.iter().chain(&trail.after);
                **number == trail.now || steps.any(|step| step.0 == **number)
            };
            let states: Vec<_> = keep
                .packed
                .keys()
                .filter(needed)
                .filter_map(|number| Some((*number, keep.packed.get(number)?.clone())))
                .collect();
            let numbers = record.weights.iter().map(|it| it.weights.number);
            let unkept = numbers.filter(|number| !keep.weights.contains(number));
            let weights: Vec<_> = unkept
                .filter_map(|number| Some((number, self.checkpoint(number)?)))
                .collect();
            let same = keep.written == written(&record)
                && keep.photo == own
                && states.is_empty()
                && weights.is_empty();
            (!same).then(|| Change {
                id: keep.id.clone(),
                base: keep.revision,
                photo: match (own, picture) {
                    (Some(number), _) if keep.photo == Some(number) => Photo::AsItIs,
                    (Some(_), Some(picture)) => {
                        Photo::Is(kept_picture(&picture, &keep.mark(&picture)))
                    }
                    (Some(_) | None, _) => Photo::None,
                },
                record,
                states,
                weights,
            })
        }))
    }
}

/// The part of a record that is compared to detect changes.
pub(super) fn written(record: &Record) -> String {
    let trail = &record.trail;
    format!(
        "{}{:?}",
        record.document,
        (trail.now, trail.running, trail.before.len(), &trail.after)
    )
}
