//! Who won a race by how much, and whether the seeds allow to say so.

use super::result::Entry;

/// What a race shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All seeds of the first are better than all of the others.
    Won,
    /// As [`Kind::Won`], with so few seeds that it is often chance.
    TooFewSeeds,
    /// One seed each.
    OneSeed,
    /// The seeds overlap.
    TooClose,
    /// Fewer than two entrants have a result.
    NoRace,
}

impl Kind {
    /// The name in `data-verdict`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::TooFewSeeds => "too-few-seeds",
            Self::OneSeed => "one-seed",
            Self::TooClose => "too-close",
            Self::NoRace => "no-race",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub kind: Kind,
    pub text: String,
}

/// Seeds that come apart by chance more often than this do not show that one is better. Three seeds
/// each of two entrants do so in 2 of 20 orders.
const CHANCE: f64 = 0.1;

/// The accuracies of an entrant at the end, one a seed.
struct Score<'a> {
    name: &'a str,
    /// 0 to 1, at least one.
    ends: Vec<f64>,
    mean: f64,
    low: f64,
    high: f64,
}

impl<'a> Score<'a> {
    fn of(entry: &'a Entry) -> Option<Self> {
        let ends = entry.ends();
        let (low, high) = entry.range()?;
        Some(Self {
            name: &entry.name,
            mean: entry.mean()?,
            low,
            high,
            ends,
        })
    }

    fn range(&self) -> String {
        let [low, high] = [self.low, self.high].map(|it| it * 100.0);
        format!("{} {low:.1}–{high:.1} %", self.name)
    }
}

/// What these results show.
pub fn verdict(entries: &[Entry]) -> Verdict {
    let (kind, mut text) = compare(entries);
    for entry in entries {
        let failed = entry.trials.iter().filter(|it| it.failure.is_some());
        let (failed, of) = (failed.count(), entry.trials.len());
        if failed > 0 && failed == of {
            text += &format!(" {} has no result.", entry.name);
        } else if failed > 0 {
            text += &format!(" {} failed with {failed} of {of} seeds.", entry.name);
        }
    }
    Verdict { kind, text }
}

fn compare(entries: &[Entry]) -> (Kind, String) {
    let mut scores: Vec<Score> = entries.iter().filter_map(Score::of).collect();
    scores.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    let [first, others @ ..] = scores.as_slice() else {
        return (Kind::NoRace, "No training has a result.".to_owned());
    };
    let Some(second) = others.first() else {
        let text = format!("Only {} has a result: there is no race.", first.name);
        return (Kind::NoRace, text);
    };
    let ahead = if first.mean > second.mean {
        format!(
            "{} is ahead of {} by {}",
            first.name,
            second.name,
            points(first.mean - second.mean)
        )
    } else {
        format!("{} and {} are level", first.name, second.name)
    };
    if scores.iter().all(|score| score.ends.len() == 1) {
        let text = format!("{ahead}; one seed each cannot tell chance from skill.");
        return (Kind::OneSeed, text);
    }
    let overlapping = others.iter().find(|it| it.high >= first.low);
    if let Some(other) = overlapping {
        let ranges = format!("{}, {}", first.range(), other.range());
        let text = format!("Too close to call: {ahead}, but the seeds overlap ({ranges}).");
        return (Kind::TooClose, text);
    }
    let counts: Vec<usize> = scores.iter().map(|it| it.ends.len()).collect();
    let apart = format!("the seeds do not overlap ({})", seeds(&counts));
    let chance = chance(&counts);
    let one_of = (1.0 / chance + 1e-9).floor();
    let often = format!("equals come apart so in 1 of {one_of:.0} races");
    if chance > CHANCE + 1e-9 {
        let text = format!("{ahead} and {apart}, but {often}. Take more seeds to be sure.");
        return (Kind::TooFewSeeds, text);
    }
    (Kind::Won, format!("{ahead}: {apart}; {often}."))
}

/// How often the seeds of one of several equal entrants are all better than those of the others:
/// each order of the seeds is then as likely as any other.
fn chance(seeds: &[usize]) -> f64 {
    let all: usize = seeds.iter().sum();
    let one =
        |&own: &usize| (0..own).fold(1.0, |it, at| it * (own - at) as f64 / (all - at) as f64);
    seeds.iter().map(one).sum()
}

fn seeds(counts: &[usize]) -> String {
    match counts {
        [first, others @ ..] if others.iter().all(|it| it == first) => format!("{first} each"),
        _ => {
            let all: Vec<String> = counts.iter().map(ToString::to_string).collect();
            all.join(" and ")
        }
    }
}

/// A difference of accuracies in percentage points.
fn points(difference: f64) -> String {
    let points = difference * 100.0;
    if points < 0.1 {
        return format!("{points:.2} points");
    }
    format!("{points:.1} points")
}

