//! Where a layer puts the test images: its values for each, seen along the two directions in which they
//! differ most, or by t-SNE; during a training again and again.

use std::sync::Arc;

use engine::explain::{Ask, Projection as Way, Scope, Told};
use engine::{Graph, NodeId};
use leptos::ev::KeyboardEvent;
use leptos::html::Canvas;
use leptos::prelude::*;
use state::data::SetId;
use state::explain::{Placed, aligned, placed};
use wasm_bindgen::Clamped;
use wasm_bindgen_futures::spawn_local;
use web_sys::ImageData;

use super::why::capital;
use crate::client::QueryError;
use crate::lab::explain::{command, told};
use crate::lab::{Job, Lab};
use crate::platform::canvas::context;
use crate::ui::JobProgress;

/// Images that are put at their places.
const IMAGES: u32 = 500;
/// Steps of a training after which the places are computed again, and the multiply-adds that this may
/// take: the engine puts it between two steps.
const EVERY: u64 = 200;
const BETWEEN: u64 = 100_000_000;
/// Fewer images than this show nothing.
const FEWEST: u64 = 50;
/// The side of the drawing, in its own units, and the room at its edges.
const SIDE: f32 = 300.0;
const EDGE: f32 = 10.0;
/// Colours of classes.
const COLOURS: u32 = 6;

/// A projection, and what it is of.
#[derive(Clone)]
struct Shown {
    set: SetId,
    name: String,
    shares: Option<[f64; 2]>,
    points: Arc<Vec<Placed>>,
    /// As they came.
    values: Arc<Vec<f32>>,
}

#[component]
pub fn Projection() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let running = lab.document.running();
    let all = Memo::new(move |_| running.with(layers));
    let node = RwSignal::new(None::<NodeId>);
    let chosen = move || {
        let asked = node.get();
        all.with(|all| {
            let there = all.iter().find(|it| Some(it.0) == asked);
            // The last layer before the classes says most.
            there
                .or_else(|| all.iter().rev().nth(1))
                .or_else(|| all.last())
                .cloned()
        })
    };
    let tsne = RwSignal::new(false);
    let job = Job::new();
    let shown = RwSignal::new(None::<Result<Shown, String>>);
    let compute = move |_| {
        let Some((id, name)) = untrack(chosen) else {
            return;
        };
        spawn_local(async move {
            let way = if tsne.get_untracked() {
                Way::Tsne { seed: 1 }
            } else {
                Way::Principal
            };
            if let Some(result) = project(lab, job, id, name, way).await {
                let _gone = shown.try_set(Some(result));
            }
        });
    };
    let follow = RwSignal::new(false);
    let images = following(lab);
    follow_training(lab, follow, shown, chosen, images);
    let choose = move |event: leptos::ev::Event| {
        node.set(event_target_value(&event).parse().ok().map(NodeId));
    };
    let controls = move || {
        if job.under_way().get() {
            view! { <JobProgress job label="Projection" done=job.progress() /> }.into_any()
        } else {
            view! {
                <button type="button" data-testid="projection-compute" on:click=compute>
                    {format!("Place {IMAGES} test images")}
                </button>
            }
            .into_any()
        }
    };
    let result = move || match shown.get() {
        None => ().into_any(),
        Some(Err(why)) => view! { <p class="node-problem" role="alert">{why}</p> }.into_any(),
        Some(Ok(shown)) => drawn(lab, shown),
    };
    view! {
        <div class="projection" data-testid="projection">
            <div class="why-tools">
                <label class="why-class">
                    "Layer"
                    <select data-testid="projection-layer" prop:value=move || chosen().map(|it| it.0.0.to_string()) on:change=choose>
                        <For each=move || all.get() key=Clone::clone let:layer>
                            <option
                                value=layer.0.0.to_string()
                                selected=move || chosen().is_some_and(|it| it.0 == layer.0)
                            >
                                {layer.1.clone()}
                            </option>
                        </For>
                    </select>
                </label>
                <label class="why-class">
                    "By"
                    <select
                        data-testid="projection-way"
                        on:change=move |event| tsne.set(event_target_value(&event) == "tsne")
                    >
                        <option value="pca">"principal components"</option>
                        <option value="tsne">"t-SNE"</option>
                    </select>
                </label>
                {controls}
                <label title=move || match images.get() {
                    Some(_) => "Principal components, every few hundred steps",
                    None => "This network is too large to be run on many images between two steps",
                }>
                    <input
                        type="checkbox"
                        data-testid="projection-follow"
                        disabled=move || images.get().is_none()
                        prop:checked=move || follow.get()
                        on:change=move |event| follow.set(event_target_checked(&event))
                    />
                    " Follow the training"
                </label>
            </div>
            {result}
        </div>
    }
}

