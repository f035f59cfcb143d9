//! Settings that are numbers: name, title, one sentence, and how each is read and written.

mod general;
mod images;
mod method;
mod schedule;

use engine::Graph;
use engine::format::number;
use engine::train::Task;

use super::{check, sentence};

/// A setting that is a number.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    /// The name in the page, which is its `data-testid` too.
    pub name: &'static str,
    pub title: &'static str,
    pub sentence: &'static str,
    /// What an arrow key adds.
    pub step: f64,
    /// Whole numbers up to this one only.
    pub whole: Option<f64>,
    get: fn(&Task) -> Option<f64>,
    set: fn(&mut Task, f64),
}

/// The largest whole number of which an `f64` has all smaller ones.
const EXACT: f64 = 9_007_199_254_740_992.0;
const U32: f64 = u32::MAX as f64;

impl Number {
    const fn new(
        name: &'static str,
        title: &'static str,
        sentence: &'static str,
        step: f64,
        get: fn(&Task) -> Option<f64>,
        set: fn(&mut Task, f64),
    ) -> Self {
        Self {
            name,
            title,
            sentence,
            step,
            whole: None,
            get,
            set,
        }
    }

    const fn whole(mut self, most: f64) -> Self {
        self.whole = Some(most);
        self
    }

    /// Its value; `None` where the task has no such setting.
    pub fn value(&self, task: &Task) -> Option<f64> {
        (self.get)(task)
    }

    /// Its value as the field shows it.
    pub fn text(&self, task: &Task) -> String {
        let value = self.value(task);
        match (value, self.whole) {
            (None, _) => String::new(),
            (Some(value), Some(_)) => format!("{value:.0}"),
            (Some(value), None) => super::shown(value),
        }
    }
}

/// The number that a text stands for.
///
/// # Errors
/// When it is none, or not a whole one up to `most` where one is wanted.
pub fn typed(text: &str, most: Option<f64>) -> Result<f64, String> {
    let real = number::real(text);
    let Some(most) = most else {
        return real;
    };
    let value = real.or_else(|why| {
        // Commas between groups of whole numbers.
        number::whole(text).map(f64::from).map_err(|_| why)
    })?;
    if value.fract() != 0.0 {
        return Err(format!("“{}” is not a whole number.", text.trim()));
    }
    if value < 0.0 {
        return Err(format!("{value} is below 0. Type a whole number."));
    }
    if value > most {
        return Err(format!("{value} is too large; the limit is {most}."));
    }
    Ok(value)
}

/// The task with the typed number.
///
/// # Errors
/// A sentence that says why it cannot be.
pub fn take(task: &Task, number: &Number, text: &str, graph: &Graph) -> Result<Task, String> {
    let value = typed(text, number.whole)?;
    if number.name == Number::CLIP_NORM.name && value < 0.0 {
        return Err(format!("{}: 0 for none, else above 0.", number.title));
    }
    let mut changed = task.clone();
    (number.set)(&mut changed, value);
    check(&changed, graph).map_err(|error| sentence(&error))?;
    Ok(changed)
}

#[cfg(test)]
mod tests;
