//! How much of the kept trainings is kept at most.

use super::{Checkpoint, Run, Runs};

/// At most so many runs, with their curves of at most 262 kB each, …
pub const MOST_RUNS: usize = 100;
/// … and so many bytes of checkpoints, but always that of the run that was kept last.
pub const MOST_CHECKPOINT_BYTES: u64 = 250_000_000;

/// What had to go to make room, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thinned {
    /// Runs that stay without their checkpoint: number and name.
    pub checkpoints: Vec<(u64, String)>,
    /// Runs that are gone.
    pub runs: Vec<(u64, String)>,
}

impl Thinned {
    /// What it says to the person; `None` when nothing went.
    pub fn sentence(&self) -> Option<String> {
        let list = |runs: &[(u64, String)]| {
            let names = runs.iter().map(|(_, name)| format!("“{name}”"));
            names.collect::<Vec<_>>().join(", ")
        };
        let mut parts = Vec::new();
        if !self.checkpoints.is_empty() {
            parts.push(format!(
                "The oldest checkpoints were removed, of {}: {} MB of them are kept. The curves \
                 stay.",
                list(&self.checkpoints),
                MOST_CHECKPOINT_BYTES / 1_000_000
            ));
        }
        if !self.runs.is_empty() {
            parts.push(format!(
                "The oldest runs were removed, {}: {MOST_RUNS} are kept.",
                list(&self.runs)
            ));
        }
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

impl Runs {
    /// Bytes of all checkpoints.
    pub fn checkpoint_bytes(&self) -> u64 {
        self.all.iter().map(|it| it.checkpoint.bytes()).sum()
    }

    /// Makes room: the oldest checkpoints go first. The run of this number stays as it is.
    pub fn thin(&mut self, stays: u64) -> Thinned {
        let mut thinned = Thinned::default();
        while self.checkpoint_bytes() > MOST_CHECKPOINT_BYTES {
            let can = |it: &&mut Run| it.checkpoint.bytes() > 0 && it.number() != stays;
            let Some(oldest) = self.all.iter_mut().find(can) else {
                break;
            };
            oldest.checkpoint = Checkpoint::Removed;
            let named = (oldest.number(), oldest.name.clone());
            thinned.checkpoints.push(named);
        }
        while self.all.len() > MOST_RUNS {
            let Some(at) = self.all.iter().position(|it| it.number() != stays) else {
                break;
            };
            let run = self.all.remove(at);
            self.draw(run.number(), false);
            thinned.checkpoints.retain(|it| it.0 != run.number());
            thinned.runs.push((run.number(), run.name));
        }
        thinned
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::run;
    use super::*;

    fn with_bytes(number: u64, bytes: u64) -> Run {
        let checkpoint = Checkpoint::At { step: 1, bytes };
        Run {
            checkpoint,
            ..run(number)
        }
    }

    #[test]
    fn the_oldest_checkpoints_go_first_and_their_curves_stay() {
        let mut runs = Runs::default();
        for number in 1..=5 {
            runs.keep(with_bytes(number, MOST_CHECKPOINT_BYTES / 4));
        }
        let thinned = runs.thin(5);
        assert_eq!(thinned.checkpoints, [(1, "Run 1".to_owned())]);
        assert_eq!(runs.all().len(), 5);
        assert_eq!(runs.get(1).unwrap().checkpoint, Checkpoint::Removed);
        assert!(runs.checkpoint_bytes() <= MOST_CHECKPOINT_BYTES);
        let said = thinned.sentence().unwrap();
        assert!(said.contains("“Run 1”: 250 MB"), "{said}");
        assert_eq!(runs.thin(5).sentence(), None);
    }

    #[test]
    fn the_run_that_was_kept_last_stays_whole() {
        let mut runs = Runs::default();
        for number in 1..=3 {
            runs.keep(with_bytes(number, MOST_CHECKPOINT_BYTES + 1));
        }
        // The first went on.
        let gone: Vec<u64> = runs.thin(1).checkpoints.iter().map(|it| it.0).collect();
        assert_eq!(gone, [2, 3]);
        assert!(runs.get(1).unwrap().checkpoint.bytes() > 0);
    }

    #[test]
    fn so_many_runs_are_kept() {
        let mut runs = Runs::default();
        for number in 1..=MOST_RUNS as u64 + 2 {
            runs.keep(run(number));
        }
        let gone: Vec<u64> = runs.thin(1).runs.iter().map(|it| it.0).collect();
        assert_eq!(gone, [2, 3]);
        assert_eq!(runs.all().len(), MOST_RUNS);
        assert_eq!(runs.colour(2), None);
    }
}