/// The layers on the way to the classes, with their names.
fn layers(graph: &Graph) -> Vec<(NodeId, String)> {
    let nodes = Scope::of(graph)
        .map(|scope| scope.nodes)
        .unwrap_or_default();
    let named = |id: NodeId| graph.node(id).map(|node| (id, node.name.clone()));
    nodes.into_iter().filter_map(named).collect()
}

/// How many images may be run between two steps of a training; none where they would be too few.
fn following(lab: Lab) -> Memo<Option<u32>> {
    Memo::new(move |_| {
        let macs = lab.document.analysis.with(|it| it.total.macs.max(1));
        let images = (BETWEEN / macs).min(IMAGES.into());
        (images >= FEWEST).then_some(images as u32)
    })
}

/// Computes the places again while a training goes on.
fn follow_training(
    lab: Lab,
    follow: RwSignal<bool>,
    shown: RwSignal<Option<Result<Shown, String>>>,
    chosen: impl Fn() -> Option<(NodeId, String)> + Copy + Send + Sync + 'static,
    images: Memo<Option<u32>>,
) {
    let under_way = RwSignal::new(false);
    let last = RwSignal::new(None::<u64>);
    Effect::new(move |_| {
        let step = lab.train.latest().with(|it| it.as_ref().map(|it| it.step));
        let (Some(step), true) = (step, follow.get()) else {
            return;
        };
        let before = last.get_untracked();
        // A new training begins with a smaller number.
        let due = before.is_none_or(|before| step < before || step - before >= EVERY);
        let (Some((node, name)), Some(images)) = (untrack(chosen), images.get_untracked()) else {
            return;
        };
        let Some(set) = untrack(|| lab.data.chosen()) else {
            return;
        };
        if !due || under_way.get_untracked() {
            return;
        }
        last.set(Some(step));
        under_way.set(true);
        let ask = Ask::Project {
            set: set.id.0,
            task: Box::new(lab.train.task().get_untracked()),
            node,
            images,
            projection: Way::Principal,
        };
        spawn_local(async move {
            let device = lab.answer.device();
            let answer = lab.request(device, command(&ask), Vec::new()).await;
            let answer = answer.map_err(|error| error.sentence()).and_then(told);
            let result = answer.and_then(|(told, values)| of_told(set.id, name, told, values));
            let result = result.map(|now| match shown.try_get_untracked() {
                Some(Some(Ok(before))) => now.turned_like(&before),
                _ => now,
            });
            // `None` if the dock was closed meanwhile.
            let _gone = shown.try_set(Some(result));
            let _gone = under_way.try_set(false);
        });
    });
}

impl Shown {
    /// Directions have no sign of their own: the one that moves the images least.
    fn turned_like(mut self, before: &Self) -> Self {
        if self.name == before.name && self.shares.is_some() && before.shares.is_some() {
            let values = aligned(&self.values, &before.values);
            self.points = Arc::new(placed(&values));
            self.values = Arc::new(values);
        }
        self
    }
}

fn of_told(set: SetId, name: String, told: Told, values: Vec<f32>) -> Result<Shown, String> {
    match told {
        Told::Projected { shares, .. } => Ok(Shown {
            set,
            name,
            shares,
            points: Arc::new(placed(&values)),
            values: Arc::new(values),
        }),
        _ => Err(QueryError::Unexpected.sentence()),
    }
}

async fn project(
    lab: Lab,
    job: Job,
    node: NodeId,
    name: String,
    projection: Way,
) -> Option<Result<Shown, String>> {
    let ask = |set: SetId, task| Ask::Project {
        set: set.0,
        task,
        node,
        images: IMAGES,
        projection,
    };
    let answer = lab.look_inside_on_data(job, ask).await?;
    Some(answer.and_then(|(set, told, values)| of_told(set, name, told, values)))
}

