//! Weights in and out: safetensors with PyTorch's names, `<node>.<role>`.

use std::collections::BTreeMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError};

use super::Network;
use super::kept::Provenance;
use super::params::Param;
use crate::checkpoint::{Note, Parameter, WeightsError};
use crate::weights::{Stored, Values, stored};

/// The network's parameters as data.
pub fn parameters(network: &Network) -> Vec<Parameter> {
    let params = network.params().iter();
    let parameter = |param: &Param| Parameter {
        node: param.node,
        role: param.role,
        name: param.name.clone(),
        dims: param.dims.clone(),
    };
    params.map(parameter).collect()
}

/// Loads the weights of a checkpoint or a safetensors file of this or another program into the
/// network; on an error nothing is changed. Returns which of them are trained, and how the file
/// differs from one of this program.
///
/// # Errors
/// When the file is not one, or its names and shapes are not exactly the network's.
pub fn read_weights(
    network: &mut Network,
    bytes: &[u8],
) -> Result<(Provenance, Vec<Note>), WeightsError> {
    let Stored {
        values,
        provenance,
        notes,
    } = stored(network.graph(), &parameters(network), bytes)?;
    let device = network.device().clone();
    for (param, values) in network.params_mut().iter_mut().zip(values) {
        param.values = Values::of(values, &device);
    }
    Ok((provenance, notes))
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
        let data = data.map_err(|error| WeightsError::Read {
            why: error.to_string(),
        })?;
        let values: Vec<f32> = data.try_into_vec().map_err(|error| WeightsError::Read {
            why: format!("{error:?}"),
        })?;
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
