//! Surgery: maps switched off, kernels turned, noise, single weights; skips cut, activations swapped. The
//! answer follows at once, the accuracy on test images beside it.

use engine::explain::Operation;
use engine::graph::Edit;
use engine::layer::Activation;
use engine::{Graph, Layer, NodeId};
use leptos::prelude::*;
use state::explain::{Operable, Ranked, cut, maker, operable, skips};
use wasm_bindgen_futures::spawn_local;

use crate::lab::{Job, Lab};
use crate::ui::JobProgress;
use crate::ui::format::exact;

/// The noise of one click, as a share of the weights' deviation.
const NOISE: f32 = 0.2;
/// Functions that an activation is swapped for.
const FUNCTIONS: [Activation; 6] = [
    Activation::Relu,
    Activation::Tanh,
    Activation::Sigmoid,
    Activation::LeakyRelu { slope: 0.01 },
    Activation::Gelu,
    Activation::HardSwish,
];

/// What is operated on. `Copy`, because it holds signal handles only.
#[derive(Clone, Copy)]
struct Table {
    lab: Lab,
    all: Memo<Vec<Operable>>,
    node: RwSignal<Option<NodeId>>,
    map: RwSignal<u32>,
    job: Job,
    failed: RwSignal<Option<String>>,
    /// The accuracy of the network before the first operation and that of now.
    first: RwSignal<Option<Ranked>>,
    now: RwSignal<Option<Ranked>>,
    ranked: RwSignal<Option<(NodeId, Ranked)>>,
    noises: StoredValue<u64>,
}

impl Table {
    fn new(lab: Lab) -> Self {
        let running = lab.document.running();
        Self {
            lab,
            all: Memo::new(move |_| running.with(operable)),
            node: RwSignal::new(None),
            map: RwSignal::new(0),
            job: Job::new(),
            failed: RwSignal::new(None),
            first: RwSignal::new(None),
            now: RwSignal::new(None),
            ranked: RwSignal::new(None),
            noises: StoredValue::new(0),
        }
    }

    /// The layer that is operated on.
    fn layer(self) -> Option<Operable> {
        let node = self.node.get();
        self.all.with(|all| {
            let chosen = all.iter().find(|it| Some(it.node) == node);
            chosen.or_else(|| all.first()).cloned()
        })
    }

    fn map(self) -> u32 {
        let maps = self.layer().map_or(1, |layer| layer.maps);
        self.map.get().min(maps.saturating_sub(1))
    }

    fn operate(self, operation: Operation) {
        self.failed.set(None);
        spawn_local(async move {
            // The accuracy before the first operation, to compare with.
            if self.first.try_get_untracked() == Some(None) {
                self.measure().await;
            }
            let done = self.lab.operate(self.job, operation).await;
            match done {
                Ok(()) => self.measure().await,
                Err(why) => {
                    let _gone = self.failed.try_set(Some(why));
                }
            }
        });
    }

    /// The accuracy of the network as it is.
    async fn measure(self) {
        match self.lab.rank(self.job, None).await {
            None => {}
            Some(Err(why)) => {
                let _gone = self.failed.try_set(Some(why));
            }
            Some(Ok(ranked)) => {
                if self.first.try_get_untracked() == Some(None) {
                    self.first.set(Some(ranked.clone()));
                }
                let _gone = self.now.try_set(Some(ranked));
            }
        }
    }

    fn rank(self) {
        let Some(node) = untrack(|| self.layer()).map(|it| it.node) else {
            return;
        };
        self.failed.set(None);
        spawn_local(async move {
            match self.lab.rank(self.job, Some(node)).await {
                None => {}
                Some(Err(why)) => {
                    let _gone = self.failed.try_set(Some(why));
                }
                Some(Ok(ranked)) => {
                    let _gone = self.ranked.try_set(Some((node, ranked)));
                }
            }
        });
    }

    /// Edits of the graph, after which the accuracy is measured again on a click.
    fn edit(self, edits: &[Edit]) {
        if !edits.is_empty() && self.lab.apply_all(edits) {
            self.now.set(None);
        }
    }
}

