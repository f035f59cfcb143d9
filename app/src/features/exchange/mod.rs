//! What is asked about a file of another program.

mod question;

use leptos::prelude::*;

pub use self::question::Question;

use crate::lab::Lab;

/// The dialog; its code comes with the view that has it.
pub fn question(_lab: Lab) -> AnyView {
    view! { <Question /> }.into_any()
}
