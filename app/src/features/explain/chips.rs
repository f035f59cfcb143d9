//! Which methods are shown.

use leptos::prelude::*;
use state::explain::Kind;

use super::why::Shared;
use crate::ui::rove;

pub fn chips(shared: Shared) -> AnyView {
    let one = |kind: Kind| {
        let on = move || shared.chosen.with(|it| it.kinds.contains(&kind));
        let first = kind == Kind::Gradient;
        view! {
            <button
                type="button"
                class="chip"
                data-testid="why-method"
                data-method=kind.name()
                title=format!("{} {}", kind.shows(), kind.misleads())
                aria-pressed=move || on().to_string()
                tabindex=if first { "0" } else { "-1" }
                on:click=move |_| shared.chosen.update(|it| it.toggle(kind))
            >
                {kind.title()}
            </button>
        }
    };
    view! {
        <div class="why-chips" role="toolbar" aria-label="Methods" on:keydown=rove>
            {Kind::ALL.map(one).collect_view()}
        </div>
    }
    .into_any()
}