#[component]
pub fn Surgery() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let table = Table::new(lab);
    // The map that is chosen in the network is the one that is operated on.
    Effect::new(move |_| {
        let Some(pixel) = lab.look.chosen().get() else {
            return;
        };
        let running = lab.document.running();
        if let Some(node) = running.with(|graph| maker(graph, pixel.node)) {
            table.node.set(Some(node));
            table.map.set(pixel.channel);
        }
    });
    let busy = move || table.job.under_way().get();
    let failed = move || {
        let why = table.failed.get()?;
        Some(view! { <p class="node-problem" role="alert" data-testid="surgery-failed">{why}</p> })
    };
    let progress = move || {
        busy().then(|| {
            view! { <JobProgress job=table.job label="Surgery" done=table.job.progress() /> }
        })
    };
    view! {
        <div class="surgery">
            <div class="surgery-tools">
                {target(table)}
                {weights(table)}
                {graph_edits(table)}
            </div>
            <div class="surgery-told" aria-busy=move || busy().to_string()>
                {accuracy(table)}
                {progress}
                {failed}
                {move || ranking(table)}
            </div>
        </div>
    }
}

/// Which layer and map.
fn target(table: Table) -> AnyView {
    let choose = move |event: leptos::ev::Event| {
        let node = event_target_value(&event).parse().ok().map(NodeId);
        table.node.set(node);
        table.map.set(0);
    };
    let value = move || table.layer().map(|it| it.node.0.to_string());
    let maps = move || table.layer().map_or(1, |it| it.maps);
    let set_map = move |event: leptos::ev::Event| {
        // What is no number of a map leaves the one before.
        let number: Option<u32> = event_target_value(&event).trim().parse().ok();
        let number = number.filter(|number| (1..=untrack(maps)).contains(number));
        match number {
            Some(number) => {
                table.failed.set(None);
                table.map.set(number - 1);
            }
            None => table
                .failed
                .set(Some(format!("Take a map from 1 to {}.", untrack(maps)))),
        }
    };
    view! {
        <label class="why-class">
            "Layer"
            <select data-testid="surgery-layer" prop:value=value on:change=choose>
                <For each=move || table.all.get() key=|it| (it.node, it.name.clone()) let:layer>
                    <option
                        value=layer.node.0.to_string()
                        selected=move || table.layer().is_some_and(|it| it.node == layer.node)
                    >
                        {layer.name.clone()}
                    </option>
                </For>
            </select>
        </label>
        <label class="why-class">
            {move || format!("Map (1 to {})", maps())}
            <input
                type="number"
                min="1"
                max=move || maps().to_string()
                data-testid="surgery-map"
                prop:value=move || (table.map() + 1).to_string()
                on:change=set_map
            />
        </label>
    }
    .into_any()
}

/// One button of an action.
fn action(
    table: Table,
    action: &'static str,
    name: &'static str,
    title: &'static str,
    possible: impl Fn() -> bool + Send + Sync + 'static,
    act: impl Fn() + 'static,
) -> AnyView {
    view! {
        <button
            type="button"
            data-testid="surgery"
            data-action=action
            title=title
            disabled=move || table.job.under_way().get() || !possible()
            on:click=move |_| act()
        >
            {name}
        </button>
    }
    .into_any()
}

/// Operations on weights.
fn weights(table: Table) -> AnyView {
    let some = move || table.layer().is_some();
    let with = move |of: fn(NodeId, u32) -> Operation| {
        move || {
            let (layer, map) = untrack(|| (table.layer(), table.map()));
            if let Some(layer) = layer {
                table.operate(of(layer.node, map));
            }
        }
    };
    let noise = move || {
        let Some(layer) = untrack(|| table.layer()) else {
            return;
        };
        let seed = table.noises.get_value();
        table.noises.set_value(seed + 1);
        table.operate(Operation::Noise {
            node: layer.node,
            share: NOISE,
            seed,
        });
    };
    let kernels = move || table.layer().is_some_and(|it| it.kernels);
    let square = move || table.layer().is_some_and(|it| it.square);
    view! {
        <div class="surgery-acts" role="group" aria-label="Weights">
            {action(table, "switch-off", "Switch off", "This map becomes 0 everywhere", some,
                with(|node, channel| Operation::SwitchOff { node, channel }))}
            {action(table, "keep-only", "Keep only this", "Every other map becomes 0", some,
                with(|node, channel| Operation::KeepOnly { node, channel }))}
            {action(table, "mirror", "Mirror", "The filter, left to right", kernels,
                with(|node, channel| Operation::Flip { node, channel: Some(channel) }))}
            {action(table, "turn", "Turn", "The filter, by a quarter", square,
                with(|node, channel| Operation::Rotate { node, channel: Some(channel) }))}
            {action(table, "noise", "Add noise", "A fifth of the deviation of the layer's weights", some, noise)}
            {action(table, "rank", "Rank maps", "How many answers become wrong without each map", some,
                move || table.rank())}
        </div>
        {one_weight(table)}
    }
    .into_any()
}

