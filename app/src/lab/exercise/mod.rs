//! Exercises: checking the network on the screen, handing it in, and verifying what others handed in.
//! The code and the state come with the panel.

mod hand_in;
mod judge;
mod verify;

use engine::Analysis;
use engine::exercise::{Drawing, Found, HandIn};
use js_sys::Date;
use leptos::prelude::*;
use state::exercise::{Exercises, needs_run};
use state::input::SIDE;
use wasm_bindgen_futures::spawn_local;

use super::{Job, Lab};
use crate::platform::local_storage;

/// What the panel has besides the page's state.
#[derive(Clone, Copy)]
pub struct Part {
    pub state: Exercises,
    /// The checking, handing in or verifying under way.
    pub job: Job,
}

/// The open exercise in the browser's storage.
const KEPT: &str = "exercise";

impl Lab {
    /// The state of exercises, made when it is first shown. It lives as long as the page.
    pub fn exercise(self) -> Part {
        if let Some(part) = self.core(|core| core.exercise) {
            return part;
        }
        let made = || {
            let part = Part {
                state: Exercises::new(),
                job: Job::new(),
            };
            if let Some(kept) = local_storage::read(KEPT) {
                part.state.restore(&kept);
            }
            self.follow_work(part.state);
            part
        };
        let part = self.for_life(made);
        self.core(|core| core.exercise = Some(part));
        part
    }

    /// Notes what is done to the network, and forgets what was found of another.
    fn follow_work(self, state: Exercises) {
        Effect::new(move |_| {
            let graph = self.document.graph().get();
            self.document.weights().track();
            self.input.recipe().track();
            self.document
                .analysis
                .with(|analysis| state.network_changed(&graph, analysis));
        });
        Effect::new(move |before: Option<()>| {
            self.document.history().track();
            let what = untrack(|| self.document.undo_description());
            if let (Some(()), Some(what)) = (before, what) {
                state.note_edit(what, Date::now());
            }
        });
    }

    /// Keeps the open exercise with its answers for the next visit.
    pub fn keep_exercise(self) {
        match self.exercise().state.kept() {
            Some(kept) => local_storage::write(KEPT, &kept),
            None => local_storage::forget(KEPT),
        }
    }

    /// The drawing on the pad; `None` for blank paper.
    pub fn drawing(self) -> Option<Drawing> {
        let ink = self.core(|core| {
            let mut ink = Vec::new();
            let read = core.pad_canvas.as_mut()?.read(&mut ink);
            read.is_ok_and(|any| any).then_some(ink)
        })?;
        Some(Drawing {
            width: SIDE,
            height: SIDE,
            ink,
        })
    }

    /// Runs all checks of the open exercise on the network on the screen.
    pub fn check_exercise(self) {
        let part = self.exercise();
        if !part.job.begin() {
            return;
        }
        part.state.fail(None);
        spawn_local(async move {
            let checked = self.check_now(false).await;
            part.job.end();
            match checked {
                Ok(_) => {}
                Err(_) if part.job.is_cancelled() => {}
                Err(why) => part.state.fail(Some(why)),
            }
        });
    }

    /// The values of all checks, put into the state, and the contents of which they are; with the weights
    /// where a check needs them or they are `wanted`.
    async fn check_now(self, wanted: bool) -> Result<HandIn, String> {
        let state = self.exercise().state;
        let Some(exercise) = state.opened().get_untracked() else {
            return Err("There is no exercise open.".to_owned());
        };
        let mut contents = self
            .contents(&exercise, wanted || needs_run(&exercise))
            .await?;
        let found = self
            .values_of_checks(&mut contents, &exercise, true)
            .await?;
        for (place, picture) in &contents.pictures {
            state.put_picture(*place, picture.clone());
        }
        // The network may have been changed meanwhile.
        let same = self
            .document
            .graph()
            .with_untracked(|graph| *graph == contents.experiment.graph);
        if !same {
            return Err("The network was changed meanwhile. Check it again.".to_owned());
        }
        state.put_found(found);
        Ok(contents)
    }

    /// Whether there is a network that could be run.
    fn runs(self) -> bool {
        self.document.analysis.with_untracked(Analysis::is_valid)
    }
}

/// A check without a value.
fn nothing(why: impl Into<String>) -> Found {
    Found::Nothing { why: why.into() }
}
