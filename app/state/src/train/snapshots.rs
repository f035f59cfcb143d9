//! The checkpoints of a training that the time machine can go back to: many of the last steps, fewer
//! of those long ago, in bounded memory.

/// One checkpoint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Snapshot {
    /// Steps done.
    pub step: u64,
    /// The number under which the page holds its file.
    pub number: u64,
    pub bytes: u64,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshots {
    all: Vec<Snapshot>,
}

/// At most so many are kept …
const MOST: usize = 48;
/// … and at most so many bytes, but always the newest two.
pub const MOST_BYTES: u64 = 256 << 20;

impl Snapshots {
    /// In the order of the steps.
    pub fn all(&self) -> &[Snapshot] {
        &self.all
    }

    /// Bytes of all.
    pub fn bytes(&self) -> u64 {
        self.all.iter().map(|it| it.bytes).sum()
    }

    /// The last one that is not after this step.
    pub fn at(&self, step: u64) -> Option<Snapshot> {
        self.all.iter().rfind(|it| it.step <= step).copied()
    }

    /// The steps of the one that is nearest to this step.
    pub fn nearest(&self, step: u64) -> Option<u64> {
        let near = self.all.iter().min_by_key(|it| it.step.abs_diff(step));
        near.map(|it| it.step)
    }

    /// Keeps one more; returns the numbers of those that it replaces.
    pub(super) fn keep(&mut self, snapshot: Snapshot) -> Vec<u64> {
        let mut removed = self.cut(snapshot.step.saturating_sub(1));
        self.all.push(snapshot);
        while self.all.len() > 2 && (self.all.len() > MOST || self.bytes() > MOST_BYTES) {
            let Some(place) = self.least_missed() else {
                break;
            };
            removed.push(self.all.remove(place).number);
        }
        removed
    }

    /// Removes those after this step; returns their numbers.
    pub(super) fn cut(&mut self, step: u64) -> Vec<u64> {
        let kept = self.all.iter().take_while(|it| it.step <= step).count();
        self.all.drain(kept..).map(|it| it.number).collect()
    }

    /// The one whose loss leaves the smallest gap in proportion to its age. The first and the newest
    /// stay.
    fn least_missed(&self) -> Option<usize> {
        let newest = self.all.last()?.step;
        let missed = |place: usize| {
            let gap = self.all[place + 1].step - self.all[place - 1].step;
            let age = newest - self.all[place].step;
            gap as f64 / age.max(1) as f64
        };
        (1..self.all.len().saturating_sub(1)).min_by(|&a, &b| missed(a).total_cmp(&missed(b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(snapshots: &mut Snapshots, step: u64, bytes: u64) -> Vec<u64> {
        snapshots.keep(Snapshot {
            step,
            number: step,
            bytes,
        })
    }

    #[test]
    fn they_are_thinned_by_age_and_the_ends_stay() {
        let mut snapshots = Snapshots::default();
        let mut held: Vec<u64> = Vec::new();
        for step in (0..10_000).step_by(10) {
            let removed = keep(&mut snapshots, step, 1000);
            held.push(step);
            held.retain(|it| !removed.contains(it));
        }
        let steps: Vec<u64> = snapshots.all().iter().map(|it| it.step).collect();
        assert_eq!(steps, held);
        assert_eq!(steps.len(), MOST);
        assert_eq!((steps[0], steps[MOST - 1]), (0, 9_990));
        let gap = |place: usize| steps[place + 1] - steps[place];
        // The gaps near the end are finer than those of the first half.
        assert!(gap(MOST - 3) < gap(2), "{steps:?}");
        assert!(steps[MOST / 2] > 5_000, "{steps:?}");
    }

    #[test]
    fn memory_is_bounded_and_two_always_fit() {
        let mut snapshots = Snapshots::default();
        for step in 0..20 {
            keep(&mut snapshots, step, MOST_BYTES / 4);
            assert!(snapshots.bytes() <= MOST_BYTES);
        }
        let mut huge = Snapshots::default();
        for step in 0..5 {
            keep(&mut huge, step, MOST_BYTES * 2);
        }
        assert_eq!(huge.all().len(), 2);
        assert_eq!(huge.at(u64::MAX).map(|it| it.step), Some(4));
    }

    #[test]
    fn going_back_removes_those_after() {
        let mut snapshots = Snapshots::default();
        for step in [0, 10, 20, 30] {
            keep(&mut snapshots, step, 1);
        }
        assert_eq!(snapshots.at(19).map(|it| it.step), Some(10));
        assert_eq!(
            [14, 16].map(|it| snapshots.nearest(it)),
            [Some(10), Some(20)]
        );
        assert_eq!(Snapshots::default().nearest(5), None);
        assert_eq!(snapshots.cut(15), [20, 30]);
        // A training that goes on from there tells its own.
        assert_eq!(keep(&mut snapshots, 12, 1), [0_u64; 0]);
        let steps: Vec<u64> = snapshots.all().iter().map(|it| it.step).collect();
        assert_eq!(steps, [0, 10, 12]);
    }
}
