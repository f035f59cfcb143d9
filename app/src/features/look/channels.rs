//! What each input channel adds to a value, and the largest of all products.

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;

use super::looking::Looking;
use super::picture::focus_number;
use super::steps::kernels;
use crate::ui::format::{digits, short};
use crate::ui::icon::{Icon, icon};
use crate::ui::rove;

/// Input channels in the list at once.
const PAGE: usize = 16;
/// The most contributions of a linear layer in the list.
const LARGEST: usize = 5;

/// The input channels with what each adds; one of them is shown.
#[component]
pub fn Channels(looking: Looking, number: Memo<usize>, count: usize) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    let page = Memo::new(move |_| number.get() / PAGE * PAGE);
    let choose = move |to: usize| looking.kernel.set(to.min(count - 1));
    let turn = move |event: KeyboardEvent| {
        let now = number.get_untracked();
        let to = match event.key().as_str() {
            "ArrowLeft" | "ArrowUp" => now.saturating_sub(1),
            "ArrowRight" | "ArrowDown" => (now + 1).min(count - 1),
            "Home" => 0,
            "End" => count - 1,
            _ => return,
        };
        event.prevent_default();
        choose(to);
        focus_number(place, to as u32);
    };
    let one = move |at: usize| {
        let kernel = move || {
            kernels(looking, |all, _, _| {
                all.get(at).map(|it| (it.channel, it.sum()))
            })
            .flatten()
        };
        let channel = move || kernel().and_then(|it| it.0).map(|it| it + 1);
        let sum = move || kernel().map(|it| it.1);
        let chosen = move || number.get() == at;
        view! {
            <button
                type="button"
                data-testid="partial-row"
                data-number=at.to_string()
                aria-pressed=move || chosen().to_string()
                tabindex=move || if chosen() { "0" } else { "-1" }
                on:click=move |_| choose(at)
            >
                <span><span class="visually-hidden">"Input map "</span>{move || channel()}</span>
                " "
                <span data-testid="partial-value" data-value=move || sum().map(|it| it.to_string())>
                    {move || sum().map(|it| short(it as f32))}
                </span>
            </button>
        }
    };
    let leaf = move |back: bool| {
        let page = page.get_untracked();
        choose(if back {
            page.saturating_sub(PAGE)
        } else {
            page + PAGE
        });
    };
    let name = looking.subject.with_value(|it| {
        let maps = it.unflattened.as_ref().or(it.inputs.first());
        maps.map_or_else(String::new, |it| it.name.clone())
    });
    let shown_map = {
        let name = name.clone();
        move || {
            let channel = kernels(looking, |all, _, _| all.get(number.get())?.channel).flatten();
            format!(
                "Map {} of {name}; what each map adds:",
                channel.unwrap_or(0) + 1
            )
        }
    };
    let pages = (count > PAGE).then(|| {
        view! {
            <button
                type="button"
                class="icon"
                aria-label="Input maps before"
                disabled=move || page.get() == 0
                on:click=move |_| leaf(true)
            >
                {icon(Icon::Previous)}
            </button>
            <button
                type="button"
                class="icon"
                aria-label="Input maps further"
                disabled=move || { page.get() + PAGE >= count }
                on:click=move |_| leaf(false)
            >
                {icon(Icon::Next)}
            </button>
        }
    });
    let shown = move || {
        let page = page.get();
        (page..(page + PAGE).min(count)).map(one).collect_view()
    };
    view! {
        <div class="partials-head">
            <span>{shown_map}</span>
            {pages}
        </div>
        <div
            class="partials"
            node_ref=place
            role="group"
            aria-label=format!("What each map of {name} adds; arrow keys choose one")
            on:keydown=turn
        >
            {shown}
        </div>
    }
}

/// The largest terms of a linear layer.
#[component]
pub fn Contributions(looking: Looking) -> impl IntoView {
    let rows = move || {
        kernels(looking, |all, _, distance| {
            let best = all.iter().enumerate().flat_map(|(number, kernel)| {
                let places = kernel.largest(LARGEST);
                places
                    .into_iter()
                    .map(move |at| (number, at, kernel.product(at)))
            });
            let mut best: Vec<(usize, usize, f64)> = best.collect();
            best.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()));
            best.truncate(LARGEST);
            let row = |(rank, (number, at, product)): (usize, (usize, usize, f64))| {
                let kernel = &all[number];
                let width = kernel.width.max(1) as usize;
                let place = match kernel.channel {
                    Some(map) => format!(
                        "map {}, row {}, column {}",
                        map + 1,
                        at / width + 1,
                        at % width + 1
                    ),
                    None => format!("value {}", at + 1),
                };
                let weight = kernel.weights.get(at).copied().unwrap_or(0.0);
                let term = if distance { "−" } else { "×" };
                let show = move |_| {
                    looking.kernel.set(number);
                    looking.step.set(at);
                };
                view! {
                    <li>
                        <button
                            type="button"
                            class="quiet"
                            tabindex=if rank == 0 { "0" } else { "-1" }
                            on:click=show
                        >
                            {place}
                        </button>
                        <span>{format!("{} {term} {}", short(kernel.input(at)), short(weight))}</span>
                        <b>{digits(product as f32, 4)}</b>
                    </li>
                }
            };
            best.into_iter().enumerate().map(row).collect_view()
        })
    };
    view! {
        <h4>"Largest parts"</h4>
        <ol class="contributions" data-testid="contributions" on:keydown=rove>{rows}</ol>
    }
}
