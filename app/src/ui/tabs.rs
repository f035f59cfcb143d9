//! Tabs: one Tab stop, arrow keys, Home and End.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::{focus_by_id, turn};
use crate::platform::schedule::soon;

/// A tab of a list: its title and the id of its button, which is its `data-testid` as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tab {
    pub title: &'static str,
    pub id: &'static str,
}

/// A list of tabs; `chosen` is the place of the shown one.
pub fn tabs<const N: usize>(
    label: &'static str,
    all: [Tab; N],
    chosen: Signal<usize>,
    choose: impl Fn(usize) + Copy + Send + Sync + 'static,
) -> AnyView {
    list(label, None, all.into(), chosen, Callback::new(choose), None)
}

/// A list of tabs that say which panel they control, by its id; `beside` gives what stands beside a
/// title, for example a count.
pub fn tabs_of<const N: usize>(
    label: &'static str,
    panel: &'static str,
    all: [Tab; N],
    chosen: Signal<usize>,
    choose: impl Fn(usize) + Copy + Send + Sync + 'static,
    beside: Option<Callback<usize, AnyView>>,
) -> AnyView {
    let choose = Callback::new(choose);
    list(label, Some(panel), all.into(), chosen, choose, beside)
}

fn list(
    label: &'static str,
    panel: Option<&'static str>,
    all: Vec<Tab>,
    chosen: Signal<usize>,
    choose: Callback<usize>,
    beside: Option<Callback<usize, AnyView>>,
) -> AnyView {
    let count = all.len();
    let ids: Vec<_> = all.iter().map(|tab| tab.id).collect();
    let turned = move |event: KeyboardEvent| {
        let next = turn(&event, chosen.get_untracked(), count);
        let id = next.and_then(|next| ids.get(next).copied());
        if let Some((next, id)) = next.zip(id) {
            choose.run(next);
            soon(move || focus_by_id(id));
        }
    };
    let one = move |(place, Tab { title, id }): (usize, Tab)| {
        view! {
            <button
                type="button"
                role="tab"
                id=id
                data-testid=id
                aria-controls=panel
                aria-selected=move || (chosen.get() == place).to_string()
                tabindex=move || if chosen.get() == place { "0" } else { "-1" }
                on:click=move |_| soon(move || choose.run(place))
            >
                {title}
                {beside.map(|beside| move || beside.run(place))}
            </button>
        }
    };
    view! {
        <div class="choices" role="tablist" aria-label=label on:keydown=turned>
            {all.into_iter().enumerate().map(one).collect_view()}
        </div>
    }
    .into_any()
}
