//! The crate for burn.

use crate::checkpoint::Weights;
use crate::export::burn::{self, is_flat};
use crate::export::{Library, code_weights};
use crate::layer::Layer;
use crate::train::{Decay, Settings, Task};
use crate::{Analysis, Graph, NodeId};

type Files = (Vec<(String, Vec<u8>)>, Vec<String>);

/// Its files, and what differs from the lab.
pub(super) fn files(graph: &Graph, weights: &Weights, task: &Task) -> Result<Files, String> {
    let settings = &task.settings;
    refused(graph, settings)?;
    let listing = burn::module(graph, &Analysis::of(graph)).map_err(|error| error.to_string())?;
    let input = graph.input();
    let sides = match is_flat(graph, NodeId::INPUT) {
        true => format!("[places.len(), {}]", input.channels),
        false => format!(
            "[places.len(), {}, {}, {}]",
            input.channels, input.height, input.width
        ),
    };
    let rank = if is_flat(graph, NodeId::INPUT) {
        "2"
    } else {
        "4"
    };
    let output = match is_flat(graph, graph.output()) {
        true => "output",
        false => "output.flatten(1, 3)",
    };
    let main = include_str!("crate/main.rs")
        .replace("{CLASS}", &listing.class)
        .replace("{DIMS}", &sides)
        .replace("{INPUT}", rank)
        .replace("{LOGITS}", output);
    let weights = code_weights(graph, weights, Library::Burn).map_err(|error| error.to_string())?;
    let file = |name: &str, bytes: Vec<u8>| (format!("burn/{name}"), bytes);
    let text = |name: &str, text: &str| file(name, text.as_bytes().to_vec());
    let files = vec![
        text("Cargo.toml", include_str!("crate/Cargo.toml.txt")),
        text("src/main.rs", &main),
        text("src/lab.rs", include_str!("crate/lab.rs")),
        text("src/network.rs", &listing.text),
        file("weights.safetensors", weights),
    ];
    Ok((files, notes(settings)))
}

fn refused(graph: &Graph, settings: &Settings) -> Result<(), String> {
    if !settings.frozen.is_empty() {
        return Err("it does not freeze layers; unfreeze them or use train.py".to_owned());
    }
    if settings.keep_zeros {
        return Err("it does not keep zeros; use train.py".to_owned());
    }
    let is_partial = |layer: &Layer| match layer {
        Layer::BatchNorm(norm) => !(norm.scale && norm.shift),
        _ => false,
    };
    match graph.nodes().iter().find(|node| is_partial(&node.layer)) {
        Some(node) => Err(format!(
            "burn has no batch norm without its scale or shift, which “{}” is; give it both",
            node.name
        )),
        None => Ok(()),
    }
}

/// What differs from the lab.
fn notes(settings: &Settings) -> Vec<String> {
    let cycled = matches!(
        settings.schedule.decay,
        Decay::OneCycle {
            momentum: Some(_),
            ..
        }
    );
    let decays = settings.weight_decay > 0.0 && !settings.decay_norms_and_biases;
    [
        (
            settings.augmentation.is_some(),
            "shows the images as they are",
        ),
        (
            settings.clip_norm.is_some(),
            "clips each gradient by itself, not all together",
        ),
        (decays, "lets weight decay pull norms and biases as well"),
        (cycled, "does not cycle the momentum"),
        (settings.early_stopping.is_some(), "does not stop early"),
        (true, "does not write checkpoints to resume from"),
    ]
    .into_iter()
    .filter(|(differs, _)| *differs)
    .map(|(_, what)| format!("The crate for burn {what}."))
    .collect()
}
