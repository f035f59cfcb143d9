//! A training as a folder that other engines carry out: PyTorch with any number of processes
//! (`torchrun`), and burn. Network, weights, settings, the recipe of the data and the order of the
//! examples are the lab's; the program in it checks the order against what the lab wrote.

mod burn;
mod data_files;
mod readme;
mod recipe;

use super::{CodeError, Library, SAMPLE_FILE, WEIGHTS_FILE, code, code_weights};
use crate::checkpoint::{Weights, WeightsError};
use crate::data::{DataSet, Means, Split};
use crate::format::DocumentError;
use crate::format::json;
use crate::graph::Edit;
use crate::layer::Layer;
use crate::train::{Length, Settings, Task};
use crate::{Graph, Shape};

pub use data_files::data_files;

/// What the handed over training is trained on. The images themselves come with
/// [`data_files`], or lie where they are used.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// As the lab calls the set.
    pub name: &'a str,
    pub shape: Shape,
    pub classes: u32,
    pub labels: &'a [u16],
    /// Which images are for the test only.
    pub held_out: &'a [bool],
    /// Only so many of the training images were read.
    pub limit: Option<usize>,
}

impl<'a> Data<'a> {
    /// Of this set.
    pub fn of(name: &'a str, data: &'a DataSet) -> Self {
        Self {
            name,
            shape: data.shape(),
            classes: data.classes(),
            labels: data.labels(),
            held_out: data.held_out(),
            limit: None,
        }
    }
}

/// A folder: each file by its path in it, and what is to be said of it.
#[derive(Clone, Debug, Default)]
pub struct Handover {
    pub files: Vec<(String, Vec<u8>)>,
    /// What differs from the lab, or is left out, one sentence each.
    pub notes: Vec<String>,
}

/// Why a training is not handed over.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    #[error("{0}")]
    Code(#[from] CodeError),
    #[error("{setting} is not handed over: {instead}")]
    Setting {
        setting: &'static str,
        instead: &'static str,
    },
    #[error("the images are {shape}, and IDX files have {why}")]
    Images { shape: Shape, why: &'static str },
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error("the settings cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// The network whose outputs the loss takes: without a last softmax, which the loss contains.
pub fn trained(graph: &Graph) -> Graph {
    let last = graph.output();
    if graph.logits() == last {
        return graph.clone();
    }
    let edit = Edit::Remove { node: last };
    graph.apply(&edit).unwrap_or_else(|_| graph.clone())
}

/// The folder. `graph` is that of [`trained`], `weights` are those that the training starts from,
/// `sample` is a file of [`super::sample_file`] for the same graph.
///
/// # Errors
/// When PyTorch lacks a layer, or a setting is one that only the lab has.
pub fn handover(
    graph: &Graph,
    weights: &Weights,
    sample: Vec<u8>,
    task: &Task,
    data: Option<Data<'_>>,
) -> Result<Handover, HandoverError> {
    refused(&task.settings)?;
    let listing = code(graph, Library::PyTorch)?;
    let class = listing.class.clone();
    let mut made = Handover {
        notes: notes(graph, &task.settings, data.is_some()),
        ..Handover::default()
    };
    let mut put = |name: &str, bytes: Vec<u8>| made.files.push((name.to_owned(), bytes));
    put("network.json", json::write(graph)?.into());
    put("network.py", listing.text.into_bytes());
    put(
        WEIGHTS_FILE,
        code_weights(graph, weights, Library::PyTorch)?,
    );
    put(SAMPLE_FILE, sample);
    put("settings.json", recipe::settings(task)?);
    put("recipe.json", recipe::recipe(graph, &class, task, data)?);
    if let Some(data) = data {
        put("order.json", recipe::order(task, data)?);
    }
    put("lab.py", include_bytes!("python/lab.py").to_vec());
    put("train.py", include_bytes!("python/train.py").to_vec());
    put("requirements.txt", REQUIREMENTS.as_bytes().to_vec());
    let crate_files = burn::files(graph, weights, task);
    let has_burn = crate_files.is_ok();
    match crate_files {
        Ok((files, notes)) => {
            made.files.extend(files);
            made.notes.extend(notes);
        }
        Err(why) => made.notes.push(format!(
            "There is no crate for burn, train.py trains it: {why}."
        )),
    }
    let readme = readme::readme(graph, task, data, &made.notes, has_burn);
    made.files
        .insert(0, ("README.md".to_owned(), readme.into_bytes()));
    Ok(made)
}

const REQUIREMENTS: &str =
    "numpy\nsafetensors\ntorch>=1.13\n# Where images are not of the network's size:\npillow\n";

/// What only the lab does.
fn refused(settings: &Settings) -> Result<(), HandoverError> {
    let is_timed = matches!(settings.length, Length::Seconds(_));
    let refusals = [
        (
            is_timed,
            "a training of so many seconds",
            "how many steps that is depends on the machine; choose epochs or steps",
        ),
        (
            settings.adversarial.is_some(),
            "adversarial training",
            "turn it off, or train it here with `cnnlab train --adversarial`",
        ),
        (
            settings.teacher.is_some(),
            "a teacher",
            "turn it off, or train it here with `cnnlab distil`",
        ),
        (
            settings.quantised.is_some(),
            "training with quantised weights",
            "turn it off and quantise the result, as `cnnlab quantise` does",
        ),
        (
            settings.pruning.is_some(),
            "pruning in the course of the training",
            "prune first and keep the zeros, or prune the result",
        ),
    ];
    match refusals.into_iter().find(|(found, ..)| *found) {
        Some((_, setting, instead)) => Err(HandoverError::Setting { setting, instead }),
        None => Ok(()),
    }
}

/// What differs from the lab.
fn notes(graph: &Graph, settings: &Settings, has_data: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let has = |wanted: fn(&Layer) -> bool| graph.nodes().iter().any(|it| wanted(&it.layer));
    if has(|layer| matches!(layer, Layer::Dropout(_))) {
        let text = "Dropout draws PyTorch's random numbers, so its losses differ from the lab's.";
        notes.push(text.to_owned());
    }
    if has(|layer| matches!(layer, Layer::BatchNorm(_))) && settings.shards.is_none() {
        let text = "Batch norm normalises each process's part of the batch by itself, so the losses \
                    of several processes differ from those of one; a training of the lab in as many \
                    shards has the same.";
        notes.push(text.to_owned());
    }
    if !has_data {
        let text = "The lab did not have the data set at hand: the order of the examples is not \
                    checked.";
        notes.push(text.to_owned());
    }
    notes
}

/// The parts of a task that a file of settings has.
fn parts(task: &Task) -> (&Settings, Split, Means) {
    (&task.settings, task.split, task.means)
}
