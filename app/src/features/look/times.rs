//! Measured times of the layers.

use engine::session::{Command, Event, Executor};
use engine::{Graph, NodeId};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::lab::{Job, Lab};
use crate::ui::JobProgress;
use crate::ui::format::{bytes, milliseconds, percent};

/// Passes whose median is reported.
const RUNS: u32 = 5;

/// A measurement with the names of the layers at that time.
#[derive(Clone, Debug, PartialEq)]
struct Times {
    device: &'static str,
    executor: Executor,
    rows: Vec<Row>,
    total_ms: f64,
    peak_live_bytes: u64,
    memory_bytes: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    node: NodeId,
    name: String,
    ms: f64,
    /// The layer whose time has this one's in it.
    within: Option<String>,
    /// The share of the sum of all layers.
    share: f64,
    live_bytes: u64,
}

impl Times {
    fn read(event: Event, graph: &Graph, device: &'static str) -> Result<Self, String> {
        let Event::Timed {
            layers,
            total_ms,
            peak_live_bytes,
            memory_bytes,
            executor,
        } = event
        else {
            return Err(format!("The engine answered something else: {event:?}."));
        };
        let sum: f64 = layers.iter().map(|layer| layer.ms).sum();
        let name = |id| graph.node(id).map(|node| node.name.clone());
        let row = |layer: &engine::session::LayerTime| Row {
            node: layer.node,
            name: name(layer.node).unwrap_or_default(),
            ms: layer.ms,
            within: layer.within.and_then(name),
            share: if sum > 0.0 { layer.ms / sum } else { 0.0 },
            live_bytes: layer.live_bytes,
        };
        let rows = layers.iter().map(row).collect();
        Ok(Self {
            device,
            executor,
            rows,
            total_ms,
            peak_live_bytes,
            memory_bytes,
        })
    }
}

/// Owned by the panel, so that a measurement is kept while other layers are chosen.
#[derive(Clone, Copy)]
pub struct Measurement {
    times: RwSignal<Option<Result<Times, String>>>,
    job: Job,
}

impl Measurement {
    pub fn new(lab: Lab) -> Self {
        let times = RwSignal::new(None);
        Effect::new(move |_| {
            // Another network makes the measurement obsolete.
            lab.document.running().track();
            times.set(None);
        });
        Self {
            times,
            job: Job::new(),
        }
    }

    fn take(self, lab: Lab) {
        let job = self.job;
        if !job.begin() {
            return;
        }
        spawn_local(async move {
            let device = lab.answer.device();
            let graph = lab.document.running().get_untracked();
            let time = Command::Time { runs: RUNS };
            let answer = lab.run_job(job, device, time, Vec::new()).await;
            let same = lab.document.running().with_untracked(|now| *now == graph);
            job.end();
            if same && !job.is_cancelled() {
                let title = device.title();
                let answer = answer.map_err(|error| error.sentence());
                let times = answer.and_then(|message| Times::read(message.header, &graph, title));
                self.times.set(Some(times));
            }
        });
    }
}

#[component]
pub fn TimesView(measurement: Measurement) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let Measurement { times, job } = measurement;
    let under_way = job.under_way();
    let progress = job.progress();
    let unready = move || under_way.get() || lab.answer.latest().with(Option::is_none);
    let label = move || {
        if under_way.get() {
            "Measuring…"
        } else {
            "Time every layer"
        }
    };
    let result = move || {
        Some(match times.get()? {
            Err(why) => view! { <p class="node-problem" role="alert">{why}</p> }.into_any(),
            Ok(times) => view! { <TimesTable times /> }.into_any(),
        })
    };
    view! {
        <p class="hint">
            {format!("The median of {RUNS} passes on the input as it is, layer by layer.")}
        </p>
        <div class="tools">
            <button
                type="button"
                data-testid="time-layers"
                disabled=unready
                on:click=move |_| measurement.take(lab)
            >
                {label}
            </button>
        </div>
        <Show when=move || under_way.get()>
            <JobProgress job label="Passes timed" done=progress />
        </Show>
        {result}
    }
}

#[component]
fn TimesTable(times: Times) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let row = move |row: Row| {
        let Row {
            node,
            name,
            ms,
            within,
            share,
            live_bytes,
        } = row;
        let [time, share] = match within {
            Some(other) => [format!("with {other}"), String::new()],
            None => [milliseconds(ms), percent(share)],
        };
        view! {
            <tr data-testid="layer-time" data-selected=move || (lab.selection.node().get() == node).to_string()>
                <th scope="row">
                    <button type="button" class="quiet" translate="no" on:click=move |_| lab.select(node)>
                        {name}
                    </button>
                </th>
                <td data-testid="layer-ms">{time}</td>
                <td>{share}</td>
                <td>{bytes(live_bytes)}</td>
            </tr>
        }
    };
    let memory = times.memory_bytes.map(|memory| {
        view! { <p class="fact"><span>"Engine's memory"</span><span>{bytes(memory)}</span></p> }
    });
    view! {
        <div class="facts">
            <p class="fact">
                <span>{format!("Whole pass on {}", times.device)}</span>
                <span data-testid="total-ms">{milliseconds(times.total_ms)}</span>
            </p>
            <p class="fact">
                <span>"Most maps alive at once"</span>
                <span data-testid="peak-live">{bytes(times.peak_live_bytes)}</span>
            </p>
            <p class="fact">
                <span>"Run by"</span>
                <span data-testid="executor">{times.executor.to_string()}</span>
            </p>
            {memory}
        </div>
        <div class="table-scroll" tabindex="0" role="group" aria-label="Times of all layers">
            <table class="figures times">
                <thead>
                    <tr>
                        <th scope="col">"layer"</th>
                        <th scope="col">"time"</th>
                        <th scope="col">"share"</th>
                        <th scope="col">"maps alive"</th>
                    </tr>
                </thead>
                <tbody>{times.rows.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use engine::session::LayerTime;

    use super::*;

    #[test]
    fn shares_are_of_the_layers_sum() {
        let graph = engine::zoo::lenet5().unwrap();
        let ids: Vec<NodeId> = graph.nodes().iter().map(|node| node.id).collect();
        let layer = |place: usize, ms| LayerTime {
            node: ids[place],
            ms,
            live_bytes: 4,
            within: (place == 2).then_some(ids[1]),
        };
        let event = Event::Timed {
            layers: vec![layer(0, 3.0), layer(1, 1.0), layer(2, 0.0)],
            total_ms: 5.0,
            peak_live_bytes: 8,
            memory_bytes: None,
            executor: Executor::Plan,
        };
        let times = Times::read(event, &graph, "CPU").unwrap();
        assert_eq!((times.rows[0].share, times.rows[1].share), (0.75, 0.25));
        assert_eq!(times.rows[0].name, "C1");
        assert_eq!(times.rows[2].within.as_deref(), Some("tanh1"));
    }
}