/// A weight set by hand.
fn one_weight(table: Table) -> AnyView {
    let index = RwSignal::new(String::from("1"));
    let value = RwSignal::new(String::from("0"));
    let set = move || {
        let (Some(layer), Ok(index), Ok(value)) = (
            untrack(|| table.layer()),
            index.get_untracked().trim().parse::<u64>(),
            value
                .get_untracked()
                .trim()
                .replace(',', ".")
                .parse::<f32>(),
        ) else {
            let why = "A weight has a number from 1 and a value, such as 0.25.";
            return table.failed.set(Some(why.to_owned()));
        };
        table.operate(Operation::Set {
            node: layer.node,
            role: "weight".to_owned(),
            index: index.saturating_sub(1),
            value,
        });
    };
    view! {
        <div class="surgery-acts" role="group" aria-label="One weight">
            <label>
                "Weight"
                <input
                    type="text"
                    inputmode="numeric"
                    data-testid="surgery-index"
                    prop:value=index
                    on:change=move |event| index.set(event_target_value(&event))
                />
            </label>
            <label>
                "="
                <input
                    type="text"
                    inputmode="decimal"
                    data-testid="surgery-value"
                    prop:value=value
                    on:change=move |event| value.set(event_target_value(&event))
                />
            </label>
            {action(table, "set-weight", "Set", "One weight of the layer, counted from 1", move || table.layer().is_some(), set)}
        </div>
    }
    .into_any()
}

/// Operations on the graph.
fn graph_edits(table: Table) -> AnyView {
    let graph = table.lab.document.graph();
    let all_skips = Memo::new(move |_| graph.with(skips));
    let all_functions = Memo::new(move |_| graph.with(functions));
    let skip = RwSignal::new(None::<NodeId>);
    let chosen_skip = move || {
        let all = all_skips.get();
        let chosen = skip.get().filter(|it| all.iter().any(|(id, _)| id == it));
        chosen.or_else(|| all.first().map(|it| it.0))
    };
    let cut_it = move || {
        if let Some(sum) = untrack(chosen_skip) {
            let edits = graph.with_untracked(|graph| cut(graph, sum));
            table.edit(&edits);
        }
    };
    let of_skips = move || {
        all_skips.with(|all| !all.is_empty()).then(|| {
            view! {
                <div class="surgery-acts" role="group" aria-label="Skip connections">
                    {options("surgery-skip", "Skip into", all_skips, skip)}
                    {action(table, "cut-skip", "Cut", "What comes the longer way goes on alone", || true, cut_it)}
                </div>
            }
        })
    };
    let function = RwSignal::new(None::<NodeId>);
    let new = RwSignal::new(0_usize);
    let swap = move || {
        let all = all_functions.get_untracked();
        let chosen = function.get_untracked();
        let node = chosen.filter(|it| all.iter().any(|(id, _)| id == it));
        let node = node.or_else(|| all.first().map(|it| it.0));
        if let (Some(node), Some(&function)) = (node, FUNCTIONS.get(new.get_untracked())) {
            let layer = Layer::from(function);
            table.edit(&[Edit::SetLayer { node, layer }]);
        }
    };
    let of_functions = move || {
        all_functions.with(|all| !all.is_empty()).then(|| {
            let named = FUNCTIONS.iter().enumerate().map(|(place, function)| {
                view! { <option value=place.to_string()>{function.title()}</option> }
            });
            let choose = move |event: leptos::ev::Event| {
                new.set(event_target_value(&event).parse().unwrap_or_default());
            };
            view! {
                <div class="surgery-acts" role="group" aria-label="Activations">
                    {options("surgery-activation", "Activation", all_functions, function)}
                    <select
                        aria-label="Becomes"
                        data-testid="surgery-function"
                        on:change=choose
                    >
                        {named.collect_view()}
                    </select>
                    {action(table, "swap-activation", "Swap", "The weights stay", || true, swap)}
                </div>
            }
        })
    };
    view! { {of_skips} {of_functions} }.into_any()
}

