//! How the layers of the network are doing on test images: what is abnormal first, then every layer.

use engine::explain::{Ask, NodeHealth, Told};
use engine::{Graph, Layer};
use leptos::prelude::*;
use state::data::SetId;
use wasm_bindgen_futures::spawn_local;

use super::spread::spread;
use crate::client::QueryError;
use crate::lab::Job;
use crate::lab::Lab;
use crate::ui::JobProgress;
use crate::ui::format::{exact, short};

/// Images that the network is run on.
const IMAGES: u32 = 128;
const HEADINGS: [&str; 11] = [
    "Layer",
    "Mean",
    "Deviation",
    "Values",
    "Always 0",
    "Saturated",
    "Gradient",
    "Weights",
    "Their values",
    "Directions",
    "",
];

/// A layer as it is shown.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    name: String,
    health: NodeHealth,
    findings: Vec<String>,
}

/// The layers with what is to be said of each.
fn rows(graph: &Graph, nodes: Vec<NodeHealth>) -> Vec<Row> {
    let at_logits = nodes.last().map_or(0.0, |it| it.gradient);
    let row = |health: NodeHealth| {
        let node = graph.node(health.node)?;
        let is_activation = matches!(node.layer, Layer::Activation(_));
        let findings = health.findings(at_logits, is_activation);
        let findings = findings.iter().map(|it| it.sentence(health.channels));
        Some(Row {
            name: node.name.clone(),
            findings: findings.collect(),
            health,
        })
    };
    nodes.into_iter().filter_map(row).collect()
}

#[component]
pub fn Health() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let job = Job::new();
    let told = RwSignal::new(None::<Result<(u64, Vec<Row>), String>>);
    let run = move |_| {
        let graph = lab.document.running().get_untracked();
        spawn_local(async move {
            let ask = |set: SetId, task| Ask::Health {
                set: set.0,
                task,
                images: IMAGES,
            };
            let Some(answer) = lab.look_inside_on_data(job, ask).await else {
                return;
            };
            let answer = answer.and_then(|(_, told, _)| match told {
                Told::Health { images, nodes } => Ok((images, rows(&graph, nodes))),
                _ => Err(QueryError::Unexpected.sentence()),
            });
            // `None` if the dock was closed meanwhile.
            let _gone = told.try_set(Some(answer));
        });
    };
    let control = move || {
        if job.under_way().get() {
            view! { <JobProgress job label="Health" done=job.progress() /> }.into_any()
        } else {
            view! {
                <button type="button" data-testid="health-run" on:click=run>
                    {format!("Examine on {IMAGES} test images")}
                </button>
            }
            .into_any()
        }
    };
    let result = move || match told.get() {
        None => ().into_any(),
        Some(Err(why)) => view! { <p class="node-problem" role="alert">{why}</p> }.into_any(),
        Some(Ok((images, rows))) => table(images, rows),
    };
    view! {
        <div class="health" data-testid="health">
            {control}
            {result}
        </div>
    }
}

fn table(images: u64, rows: Vec<Row>) -> AnyView {
    let wrong = rows.iter().filter(|row| !row.findings.is_empty()).count();
    let says = match wrong {
        0 => format!("Nothing is abnormal on {} images.", exact(images)),
        1 => format!("One layer is abnormal on {} images.", exact(images)),
        many => format!("{many} layers are abnormal on {} images.", exact(images)),
    };
    let row = |row: Row| {
        let Row {
            name,
            health,
            findings,
        } = row;
        let rank = health.rank.as_ref().map(|rank| {
            let largest = rank.largest.iter().take(8).map(|it| short(*it));
            let largest: Vec<String> = largest.collect();
            let title = format!(
                "Effective rank of the kernels; the largest singular values are {}",
                largest.join(", ")
            );
            view! { <span title=title>{format!("{:.1} of {}", rank.effective, rank.of)}</span> }
        });
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        let zero = match health.zero {
            0 => "–".to_owned(),
            zero => format!(
                "{} of {}",
                exact(zero.into()),
                exact(health.channels.into())
            ),
        };
        view! {
            <tr data-abnormal=(!findings.is_empty()).to_string()>
                <th scope="row">{name}</th>
                <td>{short(health.mean as f32)}</td>
                <td>{short(health.variance.sqrt() as f32)}</td>
                <td>{health.values.as_ref().map(|it| spread(it, "Values"))}</td>
                <td>{zero}</td>
                <td>{health.saturated.map_or_else(|| "–".to_owned(), percent)}</td>
                <td>{short(health.gradient as f32)}</td>
                <td>{health.weights.map_or_else(|| "–".to_owned(), |it| short(it as f32))}</td>
                <td>{health.weight_values.as_ref().map(|it| spread(it, "Weights"))}</td>
                <td data-testid="health-rank">{rank}</td>
                <td class="health-finding">{findings.join(" ")}</td>
            </tr>
        }
    };
    view! {
        <p role="status" data-testid="health-says">{says}</p>
        <table class="health-table">
            <thead>
                <tr>{HEADINGS.map(|name| view! { <th scope="col">{name}</th> })}</tr>
            </thead>
            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}
