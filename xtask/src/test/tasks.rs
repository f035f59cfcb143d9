//! Which stories `cargo xtask bench tasks` repeats, read from what its reporter leaves.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

/// A task is too long when its thread had a core for more milliseconds.
const GOAL_MS: f64 = 50.0;

#[derive(Deserialize)]
struct Story {
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    /// By the time that the thread had a core.
    ran: Longest,
}

#[derive(Deserialize)]
struct Longest {
    ms: f64,
}

/// The stories with a task that is too long, by their whole titles.
pub fn over(record: &str) -> Result<Vec<String>> {
    let stories: BTreeMap<String, Story> = serde_json::from_str(record)
        .context("the record of tasks is not what the reporter leaves")?;
    let too_long = |story: &Story| story.runs.iter().any(|run| run.ran.ms > GOAL_MS);
    let over = stories.into_iter().filter(|(_, story)| too_long(story));
    Ok(over.map(|(title, _)| title).collect())
}

/// The regular expression (JavaScript's) that these whole titles match and no others.
pub fn these_alone(titles: &[String]) -> String {
    let literal = |title: &String| {
        let mut escaped = String::new();
        for letter in title.chars() {
            if r"\^$.*+?()[]{}|/".contains(letter) {
                escaped.push('\\');
            }
            escaped.push(letter);
        }
        escaped
    };
    let titles: Vec<String> = titles.iter().map(literal).collect();
    format!("^({})$", titles.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_with_a_task_of_more_than_50_ms_of_a_core_is_over() {
        let record = r#"{
            "chromium a.ts slow": { "title": "slow", "runs": [{ "passed": { "ms": 90 }, "ran": { "ms": 51 } }] },
            "chromium a.ts waits": { "title": "waits", "runs": [{ "passed": { "ms": 90 }, "ran": { "ms": 0 } }] }
        }"#;
        assert_eq!(over(record).unwrap(), ["chromium a.ts slow"]);
        assert!(over("[]").is_err());
    }

    #[test]
    fn a_title_is_met_letter_by_letter() {
        let titles = ["a (b) 1.5?".to_owned(), "c|d".to_owned()];
        assert_eq!(these_alone(&titles), r"^(a \(b\) 1\.5\?|c\|d)$");
    }
}
