//! The settings of the next training as the page shows and changes them.

mod choice;
mod found;
mod frozen;
mod kept;
mod numbers;
mod picture;
mod preview;
mod rate;
mod summary;
mod usual;

use engine::Graph;
use engine::train::{SettingsError, Task};

pub use self::choice::{Choice, ScheduleKind, Starting, Unit, method_index};
pub use self::found::Search;
pub use self::frozen::{
    Frozen, all_but_last, freezable, is_frozen, set_frozen, turn_frozen, with_parameters,
};
pub use self::kept::{Kept, export, import};
pub use self::numbers::{Number, take, typed};
pub use self::picture::{picture, steps, steps_of_epoch};
pub use self::preview::Image;
pub use self::rate::{PLACES, place, rate_at, shown};
pub use self::summary::{brief, summary};
pub use self::usual::{choose_method, usual_rate};

/// Checks a task for this network, as the engine does, and that its division of the data can be.
///
/// # Errors
/// The first setting that makes no sense.
pub fn check(task: &Task, graph: &Graph) -> Result<(), SettingsError> {
    task.settings.check(graph)?;
    let split = &task.split;
    let share = |setting: &str, value: f64| {
        if (0.0..1.0).contains(&value) {
            return Ok(());
        }
        Err(SettingsError::Range {
            setting: setting.to_owned(),
            value: value.to_string(),
            wanted: "from 0, below 1".to_owned(),
        })
    };
    share("the share for validation", split.validation)?;
    share("the share for the test", split.test)?;
    share(
        "the share for validation and test together",
        split.validation + split.test,
    )
}

/// An error as a sentence.
pub fn sentence(error: &impl ToString) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    let text: String = first.into_iter().flatten().chain(letters).collect();
    if text.ends_with('.') {
        text
    } else {
        text + "."
    }
}
