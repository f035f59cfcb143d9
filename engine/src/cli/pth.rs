//! PyTorch's own files of weights (`torch.save`), read as safetensors.

use std::collections::BTreeMap;
use std::path::Path;

use half::{bf16, f16};
use pytorch_reader::{DType, PytorchReader, Tensor};

use super::CliError;
use crate::checkpoint::pack;

/// Where training scripts put the weights in what they save.
const KEYS: [&str; 5] = ["state_dict", "model_state_dict", "model", "network", "net"];

/// Whether a file is one by its name.
pub(super) fn is_named(path: &Path) -> bool {
    let ending = path.extension().and_then(|it| it.to_str());
    ending.is_some_and(|it| ["pth", "pt"].contains(&it.to_lowercase().as_str()))
}

/// The weights as a safetensors file with the same names. Whole numbers, as batch norm counts its
/// batches, are left out.
pub(super) fn as_safetensors(path: &Path) -> Result<Vec<u8>, CliError> {
    let wrong = |why: String| CliError::File {
        path: path.to_owned(),
        why,
    };
    let whole = PytorchReader::new(path).map_err(|error| wrong(error.to_string()))?;
    let mut tensors: BTreeMap<String, Tensor> = whole.into_tensors().into_iter().collect();
    // The weights alone, where more lies beside them.
    for key in KEYS {
        let start = format!("{key}.");
        if tensors.keys().any(|name| name.starts_with(&start)) {
            let named = |(name, tensor): (String, Tensor)| {
                let name = name.strip_prefix(&start)?.to_owned();
                Some((name, tensor))
            };
            tensors = tensors.into_iter().filter_map(named).collect();
            break;
        }
    }
    let mut arrays = Vec::new();
    for (name, tensor) in &tensors {
        let bytes = tensor.read().map_err(|error| wrong(error.to_string()))?;
        if let Some(values) = floats(tensor.dtype(), &bytes) {
            arrays.push((name.clone(), tensor.shape().to_vec(), values));
        }
    }
    if arrays.is_empty() {
        return Err(wrong("it has no weights".to_owned()));
    }
    let arrays = { arrays.iter() }
        .map(|(name, shape, values)| (name.clone(), shape.as_slice(), values.as_slice()))
        .collect();
    pack(arrays, &BTreeMap::new()).map_err(|error| wrong(error.to_string()))
}

/// `None` of numbers that are no floats.
fn floats(kind: DType, bytes: &[u8]) -> Option<Vec<f32>> {
    Some(match kind {
        DType::F32 => each(bytes, f32::from_ne_bytes),
        DType::F64 => each(bytes, |it| f64::from_ne_bytes(it) as f32),
        DType::F16 => each(bytes, |it| f16::from_ne_bytes(it).to_f32()),
        DType::BF16 => each(bytes, |it| bf16::from_ne_bytes(it).to_f32()),
        DType::I64
        | DType::I32
        | DType::I16
        | DType::I8
        | DType::U64
        | DType::U32
        | DType::U16
        | DType::U8
        | DType::Bool => return None,
    })
}

fn each<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|it| value(*it)).collect()
}
