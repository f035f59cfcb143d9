//! Trainings that were kept, to look at beside each other and to go back to.

use std::sync::Arc;

use engine::Graph;
use engine::train::Task;

use super::{Check, Curve, Status, TrainedOn};

/// Runs whose curves are drawn at most, each in a colour of its own.
pub const MOST_DRAWN: usize = 6;

/// What a training was of, from its start on.
#[derive(Clone, Debug, PartialEq)]
pub struct RunOf {
    pub number: u64,
    pub graph: Arc<Graph>,
    pub task: Task,
    pub on: TrainedOn,
}

/// One training.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub of: RunOf,
    /// The person's name for it.
    pub name: String,
    pub curve: Arc<Curve>,
    pub status: Status,
    pub seconds: f64,
    /// The steps of its last checkpoint, which the page holds.
    pub checkpoint: Option<u64>,
}

impl Run {
    pub const fn number(&self) -> u64 {
        self.of.number
    }

    /// The validation with the best accuracy.
    pub fn best(&self) -> Option<Check> {
        let checks = self.curve.checks().iter().copied();
        checks.max_by(|a, b| a.accuracy.total_cmp(&b.accuracy))
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.curve.samples().last().map_or(0, |it| it.step)
    }

    /// The smoothed training loss at its end.
    pub fn last_loss(&self) -> Option<f64> {
        self.curve.smoothed(|it| it.loss, 0.9).last().copied()
    }
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runs {
    /// In the order in which they began.
    all: Vec<Run>,
    /// Numbers of those that are drawn, each at its colour's place.
    drawn: [Option<u64>; MOST_DRAWN],
    /// The run that was deleted last, with its place.
    deleted: Option<(usize, Run)>,
}

impl Runs {
    /// In the order in which they began.
    pub fn all(&self) -> &[Run] {
        &self.all
    }

    pub fn get(&self, number: u64) -> Option<&Run> {
        self.all.iter().find(|it| it.number() == number)
    }

    /// The run that was deleted last and can come back.
    pub fn deleted(&self) -> Option<&Run> {
        self.deleted.as_ref().map(|(_, run)| run)
    }

    /// The colour that a run is drawn in; `None` where it is not.
    pub fn colour(&self, number: u64) -> Option<usize> {
        self.drawn.iter().position(|it| *it == Some(number))
    }

    /// Whether one more can be drawn.
    pub fn can_draw(&self) -> bool {
        self.drawn.contains(&None)
    }

    /// Keeps a run, or what it has come to since it was kept. A new one is drawn where there is room.
    pub fn keep(&mut self, run: Run) {
        let number = run.number();
        // It went on after it was deleted.
        self.deleted.take_if(|(_, run)| run.number() == number);
        match self.all.iter_mut().find(|it| it.number() == number) {
            Some(kept) => {
                let name = std::mem::take(&mut kept.name);
                *kept = Run { name, ..run };
            }
            None => {
                self.all.push(run);
                self.draw(number, true);
            }
        }
    }

    /// Draws a run's curve, or no longer.
    pub fn draw(&mut self, number: u64, draw: bool) {
        match (self.colour(number), draw) {
            (Some(at), false) => self.drawn[at] = None,
            (None, true) => {
                if let Some(free) = self.drawn.iter_mut().find(|it| it.is_none()) {
                    *free = Some(number);
                }
            }
            (Some(_), true) | (None, false) => {}
        }
    }

    /// Renames a run; a name of spaces is none, and the run keeps its own.
    pub fn rename(&mut self, number: u64, name: &str) {
        let name = name.trim();
        let run = self.all.iter_mut().find(|it| it.number() == number);
        if let Some(run) = run.filter(|_| !name.is_empty()) {
            name.clone_into(&mut run.name);
        }
    }

    /// Deletes a run; returns the number of the one that can now no longer come back.
    pub fn delete(&mut self, number: u64) -> Option<u64> {
        let at = self.all.iter().position(|it| it.number() == number)?;
        self.draw(number, false);
        let run = self.all.remove(at);
        let before = self.deleted.replace((at, run));
        before.map(|(_, run)| run.number())
    }

    /// Puts the run that was deleted last back at its place.
    pub fn undelete(&mut self) {
        if let Some((at, run)) = self.deleted.take() {
            let number = run.number();
            self.all.insert(at.min(self.all.len()), run);
            self.draw(number, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::zoo;

    use super::*;

    fn run(number: u64) -> Run {
        Run {
            of: RunOf {
                number,
                graph: Arc::new(zoo::lenet5().unwrap()),
                task: Task::default(),
                on: TrainedOn::default(),
            },
            name: format!("Run {number}"),
            curve: Arc::default(),
            status: Status::Paused,
            seconds: 1.0,
            checkpoint: Some(1),
        }
    }

    fn numbers(runs: &Runs) -> Vec<u64> {
        runs.all().iter().map(Run::number).collect()
    }

    #[test]
    fn a_run_that_goes_on_is_the_same_run_under_its_name() {
        let mut runs = Runs::default();
        runs.keep(run(1));
        runs.rename(1, " first ");
        runs.rename(1, "  ");
        let mut longer = run(1);
        longer.seconds = 9.0;
        runs.keep(longer);
        assert_eq!(runs.all().len(), 1);
        let kept = runs.get(1).unwrap();
        assert_eq!((&*kept.name, kept.seconds), ("first", 9.0));
    }

    #[test]
    fn what_was_deleted_comes_back_to_its_place() {
        let mut runs = Runs::default();
        for number in 1..=3 {
            runs.keep(run(number));
        }
        assert_eq!(runs.delete(2), None);
        assert_eq!(numbers(&runs), [1, 3]);
        assert_eq!(runs.colour(2), None);
        runs.undelete();
        assert_eq!(numbers(&runs), [1, 2, 3]);
        assert!(runs.deleted().is_none());
        // One that goes on after it was deleted does not come back twice.
        runs.delete(3);
        runs.keep(run(3));
        runs.undelete();
        assert_eq!(numbers(&runs), [1, 2, 3]);
        runs.delete(1);
        assert_eq!(runs.delete(3), Some(1));
        assert_eq!(runs.delete(99), None);
        assert_eq!(runs.deleted().map(Run::number), Some(3));
    }

    #[test]
    fn colours_stay_when_others_come_and_go() {
        let mut runs = Runs::default();
        for number in 1..=7 {
            runs.keep(run(number));
        }
        assert_eq!(runs.colour(6), Some(5));
        assert_eq!(runs.colour(7), None);
        assert!(!runs.can_draw());
        runs.draw(2, false);
        runs.draw(7, true);
        assert_eq!(runs.colour(7), Some(1));
        assert_eq!(runs.colour(3), Some(2));
    }
}
