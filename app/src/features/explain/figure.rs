//! One method: its picture, the scale, what it shows and where it misleads.

use std::sync::Arc;

use engine::explain::{Ask, Explanation, Method, Scope, Told};
use engine::{Graph, NodeId};
use leptos::prelude::*;
use state::answer::Trace;
use state::explain::{Kind, Map};
use wasm_bindgen_futures::spawn_local;

use super::picture::over_input;
use super::why::{Shared, capital, follows};
use crate::client::QueryError;
use crate::lab::explain::{command, map};
use crate::lab::{Answered, Job, Pace};
use crate::ui::JobProgress;
use crate::ui::format::short;

/// A map that was computed on a click, and the answer that it explains.
#[derive(Clone)]
struct Computed {
    map: Result<Arc<Map>, String>,
    of: Option<Arc<Trace>>,
    method: Method,
    class: Option<u32>,
}

#[component]
pub fn Figure(shared: Shared, kind: Kind) -> impl IntoView {
    let lab = shared.lab;
    let live = Memo::new(move |_| follows(lab, kind));
    let method = Memo::new(move |_| kind.method(shared.node(), shared.occlusion.get()));
    let ask = move || Ask::Explain {
        method: method.get(),
        class: shared.class.get(),
    };
    let followed: Answered<Arc<Map>> = lab.keep_querying(
        Pace::Trace,
        move || live.get().then(|| command(&ask())),
        map,
    );
    let computed = RwSignal::new(None::<Computed>);
    let job = Job::new();
    let compute = move |_| {
        let question = untrack(ask);
        let (of, method, class) = untrack(|| {
            let of = lab.answer.latest().get();
            (of, method.get(), shared.class.get())
        });
        spawn_local(async move {
            let Some(answer) = lab.look_inside(job, &question).await else {
                return;
            };
            let map = answer.and_then(|(told, values)| match told {
                Told::Explained(about) => Ok(Arc::new(Map::new(about, &values))),
                _ => Err(QueryError::Unexpected.sentence()),
            });
            // `None` if the figure was removed meanwhile.
            let _gone = computed.try_set(Some(Computed {
                map,
                of,
                method,
                class,
            }));
        });
    };
    let result = move || {
        if live.get() {
            followed.get()
        } else {
            computed.with(|it| it.as_ref().map(|it| it.map.clone()))
        }
    };
    let shown = move || result().and_then(Result::ok);
    let failed = move || {
        let why = result().and_then(Result::err)?;
        Some(view! { <p class="node-problem" role="alert">{why}</p> })
    };
    // A computed map that is of another drawing, class or setting than the present one.
    let stale = Memo::new(move |_| {
        let latest = lab.answer.latest().get();
        computed.with(|it| {
            it.as_ref().is_some_and(|it| {
                let same = match (&it.of, &latest) {
                    (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a.answer == b.answer,
                    _ => false,
                };
                !same || it.method != method.get() || it.class != shared.class.get()
            })
        })
    });
    let button = move || {
        if live.get() {
            return None;
        }
        let label = move || match computed.with(Option::is_some) {
            true => "Compute again",
            false => "Compute",
        };
        let progress = move || match job.under_way().get() {
            true => view! { <JobProgress job label=kind.title() done=job.progress() /> }.into_any(),
            false => view! {
                <button type="button" data-testid="why-compute" on:click=compute>{label}</button>
            }
            .into_any(),
        };
        let old = move || {
            stale.get().then(|| {
                view! { <p class="say" data-testid="why-stale">"Of an earlier picture or setting."</p> }
            })
        };
        Some(view! { {old} {progress} })
    };
    let label = move || {
        let class = shown().map(|it| name(shared, it.about.class));
        format!(
            "{} over the input, for {}",
            kind.title(),
            class.unwrap_or_else(|| "the answer".to_owned())
        )
    };
    let values = move || shown().map(|it| it.most.to_string());
    let class = move || shown().map(|it| it.about.class.to_string());
    let testid = match kind {
        Kind::Occlusion => "occlusion",
        _ => "why-figure",
    };
    view! {
        <figure
            class="why-figure"
            data-testid="attribution"
            data-method=kind.name()
            data-class=class
            data-most=values
            data-stale=move || stale.get().to_string()
        >
            <div class="why-drawn" data-testid=testid>
                {over_input(shared, shown, label)}
                {move || shown().map(|map| scale(&map))}
            </div>
            <figcaption>
                <h3>{kind.title()}</h3>
                {move || shown().map(|map| facts(shared, &map.about))}
                <p class="say">{kind.shows()}</p>
                <p class="say">{kind.misleads()}</p>
                {(kind == Kind::GradCam).then(|| layers(shared))}
                {(kind == Kind::Occlusion).then(|| squares(shared))}
                {failed}
                <div class="why-acts">
                    {button}
                    {move || shared.sanity.button(shared, kind, method.get())}
                </div>
            </figcaption>
        </figure>
    }
}

/// The name of a class.
pub fn name(shared: Shared, class: u32) -> String {
    let names = shared.lab.answer.names;
    names.with(|names| names.of(class as usize).into_owned())
}

/// The colours and what their ends stand for.
fn scale(map: &Map) -> AnyView {
    let most = short(map.most);
    view! {
        <p class="why-scale">
            <span>{format!("−{most}")}</span>
            <i class="ramp signed" aria-hidden="true"></i>
            <span>{format!("+{most}")}</span>
        </p>
    }
    .into_any()
}

/// Of which class it is, and what is to be said of it.
fn facts(shared: Shared, about: &Explanation) -> AnyView {
    let class = name(shared, about.class);
    let residual = about.completeness.map(|it| {
        format!(
            " The values sum to {}, the score rises by {}.",
            short(it.sum as f32),
            short((it.input - it.baseline) as f32)
        )
    });
    let score = format!("For {class}, score {}.", short(about.logit));
    let notes = about.notes.iter().map(|note| {
        let note = format!("{}.", capital(&note.to_string()));
        view! { <p class="say">{note}</p> }
    });
    view! {
        <p class="why-facts">{score} {residual}</p>
        {notes.collect_view()}
    }
    .into_any()
}

/// The layer of Grad-CAM.
fn layers(shared: Shared) -> AnyView {
    let running = shared.lab.document.running();
    let all = Memo::new(move |_| running.with(places));
    let value = move || {
        let node = shared.node();
        node.map_or_else(String::new, |node| node.0.to_string())
    };
    let choose = move |event: leptos::ev::Event| {
        let node = event_target_value(&event).parse().ok().map(NodeId);
        shared.chosen.update(|it| it.node = node);
    };
    view! {
        <label class="why-class">
            "Layer"
            <select data-testid="why-layer" prop:value=value on:change=choose>
                <option value="">
                    {move || {
                        let last = all.with(|all| all.last().map(|it| it.1.clone()));
                        format!("last with maps ({})", last.unwrap_or_default())
                    }}
                </option>
                <For each=move || all.get() key=Clone::clone let:layer>
                    <option value=layer.0.0.to_string() selected=move || shared.node() == Some(layer.0)>
                        {layer.1.clone()}
                    </option>
                </For>
            </select>
        </label>
    }
    .into_any()
}

/// The nodes that Grad-CAM can be taken at, with their names.
fn places(graph: &Graph) -> Vec<(NodeId, String)> {
    let maps = Scope::of(graph).map(|scope| scope.maps).unwrap_or_default();
    let name = |id: NodeId| graph.node(id).map(|node| (id, node.name.clone()));
    maps.into_iter().filter_map(name).collect()
}

/// The square and the stride of occlusion.
fn squares(shared: Shared) -> AnyView {
    let number = move |label: &'static str,
                       testid: &'static str,
                       of: fn(&mut engine::explain::Occlusion) -> &mut u32| {
        let value = move || {
            let mut occlusion = shared.occlusion.get();
            of(&mut occlusion).to_string()
        };
        let wrong = RwSignal::new(None::<String>);
        let set = move |event: leptos::ev::Event| {
            let mut occlusion = shared.occlusion.get_untracked();
            let text = event_target_value(&event);
            let Ok(number) = text.trim().parse() else {
                return wrong.set(Some(format!("“{text}” is not a whole number.")));
            };
            *of(&mut occlusion) = number;
            match occlusion.check(shared.picture.get_untracked()) {
                Ok(()) => {
                    wrong.set(None);
                    shared.chosen.update(|it| it.occlusion = Some(occlusion));
                }
                Err(error) => wrong.set(Some(format!("{}.", capital(&error.to_string())))),
            }
        };
        view! {
            <label>
                {label}
                <input
                    type="number"
                    min="1"
                    data-testid=testid
                    prop:value=value
                    aria-invalid=move || wrong.with(Option::is_some).to_string()
                    on:change=set
                />
            </label>
            {move || wrong.get().map(|why| view! { <p class="node-problem" role="alert">{why}</p> })}
        }
    };
    view! {
        <div class="why-squares">
            {number("Square", "occlusion-patch", |it| &mut it.patch)}
            {number("Stride", "occlusion-stride", |it| &mut it.stride)}
        </div>
    }
    .into_any()
}