/// The activations that can be swapped, with their names.
fn functions(graph: &Graph) -> Vec<(NodeId, String)> {
    let all = graph.nodes().iter().filter(|node| match node.layer {
        Layer::Activation(function) => {
            !matches!(function, Activation::Softmax | Activation::LogSoftmax)
        }
        _ => false,
    });
    all.map(|node| (node.id, node.name.clone())).collect()
}

fn options(
    testid: &'static str,
    label: &'static str,
    all: Memo<Vec<(NodeId, String)>>,
    chosen: RwSignal<Option<NodeId>>,
) -> AnyView {
    let choose = move |event: leptos::ev::Event| {
        chosen.set(event_target_value(&event).parse().ok().map(NodeId));
    };
    view! {
        <label>
            {label}
            <select data-testid=testid on:change=choose>
                <For each=move || all.get() key=Clone::clone let:one>
                    <option value=one.0.0.to_string() selected=move || chosen.get() == Some(one.0)>
                        {one.1.clone()}
                    </option>
                </For>
            </select>
        </label>
    }
    .into_any()
}

/// The accuracy now, and its difference from the network before.
fn accuracy(table: Table) -> AnyView {
    let measure = move |_| {
        table.failed.set(None);
        spawn_local(table.measure());
    };
    let told = move || {
        let now = table.now.get()?;
        let first = table.first.get().unwrap_or_else(|| now.clone());
        let difference = now.right.cast_signed() - first.right.cast_signed();
        let difference = match difference {
            0 => "as before the surgery".to_owned(),
            less if less < 0 => format!(
                "{} fewer than before the surgery",
                exact(less.unsigned_abs())
            ),
            more => format!(
                "{} more than before the surgery",
                exact(more.unsigned_abs())
            ),
        };
        let right = exact(now.right);
        let images = exact(now.images);
        Some(view! {
            <p data-testid="surgery-accuracy" data-right=now.right.to_string() data-before=first.right.to_string()>
                <b>{format!("{:.1} %", now.accuracy())}</b>
                {format!(": {right} of the first {images} test images right, {difference}.")}
            </p>
        })
    };
    view! {
        {told}
        <button
            type="button"
            class="quiet"
            data-testid="surgery-measure"
            disabled=move || table.job.under_way().get()
            on:click=measure
        >
            "Measure accuracy"
        </button>
    }
    .into_any()
}

/// The maps by how much they are needed, as bars.
fn ranking(table: Table) -> Option<AnyView> {
    let (node, ranked) = table.ranked.get()?;
    let name = table.all.with(|all| {
        let layer = all.iter().find(|it| it.node == node);
        layer.map(|it| it.name.clone())
    })?;
    let order = ranked.order();
    let most = order.iter().map(|it| it.1.abs()).max().unwrap_or(1).max(1);
    let row = |(map, lost): (u32, i64)| {
        let share = lost.max(0) as f64 / most as f64 * 100.0;
        let choose = move |_| {
            table.node.set(Some(node));
            table.map.set(map);
        };
        view! {
            <li>
                <button type="button" class="quiet" data-testid="surgery-rank" data-map=map.to_string() on:click=choose>
                    {format!("Map {}", map + 1)}
                </button>
                <i class="surgery-bar" aria-hidden="true"><b style:width=format!("{share}%")></b></i>
                <span>{if lost > 0 { format!("−{}", exact(lost.unsigned_abs())) } else { format!("+{}", exact(lost.unsigned_abs())) }}</span>
            </li>
        }
    };
    Some(
        view! {
            <h3>{format!("Right answers without each map of {name}, of {}", exact(ranked.right))}</h3>
            <ol class="surgery-ranking">{order.into_iter().map(row).collect_view()}</ol>
        }
        .into_any(),
    )
}
