//! What differs between two versions.

use engine::format::GraphDiff;
use leptos::prelude::*;
use state::data::SetId;
use state::deploy::versions::{Answers, Difference, Tested, Version, WeightChange};
use wasm_bindgen_futures::spawn_local;

use crate::lab::Lab;
use crate::ui::example::{Example, examples};
use crate::ui::format::{count, percent};

/// Images of each kind that are shown.
const SHOWN: usize = 24;
/// Nodes by nodes up to which the networks are aligned.
const MOST_CELLS: usize = 4_000_000;

type Weights = Result<(Vec<WeightChange>, usize), String>;

pub fn difference(lab: Lab) -> AnyView {
    let all = lab.deploy.versions();
    let chosen = RwSignal::new([None::<u64>; 2]);
    // The last two, unless the person chose others.
    let pair = Memo::new(move |_| {
        let chosen = chosen.get();
        all.with(|all| {
            let there = |number: Option<u64>| number.filter(|it| all.get(*it).is_some());
            let mut last = all.all().iter().rev().map(|it| it.number);
            let (new, old) = (last.next()?, last.next()?);
            Some([
                there(chosen[0]).unwrap_or(old),
                there(chosen[1]).unwrap_or(new),
            ])
        })
    });
    let choice = move |side: usize, label: &'static str, testid: &'static str| {
        let options = move || {
            let now = pair.get().map(|it| it[side]);
            let option = |it: &Version| {
                view! {
                    <option value=it.number.to_string() selected=now == Some(it.number)>
                        {it.name.clone()}
                    </option>
                }
            };
            all.with(|all| all.all().iter().map(option).collect_view())
        };
        view! {
            <label>
                {label}
                <select
                    data-testid=testid
                    on:change=move |event| {
                        let number = event_target_value(&event).parse().ok();
                        chosen.update(|it| it[side] = number);
                    }
                >
                    {options}
                </select>
            </label>
        }
    };
    let body = move || {
        let [old, new] = pair.get()?;
        let (old, new) = all.with(|all| Some((all.get(old)?.clone(), all.get(new)?.clone())))?;
        Some(view! {
            {networks(&old, &new)}
            {weights(lab, old.number, new.number)}
            {answers(lab, &old, &new)}
        })
    };
    let shown = Memo::new(move |_| pair.with(Option::is_some));
    let view = move || {
        shown.get().then(|| {
            view! {
                <p class="deploy-choices">
                    {choice(0, "From", "version-before")} {choice(1, "to", "version-after")}
                </p>
                {body}
            }
        })
    };
    view! { <div data-testid="version-diff">{view}</div> }.into_any()
}

/// The layers.
fn networks(old: &Version, new: &Version) -> AnyView {
    let (before, after) = (&old.snapshot.graph, &new.snapshot.graph);
    let said = if before.nodes().len() * after.nodes().len() > MOST_CELLS {
        "The networks are too large to be aligned here; pin both in Compare.".to_owned()
    } else {
        let diff = GraphDiff::between(before, after);
        if diff.is_empty() {
            "The networks are equal, layer by layer.".to_owned()
        } else {
            let names = |title: &str, all: Vec<&str>| {
                (!all.is_empty()).then(|| format!("{title}: {}", all.join(", ")))
            };
            let of = |nodes: &'static str, all: &[engine::Node]| {
                names(nodes, all.iter().map(|it| it.name.as_str()).collect())
            };
            let changed = diff.changed.iter().map(|it| it.after.name.as_str());
            let parts = [
                diff.input.map(|_| "Another input".to_owned()),
                of("Added", &diff.added),
                of("Removed", &diff.removed),
                names("Changed", changed.collect()),
            ];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            format!("{}.", parts.join(". "))
        }
    };
    view! { <p data-testid="version-layers">{said}</p> }.into_any()
}

