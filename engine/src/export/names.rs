//! Names of parameters in files for other programs.

use std::collections::HashMap;

use super::{Library, burn, pytorch};
use crate::checkpoint::Parameter;
use crate::data::takes_drawings;
use crate::zoo;
use crate::{Graph, NodeId};

/// How a picture becomes the input of a network of the zoo, as keys and values.
pub fn preparation(network: &str, graph: &Graph) -> Vec<(String, String)> {
    let means = zoo::means(network);
    let (kind, text) = if takes_drawings(graph.input()) {
        ("drawing", serde_json::to_string(&means.drawing))
    } else {
        ("photo", serde_json::to_string(&means.photo))
    };
    let entry = |key: &str, value: String| (format!("preprocessing.{key}"), value);
    let mut entries = vec![entry("kind", kind.to_owned())];
    entries.extend(text.ok().map(|text| entry("recipe", text)));
    entries
}

/// The path of each node's module in the code for a library; Keras' code reads PyTorch's names.
pub fn parameter_names(graph: &Graph, library: Library) -> HashMap<NodeId, String> {
    match library {
        Library::PyTorch | Library::Keras => pytorch::paths(graph),
        Library::Burn => burn::paths(graph),
    }
}

/// A parameter's name as PyTorch's networks of a known family have it: torchvision's keys. Node names
/// are torchvision's wherever it has the network; SqueezeNet's are its authors'.
pub fn known_names(graph: &Graph) -> impl Fn(&Parameter) -> String {
    let squeeze = squeeze_net(graph);
    move |parameter| {
        let Parameter {
            node, role, name, ..
        } = parameter;
        match squeeze.as_ref().and_then(|names| names.get(node)) {
            Some(name) => format!("{name}.{role}"),
            None => name.clone(),
        }
    }
}

/// torchvision's names of SqueezeNet's layers, if it is one: `fire2/squeeze1x1` is
/// `features.3.squeeze`.
fn squeeze_net(graph: &Graph) -> Option<HashMap<NodeId, String>> {
    graph.named("fire2/squeeze1x1")?;
    graph.named("conv10")?;
    let mut names = HashMap::new();
    let mut place = 0;
    let mut fire = "";
    for node in graph.nodes() {
        let (start, part) = match node.name.split_once('/') {
            Some((start, part)) => (start, part),
            None => (node.name.as_str(), ""),
        };
        if start.starts_with("fire") {
            if start != fire {
                fire = start;
                place += 1;
            }
            let part = part.replacen("squeeze1x1", "squeeze", 1);
            names.insert(node.id, format!("features.{}.{part}", place - 1));
            continue;
        }
        match start {
            "conv10" => {
                names.insert(node.id, "classifier.1".to_owned());
                break;
            }
            _ => {
                names.insert(node.id, format!("features.{place}"));
                place += 1;
            }
        }
    }
    Some(names)
}
