//! The costs of a card with their shares of the whole network.

use engine::NodeId;
use leptos::prelude::*;
use state::screen::Area;
use state::stages::Level;
use state::train::health::CardHealth;

use super::part::family;
use super::{Content, Own, stage};
use crate::lab::Lab;
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
    let lab = expect_context::<Lab>();
    let fares = Memo::new(move |_| {
        let here = lab.screen.area().get() == Area::Train;
        let all = lab.train.health().get();
        let ids: Vec<NodeId> = stage(own, |it| it.nodes().collect());
        CardHealth::of(&all, |id| ids.contains(&id)).filter(|_| here)
    });
    let trained = Memo::new(move |_| fares.with(Option::is_some));
    (move || {
        if trained.get() {
            return health(fares, family, numbers);
        }
        view! { <dl class="costs" data-family=family>{bar(0, "Parameters")} {bar(1, "MACs")}</dl> }
            .into_any()
    })
    .into_any()
}

/// What the rows are.
pub fn labels(lab: Lab) -> [&'static str; 2] {
    let trained = lab.train.health().with(|it| !it.is_empty());
    if trained && lab.screen.area().get() == Area::Train {
        ["Gradient", "Update"]
    } else {
        ["Parameters", "MACs"]
    }
}

/// Gradient and update in the place of the costs, on logarithmic scales.
fn health(fares: Memo<Option<CardHealth>>, family: &'static str, numbers: bool) -> AnyView {
    let row =
        move |name: &'static str, of: fn(&CardHealth) -> Option<f64>, [least, most]: [f64; 2]| {
            let value = move || fares.with(|it| it.as_ref().and_then(of));
            let width = move || {
                let share = (value().unwrap_or(0.0).max(least).log10() - least.log10())
                    / (most.log10() - least.log10());
                format!("{:.1}%", share.clamp(0.0, 1.0) * 100.0)
            };
            let number = move || value().map_or_else(|| "–".to_owned(), |it| format!("{it:.1e}"));
            view! {
            <div title=move || format!("{name}: {}", number())>
                <dt class="visually-hidden">{name}</dt>
                <dd>{numbers.then_some(number)}<i class="cost"><i style:width=width></i></i></dd>
            </div>
        }
        .into_any()
        };
    let of = move |of: fn(&CardHealth) -> Option<f64>| {
        move || fares.with(|it| it.as_ref().and_then(of).map(|it| it.to_string()))
    };
    let finding = Memo::new(move |_| fares.with(|it| it.as_ref().and_then(CardHealth::finding)));
    view! {
        <dl
            class="costs"
            data-family=family
            data-testid="layer-health"
            data-gradient=of(|it| it.gradient)
            data-update=of(|it| it.update)
            data-dead=of(|it| it.dead)
            data-wrong=move || finding.get().map(|_| "")
            title=move || finding.get()
        >
            {row("Gradient norm", |it| it.gradient, [1e-6, 1e2])}
            {row("Update-to-weight ratio", |it| it.update, [1e-6, 1.0])}
        </dl>
    }
    .into_any()
}