#[cfg(test)]
mod tests {
    use super::super::result::{Mark, Trial};
    use super::*;

    /// An entrant that ended with these accuracies in percent; a seed without one has failed.
    fn entry(name: &str, ends: &[Option<f64>]) -> Entry {
        let trial = |(seed, end): (u64, &Option<f64>)| Trial {
            seed,
            marks: end
                .map(|end| Mark {
                    examples: 1,
                    seconds: 1.0,
                    accuracy: end / 100.0,
                })
                .into_iter()
                .collect(),
            failure: end.is_none().then(|| "It diverged.".to_owned()),
        };
        Entry {
            number: 0,
            name: name.to_owned(),
            parameters: 1,
            macs: 1,
            notes: Vec::new(),
            trials: (1..).zip(ends).map(trial).collect(),
        }
    }

    fn of(entries: &[(&str, &[f64])]) -> Verdict {
        let one = |(name, ends): &(&str, &[f64])| {
            let ends: Vec<Option<f64>> = ends.iter().copied().map(Some).collect();
            entry(name, &ends)
        };
        verdict(&entries.iter().map(one).collect::<Vec<_>>())
    }

    #[test]
    fn seeds_that_do_not_overlap_have_a_winner() {
        let it = of(&[("Y", &[96.0, 96.2, 96.4]), ("X", &[96.6, 96.8, 97.0])]);
        assert_eq!(it.kind, Kind::Won);
        let text = "X is ahead of Y by 0.6 points: the seeds do not overlap (3 each); equals come \
                    apart so in 1 of 10 races.";
        assert_eq!(it.text, text);
    }

    #[test]
    fn seeds_that_overlap_have_none() {
        let it = of(&[("X", &[96.0, 98.0, 97.0]), ("Y", &[96.5, 96.4, 96.6])]);
        assert_eq!(it.kind, Kind::TooClose);
        let text = "Too close to call: X is ahead of Y by 0.5 points, but the seeds overlap (X \
                    96.0–98.0 %, Y 96.4–96.6 %).";
        assert_eq!(it.text, text);
        // Touching is no gap.
        let it = of(&[("X", &[97.0, 98.0]), ("Y", &[96.0, 97.0])]);
        assert_eq!(it.kind, Kind::TooClose);
    }

    #[test]
    fn one_seed_each_shows_nothing() {
        let it = of(&[("X", &[99.0]), ("Y", &[50.0])]);
        assert_eq!(it.kind, Kind::OneSeed);
        let text = "X is ahead of Y by 49.0 points; one seed each cannot tell chance from skill.";
        assert_eq!(it.text, text);
    }

    #[test]
    fn two_seeds_each_come_apart_by_chance_too_often() {
        let it = of(&[("X", &[99.0, 98.9]), ("Y", &[50.0, 51.0])]);
        assert_eq!(it.kind, Kind::TooFewSeeds);
        assert!(it.text.contains("in 1 of 3 races"), "{}", it.text);
    }

    #[test]
    fn a_third_that_overlaps_the_first_leaves_it_open() {
        // The second by its mean is clearly behind, the third has one seed above the first's worst.
        let it = of(&[
            ("X", &[97.0, 97.1, 97.2]),
            ("Y", &[96.0, 96.1, 96.2]),
            ("Z", &[90.0, 90.0, 97.16]),
        ]);
        assert_eq!(it.kind, Kind::TooClose);
        assert!(it.text.contains("Z 90.0–97.2 %"), "{}", it.text);
    }

    #[test]
    fn the_same_results_are_level() {
        let it = of(&[("X", &[97.0, 97.0]), ("Y", &[97.0, 97.0])]);
        assert_eq!(it.kind, Kind::TooClose);
        assert!(it.text.contains("X and Y are level"), "{}", it.text);
    }

    #[test]
    fn failures_are_said_and_do_not_count() {
        let all = [
            entry("X", &[Some(97.0), None, Some(97.2)]),
            entry("Y", &[None, None]),
        ];
        let it = verdict(&all);
        assert_eq!(it.kind, Kind::NoRace);
        let text = "Only X has a result: there is no race. X failed with 1 of 3 seeds. Y has no \
                    result.";
        assert_eq!(it.text, text);
        assert_eq!(verdict(&[]).kind, Kind::NoRace);
    }

    #[test]
    fn the_chance_of_equals_is_that_of_the_orders() {
        // 2 of 4! / (2! 2!) = 6, 2 of 20, and 3 of 9! / (3! 6!) = 84 for three entrants.
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(chance(&[2, 2]), 2.0 / 6.0);
        close(chance(&[3, 3]), 2.0 / 20.0);
        close(chance(&[3, 3, 3]), 3.0 / 84.0);
        close(chance(&[1, 1]), 1.0);
        close(chance(&[3, 2]), 2.0 / 10.0);
    }
}