fn drawn(lab: Lab, shown: Shown) -> AnyView {
    let Shown {
        set,
        name,
        shares,
        points,
        ..
    } = shown;
    let at = RwSignal::new(None::<usize>);
    let count = points.len();
    let points = StoredValue::new(points);
    let point = move || points.with_value(|it| it.get(at.get()?).copied());
    // Shows it to the network; one that is not loaded stays where it is.
    let show = move || {
        if let Some(point) = untrack(point) {
            let _shown = lab.show_picture(set, point.image);
        }
    };
    let key = move |event: KeyboardEvent| {
        let now = at.get_untracked();
        let next = match event.key().as_str() {
            "ArrowRight" | "ArrowDown" => now.map_or(0, |it| (it + 1) % count.max(1)),
            "ArrowLeft" | "ArrowUp" => {
                now.map_or(0, |it| (it + count.saturating_sub(1)) % count.max(1))
            }
            "Enter" => return show(),
            _ => return,
        };
        event.prevent_default();
        at.set(Some(next));
    };
    let place = |share: f32| EDGE + share * (SIDE - 2.0 * EDGE);
    let all = points.get_value();
    let marks = all.iter().enumerate().map(|(number, point)| {
        let [x, y] = point.at.map(place);
        view! {
            <text
                x=x.to_string()
                y=y.to_string()
                data-series=(point.label % COLOURS).to_string()
                data-wrong=(point.label != point.answer).to_string()
                on:pointerenter=move |_| at.set(Some(number))
                on:click=move |_| show()
            >
                {point.label.to_string()}
            </text>
        }
    });
    let marks = marks.collect_view();
    let class = move |class: u32| {
        let names = lab.answer.names;
        names.with(|names| names.of(class as usize).into_owned())
    };
    let ring = move || {
        let [x, y] = point()?.at.map(place);
        Some(
            view! { <circle class="projection-ring" cx=x.to_string() cy=y.to_string() r="7"></circle> },
        )
    };
    let words = move || {
        point().map_or_else(String::new, |it| {
            let (label, answer) = (class(it.label), class(it.answer));
            format!("Image {}: {label}, answered {answer}.", it.image)
        })
    };
    let how = shares.map_or_else(
        || "by t-SNE: near images are alike; distances between far groups mean nothing".to_owned(),
        |shares| {
            let share = (shares[0] + shares[1]) * 100.0;
            format!(
                "along the two directions in which they differ most: {share:.0} % of the variance"
            )
        },
    );
    let caption = format!("{count} images at {name}, {how}. Underlined: answered wrongly.");
    view! {
        <svg
            class="projection-plot"
            viewBox=format!("0 0 {SIDE} {SIDE}")
            tabindex="0"
            role="application"
            aria-label=capital("test images by the layer's values; arrow keys go from image to image")
            on:keydown=key
            on:pointerleave=move |_| at.set(None)
        >
            {marks}
            {ring}
        </svg>
        <div class="projection-image">
            <p class="say">{caption}</p>
            {image(lab, set, Signal::derive(move || point().map(|it| it.image)))}
            <p role="status" data-testid="projection-says">{words}</p>
        </div>
    }
    .into_any()
}

/// The image under the pointer.
fn image(lab: Lab, set: SetId, number: Signal<Option<u32>>) -> AnyView {
    let canvas = NodeRef::<Canvas>::new();
    Effect::new(move |_| {
        let (Some(canvas), Some(image)) = (canvas.get(), number.get()) else {
            return;
        };
        let Some(([width, height], rgba)) = lab.picture(set, image) else {
            return;
        };
        canvas.set_width(width);
        canvas.set_height(height);
        let picture =
            ImageData::new_with_u8_clamped_array_and_sh(Clamped(rgba.as_slice()), width, height);
        // Without a context the words stay.
        if let (Ok(picture), Ok(context)) = (picture, context(&canvas)) {
            let drawn = context.put_image_data(&picture, 0.0, 0.0);
            debug_assert!(drawn.is_ok(), "a picture of the canvas's own size");
        }
    });
    view! {
        <canvas
            node_ref=canvas
            class="pixels"
            aria-hidden="true"
            hidden=move || number.get().is_none()
        ></canvas>
    }
    .into_any()
}
