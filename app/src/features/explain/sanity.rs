//! The sanity check: does the map change when the weights are random?

use std::sync::Arc;

use engine::explain::{Ask, Method, SanityLevel, Told};
use leptos::prelude::*;
use state::explain::{Kind, Map};
use wasm_bindgen_futures::spawn_local;

use super::picture::over_input;
use super::why::Shared;
use crate::client::QueryError;
use crate::lab::Job;
use crate::ui::JobProgress;

/// The seed of the random weights.
const SEED: u64 = 1;

/// The maps of a check, the network's own first.
#[derive(Clone)]
struct Checked {
    kind: Kind,
    original: Arc<Map>,
    levels: Vec<(SanityLevel, Arc<Map>)>,
}

/// The check that is shown, one at a time. `Copy`, because it holds signal handles only.
#[derive(Clone, Copy)]
pub struct Sanity {
    checked: RwSignal<Option<Result<Checked, String>>>,
    job: Job,
}

impl Sanity {
    pub fn new() -> Self {
        Self {
            checked: RwSignal::new(None),
            job: Job::new(),
        }
    }

    /// The button that checks this method.
    pub fn button(self, shared: Shared, kind: Kind, method: Method) -> AnyView {
        let check = move |_| self.check(shared, kind, method);
        view! {
            <button
                type="button"
                class="quiet"
                data-testid="sanity-check"
                title="Makes the weights random from the last layer to the first: a map that stays the same shows the picture, not the network"
                disabled=move || self.job.under_way().get()
                on:click=check
            >
                "Sanity check"
            </button>
        }
        .into_any()
    }

    fn check(self, shared: Shared, kind: Kind, method: Method) {
        let ask = Ask::Check {
            method,
            class: shared.class.get_untracked(),
            seed: SEED,
        };
        self.checked.set(None);
        spawn_local(async move {
            let Some(answer) = shared.lab.look_inside(self.job, &ask).await else {
                return;
            };
            let checked = answer.and_then(|(told, values)| match told {
                Told::Checked { original, levels } => {
                    let (first, maps) = Map::of_levels(&original, &levels, &values);
                    let maps = maps.into_iter().map(Arc::new);
                    Ok(Checked {
                        kind,
                        original: Arc::new(first),
                        levels: levels.into_iter().zip(maps).collect(),
                    })
                }
                _ => Err(QueryError::Unexpected.sentence()),
            });
            // `None` if the dock was closed meanwhile.
            let _gone = self.checked.try_set(Some(checked));
        });
    }
}

/// The row of pictures of the last check.
#[component]
pub fn SanityRow(shared: Shared) -> impl IntoView {
    let sanity = shared.sanity;
    let progress = move || {
        let under_way = sanity.job.under_way().get();
        under_way.then(|| {
            view! { <JobProgress job=sanity.job label="Sanity check" done=sanity.job.progress() /> }
        })
    };
    let row = move || match sanity.checked.get()? {
        Err(why) => Some(view! { <p class="node-problem" role="alert">{why}</p> }.into_any()),
        Ok(checked) => Some(pictures(shared, checked)),
    };
    view! {
        <div class="why-sanity" data-testid="sanity">
            {progress}
            {row}
        </div>
    }
}

fn pictures(shared: Shared, checked: Checked) -> AnyView {
    let Checked {
        kind,
        original,
        levels,
    } = checked;
    let one = move |caption: String, correlation: Option<f64>, map: Arc<Map>| {
        let map = StoredValue::new(map);
        let label = caption.clone();
        view! {
            <figure data-correlation=correlation.map(|it| it.to_string())>
                {over_input(shared, move || Some(map.get_value()), move || label.clone())}
                <figcaption>
                    <span>{caption}</span>
                    {correlation.map(|it| view! { <b>{format!("{it:.2}")}</b> })}
                </figcaption>
            </figure>
        }
    };
    let random = levels.into_iter().map(|(level, map)| {
        let SanityLevel {
            name, correlation, ..
        } = level;
        one(format!("random to {name}"), correlation, map)
    });
    let random: Vec<_> = random.collect();
    view! {
        <h3>{format!("Sanity check of {}: weights random from the last layer on", kind.title())}</h3>
        <p class="say">
            "The number is the rank correlation of the sizes with the map of the network as it is: near 1 \
             the map hardly depends on these weights."
        </p>
        <div class="why-levels">
            {one("as it is".to_owned(), None, original)}
            {random}
        </div>
    }
    .into_any()
}
