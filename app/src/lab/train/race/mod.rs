//! A race: its trainings run one after another in a worker of their own, so that the page's network
//! stays as it is.

mod trial;

use std::sync::Arc;

use leptos::prelude::*;
use state::data::SetInfo;
use state::train::race::{Entrant, Entry, FEWEST, Images, Measure, Outcome, UnderWay, ready};
use wasm_bindgen_futures::spawn_local;

use self::trial::{Plan, Runner};
use crate::lab::Lab;

impl Lab {
    /// The images that a race would be about.
    pub fn race_images(self) -> Option<Images> {
        Some(images(&self.data.chosen()?))
    }

    /// The open network and the present settings take part.
    pub fn add_open_to_race(self) {
        let graph = Arc::new(self.document.graph().get_untracked());
        let settings = self.train.task().with_untracked(|it| it.settings.clone());
        let name = graph.name().to_owned();
        self.add_to_race(&name, graph, settings);
    }

    /// A network that is pinned in Compare takes part with the present settings.
    pub fn add_pin_to_race(self, slot: usize) {
        if let Some((graph, _)) = self.compare.pinned(slot) {
            let settings = self.train.task().with_untracked(|it| it.settings.clone());
            let name = graph.name().to_owned();
            self.add_to_race(&name, Arc::new(graph), settings);
        }
    }

    /// The network and the settings of a kept training take part.
    pub fn add_run_to_race(self, number: u64) {
        let runs = self.train.runs();
        let run = runs.with_untracked(|runs| runs.get(number).cloned());
        if let Some(run) = run {
            self.add_to_race(&run.name, run.of.graph, run.of.task.settings);
        }
    }

    fn add_to_race(self, name: &str, graph: Arc<engine::Graph>, settings: engine::train::Settings) {
        let on = untrack(|| self.race_images());
        self.train.race.add(name, graph, settings, on.as_ref());
    }

    /// All entrants train, from each seed.
    pub fn start_race(self) {
        let race = self.train.race;
        if race.under_way().with_untracked(Option::is_some) {
            return;
        }
        let (set, runners) = match untrack(|| self.race_runners()) {
            Ok(ready) => ready,
            Err(why) => return race.fail(Some(why)),
        };
        let rule = race.rule().get_untracked();
        let seeds = race.seeds().get_untracked();
        let number = self.core(|core| {
            core.races += 1;
            core.races
        });
        race.begin(UnderWay {
            race: number,
            what: format!("Loading {}", set.name),
            done: 0,
            of: runners.len() * seeds as usize,
            share: 0.0,
        });
        let plan = Plan {
            race: number,
            rule,
            seeds,
            set,
            task: self.next_task(),
            examples: 0,
            validation: 0,
            parts: Vec::new(),
        };
        spawn_local(async move {
            let failed = self.run_race(plan, runners).await.err();
            if race.is_under_way(number) {
                self.core(|core| core.race = None);
                race.end(number);
                if failed.is_some() {
                    race.fail(failed);
                }
            }
        });
    }

    /// Ends the race; the trainings that are over keep their results.
    pub fn cancel_race(self) {
        let race = self.train.race;
        let under_way = race.under_way().get_untracked();
        let Some(UnderWay { race: number, .. }) = under_way else {
            return;
        };
        if let Some(outcome) = race.outcome().get_untracked() {
            let outcome = Arc::unwrap_or_clone(outcome);
            let cancelled = true;
            race.tell(
                number,
                Outcome {
                    cancelled,
                    ..outcome
                },
            );
        }
        race.end(number);
        if let Some(worker) = self.core(|core| core.race.take()) {
            worker.stop();
        }
    }

    fn race_runners(self) -> Result<(SetInfo, Vec<Runner>), String> {
        let set = self.data.chosen();
        let set = set.ok_or("There are no data to train on. Choose a data set first.")?;
        let race = self.train.race;
        let entrants = race.entrants().get_untracked();
        if entrants.len() < FEWEST {
            return Err(format!("A race needs {FEWEST} entrants at least. Add one."));
        }
        let in_seconds = race.rule().get_untracked().measure == Measure::Seconds;
        if in_seconds && self.train.is_busy() {
            return Err(
                "A training is under way and takes time from the race's. Pause it first, or choose \
                 another rule than seconds."
                    .to_owned(),
            );
        }
        let on = images(&set);
        let runner = |entrant: &Entrant| {
            let ready = ready(&entrant.graph, &entrant.settings, &on);
            let ready = ready.map_err(|why| format!("{}: {why}", entrant.name))?;
            let entry = Entry {
                number: entrant.number,
                name: entrant.name.clone(),
                parameters: ready.parameters,
                macs: ready.macs,
                notes: ready.notes.clone(),
                trials: Vec::new(),
            };
            Ok(Runner { entry, ready })
        };
        let runners: Result<Vec<Runner>, String> = entrants.iter().map(runner).collect();
        Ok((set, runners?))
    }
}

fn images(set: &SetInfo) -> Images {
    Images {
        name: set.name.clone(),
        shape: set.shape,
        classes: set.classes.len() as u32,
    }
}
