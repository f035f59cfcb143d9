//! The curves that a chart draws, and how often it follows them.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use state::train::Curve;

use super::Choice;
use crate::lab::Lab;
use crate::platform::clock;

/// A drawing follows its curve at most so often.
const PAUSE_MS: f64 = 100.0;

/// A number that changes when the curve has changed, at most ten times a second.
pub fn beat(lab: Lab) -> RwSignal<u64> {
    let beat = RwSignal::new(0);
    let last = StoredValue::new(0.0);
    let waiting = StoredValue::new(false);
    let curve = lab.train.curve();
    let strike = move || {
        last.try_update_value(|last| *last = clock::now());
        // `None` once the dock is closed.
        let _closed = beat.try_update(|beat| *beat += 1);
    };
    Effect::new(move |_| {
        curve.track();
        let left = last.get_value() + PAUSE_MS - clock::now();
        if left <= 0.0 {
            return strike();
        }
        if waiting.try_update_value(|it| std::mem::replace(it, true)) == Some(false) {
            let later = move || {
                waiting.try_update_value(|it| *it = false);
                strike();
            };
            set_timeout(later, Duration::from_millis(left.ceil() as u64));
        }
    });
    beat
}

/// A curve in a chart.
#[derive(Clone, PartialEq)]
pub struct Series {
    /// Empty for the training on the screen.
    pub name: String,
    /// The place of its colour.
    pub colour: Option<usize>,
    pub curve: Arc<Curve>,
}

/// The curve of the training on the screen.
pub fn present(lab: Lab, choice: Choice) -> Vec<Series> {
    choice.beat.track();
    vec![Series {
        name: String::new(),
        colour: None,
        curve: Arc::new(lab.train.curve().get_untracked()),
    }]
}
