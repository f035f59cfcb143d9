//! Counting: what the runners say they ran, summed over all steps.

use std::{iter::Sum, ops::Add, time::Instant};

use anyhow::Result;

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
}

impl Counts {
    /// One step that is right as a whole.
    pub const PASSED: Self = Self {
        passed: 1,
        failed: 0,
    };
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

/// The sum over the steps run so far.
#[derive(Default)]
pub struct Tally {
    counts: Counts,
    failures: Vec<&'static str>,
}

impl Tally {
    /// Runs one step and prints its name, result and seconds; says whether nothing failed.
    /// A step that ends in an error counts as one failure, and the next ones still run.
    pub fn step(&mut self, name: &'static str, run: impl FnOnce() -> Result<Counts>) -> bool {
        println!("\n== {name}");
        let started = Instant::now();
        let counts = run().unwrap_or_else(|error| {
            println!("{error:#}");
            Counts {
                passed: 0,
                failed: 1,
            }
        });
        let result = if counts.failed == 0 { "ok" } else { "FAILED" };
        println!("== {name}: {result} in {}", super::seconds(started));
        self.counts = self.counts + counts;
        if counts.failed > 0 {
            self.failures.push(name);
        }
        counts.failed == 0
    }

    /// Prints the counts alone on the last line; ends the program with 1 when anything failed.
    pub fn report(&self) -> Result<()> {
        println!();
        if !self.failures.is_empty() {
            println!("Failed: {}", self.failures.join(", "));
        }
        println!(
            "{} passed, {} failed",
            self.counts.passed, self.counts.failed
        );
        if self.counts.failed > 0 {
            // Not an error to hand up: its message would come after the last line.
            std::process::exit(1);
        }
        Ok(())
    }
}

/// The counts in a summary line of `cargo test`, such as
/// `test result: ok. 7 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.2s`.
pub fn of_cargo_line(line: &str) -> Option<Counts> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |word: &str| {
        let part = counts.split("; ").find_map(|it| it.strip_suffix(word))?;
        part.trim().parse().ok()
    };
    Some(Counts {
        passed: number("passed")?,
        failed: number("failed")?,
    })
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn cargo_summary_lines_are_counted_and_others_are_not() {
        let ok = "test result: ok. 7 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; \
                  finished in 0.25s";
        assert_eq!(
            of_cargo_line(ok),
            Some(Counts {
                passed: 7,
                failed: 0
            })
        );
        let bad = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 2 filtered out; \
                   finished in 1.00s";
        assert_eq!(
            of_cargo_line(bad),
            Some(Counts {
                passed: 12,
                failed: 3
            })
        );
        for line in [
            "",
            "running 7 tests",
            "test a::b ... ok",
            "test result: pending",
        ] {
            assert_eq!(of_cargo_line(line), None, "{line}");
        }
    }

    #[test]
    fn a_step_that_ends_in_an_error_is_one_failure() {
        let mut tally = Tally::default();
        assert!(tally.step("right", || Ok(Counts {
            passed: 2,
            failed: 0
        })));
        assert!(!tally.step("wrong", || bail!("on purpose")));
        assert_eq!(
            tally.counts,
            Counts {
                passed: 2,
                failed: 1
            }
        );
    }
}
