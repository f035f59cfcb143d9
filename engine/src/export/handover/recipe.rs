//! What the program reads: settings, recipe of the data, names of the parameters, order of the examples.

use serde_json::{Value, json};

use super::{Data, parts};
use crate::Graph;
use crate::checkpoint::parameters;
use crate::export::{Library, parameter_names};
use crate::layer::Layer;
use crate::train::{SettingsFile, Task, still};

/// Examples of an epoch's order that the program compares.
const COMPARED: usize = 256;
/// Epochs whose order it compares.
const EPOCHS: u32 = 2;

/// The settings as `cnnlab train --settings` reads them. The weights are there already.
pub(super) fn settings(task: &Task) -> Result<Vec<u8>, serde_json::Error> {
    let (settings, split, _) = parts(task);
    let mut file = SettingsFile {
        settings: settings.clone(),
        split: Some(split),
    };
    file.settings.initialisation = None;
    pretty(&serde_json::to_value(file)?)
}

/// What beside the settings makes the training the lab's.
pub(super) fn recipe(
    graph: &Graph,
    class: &str,
    task: &Task,
    data: Option<Data<'_>>,
) -> Result<Vec<u8>, serde_json::Error> {
    let (settings, _, means) = parts(task);
    let paths = parameter_names(graph, Library::PyTorch);
    let of_burn = parameter_names(graph, Library::Burn);
    let parameters: Vec<Value> = { parameters(graph).into_iter() }
        .map(|it| {
            let name = match paths.get(&it.node) {
                Some(path) => format!("{path}.{}", it.role),
                None => it.name.clone(),
            };
            let is_frozen = { graph.uses(it.node) }.any(|user| settings.frozen.contains(&user.id));
            let trained = it.role.trainable() && !is_frozen;
            let decays = settings.decay_norms_and_biases || it.dims.len() >= 2;
            let burn = of_burn
                .get(&it.node)
                .map(|path| format!("{path}.{}", it.role));
            json!({
                "name": name, "lab": it.name, "burn": burn, "trained": trained, "decays": decays,
            })
        })
        .collect();
    let still = still(graph, &settings.frozen);
    let varies = |layer: &Layer| matches!(layer, Layer::BatchNorm(_) | Layer::Dropout(_));
    let still: Vec<&String> = { graph.nodes().iter() }
        .filter(|node| still.contains(&node.id) && varies(&node.layer))
        .filter_map(|node| paths.get(&node.id))
        .collect();
    let input = graph.input();
    let dims = |shape: crate::Shape| json!([shape.channels, shape.height, shape.width]);
    pretty(&json!({
        "network": graph.name(),
        "class": class,
        "input": dims(input),
        "parameters": parameters,
        "still": still,
        "means": means,
        "data": {
            "name": data.map(|it| it.name),
            "shape": data.map(|it| dims(it.shape)),
            "classes": data.map(|it| it.classes),
            "limit": data.and_then(|it| it.limit),
            "runs": data.map(|it| runs(it.held_out)),
        },
    }))
}

/// The numbers of the images that are not held out, as starts and lengths.
fn runs(held_out: &[bool]) -> Vec<[usize; 2]> {
    let mut runs: Vec<[usize; 2]> = Vec::new();
    for (number, _) in held_out.iter().enumerate().filter(|(_, held)| !**held) {
        match runs.last_mut() {
            Some([start, count]) if *start + *count == number => *count += 1,
            _ => runs.push([number, 1]),
        }
    }
    runs
}

/// The beginning of the order of the first epochs: places among the images that are not held out, and
/// their labels.
pub(super) fn order(task: &Task, data: Data<'_>) -> Result<Vec<u8>, serde_json::Error> {
    let (settings, split, _) = parts(task);
    let all = split.parts(data.classes, data.labels, data.held_out);
    let mut place = 0;
    let places: Vec<u32> = { data.held_out.iter() }
        .map(|held| {
            place += u32::from(!held);
            place.saturating_sub(1)
        })
        .collect();
    let epochs: Vec<Value> = (0..EPOCHS)
        .map(|epoch| {
            let mut order = all.training.clone();
            settings.order(&mut order, epoch);
            order.truncate(COMPARED);
            let of = |image: &u32| places.get(*image as usize).copied();
            let label = |image: &u32| data.labels.get(*image as usize).copied();
            let labels: Vec<_> = order.iter().map(label).collect();
            let order: Vec<_> = order.iter().map(of).collect();
            json!({"epoch": epoch, "places": order, "labels": labels})
        })
        .collect();
    let images = data.held_out.iter().filter(|held| !**held).count();
    pretty(&json!({"images": images, "training": all.training.len(), "epochs": epochs}))
}

fn pretty(value: &Value) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    Ok(text)
}
