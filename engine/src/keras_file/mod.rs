//! Keras' files as networks with their weights: `.keras` (a zip of `config.json`, `metadata.json` and
//! `model.weights.h5`), the older `.h5` with its configuration in an attribute, and `.weights.h5`, which
//! has weights only.
//!
//! What a layer is by its arguments, `import_text::keras` knows; how its weights are laid out,
//! `checkpoint::keras`.

mod archive;
mod config;
mod error;
mod finish;
mod store;
mod walk;

use std::collections::BTreeMap;

use serde_json::Value;

pub use error::KerasError;

use archive::{Archive, CONFIG, METADATA, WEIGHTS};
use store::{Names, Store};
use walk::Walk;

use crate::Shape;
use crate::checkpoint::{FileFormat, START_BYTES, pack};
use crate::hdf5;
use crate::onnx::Import;

/// What the reader is told beside the file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The input's shape, where the file leaves it open.
    pub input: Option<Shape>,
    /// What the network is named.
    pub name: Option<&'a str>,
}

/// Whether a file that begins so is one of Keras.
pub fn is_file(start: &[u8]) -> bool {
    let start = &start[..start.len().min(START_BYTES)];
    matches!(
        FileFormat::of(start),
        Some(FileFormat::KerasArchive | FileFormat::Hdf5)
    )
}

/// Reads a network with its weights.
///
/// # Errors
/// When the file is no such file, is damaged, has weights only, or no layer of it can be read.
pub fn read(file: &[u8], options: &Options<'_>) -> Result<Import, KerasError> {
    let opened = open(file)?;
    let Some(config) = opened.config else {
        return Err(KerasError::WeightsOnly);
    };
    let walk = Walk::of(&config, &opened.version, options)?;
    walk.finish(&opened.store, options.name, opened.version)
}

/// All weights of a file as safetensors, each named by where it lies in the file.
///
/// # Errors
/// When the file is no such file, is damaged, or has no weights.
pub fn weights(file: &[u8]) -> Result<Vec<u8>, KerasError> {
    let opened = open(file)?;
    let arrays = opened.store.arrays();
    if arrays.is_empty() {
        return Err(KerasError::NoWeights);
    }
    let arrays = { arrays.iter() }
        .map(|it| (it.path.clone(), it.dims.as_slice(), it.values.as_slice()))
        .collect();
    pack(arrays, &BTreeMap::new()).map_err(|error| KerasError::Names(error.to_string()))
}

/// A file's parts.
struct Opened {
    config: Option<Value>,
    /// Keras', where the file says it.
    version: String,
    store: Store,
}

/// The state of the optimiser takes twice the weights, and nothing needs it.
fn is_weight(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    !["optimizer", "optimizer_weights", "_optimizer"].contains(&first)
}

fn open(file: &[u8]) -> Result<Opened, KerasError> {
    if file.starts_with(hdf5::SIGNATURE) {
        let contents = hdf5::read(file, is_weight)?;
        let config = contents.texts.get("model_config");
        let config = config.map(|text| json("model_config", text.as_bytes()));
        let version = contents.texts.get("keras_version");
        // Keras 3 writes a file of weights alone by numbers.
        let is_numbered = contents.arrays.iter().any(|it| it.path.contains("/vars/"));
        let names = if is_numbered {
            Names::Numbers
        } else {
            Names::Variables
        };
        return Ok(Opened {
            config: config.transpose()?,
            version: version.cloned().unwrap_or_default(),
            store: Store::new(contents.arrays, names),
        });
    }
    let mut archive = Archive::open(file)?;
    let config = archive.part(CONFIG)?.ok_or(KerasError::NoPart(CONFIG))?;
    let config = json(CONFIG, &config)?;
    let metadata = archive.part(METADATA)?;
    let metadata = metadata.and_then(|it| serde_json::from_slice::<Value>(&it).ok());
    let version = metadata.and_then(|it| it["keras_version"].as_str().map(str::to_owned));
    let stored = archive.part(WEIGHTS)?.ok_or(KerasError::NoPart(WEIGHTS))?;
    let contents = hdf5::read(&stored, is_weight)?;
    Ok(Opened {
        config: Some(config),
        version: version.unwrap_or_default(),
        store: Store::new(contents.arrays, Names::Numbers),
    })
}

/// The reader refuses what is nested too deeply.
fn json(part: &str, text: &[u8]) -> Result<Value, KerasError> {
    serde_json::from_slice(text).map_err(|error| KerasError::Json {
        part: part.to_owned(),
        why: error.to_string(),
    })
}
