//! Reference runs: tensors and op graphs read from the reference folder, run here, compared.

// Each test crate takes what it needs.
#![allow(dead_code)]

#[cfg(feature = "run")]
pub mod op_case;
pub mod op_graph;
#[cfg(feature = "plan")]
pub mod plan_case;
pub mod training;
#[cfg(feature = "plan-gpu")]
pub mod wgsl_case;

use std::collections::BTreeMap;
use std::path::Path;

#[cfg(feature = "run")]
use burn::tensor::{Device, Tensor, TensorData};
#[cfg(feature = "run")]
use engine::run::cpu;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde::de::DeserializeOwned;

/// An array of the reference, in 64-bit floats whatever it is stored as.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub dims: Vec<usize>,
    pub values: Vec<f64>,
}

impl Array {
    /// As N, C, H, W; a list of vectors N, C gets height and width 1.
    pub fn dims4(&self) -> [usize; 4] {
        match *self.dims.as_slice() {
            [batch, channels] => [batch, channels, 1, 1],
            [batch, channels, height, width] => [batch, channels, height, width],
            _ => panic!("{:?} is neither N, C nor N, C, H, W", self.dims),
        }
    }

    pub fn floats(&self) -> Vec<f32> {
        self.values.iter().map(|&value| value as f32).collect()
    }

    /// On the CPU, with these axes.
    #[cfg(feature = "run")]
    pub fn tensor<const D: usize>(&self, dims: [usize; D]) -> Tensor<D> {
        self.tensor_on(dims, &cpu())
    }

    #[cfg(feature = "run")]
    pub fn tensor_on<const D: usize>(&self, dims: [usize; D], device: &Device) -> Tensor<D> {
        Tensor::from_data(TensorData::new(self.floats(), dims), device)
    }

    /// Class numbers.
    pub fn labels(&self) -> Vec<usize> {
        self.values.iter().map(|&value| value as usize).collect()
    }
}

/// The arrays of a safetensors file by name.
pub fn arrays(path: &Path) -> BTreeMap<String, Array> {
    arrays_in(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The arrays in a safetensors file's bytes by name.
pub fn arrays_in(bytes: &[u8]) -> Result<BTreeMap<String, Array>, SafeTensorError> {
    let file = SafeTensors::deserialize(bytes)?;
    let array = |(name, view): (String, TensorView<'_>)| {
        let data = view.data();
        let values = match view.dtype() {
            Dtype::U8 => data.iter().map(|&value| f64::from(value)).collect(),
            Dtype::I8 => data.iter().map(|&value| f64::from(value as i8)).collect(),
            Dtype::I32 => every::<4>(data, |bytes| f64::from(i32::from_le_bytes(bytes))),
            Dtype::F32 => every::<4>(data, |bytes| f64::from(f32::from_le_bytes(bytes))),
            Dtype::F64 => every::<8>(data, f64::from_le_bytes),
            Dtype::I64 => every::<8>(data, |bytes| i64::from_le_bytes(bytes) as f64),
            other => panic!("{name} is stored as {other:?}"),
        };
        let dims = view.shape().to_vec();
        (name, Array { dims, values })
    };
    Ok(file.tensors().into_iter().map(array).collect())
}

fn every<const N: usize>(data: &[u8], value: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    let (chunks, rest) = data.as_chunks::<N>();
    assert!(rest.is_empty());
    chunks.iter().map(|bytes| value(*bytes)).collect()
}

pub fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()))
}

/// A JSON file.
pub fn json<T: DeserializeOwned>(path: &Path) -> T {
    serde_json::from_slice(&read(path))
        .unwrap_or_else(|error| panic!("{} is not of the format: {error}", path.display()))
}

/// The arrays whose names start so, as a weights file.
pub fn weights(tensors: &BTreeMap<String, Array>, prefix: &str) -> Vec<u8> {
    let of_prefix = tensors.iter().filter_map(|(name, array)| {
        let bytes = array
            .floats()
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        Some((name.strip_prefix(prefix)?, array.dims.clone(), bytes))
    });
    let all: Vec<(&str, Vec<usize>, Vec<u8>)> = of_prefix.collect();
    let views = all.iter().map(|(name, dims, bytes)| {
        (
            *name,
            TensorView::new(Dtype::F32, dims.clone(), bytes).unwrap(),
        )
    });
    safetensors::serialize(views.collect::<Vec<_>>(), None).unwrap()
}

/// The values of a tensor on the CPU.
#[cfg(feature = "run")]
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.inner().into_data().try_into_vec().unwrap()
}

/// How far a list of values may be from the wanted ones: `absolute + relative · |wanted|` each.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub absolute: f64,
    pub relative: f64,
}

impl Budget {
    /// What went wrong, if anything did.
    pub fn check(self, what: &str, got: &[f32], wanted: &[f64]) -> Result<(), String> {
        if got.len() != wanted.len() {
            let (got, wanted) = (got.len(), wanted.len());
            return Err(format!("{what} has {got} values, wanted {wanted}"));
        }
        for (place, (&got, &wanted)) in got.iter().zip(wanted).enumerate() {
            let error = (f64::from(got) - wanted).abs();
            let allowed = self.absolute + self.relative * wanted.abs();
            // NaN, too, must not pass.
            if error > allowed || error.is_nan() {
                return Err(format!(
                    "{what}[{place}] is {got}, wanted {wanted}: off by {error:e}, allowed {allowed:e}"
                ));
            }
        }
        Ok(())
    }
}
