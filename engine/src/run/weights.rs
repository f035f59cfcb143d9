//! Weights in and out: safetensors with PyTorch's names, `<node>.<role>`.

use std::collections::{BTreeMap, HashSet};

use burn::tensor::{Tensor, TensorData};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};

use super::Network;
use super::params::Param;

/// Why a weights file does not fit.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    #[error("this is not a safetensors file: {0}")]
    Format(#[from] SafeTensorError),
    #[error(
        "the weights do not fit this network: {}",
        list(missing, extra, different)
    )]
    Mismatch {
        missing: Vec<String>,
        extra: Vec<String>,
        different: Vec<String>,
    },
    #[error("“{name}” is stored as {got:?}; only 32-bit floats are read")]
    Dtype { name: String, got: Dtype },
    #[error("“{name}” holds a value that is not a finite number")]
    NotFinite { name: String },
    #[error("the weights could not be read back from the device: {0}")]
    Read(String),
}

fn list(missing: &[String], extra: &[String], different: &[String]) -> String {
    [
        ("missing", missing),
        ("not wanted", extra),
        ("of another shape", different),
    ]
    .iter()
    .filter(|(_, names)| !names.is_empty())
    .map(|(what, names)| format!("{what}: {}", names.join(", ")))
    .collect::<Vec<_>>()
    .join("; ")
}

/// Puts the weights of a safetensors file into the network; on an error nothing is changed.
///
/// # Errors
/// When the file is not one, or its names and shapes are not exactly the network's.
pub fn read_weights(network: &mut Network, bytes: &[u8]) -> Result<(), WeightsError> {
    let file = SafeTensors::deserialize(bytes)?;
    let wanted: HashSet<&str> = network
        .params()
        .iter()
        .map(|param| param.name.as_str())
        .collect();
    let extra: Vec<String> = file
        .names()
        .iter()
        .filter(|name| !wanted.contains(**name))
        .map(ToString::to_string)
        .collect();
    let (mut missing, mut different, mut read) = (Vec::new(), Vec::new(), Vec::new());
    for param in network.params() {
        match file.tensor(&param.name) {
            Err(_) => missing.push(param.name.clone()),
            Ok(view) if view.shape() != param.dims => different.push(format!(
                "{} ({:?} in the file, {:?} wanted)",
                param.name,
                view.shape(),
                param.dims
            )),
            Ok(view) => read.push(values(&param.name, &view)?),
        }
    }
    if !(missing.is_empty() && extra.is_empty() && different.is_empty()) {
        return Err(WeightsError::Mismatch {
            missing,
            extra,
            different,
        });
    }
    let device = network.device().clone();
    for (param, values) in network.params_mut().iter_mut().zip(read) {
        let count = values.len();
        param.values = Tensor::from_data(TensorData::new(values, [count]), &device);
    }
    Ok(())
}

pub(super) fn values(name: &str, view: &TensorView<'_>) -> Result<Vec<f32>, WeightsError> {
    let name = || name.to_owned();
    if view.dtype() != Dtype::F32 {
        return Err(WeightsError::Dtype {
            name: name(),
            got: view.dtype(),
        });
    }
    let (chunks, _) = view.data().as_chunks::<4>();
    let values: Vec<f32> = chunks
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(WeightsError::NotFinite { name: name() });
    }
    Ok(values)
}

/// The network's weights as a safetensors file; `notes` become its metadata.
///
/// # Errors
/// When the device cannot give them back.
pub async fn write_weights(
    network: &Network,
    notes: BTreeMap<String, String>,
) -> Result<Vec<u8>, WeightsError> {
    let mut tensors = Vec::with_capacity(network.params().len());
    for Param {
        name, dims, values, ..
    } in network.params()
    {
        let data = values.clone().inner().into_data_async().await;
        let data = data.map_err(|error| WeightsError::Read(error.to_string()))?;
        let values: Vec<f32> = data
            .try_into_vec()
            .map_err(|error| WeightsError::Read(format!("{error:?}")))?;
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        tensors.push((name.clone(), dims.clone(), bytes));
    }
    let views = tensors
        .iter()
        .map(|(name, dims, bytes)| Ok((name, TensorView::new(Dtype::F32, dims.clone(), bytes)?)))
        .collect::<Result<Vec<_>, SafeTensorError>>()?;
    Ok(safetensors::serialize(
        views,
        Some(notes.into_iter().collect()),
    )?)
}
