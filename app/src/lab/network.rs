//! The network's weights, which of its maps are asked for, and its maps as a file.

use engine::session::{Command, Message, Weights as From};
use engine::{Analysis, Graph, NodeId};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::core::Weights;
use super::fetch::{fetch, reason};
use super::trace::Trace;
use super::{Lab, Place, save};

const WEIGHTS: &str = "models/lenet-5.safetensors";
/// What random weights are made from, so that every visit sees the same ones.
const SEED: u64 = 1;
/// At most this many values are asked for while a person draws: 8 MB a frame.
const SHOWN_VALUES: u64 = 2_000_000;

impl Lab {
    pub(super) fn fetch_weights(self) {
        spawn_local(async move {
            match fetch(WEIGHTS).await {
                Ok(bytes) => self.core(|core| core.weights = Weights::Trained(bytes)),
                Err(error) => self.weights_failed(&error.to_string()),
            }
            self.load_everywhere();
        });
    }

    /// The network goes on with random weights, and says so.
    pub(super) fn weights_failed(self, why: &str) {
        self.core(|core| core.weights = Weights::Seeded);
        let network = self.graph.with_untracked(|graph| graph.name().to_owned());
        let text = format!(
            "{network} has no trained weights: {why}. It goes on with random weights, so its \
             answers mean nothing; reload the page to try again."
        );
        self.fail(Place::Weights, text);
    }

    /// The command that makes the current graph the network, once it is known with what weights.
    pub(super) fn load_command(self) -> Option<Message<Command>> {
        let graph = self.graph.get_untracked();
        self.core(|core| match &core.weights {
            Weights::OnTheirWay => None,
            Weights::Trained(bytes) => {
                let header = Command::Load {
                    graph,
                    weights: From::Payload,
                };
                Some(Message {
                    header,
                    payload: bytes.clone(),
                })
            }
            Weights::Seeded => {
                let weights = From::Seeded { seed: SEED };
                Some(Message::new(Command::Load { graph, weights }))
            }
        })
    }

    /// The nodes whose maps the next request asks for.
    pub(super) fn wanted_maps(self, all: bool) -> Vec<NodeId> {
        let selected = self.selected.get_untracked();
        let limit = if all { u64::MAX } else { SHOWN_VALUES };
        self.graph.with_untracked(|graph| {
            self.analysis
                .with_untracked(|analysis| wanted(graph, analysis, selected, limit))
        })
    }

    /// Gives the person a file of the current drawing's maps.
    pub fn save_maps(self) {
        self.core(|core| core.save = true);
        self.drawing_changed();
    }

    pub(super) fn download_maps(self, trace: &Trace) {
        let (name, file) = self.graph.with_untracked(|graph| {
            let name = graph
                .name()
                .to_lowercase()
                .replace(char::is_whitespace, "-");
            (
                format!("{name}-maps.safetensors"),
                save::maps_file(graph, trace),
            )
        });
        match save::download(&name, &file) {
            Ok(()) => self.dismiss(Place::File),
            Err(error) => {
                let why = reason(&error);
                self.fail(
                    Place::File,
                    format!("The browser does not save {name}: {why}."),
                );
            }
        }
    }
}

/// The input and the first nodes whose maps together have at most `limit` values, and the
/// selected one.
fn wanted(graph: &Graph, analysis: &Analysis, selected: NodeId, limit: u64) -> Vec<NodeId> {
    let mut values = graph.input().elements();
    let mut nodes = vec![NodeId::INPUT];
    for node in graph.nodes() {
        let Some(shape) = analysis.node(node.id).and_then(|facts| facts.shape) else {
            continue;
        };
        values = values.saturating_add(shape.elements());
        if values <= limit || node.id == selected {
            nodes.push(node.id);
        }
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_map_of_lenet_is_asked_for() {
        let graph = engine::zoo::lenet5().unwrap();
        let analysis = Analysis::of(&graph);
        let nodes = wanted(&graph, &analysis, NodeId::INPUT, SHOWN_VALUES);
        assert_eq!(nodes.len(), graph.nodes().len() + 1);
    }

    #[test]
    fn a_large_network_sends_its_first_maps_and_the_selected_one() {
        let graph = engine::zoo::lenet5().unwrap();
        let analysis = Analysis::of(&graph);
        let (c1, output) = (graph.named("C1").unwrap().id, graph.output());
        // 32·32 for the input and 6·28·28 for C1.
        let nodes = wanted(&graph, &analysis, output, 1024 + 4704);
        assert_eq!(nodes, [NodeId::INPUT, c1, output]);
    }
}
