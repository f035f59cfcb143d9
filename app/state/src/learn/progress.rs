//! What of the lessons is done, as it is kept between visits.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What of one lesson is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// The first so many steps.
    pub steps: usize,
    /// The question at the end was answered right.
    pub answered: bool,
}

/// By the lesson's id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress(BTreeMap<String, Done>);

impl Progress {
    pub fn of(&self, lesson: &str) -> Done {
        self.0.get(lesson).copied().unwrap_or_default()
    }

    /// The step at this place is done, and with it those before.
    pub fn complete(&mut self, lesson: &str, step: usize) {
        let done = self.0.entry(lesson.to_owned()).or_default();
        done.steps = done.steps.max(step + 1);
    }

    /// The question was answered right.
    pub fn answer(&mut self, lesson: &str) {
        self.0.entry(lesson.to_owned()).or_default().answered = true;
    }

    /// One lesson begins anew.
    pub fn forget(&mut self, lesson: &str) {
        self.0.remove(lesson);
    }

    /// All lessons begin anew.
    pub fn reset(&mut self) {
        self.0.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn write(&self) -> String {
        let lesson = |(id, done): (&String, &Done)| {
            let done = json!({ "steps": done.steps, "answered": done.answered });
            (id.clone(), done)
        };
        Value::Object(self.0.iter().map(lesson).collect::<Map<_, _>>()).to_string()
    }

    /// What [`Self::write`] wrote; a text that is none is no progress.
    pub fn read(text: &str) -> Self {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let done = |value: &Value| Done {
            steps: value["steps"]
                .as_u64()
                .map_or(0, |steps| usize::try_from(steps).unwrap_or(usize::MAX)),
            answered: value["answered"].as_bool().unwrap_or(false),
        };
        let lessons = value.as_object().into_iter().flatten();
        Self(lessons.map(|(id, it)| (id.clone(), done(it))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_kept_and_a_broken_text_is_none() {
        let mut progress = Progress::default();
        progress.complete("stride", 1);
        progress.complete("stride", 0);
        progress.answer("picture");
        assert_eq!(progress.of("stride").steps, 2);
        assert!(!progress.of("stride").answered);
        assert_eq!(Progress::read(&progress.write()), progress);
        assert!(Progress::read("{").is_empty());
        assert!(Progress::read("[1, 2]").is_empty());
        progress.forget("stride");
        assert_eq!(progress.of("stride"), Done::default());
        assert!(progress.of("picture").answered);
        progress.reset();
        assert!(progress.is_empty());
    }
}
