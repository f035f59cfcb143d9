//! “How this value is made”, for every kind of layer.

use leptos::prelude::*;

use super::large::place;
use super::looking::{Looking, TOO_MANY};
use super::made::{Made, Missing, Pooled};
use super::steps::{Side, Weighted, grid};
use crate::ui::Steps;
use crate::ui::format::{bytes, digits, short, value};

/// Terms that are written out.
const WRITTEN: usize = 9;

/// Which view a value has; the view stays while the pixel changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Weighted,
    Pooled,
    Other,
    Missing(Missing),
}

#[component]
pub fn How(looking: Looking) -> impl IntoView {
    let kind = Memo::new(move |_| {
        looking.made.with(|made| match made.as_deref() {
            Ok(Made::Weighted { .. }) => Kind::Weighted,
            Ok(Made::Pooled { .. }) => Kind::Pooled,
            Ok(_) => Kind::Other,
            Err(missing) => Kind::Missing(*missing),
        })
    });
    let total = move || {
        let made = looking.made.get().ok();
        made.and_then(|made| made.total()).map(|it| it.to_string())
    };
    let body = move || match kind.get() {
        Kind::Weighted => view! { <Weighted looking /> }.into_any(),
        Kind::Pooled => view! { <PooledView looking /> }.into_any(),
        Kind::Other => other(looking),
        Kind::Missing(missing) => absent(looking, missing),
    };
    view! {
        <section
            class="made"
            data-testid="made"
            data-value=total
            hidden=move || kind.get() == Kind::Missing(Missing::Nothing)
        >
            {body}
        </section>
    }
}

/// Why the arithmetic is not shown.
fn absent(looking: Looking, missing: Missing) -> AnyView {
    let size = looking.subject.with_value(|it| it.params.saturating_mul(4));
    let words = move || {
        if missing == Missing::Values {
            let many = looking.inputs.with(Option::is_none);
            let text = if many {
                "This layer reads too many values to show how one is made."
            } else {
                "The values before this layer are on their way."
            };
            return view! { <p class="say">{text}</p> }.into_any();
        }
        if size > TOO_MANY {
            let text = format!(
                "{} of weights are too many for a page to hold.",
                bytes(size)
            );
            return view! { <p class="say">{text}</p> }.into_any();
        }
        if !looking.allowed.get() {
            let text = format!("Fetch {} of weights", bytes(size));
            let fetch = move |_| looking.allowed.set(true);
            return view! {
                <button type="button" data-testid="fetch-weights" on:click=fetch>{text}</button>
            }
            .into_any();
        }
        match looking.params.get() {
            Some(Err(why)) => view! { <p class="node-problem" role="alert">{why}</p> }.into_any(),
            _ => view! { <p class="say">"Fetching the weights…"</p> }.into_any(),
        }
    };
    view! { <h3>"How this value is made"</h3> {words} }.into_any()
}

#[component]
fn PooledView(looking: Looking) -> impl IntoView {
    let pooled = move || {
        looking.made.with(|made| match made.as_deref() {
            Ok(Made::Pooled { patch, how }) => Some((patch.clone(), *how)),
            _ => None,
        })
    };
    let patch = Signal::derive(move || pooled().map(|it| it.0));
    // The mark is on the value that won.
    Effect::new(move |_| {
        if let Some((_, Pooled::Max { winner })) = pooled() {
            looking.step.set(winner);
        }
    });
    let words = move || {
        let (patch, how) = pooled()?;
        let present: Vec<f32> = patch.inputs.iter().flatten().copied().collect();
        let count = present.len();
        let sum: f64 = present.iter().map(|&value| f64::from(value)).sum();
        let written = if count <= WRITTEN {
            let terms: Vec<String> = present.iter().map(|&value| short(value)).collect();
            format!("({})", terms.join(" + ").replace("+ −", "− "))
        } else {
            format!("sum {}", digits(sum as f32, 4))
        };
        let total = Made::Pooled {
            patch: patch.clone(),
            how,
        };
        let result = value(total.total()? as f32);
        let text = match how {
            Pooled::Max { winner } => format!(
                "Largest of {count}: row {}, column {} of the patch",
                winner / patch.width.max(1) as usize + 1,
                winner % patch.width.max(1) as usize + 1
            ),
            Pooled::Mean { count } => format!("{written} ÷ {count} ="),
            Pooled::Scaled { coefficient, bias } => {
                format!(
                    "{} × {written} + bias {} =",
                    value(coefficient),
                    value(bias)
                )
            }
        };
        Some(view! { <p class="calc sum"><span>{text}</span><b>{result}</b></p> })
    };
    let average = move || pooled().is_some_and(|(_, how)| !matches!(how, Pooled::Max { .. }));
    let count = Memo::new(move |_| pooled().map_or(0, |(patch, _)| patch.inputs.len()));
    let step = Memo::new(move |_| looking.step.get().min(count.get().saturating_sub(1)));
    // The value of the step, and what it makes of those before.
    let so_far = move || {
        let (patch, how) = pooled()?;
        let at = step.get();
        let read = patch.inputs.get(..=at)?;
        let x = match read.last()? {
            Some(x) => short(*x),
            None => "nothing (padding)".to_owned(),
        };
        let present = read.iter().flatten().copied();
        let so_far = match how {
            Pooled::Max { .. } => {
                let largest = present.reduce(f32::max);
                largest.map(|it| format!("largest so far {}", short(it)))
            }
            Pooled::Mean { .. } | Pooled::Scaled { .. } => {
                let sum: f64 = present.map(f64::from).sum();
                Some(format!("sum so far {}", short(sum as f32)))
            }
        };
        Some(view! {
            <p class="calc" data-testid="calculation">
                <span>{x}</span>
                <span>{so_far}</span>
            </p>
        })
    };
    view! {
        <h3>
            "How this value is made"
            <Steps step count set=Callback::new(move |to| looking.step.set(to)) what="value" />
        </h3>
        <div class="equation pooled" data-average=move || average().to_string()>
            {grid(looking, Side::Patch, patch, || "patch".to_owned())}
            <div>{so_far} {words}</div>
        </div>
    }
}