/// The weights, layer by layer.
fn weights(lab: Lab, before: u64, after: u64) -> AnyView {
    let found = RwSignal::new(None::<Weights>);
    spawn_local(async move {
        let compared = lab.compare_weights(before, after).await;
        // The view may be gone.
        drop(found.try_set(Some(compared)));
    });
    let row = |it: &WeightChange| {
        let relative = it.relative.map_or_else(|| "–".to_owned(), percent);
        view! {
            <tr>
                <th scope="row">{it.node.clone()}</th>
                <td>{count(it.values as u64)}</td>
                <td>{relative}</td>
                <td>{format!("{:.3}", it.largest)}</td>
            </tr>
        }
    };
    let body = move || {
        found.with(|found| {
            Some(match found.as_ref()? {
                Err(why) => view! { <p class="hint">{why.clone()}</p> }.into_any(),
                Ok((layers, alone)) => view! {
                    <table class="deploy-table" data-testid="version-weights">
                        <thead>
                            <tr>
                                {["Weights of", "Values", "Changed by", "At most"]
                                    .map(|it| view! { <th scope="col">{it}</th> })
                                    .collect_view()}
                            </tr>
                        </thead>
                        <tbody>{layers.iter().map(row).collect_view()}</tbody>
                    </table>
                    <p class="hint">
                        "Changed by: the norm of the difference, of the norm before."
                        {(*alone > 0)
                            .then(|| format!(" {alone} more have another number of values or are gone."))}
                    </p>
                }
                .into_any(),
            })
        })
    };
    body.into_any()
}

/// The answers to the test images.
fn answers(lab: Lab, old: &Version, new: &Version) -> AnyView {
    let (Some(before), Some(after)) = (&old.tested, &new.tested) else {
        let hint = "Test both versions to see which images they answer otherwise.";
        return view! { <p class="hint">{hint}</p> }.into_any();
    };
    let difference = match Difference::between(before, after) {
        Ok(difference) => difference,
        Err(why) => return view! { <p class="hint">{why}</p> }.into_any(),
    };
    let some = |it: Option<f64>| it.map_or_else(|| "–".to_owned(), percent);
    let classes = difference.classes.iter().map(|it| {
        view! {
            <tr>
                <th scope="row">{it.class.clone()}</th>
                <td>{some(it.before)}</td>
                <td>{some(it.after)}</td>
            </tr>
        }
    });
    let set = lab.data.chosen().filter(|it| it.name == after.set);
    let list = |title: &'static str, all: &[Answers]| {
        (!all.is_empty()).then(|| {
            view! {
                <h3>{format!("{title}: {}", all.len())}</h3>
                {pictures(lab, set.as_ref().map(|it| it.id), after, all)}
            }
        })
    };
    let said = format!(
        "Accuracy {} → {} on {}; {} of {} images are answered otherwise.",
        percent(before.accuracy),
        percent(after.accuracy),
        after.set,
        difference.changed(),
        difference.compared
    );
    view! {
        <p data-testid="version-answers" data-changed=difference.changed().to_string()>{said}</p>
        <table class="deploy-table" data-testid="version-classes">
            <thead>
                <tr>
                    {["Accuracy by class", "before", "after"]
                        .map(|it| view! { <th scope="col">{it}</th> })
                        .collect_view()}
                </tr>
            </thead>
            <tbody>{classes.collect_view()}</tbody>
        </table>
        {list("Right only now", &difference.repaired)}
        {list("Wrong only now", &difference.broken)}
        {list("Wrong otherwise", &difference.otherwise)}
    }
    .into_any()
}

/// The first of the images: the label, and the answer after.
fn pictures(lab: Lab, set: Option<SetId>, tested: &Tested, all: &[Answers]) -> AnyView {
    let class = |class: u32| {
        tested
            .classes
            .get(class as usize)
            .cloned()
            .unwrap_or_default()
    };
    let shown = all.iter().take(SHOWN);
    match set {
        Some(set) => {
            let example = |it: &Answers| Example {
                set,
                image: it.image,
                label: class(it.label),
                answer: class(it.after),
                loss: None,
            };
            examples(lab, shown.map(example).collect())
        }
        None => {
            let words = |it: &Answers| {
                let [label, before, after] = [it.label, it.before, it.after].map(class);
                format!("image {}: {label}, {before} → {after}", it.image)
            };
            let text: Vec<String> = shown.map(words).collect();
            view! { <p class="hint">{text.join("; ")}</p> }.into_any()
        }
    }
}
