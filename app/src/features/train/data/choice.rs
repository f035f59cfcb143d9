//! Which set is trained on.

use leptos::prelude::*;
use state::data::{SetId, SetInfo};

use crate::lab::Lab;

#[component]
pub fn Choice(chosen: Memo<Option<SetInfo>>) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let id = Memo::new(move |_| chosen.with(|info| info.as_ref().map(|info| info.id)));
    let name = move || chosen.with(|info| info.as_ref().map(|info| info.name.clone()));
    let sets = Memo::new(move |_| {
        let sets = lab.data.sets();
        sets.with(|sets| {
            let named = sets.iter().map(|info| (info.id, info.name.clone()));
            named.collect::<Vec<_>>()
        })
    });
    let option = move |(set, name): (SetId, String)| {
        view! {
            <option value=set.0.to_string() selected=move || id.get() == Some(set)>
                {name}
            </option>
        }
    };
    let none = move || {
        let none = id.get().is_none();
        none.then(|| view! { <option value="" selected=true>"Choose a data set"</option> })
    };
    let choose = move |event| {
        if let Ok(id) = event_target_value(&event).parse() {
            lab.data.choose(SetId(id));
        }
    };
    view! {
        <select
            class="data-choice"
            aria-label="Data set"
            data-testid="dataset"
            data-name=name
            on:change=choose
        >
            {none}
            <For each=move || sets.get() key=|set| set.clone() let:set>
                {option(set)}
            </For>
        </select>
    }
}
