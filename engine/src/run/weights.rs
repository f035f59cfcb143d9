//! Weights in and out: safetensors with PyTorch's names, `<node>.<role>`.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};
use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError};

use super::Network;
use super::kept::Provenance;
use super::params::Param;
use crate::checkpoint::{File, Fit, Note, Parameter, WeightsError};

/// The network's parameters as data.
pub fn parameters(network: &Network) -> Vec<Parameter> {
    let params = network.params().iter();
    let parameter = |param: &Param| Parameter {
        node: param.node,
        role: param.role.name(),
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
    let file = File::read(bytes)?;
    let Fit {
        found,
        mismatch,
        turns,
        notes,
    } = file.fit(network);
    if !mismatch.is_empty() {
        return Err(WeightsError::Mismatch(mismatch));
    }
    let places: Vec<usize> = found.into_iter().flatten().collect();
    let turn = |number: usize| turns.get(number).and_then(Option::as_ref);
    let values = places.iter().enumerate();
    let values = values.map(|(number, &place)| file.turned(place, turn(number)));
    let values = values.collect::<Result<Vec<_>, _>>()?;
    let device = network.device().clone();
    for (param, values) in network.params_mut().iter_mut().zip(values) {
        let count = values.len();
        param.values = Tensor::from_data(TensorData::new(values, [count]), &device);
    }
    let params = network.params().iter().zip(&places);
    let origins = params.map(|(param, &place)| (param.node, param.role, file.is_trained(place)));
    Ok((Provenance::of(origins), notes))
}

/// The values of a tensor of floats, all finite.
///
/// # Errors
/// When they are something else, or too large for 32 bits.
pub fn finite_floats(name: &str, view: &TensorView<'_>) -> Result<Vec<f32>, WeightsError> {
    let values = floats(name, view)?;
    if let Some(place) = values.iter().position(|value| !value.is_finite()) {
        let count = values.iter().filter(|value| !value.is_finite()).count();
        return Err(WeightsError::NotFinite {
            name: name.to_owned(),
            index: index(place, view.shape()),
            value: values[place].to_string(),
            count,
        });
    }
    Ok(values)
}

/// The values of a tensor of floats; 64-bit ones are rounded, every 16-bit one is exactly a 32-bit
/// one.
///
/// # Errors
/// When it holds something else, or a finite value that is too large for 32 bits.
pub fn floats(name: &str, view: &TensorView<'_>) -> Result<Vec<f32>, WeightsError> {
    let data = view.data();
    let halves =
        |value: fn([u8; 2]) -> f32| data.as_chunks().0.iter().map(|&it| value(it)).collect();
    match view.dtype() {
        Dtype::F64 => narrowed(name, view),
        Dtype::F32 => {
            let (chunks, _) = data.as_chunks();
            Ok(chunks.iter().map(|&it| f32::from_le_bytes(it)).collect())
        }
        Dtype::F16 => Ok(halves(|it| f16::from_le_bytes(it).to_f32())),
        Dtype::BF16 => Ok(halves(|it| bf16::from_le_bytes(it).to_f32())),
        got => Err(WeightsError::Dtype {
            name: name.to_owned(),
            got: format!("{got:?}"),
        }),
    }
}

fn narrowed(name: &str, view: &TensorView<'_>) -> Result<Vec<f32>, WeightsError> {
    let (chunks, _) = view.data().as_chunks();
    let wide = || chunks.iter().map(|&it| f64::from_le_bytes(it));
    let too_large = |value: &f64| value.is_finite() && !(*value as f32).is_finite();
    if let Some((place, value)) = wide().enumerate().find(|(_, value)| too_large(value)) {
        return Err(WeightsError::TooLarge {
            name: name.to_owned(),
            index: index(place, view.shape()),
            value: format!("{value:e}"),
            count: wide().filter(too_large).count(),
        });
    }
    Ok(wide().map(|value| value as f32).collect())
}

/// The place along each axis of the value that is the `place`-th in rows.
fn index(place: usize, dims: &[usize]) -> Vec<usize> {
    let mut rest = place;
    let mut index: Vec<usize> = dims
        .iter()
        .rev()
        .map(|&side| {
            let along = rest % side.max(1);
            rest /= side.max(1);
            along
        })
        .collect();
    index.reverse();
    index
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

#[cfg(test)]
mod tests {
    use super::*;

    /// After IEEE 754: f16 has 1, 5 and 10 bits of sign, exponent and fraction, bf16 1, 8 and 7.
    #[test]
    fn sixteen_bit_floats_are_read_exactly() {
        let read = |dtype, bits: &[u16]| {
            let bytes: Vec<u8> = bits.iter().flat_map(|it| it.to_le_bytes()).collect();
            let view = TensorView::new(dtype, vec![bits.len()], &bytes).unwrap();
            floats("x", &view).unwrap()
        };
        // 1, -2, the greatest, the least above zero (2^-24)
        let half = read(Dtype::F16, &[0x3c00, 0xc000, 0x7bff, 0x0001]);
        assert_eq!(half, [1.0, -2.0, 65504.0, 1.0 / 16_777_216.0]);
        // 1, -2, 2^127
        let brain = read(Dtype::BF16, &[0x3f80, 0xc000, 0x7f00]);
        assert_eq!(brain, [1.0, -2.0, 2.0_f32.powi(127)]);
    }

    #[test]
    fn whole_numbers_and_infinite_values_are_refused() {
        let view = TensorView::new(Dtype::I32, vec![1], &[0; 4]).unwrap();
        let error = floats("x", &view).unwrap_err().to_string();
        assert!(error.contains("I32") && error.contains("BF16"), "{error}");
        let infinite = 0x7c00_u16.to_le_bytes();
        let view = TensorView::new(Dtype::F16, vec![1], &infinite).unwrap();
        assert!(matches!(
            finite_floats("x", &view),
            Err(WeightsError::NotFinite { .. })
        ));
    }
}
