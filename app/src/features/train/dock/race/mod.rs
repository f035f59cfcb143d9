//! A race: its entrants and rule, and what it came to.

mod chart;
mod entrants;
mod result;
mod rule;

use leptos::prelude::*;

use crate::lab::Lab;

pub fn race(lab: Lab) -> AnyView {
    let failure = lab.train.race.failure();
    let failed = move || {
        let why = failure.get()?;
        Some(view! { <p class="train-note" role="alert" data-testid="race-failure">{why}</p> })
    };
    view! {
        <div class="race" data-testid="race">
            <div class="race-plan">
                {entrants::entrants(lab)}
                {rule::rule(lab)}
                {failed}
            </div>
            {result::result(lab)}
        </div>
    }
    .into_any()
}
