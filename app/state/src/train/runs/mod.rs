//! Trainings that were kept, to look at beside each other and to go back to.

mod bound;
mod record;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use engine::Graph;
use engine::train::Task;

use super::{Check, Curve, Status, TrainedOn};

pub use self::bound::{MOST_CHECKPOINT_BYTES, MOST_RUNS, Thinned};
pub use self::record::{RunError, RunRecord};

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
    pub checkpoint: Checkpoint,
    /// The numbers of the last checkpoints of it that became the network's weights, the newest first; at
    /// most [`MOST_NUMBERS`].
    pub kept_as: Vec<u64>,
}

/// So many numbers are known: the storage may have the weights of one pause and the run of the next.
const MOST_NUMBERS: usize = 2;

/// The last checkpoint of a run, which the page holds as a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checkpoint {
    /// It ended before its first.
    #[default]
    None,
    At {
        step: u64,
        bytes: u64,
    },
    /// It made room for newer ones.
    Removed,
}

impl Checkpoint {
    /// Bytes of its file.
    pub const fn bytes(self) -> u64 {
        match self {
            Self::At { bytes, .. } => bytes,
            Self::None | Self::Removed => 0,
        }
    }
}

impl Run {
    pub const fn number(&self) -> u64 {
        self.of.number
    }

    fn keep_as(&mut self, checkpoint: u64) {
        self.kept_as.retain(|it| *it != checkpoint);
        self.kept_as.insert(0, checkpoint);
        self.kept_as.truncate(MOST_NUMBERS);
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
                let before = std::mem::take(&mut kept.kept_as);
                *kept = Run { name, ..run };
                let numbers = std::mem::replace(&mut kept.kept_as, before);
                for number in numbers.into_iter().rev() {
                    kept.keep_as(number);
                }
            }
            None => {
                self.all.push(run);
                self.draw(number, true);
            }
        }
    }

    /// Adds a run of an earlier visit, under the next number where its own is taken, as by the training
    /// that has `begun` and is not kept yet; returns the number.
    pub fn add(&mut self, record: RunRecord, begun: Option<u64>) -> u64 {
        let RunRecord { mut run, drawn } = record;
        if self.get(run.number()).is_some() || begun == Some(run.number()) {
            run.of.number = self.next_number().max(begun.unwrap_or_default() + 1);
        }
        let number = run.number();
        self.all.push(run);
        self.draw(number, drawn);
        number
    }

    /// This checkpoint of a run has become the network's weights.
    pub fn keep_as(&mut self, number: u64, checkpoint: u64) {
        if let Some(run) = self.all.iter_mut().find(|it| it.number() == number) {
            run.keep_as(checkpoint);
        }
    }

    /// The number of the next run.
    pub fn next_number(&self) -> u64 {
        let all = self.all.iter().chain(self.deleted());
        all.map(Run::number).max().unwrap_or_default() + 1
    }

    /// The run of which this checkpoint became the network's weights; `true` where none did since.
    pub fn of_checkpoint(&self, number: u64) -> Option<(&Run, bool)> {
        let mut all = self.all.iter().rev();
        let run = all.find(|it| it.kept_as.contains(&number))?;
        Some((run, run.kept_as.first() == Some(&number)))
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
