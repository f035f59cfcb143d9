//! How many images each class has.

use leptos::prelude::*;
use state::data::{SetInfo, imbalance};

use crate::ui::format::exact;

/// The most classes that are listed; a set may have a thousand.
const MOST: usize = 20;

/// The classes of the set as bars.
#[component]
pub fn ClassBars(chosen: Memo<Option<SetInfo>>) -> impl IntoView {
    let rows = Memo::new(move |_| {
        chosen.with(|info| {
            let Some(info) = info else { return Vec::new() };
            let named = info
                .classes
                .iter()
                .cloned()
                .zip(info.counts.iter().copied());
            named.take(MOST).enumerate().collect::<Vec<_>>()
        })
    });
    let most = Memo::new(move |_| {
        chosen.with(|info| {
            let counts = info.as_ref().map(|info| info.counts.iter().copied());
            counts.and_then(Iterator::max).unwrap_or_default().max(1)
        })
    });
    let more = move || {
        let classes = chosen.with(|info| info.as_ref().map_or(0, |info| info.classes.len()));
        let more = classes.saturating_sub(MOST);
        (more > 0).then(|| view! { <p class="hint">{format!("and {more} more classes")}</p> })
    };
    let uneven = move || {
        let text = chosen.with(|info| {
            let info = info.as_ref()?;
            let (smallest, largest) = imbalance(&info.counts)?;
            let of = |class: usize| {
                let count = info.counts.get(class).copied().unwrap_or_default();
                let name = info.classes.get(class).map_or("", String::as_str);
                format!("“{name}” has {}", exact(count))
            };
            Some(format!(
                "Out of balance: {}, {}. A network may prefer the larger class.",
                of(largest),
                of(smallest)
            ))
        })?;
        Some(view! { <p class="data-uneven" data-testid="data-uneven">{text}</p> })
    };
    let row = move |(_, (name, count)): (usize, (String, u64))| {
        let share = move || (count as f64 / most.get() as f64).to_string();
        view! {
            <li>
                <span class="data-class" title=name.clone()>{name.clone()}</span>
                <span class="data-track"><span class="data-bar" style=("--v", share)></span></span>
                <span class="figures">{exact(count)}</span>
            </li>
        }
    };
    view! {
        <details class="data-each">
            <summary>"Images of each class"</summary>
            <ul class="data-classes" aria-label="Images of each class">
                <For each=move || rows.get() key=|row| row.clone() let:item>
                    {row(item)}
                </For>
            </ul>
            {more}
        </details>
        {uneven}
    }
}
