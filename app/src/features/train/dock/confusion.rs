//! Which classes are taken for which, and the images of a cell.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use state::train::confusion::{Confused, Confusion, examples_of};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::subject::{Subject, classes, head, subject};
use super::{Choice, Tab};
use crate::lab::Lab;
use crate::ui::example::{Example, examples};
use crate::ui::format::exact;

/// With more classes the pairs that are confused most are listed instead.
const MOST_CLASSES: usize = 20;
const PAIRS: usize = 40;
/// Images of a cell that are shown.
const IMAGES: usize = 48;

pub fn confusion(lab: Lab, choice: Choice) -> AnyView {
    let subject = subject(lab, choice);
    let images = move || {
        subject.with(|subject| {
            let subject = subject.as_ref()?;
            Some(match choice.cell.get() {
                Some(cell) => cell_images(lab, subject, cell),
                None => view! {
                    <p class="hint">
                        "Rows are labels, columns are answers. A cell shows its images."
                    </p>
                }
                .into_any(),
            })
        })
    };
    view! {
        {head(lab, choice, subject)}
        <div class="confusion-and-images">
            {matrix(lab, choice, subject, true)}
            <div class="cell-images" data-testid="cell-images">{images}</div>
        </div>
    }
    .into_any()
}

/// The matrix; the `large` one has the counts of right answers and the accuracies.
pub fn matrix(lab: Lab, choice: Choice, subject: Memo<Option<Subject>>, large: bool) -> AnyView {
    let counts = Memo::new(move |_| subject.with(|it| it.as_ref()?.confusion()));
    let names = Memo::new(move |_| {
        subject.with(|it| it.as_ref().map(|it| classes(lab, it)).unwrap_or_default())
    });
    let body = move || {
        let names = names.get();
        match names.len() {
            0 => ().into_any(),
            1..=MOST_CLASSES => table(choice, counts, &names, large),
            _ => pairs(choice, counts, names),
        }
    };
    body.into_any()
}

fn choose(choice: Choice, cell: (usize, usize)) {
    choice.cell.set(Some(cell));
    choice.tab.set(Tab::Confusion);
}

