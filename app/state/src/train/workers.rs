//! The workers of a training: how many the person wants, how many there are, and how long each takes.

use std::collections::VecDeque;

use engine::train::{Settings, Worked};

/// The largest number of workers.
pub const MOST: u32 = 4;
/// Steps on the timeline.
pub const STEPS: usize = 6;
/// Steps that are timed with each number of workers …
const TIMED: usize = 8;
/// … after so many that are not, in which buffers are made.
const UNTIMED: usize = 2;

/// How many workers a training has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The batch is not cut into shards.
    Off,
    /// One or all, whichever is faster.
    Auto,
    Count(u32),
}

impl Choice {
    /// Those that make sense with so many cores.
    pub fn offered(cores: u32) -> Vec<Self> {
        let counts = [1, 2, 4].into_iter();
        let counts = counts.filter(|&count| count == 1 || count <= cores);
        let counts: Vec<Self> = counts.map(Self::Count).collect();
        let auto = (counts.len() > 1).then_some(Self::Auto);
        [Self::Off].into_iter().chain(counts).chain(auto).collect()
    }

    /// The name in `data-value`, and on the button.
    pub fn name(self) -> String {
        match self {
            Self::Off => "Off".to_owned(),
            Self::Auto => "Auto".to_owned(),
            Self::Count(count) => count.to_string(),
        }
    }
}

/// The most workers that so many cores have something to do for.
pub const fn most(cores: u32) -> u32 {
    match cores {
        0 | 1 => 1,
        2 | 3 => 2,
        _ => MOST,
    }
}

/// What is to be done after some steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// One worker was timed: start the others.
    Try,
    /// The others make it slower: end them.
    End,
}

/// One worker against several, in milliseconds a step, the median of some.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    pub workers: u32,
    pub one_ms: f64,
    pub several_ms: f64,
}

