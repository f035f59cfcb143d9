//! Which stories `cargo xtask bench tasks` repeats, read from what its reporter leaves.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

#[derive(Deserialize)]
struct Story {
    /// One of its tasks had a core for too long; the reporter knows how long that is.
    over: bool,
}

/// The stories with a task that is too long, by their whole titles.
pub fn over(record: &str) -> Result<Vec<String>> {
    let stories: BTreeMap<String, Story> = serde_json::from_str(record)
        .context("the record of tasks is not what the reporter leaves")?;
    let over = stories.into_iter().filter(|(_, story)| story.over);
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
    fn a_story_that_the_reporter_calls_over_is_repeated() {
        let record = r#"{
            "chromium a.ts slow": { "title": "slow", "over": true, "runs": [{ "passed": { "ms": 90 }, "ran": { "ms": 51 } }] },
            "chromium a.ts waits": { "title": "waits", "over": false, "runs": [{ "passed": { "ms": 90 }, "ran": { "ms": 0 } }] }
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
