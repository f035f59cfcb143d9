//! What is wrong with the training, with the remedies.

use leptos::prelude::*;
use state::train::Curve;
use state::train::diagnosis::{Finding, diagnose};

use super::Choice;
use crate::lab::Lab;

pub fn findings(lab: Lab, choice: Choice) -> AnyView {
    let all = Memo::new(move |_| {
        choice.beat.track();
        let classes = lab.data.chosen().map_or(2, |it| it.classes.len());
        let status = lab.train.status().get();
        let curve = lab.train.curve();
        curve.with_untracked(|curve: &Curve| diagnose(curve, classes, &status))
    });
    // Told when another thing is wrong, and not with every number.
    let kinds =
        Memo::new(move |_| all.with(|all| all.iter().map(|it| it.kind).collect::<Vec<_>>()));
    let told = move || {
        kinds.track();
        let of = |it: &Finding| format!("{} {}", it.what, it.remedy);
        all.with_untracked(|all| all.iter().map(of).collect::<Vec<_>>().join(" "))
    };
    let one = |finding: Finding| {
        let Finding { kind, what, remedy } = finding;
        view! {
            <li data-testid="finding" data-finding=kind.name()>
                <b>{what}</b>
                " "
                {remedy}
            </li>
        }
    };
    view! {
        <ul class="training-findings" hidden=move || all.with(Vec::is_empty)>
            {move || all.get().into_iter().map(one).collect_view()}
        </ul>
        <p class="visually-hidden" role="status">{told}</p>
    }
    .into_any()
}