fn table(
    choice: Choice,
    counts: Memo<Option<Confusion>>,
    names: &[String],
    large: bool,
) -> AnyView {
    let place = NodeRef::<html::Table>::new();
    // The cell that the Tab key reaches.
    let stop = RwSignal::new(choice.cell.get_untracked().unwrap_or((0, 0)));
    let classes = names.len();
    let key = move |event: KeyboardEvent| {
        let (row, column) = stop.get_untracked();
        let last = classes.saturating_sub(1);
        let next = match event.key().as_str() {
            "ArrowRight" => (row, (column + 1).min(last)),
            "ArrowLeft" => (row, column.saturating_sub(1)),
            "ArrowDown" => ((row + 1).min(last), column),
            "ArrowUp" => (row.saturating_sub(1), column),
            "Home" => (row, 0),
            "End" => (row, last),
            _ => return,
        };
        event.prevent_default();
        stop.set(next);
        let found = place
            .get_untracked()
            .and_then(|it| {
                let cell = format!("[data-cell='{}-{}']", next.0, next.1);
                it.query_selector(&cell).ok().flatten()
            })
            .and_then(|it| it.dyn_into::<HtmlElement>().ok());
        if let Some(found) = found {
            let focused = found.focus();
            debug_assert!(focused.is_ok());
        }
    };
    let heading = |name: &String| {
        view! { <th scope="col" title=name.clone()><span>{name.clone()}</span></th> }
    };
    let with = move |read: fn(&Confusion, usize, usize) -> f64, row: usize, column: usize| {
        counts.with(|it| it.as_ref().map_or(0.0, |it| read(it, row, column)))
    };
    let row = |(at, name): (usize, &String)| {
        let cell = |(column, answer): (usize, &String)| {
            let count = move || with(|it, a, b| f64::from(it.count(a, b)), at, column) as u64;
            let share = move || {
                let share = with(Confusion::share_of_errors, at, column);
                format!("{:.0}%", (share * 100.0).min(100.0))
            };
            let (label, answer) = (name.clone(), answer.clone());
            let spoken = move || format!("{label} answered {answer}: {}", exact(count()));
            let shown = move || match count() {
                0 => String::new(),
                // Its colour says enough.
                _ if !large && at == column => String::new(),
                count => count.to_string(),
            };
            view! {
                <td>
                    <button
                        type="button"
                        data-testid="confusion-cell"
                        data-cell=format!("{at}-{column}")
                        data-value=move || count().to_string()
                        data-right=(at == column).then_some("true")
                        data-empty=move || (count() == 0).then_some("true")
                        aria-label=spoken
                        aria-pressed=move || (choice.cell.get() == Some((at, column))).to_string()
                        tabindex=move || if stop.get() == (at, column) { "0" } else { "-1" }
                        style:--share=share
                        on:focus=move |_| stop.set((at, column))
                        on:click=move |_| choose(choice, (at, column))
                    >
                        {shown}
                    </button>
                </td>
            }
        };
        let accuracy = move || {
            let share = counts.with(|it| it.as_ref()?.accuracy(at));
            share.map_or_else(|| "–".to_owned(), |it| format!("{:.1} %", it * 100.0))
        };
        view! {
            <tr>
                <th scope="row" title=name.clone()><span>{name.clone()}</span></th>
                {names.iter().enumerate().map(cell).collect_view()}
                {large.then(|| view! { <td class="of-class" data-testid="class-accuracy">{accuracy}</td> })}
            </tr>
        }
    };
    view! {
        <table class="confusion" data-testid="confusion" data-large=large.then_some("true") node_ref=place on:keydown=key>
            <caption class="visually-hidden">
                "Rows are labels, columns are answers. A cell shows its images."
            </caption>
            <thead>
                <tr>
                    <td></td>
                    {names.iter().map(heading).collect_view()}
                    {large.then(|| view! { <th scope="col" class="of-class">"correct"</th> })}
                </tr>
            </thead>
            <tbody>{names.iter().enumerate().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

/// The pairs that are confused most, where a matrix would have too many cells.
fn pairs(choice: Choice, counts: Memo<Option<Confusion>>, names: Vec<String>) -> AnyView {
    let rows = move || {
        let confused = counts.with(|it| it.as_ref().map(|it| it.most_confused(PAIRS)));
        let one = |(at, pair): (usize, Confused)| {
            let Confused {
                label,
                answer,
                count,
            } = pair;
            let text = format!("{} answered {}: {count}", names[label], names[answer]);
            view! {
                <button
                    type="button"
                    class="quiet"
                    data-testid="confusion-cell"
                    data-cell=format!("{label}-{answer}")
                    data-value=count.to_string()
                    tabindex=(at > 0).then_some("-1")
                    on:click=move |_| choose(choice, (label, answer))
                >
                    {text}
                </button>
            }
        };
        let confused = confused.unwrap_or_default().into_iter().enumerate();
        confused.map(one).collect_view()
    };
    view! {
        <div
            class="confused-pairs"
            data-testid="confusion"
            role="group"
            aria-label="Classes that are confused most"
            on:keydown=crate::ui::rove
        >
            {rows}
        </div>
    }
    .into_any()
}

fn cell_images(lab: Lab, subject: &Subject, (label, answer): (usize, usize)) -> AnyView {
    let names = classes(lab, subject);
    let name = |class: usize| names.get(class).cloned().unwrap_or_default();
    let set = subject.validation.set;
    let label_of = |image: u32| lab.data.label(set, image as usize);
    let all = examples_of(&subject.validation.answers, label_of, (label, answer));
    let count = subject
        .confusion()
        .map_or(0, |it| u64::from(it.count(label, answer)));
    let shown = all.len().min(IMAGES);
    let rest = if (shown as u64) < count {
        format!(", {shown} with the greatest loss")
    } else {
        String::new()
    };
    let images = if count == 1 { "image" } else { "images" };
    let title = format!(
        "{} answered {}: {} {images}{rest}",
        name(label),
        name(answer),
        exact(count)
    );
    let all = all.into_iter().take(IMAGES).map(|it| Example {
        set,
        image: it.image,
        label: name(label),
        answer: name(usize::from(it.answer)),
        loss: Some(it.loss.into()),
    });
    view! {
        <h3>{title}</h3>
        {examples(lab, all.collect())}
    }
    .into_any()
}