impl Measured {
    /// Whether several are faster.
    pub fn pays(&self) -> bool {
        self.several_ms < self.one_ms
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct Workers {
    /// What the person wants where the batch is cut.
    pub choice: Choice,
    /// How many there are, the one that sums among them.
    pub count: u32,
    /// The last steps, the latest last.
    pub steps: VecDeque<Worked>,
    /// What `Auto` has measured.
    pub measured: Option<Measured>,
    /// Why a worker does not compute, as a sentence.
    pub failure: Option<String>,
    /// Milliseconds of steps with one worker, and with several.
    times: [Vec<f64>; 2],
}

impl Default for Workers {
    fn default() -> Self {
        Self {
            choice: Choice::Auto,
            count: 1,
            steps: VecDeque::new(),
            measured: None,
            failure: None,
            times: [Vec::new(), Vec::new()],
        }
    }
}

impl Workers {
    /// A training begins or goes on: there is one worker, and what was measured is forgotten.
    pub fn begin(&mut self) {
        *self = Self {
            choice: self.choice,
            ..Self::default()
        };
    }

    /// What the settings of a training and the person's choice come to.
    pub const fn shown(&self, settings: &Settings) -> Choice {
        match (settings.shards, self.choice) {
            (None, _) => Choice::Off,
            (Some(_), choice) => choice,
        }
    }

    /// The person chooses.
    pub fn choose(&mut self, choice: Choice) {
        if choice != Choice::Off {
            self.choice = choice;
        }
        self.measured = None;
        self.failure = None;
        self.times = Default::default();
    }

    /// How many are to be started at once, when there may be so many.
    pub fn wanted(&self, most: u32) -> u32 {
        match self.choice {
            Choice::Off | Choice::Auto => 1,
            Choice::Count(count) => count.min(most),
        }
    }

    /// Takes the times of steps; says what is to be done, where it is to be measured and there may be
    /// so many workers.
    pub fn worked(&mut self, steps: Vec<Worked>, most: u32) -> Option<Advice> {
        let mut advice = None;
        for step in steps {
            advice = advice.or(self.time(&step, most));
            self.steps.push_back(step);
        }
        let old = self.steps.len().saturating_sub(STEPS);
        self.steps.drain(..old);
        advice
    }

    fn time(&mut self, step: &Worked, most: u32) -> Option<Advice> {
        if self.choice != Choice::Auto || most < 2 || self.measured.is_some() {
            return None;
        }
        let workers = step.workers.len() as u32;
        let several = match workers {
            1 => false,
            _ if workers == most => true,
            _ => return None,
        };
        let wanted = UNTIMED + TIMED;
        let times = &mut self.times[usize::from(several)];
        if times.len() < wanted {
            times.push(step.ms);
            if !several && times.len() == wanted {
                return Some(Advice::Try);
            }
        }
        let [one_ms, several_ms] = self.times.each_ref().map(|times| median(times));
        let (Some(one_ms), Some(several_ms)) = (one_ms, several_ms) else {
            return None;
        };
        let measured = Measured {
            workers: most,
            one_ms,
            several_ms,
        };
        self.measured = Some(measured);
        (!measured.pays()).then_some(Advice::End)
    }

    /// The mean speed-up of the steps on the timeline, where several computed them.
    pub fn speed_up(&self) -> Option<f64> {
        let several = self.steps.iter().filter(|it| it.workers.len() > 1);
        let speed_ups: Vec<f64> = several.map(Worked::speed_up).collect();
        let count = speed_ups.len();
        (count > 0).then(|| speed_ups.iter().sum::<f64>() / count as f64)
    }
}

/// Of those that are timed, once all are there.
fn median(times: &[f64]) -> Option<f64> {
    let timed = times.get(UNTIMED..UNTIMED + TIMED)?;
    let mut timed = timed.to_vec();
    timed.sort_by(f64::total_cmp);
    Some((timed[TIMED / 2 - 1] + timed[TIMED / 2]) / 2.0)
}

#[cfg(test)]
mod tests {
    use engine::train::WorkerTime;

    use super::*;

    fn step(workers: u32, ms: f64) -> Worked {
        let time = |worker| WorkerTime {
            worker,
            shards: 4 / workers,
            compute_ms: ms * 0.8,
            send_ms: 0.0,
        };
        Worked {
            step: 1,
            ms,
            update_ms: 0.0,
            bytes: 0,
            workers: (0..workers).map(time).collect(),
        }
    }

    fn steps(workers: u32, ms: f64, count: usize) -> Vec<Worked> {
        vec![step(workers, ms); count]
    }

    #[test]
    fn several_workers_are_tried_and_kept_where_they_are_faster() {
        for (several_ms, advice) in [(6.0, None), (11.0, Some(Advice::End))] {
            let mut workers = Workers::default();
            assert_eq!(workers.worked(steps(1, 10.0, 9), 2), None);
            assert_eq!(workers.worked(steps(1, 10.0, 1), 2), Some(Advice::Try));
            // Until the other is there.
            assert_eq!(workers.worked(steps(1, 10.0, 20), 2), None);
            // The first two make their buffers.
            assert_eq!(workers.worked(steps(2, 90.0, 2), 2), None);
            assert_eq!(workers.worked(steps(2, several_ms, 8), 2), advice);
            let measured = workers.measured.unwrap();
            assert_eq!((measured.one_ms, measured.several_ms), (10.0, several_ms));
            assert_eq!(measured.pays(), advice.is_none());
            // Once is enough.
            assert_eq!(workers.worked(steps(2, 99.0, 30), 2), None);
            assert_eq!(workers.steps.len(), STEPS);
        }
    }

    #[test]
    fn with_a_number_or_one_core_nothing_is_tried() {
        let mut workers = Workers::default();
        assert_eq!(workers.worked(steps(1, 10.0, 50), 1), None);
        workers.choice = Choice::Count(4);
        assert_eq!(workers.worked(steps(1, 10.0, 50), 4), None);
        assert_eq!((workers.wanted(4), workers.wanted(2)), (4, 2));
    }

    #[test]
    fn the_cores_bound_what_is_offered() {
        let offered = |cores| {
            let choices = Choice::offered(cores).into_iter();
            choices.map(Choice::name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(offered(1), "Off 1");
        assert_eq!(offered(2), "Off 1 2 Auto");
        assert_eq!(offered(8), "Off 1 2 4 Auto");
        assert_eq!([1, 2, 3, 4, 16].map(most), [1, 2, 2, 4, 4]);
    }

    #[test]
    fn the_speed_up_is_the_time_of_all_shards_by_the_time_of_the_step() {
        let mut workers = Workers::default();
        workers.worked(steps(1, 10.0, 3), 1);
        assert_eq!(workers.speed_up(), None);
        workers.worked(steps(4, 10.0, 3), 1);
        let speed_up = workers.speed_up().unwrap();
        assert!((speed_up - 3.2).abs() < 1e-12, "{speed_up}");
    }
}
