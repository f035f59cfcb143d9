//! A bar for each class, or for the five most probable of many.

use leptos::prelude::*;
use state::answer::top;

use crate::lab::Lab;
use crate::ui::format::{exact, percent};

/// With more classes than this only the most probable have a bar …
const MOST: usize = 10;
/// … , as many as this.
const LIKELIEST: usize = 5;

/// What one bar shows.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    class: Option<usize>,
    name: String,
    share: f32,
    best: bool,
}

/// The bars of a network with so many classes.
#[component]
pub fn Bars(classes: usize) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let many = classes > MOST;
    let count = if many { LIKELIEST } else { classes };
    let rows = Memo::new(move |_| rows(lab, classes, count));
    let bar = |place: usize| {
        let row = Memo::new(move |_| rows.with(|rows| rows.get(place).cloned()));
        let of = move |what: fn(&Row) -> String| row.with(|row| row.as_ref().map(what));
        view! {
            <li
                data-testid=many.then_some("top")
                data-class=move || of(|row| row.class.map_or_else(String::new, |it| it.to_string()))
                data-best=move || of(|row| row.best.to_string())
            >
                <span class="bar-name" translate="no">{move || of(|row| row.name.clone())}</span>
                " "
                <span class="bar-track">
                    <span class="bar-fill" style=("--v", move || of(|row| row.share.to_string()))></span>
                </span>
                " "
                <span
                    class="bar-percent"
                    data-testid=(!many).then(|| format!("probability-{place}"))
                >
                    {move || of(|row| percent(row.share))}
                </span>
            </li>
        }
    };
    let title = if many {
        "The likeliest classes and their probabilities"
    } else {
        "Probability of each class"
    };
    view! { <ol class="bars" aria-label=title>{(0..count).map(bar).collect_view()}</ol> }
}

fn rows(lab: Lab, classes: usize, count: usize) -> Vec<Row> {
    // Not an answer of another network.
    let reading = lab.answer.reading.get();
    let reading = reading.filter(|reading| reading.shares.len() == classes);
    let order = match &reading {
        Some(reading) if count < classes => {
            top(&reading.shares, count).into_iter().map(Some).collect()
        }
        None if count < classes => vec![None; count],
        Some(_) | None => (0..count).map(Some).collect::<Vec<_>>(),
    };
    lab.answer.names.with(|names| {
        let row = |class: Option<usize>| Row {
            class,
            name: class.map_or_else(|| "–".to_owned(), |class| names.of(class).into_owned()),
            share: reading
                .as_ref()
                .and_then(|reading| reading.shares.get(class?).copied())
                .unwrap_or_default(),
            best: class.is_some() && reading.as_ref().is_some_and(|it| it.best == class),
        };
        order.into_iter().map(row).collect()
    })
}

/// Opens a list of all classes, the most probable first, where only some have a bar.
#[component]
pub fn All(classes: Memo<usize>, open: RwSignal<bool>) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let many = Memo::new(move |_| classes.get() > MOST);
    let list = move || {
        (many.get() && open.get()).then(|| {
            let row = |row: Row| view! { <li><span>{row.name}</span> " " {percent(row.share)}</li> };
            let count = classes.get();
            let mut rows = rows(lab, count, count);
            rows.sort_by(|one, other| other.share.total_cmp(&one.share));
            view! {
                <ol class="all-classes" data-testid="all-classes" tabindex="0" aria-label="All classes">
                    {rows.into_iter().map(row).collect_view()}
                </ol>
            }
        })
    };
    view! {
        {move || many.get().then(|| view! {
            <button
                type="button"
                class="all-link"
                data-testid="show-all-classes"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {move || format!("All {}", exact(classes.get() as u64))}
            </button>
        })}
        {list}
    }
}
