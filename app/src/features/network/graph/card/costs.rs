//! The costs of a card with their shares of the whole network.

use leptos::prelude::*;
use state::stages::Level;

use super::part::family;
use super::{Content, Own, stage};
use crate::ui::format::count;

/// Parameters and multiply-adds.
pub fn costs(own: Own, content: &Content) -> AnyView {
    let numbers = content.level != Level::Far || content.narrow;
    let said = if content.narrow {
        [" parameters", " MACs"]
    } else {
        ["", ""]
    };
    let family = content.parts.first().map_or("input", family);
    let bar = move |at: usize, of: &'static str| {
        let value = move || stage(own, |it| [it.params, it.macs][at]);
        let share = move || stage(own, |it| [it.params_share, it.macs_share][at]) * 100.0;
        let number = move || {
            if value() == 0 {
                "–".to_owned()
            } else {
                count(value()) + said[at]
            }
        };
        view! {
            <div title=move || format!("{of}: {:.1} % of all", share())>
                <dt class="visually-hidden">{of}</dt>
                <dd>{numbers.then_some(number)}<i class="cost" data-none=move || (value() == 0).then_some("")><i style:width=move || format!("{}%", share())></i></i></dd>
            </div>
        }
        .into_any()
    };
    view! { <dl class="costs" data-family=family>{bar(0, "Parameters")} {bar(1, "MACs")}</dl> }
        .into_any()
}
