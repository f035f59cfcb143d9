//! The loss and its gradient at the logits.

use leptos::prelude::*;
use state::answer::top;

use super::super::class_choice::class_choice;
use super::walk::Walk;
use crate::ui::format::short;

/// Classes in the table of logits.
const ROWS: usize = 10;

/// The class that should be right.
pub fn label(walk: Walk) -> AnyView {
    let class = Signal::derive(move || walk.label.get());
    let choose = move |class| walk.label.set(class);
    class_choice(walk.lab, "Should be", "backward-label", class, choose)
}

fn class(walk: Walk, class: u32) -> String {
    let names = walk.lab.answer.names;
    names.with(|names| names.of(class as usize).into_owned())
}

/// −ln of the share of the right class.
pub fn loss(walk: Walk) -> AnyView {
    let says = move || {
        let seen = walk.seen()?;
        let told = &seen.told;
        let share = told.shares.get(told.label as usize).copied()?;
        let name = class(walk, told.label);
        Some(view! {
            <p class="calc" data-testid="backward-loss" data-value=told.loss.to_string()>
                <span>
                    {format!("share of {name} (softmax) {} · loss = −ln {} =", short(share), short(share))}
                </span>
                <b>{short(told.loss as f32)}</b>
            </p>
            <p class="say">
                "The backward pass asks of every value: how much does the loss change with it?"
            </p>
        })
    };
    view! { {says} }.into_any()
}

/// Share − target of each class.
pub fn logits(walk: Walk) -> AnyView {
    let table = move || {
        let seen = walk.seen()?;
        let told = &seen.told;
        let sizes: Vec<f32> = told.slopes.iter().map(|it| it.abs()).collect();
        let label = told.label;
        let row = |at: usize| {
            let [logit, share, slope] = [&told.logits, &told.shares, &told.slopes]
                .map(|all| all.get(at).copied().unwrap_or_default());
            let target = u8::from(at == label as usize);
            view! {
                <tr data-class=at.to_string()>
                    <th scope="row">{class(walk, at as u32)}</th>
                    <td>{short(logit)}</td>
                    <td>{short(share)}</td>
                    <td>{target.to_string()}</td>
                    <td data-testid="logit-gradient" data-value=slope.to_string()>
                        {short(slope)}
                    </td>
                </tr>
            }
        };
        let rows: Vec<_> = top(&sizes, ROWS).into_iter().map(row).collect();
        let more = told.slopes.len().saturating_sub(rows.len());
        Some(view! {
            <p class="say">
                "Gradient of the loss with respect to each logit: share − target."
            </p>
            <table class="health-table backward-table">
                <thead>
                    <tr>
                        <th scope="col">"Class"</th>
                        <th scope="col">"Logit"</th>
                        <th scope="col">"Probability"</th>
                        <th scope="col">"Target"</th>
                        <th scope="col">"Gradient"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {(more > 0).then(|| view! { <p class="say">{format!("{more} more with smaller ones.")}</p> })}
        })
    };
    view! { {table} }.into_any()
}