/// The steps of a value, a line each, and the result at the end of the last.
type Lines = (Vec<String>, String);

/// One line after the other up to this step.
fn written((lines, result): Lines, step: usize) -> AnyView {
    let last = lines.len().saturating_sub(1);
    let line = |(at, text): (usize, String)| {
        let result = (at == last).then(|| view! { <b>{result.clone()}</b> });
        let ahead = (at > step).to_string();
        view! { <p class="calc sum" data-ahead=ahead><span>{text}</span>{result}</p> }
    };
    lines
        .into_iter()
        .enumerate()
        .map(line)
        .collect_view()
        .into_any()
}

fn other(looking: Looking) -> AnyView {
    let told = Memo::new(move |_| told(looking));
    let count = Memo::new(move |_| told.with(|it| it.as_ref().map_or(0, |it| it.0.len())));
    // All of them until the person steps.
    let at = RwSignal::new(usize::MAX);
    let step = Memo::new(move |_| at.get().min(count.get().saturating_sub(1)));
    let body = move || Some(written(told.get()?, step.get()));
    let steps = move || {
        (count.get() > 1).then(|| {
            view! { <Steps step count set=Callback::new(move |to| at.set(to)) what="line" /> }
        })
    };
    view! {
        <h3>"How this value is made" {steps}</h3>
        {body}
    }
    .into_any()
}

fn told(looking: Looking) -> Option<Lines> {
    let made = looking.made.get().ok()?;
    let total = made.total();
    let result = total.map_or_else(String::new, |total| value(total as f32));
    let grid = looking.subject.with_value(|it| it.grid());
    let name = looking
        .subject
        .with_value(|it| it.inputs.first().map(|it| it.name.clone()));
    let name = name.unwrap_or_default();
    Some(match &*made {
        Made::BatchNorm {
            x,
            mean,
            variance,
            eps,
            scale,
            shift,
        } => {
            let normalised = f64::from(x - mean) / (f64::from(*variance) + eps).sqrt();
            let normalised = short(normalised as f32);
            (
                vec![
                    format!(
                        "{} − mean {} = {}",
                        short(*x),
                        short(*mean),
                        short(x - mean)
                    ),
                    format!(
                        "÷ √(variance {} + {eps:e}) = {normalised}",
                        short(*variance)
                    ),
                    format!("× {} + {} =", short(*scale), short(*shift)),
                ],
                result,
            )
        }
        Made::Lrn {
            x,
            squares,
            channels,
            share,
            k,
            beta,
        } => (
            vec![
                format!(
                    "squares of {channels} maps here: {}",
                    short(*squares as f32)
                ),
                format!(
                    "{} ÷ ({k} + {} × {})^{beta} =",
                    short(*x),
                    short(*share as f32),
                    short(*squares as f32)
                ),
            ],
            result,
        ),
        Made::Function { name, x } => {
            let y = looking.value(looking.shown.get());
            let y = y.map_or_else(|| "–".to_owned(), value);
            (vec![format!("{name}({}) =", value(*x))], y)
        }
        Made::Formula(words) => {
            let y = looking.value(looking.shown.get());
            let y = y.map_or_else(|| "–".to_owned(), value);
            (vec![(*words).to_owned()], y)
        }
        Made::Softmax { x, power, sum, log } => {
            let result = match total {
                Some(share) if !log => format!("{:.2} %", share * 100.0),
                _ => result,
            };
            let (power, sum) = (short(*power as f32), short(*sum as f32));
            let last = if *log {
                "log of its share ="
            } else {
                "its share ="
            };
            (
                vec![
                    format!("e^{} = {power}, all together {sum}", short(*x)),
                    format!("{power} ÷ {sum}, {last}"),
                ],
                result,
            )
        }
        Made::Merged { values, multiplied } => {
            let sign = if *multiplied { " × " } else { " + " };
            let values: Vec<String> = values.iter().map(|&it| value(it)).collect();
            (vec![format!("{} =", values.join(sign))], result)
        }
        Made::Copied {
            channel,
            value: Some(_),
        } => {
            let text = if grid.is_vector() {
                format!("Copied from {name}, map {}:", channel + 1)
            } else {
                let place = place(grid, looking.shown.get());
                format!("Copied from {name}, map {}, {place}:", channel + 1)
            };
            (vec![text], result)
        }
        Made::Copied { .. } => (
            vec!["A border's value, not read from the map.".into()],
            String::new(),
        ),
        Made::Weighted { .. } | Made::Pooled { .. } => return None,
    })
}
