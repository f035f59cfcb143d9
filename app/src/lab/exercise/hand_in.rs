//! What a student hands in, and its file.

use std::collections::BTreeMap;

use engine::checkpoint::Header;
use engine::exercise::{Exercise, HandIn, Training};
use engine::session::Command;
use js_sys::Uint8Array;
use leptos::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::lab::Lab;
use crate::platform::download::download;
use crate::platform::fetch::reason;

/// The ending of result files.
pub const ENDING: &str = ".cnnlab-result";
/// Larger weights are not handed in.
const MOST_WEIGHTS: usize = 64 << 20;

impl Lab {
    /// Checks the work and saves it as a file.
    pub fn hand_in(self) {
        let part = self.exercise();
        if part
            .state
            .student()
            .with_untracked(|name| name.trim().is_empty())
        {
            let why = "Enter your name first: it is how your file is known.";
            return part.state.fail(Some(why.to_owned()));
        }
        if !part.job.begin() {
            return;
        }
        part.state.fail(None);
        spawn_local(async move {
            let saved = self.save_hand_in().await;
            part.job.end();
            match saved {
                Ok(()) => {}
                Err(_) if part.job.is_cancelled() => {}
                Err(why) => part.state.fail(Some(why)),
            }
        });
    }

    async fn save_hand_in(self) -> Result<(), String> {
        let state = self.exercise().state;
        let mut contents = self.check_now(true).await?;
        contents.claims = state.claims().unwrap_or_default();
        contents.history = state.history();
        let file = contents.write();
        let file = file.map_err(|error| format!("The result cannot be saved: {error}."))?;
        let letters = |text: &str| -> String {
            let kept = text.to_lowercase();
            let kept = kept
                .chars()
                .map(|it| if it.is_alphanumeric() { it } else { '-' });
            kept.take(60).collect()
        };
        let name = format!(
            "{}-{}{ENDING}",
            letters(&contents.exercise.title),
            letters(contents.student.trim())
        );
        let saved = download(&name, &file);
        saved.map_err(|error| format!("The browser does not save {name}: {}.", reason(&error)))
    }

    /// The checkpoint of the engine that answers: the browser has its bytes, and gives them here.
    async fn checkpoint_bytes(self) -> Result<Vec<u8>, String> {
        let asked = self.query(self.answer.device(), Command::Checkpoint, Vec::new());
        let (_, replies) = asked.map_err(|error| error.sentence())?;
        let file = replies.file().await.map_err(|error| error.sentence())?;
        let bytes = JsFuture::from(file.array_buffer()).await;
        let bytes = bytes.map_err(|error| {
            format!("The browser does not read the weights: {}.", reason(&error))
        })?;
        Ok(Uint8Array::new(&bytes).to_vec())
    }

    /// The network on the screen with its weights and the answers, not checked yet.
    pub(super) async fn contents(
        self,
        exercise: &Exercise,
        with_weights: bool,
    ) -> Result<HandIn, String> {
        let state = self.exercise().state;
        let experiment = untrack(|| self.experiment());
        let mut weights = None;
        if with_weights && self.runs() {
            let file = self.checkpoint_bytes().await?;
            if file.len() > MOST_WEIGHTS {
                return Err(format!(
                    "The weights have {} MB; a result has {} MB at most. Use a smaller network.",
                    file.len() >> 20,
                    MOST_WEIGHTS >> 20
                ));
            }
            weights = Some(file);
        }
        let about = weights
            .as_deref()
            .and_then(|file| Header::of_file(file).ok()?.about);
        let run = about.and_then(|about| about.training);
        let data = untrack(|| self.data.chosen()).and_then(|set| set.origin.name());
        let training = run.zip(data).map(|(run, data)| Training {
            images: run.position.images,
            data,
            first_seed: None,
            run,
        });
        Ok(HandIn {
            exercise: exercise.clone(),
            student: state.student().get_untracked().trim().to_owned(),
            experiment,
            weights,
            training,
            answers: state.answers().get_untracked(),
            pictures: BTreeMap::new(),
            history: Vec::new(),
            claims: Vec::new(),
            lab: env!("CARGO_PKG_VERSION").to_owned(),
            exercise_digest: String::new(),
            sealed: true,
            weights_sealed: true,
        })
    }
}
