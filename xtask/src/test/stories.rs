//! What Playwright's JSON report tells: how many stories passed, which failed, which took longest.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::tally::Counts;

/// How many of the slowest stories are printed.
const PRINTED: usize = 20;

#[derive(Deserialize)]
pub struct Report {
    stats: Stats,
    #[serde(default)]
    suites: Vec<Suite>,
}

/// A file, or a group in it.
#[derive(Deserialize)]
struct Suite {
    #[serde(default)]
    suites: Vec<Suite>,
    #[serde(default)]
    specs: Vec<Spec>,
}

#[derive(Deserialize)]
struct Spec {
    title: String,
    file: String,
    line: usize,
    ok: bool,
    #[serde(default)]
    tests: Vec<Test>,
}

/// A story in one browser.
#[derive(Deserialize)]
struct Test {
    #[serde(default)]
    results: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    /// Milliseconds.
    duration: f64,
}

/// Playwright's own count of tests by how they ended.
#[derive(Deserialize)]
struct Stats {
    expected: usize,
    unexpected: usize,
    flaky: usize,
    skipped: usize,
}

impl Suite {
    fn specs(&self) -> Vec<&Spec> {
        let inner = self.suites.iter().flat_map(Self::specs);
        self.specs.iter().chain(inner).collect()
    }
}

impl Spec {
    fn seconds(&self) -> f64 {
        let runs = self.tests.iter().flat_map(|test| &test.results);
        runs.map(|run| run.duration).sum::<f64>() / 1000.0
    }
}

impl Report {
    pub fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text).context("Playwright's report cannot be read")
    }

    fn specs(&self) -> Vec<&Spec> {
        self.suites.iter().flat_map(Suite::specs).collect()
    }

    /// A story that was skipped has not passed; one that passed the second time has failed once.
    pub fn counts(&self) -> Result<Counts> {
        let Stats {
            expected,
            unexpected,
            flaky,
            skipped,
        } = self.stats;
        if expected + unexpected + flaky == 0 {
            bail!("no browser test ran ({skipped} skipped)");
        }
        if skipped > 0 {
            println!("{skipped} browser tests were skipped.");
        }
        Ok(Counts {
            passed: expected,
            failed: unexpected + flaky,
        })
    }

    /// A line for each failed story: printed after all others, where a log that is cut still has them.
    pub fn failures(&self) -> Vec<String> {
        let failed = self.specs().into_iter().filter(|spec| !spec.ok);
        let line = |spec: &Spec| format!("FAILED {}:{}: {}", spec.file, spec.line, spec.title);
        failed.map(line).collect()
    }

    /// The slowest stories, and the sum over each file, from the slowest.
    pub fn durations(&self) -> Vec<String> {
        let mut specs = self.specs();
        specs.sort_by(|one, other| other.seconds().total_cmp(&one.seconds()));
        let mut files = BTreeMap::<&str, (usize, f64)>::new();
        for spec in &specs {
            let (count, sum) = files.entry(&spec.file).or_default();
            *count += 1;
            *sum += spec.seconds();
        }
        let mut files: Vec<_> = files.into_iter().collect();
        files.sort_by(|(_, (_, one)), (_, (_, other))| other.total_cmp(one));
        let total: f64 = specs.iter().map(|spec| spec.seconds()).sum();

        let mut lines = vec!["The slowest stories:".to_owned()];
        lines.extend(specs.iter().take(PRINTED).map(|spec| {
            let seconds = spec.seconds();
            format!(
                "{seconds:7.1} s  {}:{}: {}",
                spec.file, spec.line, spec.title
            )
        }));
        lines.push(format!("{} stories, {total:.1} s, by file:", specs.len()));
        lines.extend(
            files
                .into_iter()
                .map(|(file, (count, sum))| format!("{sum:7.1} s  {count:3}  {file}")),
        );
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flaky_counts_as_failed_and_skipped_as_neither() {
        let report = r#"{"config": {}, "suites": [], "stats": {"startTime": "2025", "duration": 1.5,
            "expected": 9, "skipped": 2, "unexpected": 1, "flaky": 1}}"#;
        assert_eq!(
            Report::read(report).unwrap().counts().unwrap(),
            Counts {
                passed: 9,
                failed: 2
            }
        );
    }

    const TWO_FILES: &str = r#"{"suites": [
        {"title": "a.ts", "file": "a.ts", "specs": [
            {"title": "one", "file": "a.ts", "line": 3, "ok": true,
                "tests": [{"results": [{"duration": 1000}]}]}],
            "suites": [{"title": "group", "file": "a.ts", "specs": [
                {"title": "two", "file": "a.ts", "line": 9, "ok": false,
                    "tests": [{"results": [{"duration": 2500}]}]}]}]},
        {"title": "b.ts", "file": "b.ts", "specs": [
            {"title": "three", "file": "b.ts", "line": 1, "ok": true,
                "tests": [{"results": [{"duration": 3000}]}]}]}],
        "stats": {"expected": 2, "skipped": 0, "unexpected": 1, "flaky": 0}}"#;

    #[test]
    fn failed_stories_are_found_in_every_group() {
        let report = Report::read(TWO_FILES).unwrap();
        assert_eq!(report.failures(), ["FAILED a.ts:9: two"]);
    }

    #[test]
    fn stories_and_files_are_sorted_by_their_durations() {
        let report = Report::read(TWO_FILES).unwrap();
        assert_eq!(
            report.durations(),
            [
                "The slowest stories:",
                "    3.0 s  b.ts:1: three",
                "    2.5 s  a.ts:9: two",
                "    1.0 s  a.ts:3: one",
                "3 stories, 6.5 s, by file:",
                "    3.5 s    2  a.ts",
                "    3.0 s    1  b.ts",
            ]
        );
    }

    #[test]
    fn a_run_without_any_browser_test_is_an_error() {
        let none = r#"{"stats": {"expected": 0, "skipped": 4, "unexpected": 0, "flaky": 0}}"#;
        assert!(Report::read(none).unwrap().counts().is_err());
        assert!(Report::read("").is_err());
    }
}
