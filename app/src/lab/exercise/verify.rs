//! Result files of students, checked again.

use std::sync::Arc;

use engine::exercise::{Exercise, HandIn, MOST_BYTES, Verdict, compare, csv, members, unreadable};
use js_sys::Uint8Array;
use leptos::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::File;

use super::judge::Judge;
use crate::lab::Lab;
use crate::platform::download::download;
use crate::platform::fetch::reason;

/// The largest file that is read: a zip of a class.
const LARGEST: f64 = 512e6;

impl Lab {
    /// Computes every check of these files again; a zip has the files of a class.
    pub fn verify(self, files: Vec<File>) {
        let part = self.exercise();
        if files.is_empty() || !part.job.begin() {
            return;
        }
        part.state.fail(None);
        spawn_local(async move {
            let mut judge = None;
            let mut verdicts = Vec::new();
            let mut stopped = None;
            let mut results = Vec::with_capacity(files.len());
            for file in files {
                match given(&file).await {
                    Some(exercise) => part.state.give(exercise),
                    None => results.push(file),
                }
            }
            for file in results {
                let judged = self.verify_file(&mut judge, &file, &mut verdicts).await;
                if let Err(why) = judged {
                    stopped = Some(why);
                    break;
                }
                // One after the other is shown.
                part.state.put_verdicts(verdicts.clone());
            }
            part.job.end();
            part.state.put_verdicts(verdicts);
            if let Some(why) = stopped.filter(|_| !part.job.is_cancelled()) {
                part.state.fail(Some(why));
            }
        });
    }

    async fn verify_file(
        self,
        judge: &mut Option<Judge>,
        file: &File,
        verdicts: &mut Vec<Verdict>,
    ) -> Result<(), String> {
        let name = file.name();
        let bytes = match read(file).await {
            Ok(bytes) => bytes,
            Err(why) => {
                verdicts.push(unreadable(&name, &why));
                return Ok(());
            }
        };
        let members = match members(&name, bytes) {
            Ok(members) => members,
            Err(error) => {
                verdicts.push(unreadable(&name, &error));
                return Ok(());
            }
        };
        for member in members {
            let hand_in = member.bytes.and_then(|bytes| HandIn::read(&bytes));
            let mut hand_in = match hand_in {
                Ok(hand_in) => hand_in,
                Err(error) => {
                    verdicts.push(unreadable(&member.name, &error));
                    continue;
                }
            };
            let given = self.exercise().state.given().get_untracked();
            let own = || Arc::new(hand_in.exercise.clone());
            let exercise = given.unwrap_or_else(own);
            let found = self
                .values_with(judge, &mut hand_in, &exercise, false)
                .await?;
            let verdict = compare(&member.name, &hand_in, &exercise, found);
            let verdict = verdict.unwrap_or_else(|error| unreadable(&member.name, &error));
            verdicts.push(verdict);
        }
        Ok(())
    }

    /// Saves the verdicts as comma-separated values.
    pub fn save_verdicts(self) {
        let state = self.exercise().state;
        let table = state.verdicts().with_untracked(|it| csv(it));
        let saved = download("results.csv", table.as_bytes());
        let why = saved
            .map_err(|error| format!("The browser does not save results.csv: {}.", reason(&error)));
        state.fail(why.err());
    }
}

/// The exercise in a file that is one.
async fn given(file: &File) -> Option<Exercise> {
    if !file.name().to_lowercase().ends_with(".json") {
        return None;
    }
    Exercise::read(read(file).await.ok()?).ok()
}

async fn read(file: &File) -> Result<Vec<u8>, String> {
    if file.size() > LARGEST {
        return Err(format!(
            "it has {:.0} MB; a zip has {:.0} MB at most and a result file {}",
            file.size() / 1e6,
            LARGEST / 1e6,
            MOST_BYTES >> 20
        ));
    }
    let bytes = JsFuture::from(file.array_buffer()).await;
    let bytes =
        bytes.map_err(|error| format!("the browser does not read it: {}", reason(&error)))?;
    Ok(Uint8Array::new(&bytes).to_vec())
}
