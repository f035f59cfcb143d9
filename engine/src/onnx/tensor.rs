//! Constants: a file's tensors as numbers.

use half::{bf16, f16};

use super::{External, MAX_RANK, OnnxError, proto};

/// Numbers with axes. Booleans are whole numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    pub dims: Vec<usize>,
    pub data: Data,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    Floats(Vec<f32>),
    Ints(Vec<i64>),
}

impl Data {
    pub const fn len(&self) -> usize {
        match self {
            Self::Floats(values) => values.len(),
            Self::Ints(values) => values.len(),
        }
    }
}

impl Tensor {
    pub fn ints(values: Vec<i64>) -> Self {
        Self {
            dims: vec![values.len()],
            data: Data::Ints(values),
        }
    }

    pub fn scalar(value: i64) -> Self {
        Self {
            dims: Vec::new(),
            data: Data::Ints(vec![value]),
        }
    }

    pub fn floats(values: Vec<f32>) -> Self {
        Self {
            dims: vec![values.len()],
            data: Data::Floats(values),
        }
    }

    pub const fn len(&self) -> usize {
        self.data.len()
    }

    pub const fn is_float(&self) -> bool {
        matches!(self.data, Data::Floats(_))
    }

    /// The values as 32-bit floats.
    pub fn to_floats(&self) -> Vec<f32> {
        match &self.data {
            Data::Floats(values) => values.clone(),
            Data::Ints(values) => values.iter().map(|&value| value as f32).collect(),
        }
    }

    /// The values as whole numbers, cut towards zero.
    pub fn to_ints(&self) -> Vec<i64> {
        match &self.data {
            Data::Floats(values) => values.iter().map(|&value| value as i64).collect(),
            Data::Ints(values) => values.clone(),
        }
    }

    /// The value of a tensor of one.
    pub fn single(&self) -> Option<f32> {
        match &self.data {
            Data::Floats(values) if values.len() == 1 => values.first().copied(),
            Data::Ints(values) if values.len() == 1 => values.first().map(|&value| value as f32),
            _ => None,
        }
    }

    /// Reads a tensor of the file; what lies beside it comes from `external`.
    pub fn of(tensor: &proto::Tensor<'_>, external: &External<'_>) -> Result<Self, OnnxError> {
        let wrong = |why: String| OnnxError::Tensor {
            name: tensor.name.to_owned(),
            why,
        };
        if tensor.dims.len() > MAX_RANK {
            return Err(wrong(format!("it has {} axes", tensor.dims.len())));
        }
        let dims: Option<Vec<usize>> = { tensor.dims.iter() }
            .map(|&side| usize::try_from(side).ok())
            .collect();
        let dims = dims.ok_or_else(|| wrong(format!("its sides are {:?}", tensor.dims)))?;
        let count = { dims.iter() }.try_fold(1_usize, |all, &side| all.checked_mul(side));
        let count = count.filter(|&count| count <= super::MAX_BYTES as usize);
        let count = count.ok_or_else(|| wrong(format!("its sides are {dims:?}, too large")))?;
        let raw = if tensor.is_external {
            Some(external_bytes(tensor, external)?)
        } else {
            tensor.raw
        };
        let data = match raw {
            Some(raw) => decode(tensor.dtype, raw),
            None => typed(tensor),
        };
        let data = data.ok_or_else(|| {
            wrong(format!(
                "its values are of type {}, which cannot be read",
                tensor.dtype
            ))
        })?;
        if data.len() != count {
            return Err(wrong(format!(
                "it has {} values; its sides {dims:?} want {count}",
                data.len()
            )));
        }
        Ok(Self { dims, data })
    }
}

/// The bytes of a tensor that lies in a file beside this one.
fn external_bytes<'a>(
    tensor: &proto::Tensor<'_>,
    external: &External<'a>,
) -> Result<&'a [u8], OnnxError> {
    let value = |key: &str| {
        let entry = tensor.external.iter().find(|(name, _)| *name == key);
        entry.map(|(_, value)| *value)
    };
    let path = external_path(tensor)?;
    let file = external.iter().find(|(name, _)| *name == path);
    let (_, file) = file.ok_or_else(|| OnnxError::MissingFile {
        tensor: tensor.name.to_owned(),
        path: path.clone(),
    })?;
    let wrong = || OnnxError::Tensor {
        name: tensor.name.to_owned(),
        why: format!(
            "it lies outside of “{path}”, which has {} bytes",
            file.len()
        ),
    };
    let number = |key: &str| match value(key) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| wrong()),
    };
    let start: usize = number("offset")?.unwrap_or(0);
    let rest = file.get(start..).ok_or_else(wrong)?;
    match number("length")? {
        None => Ok(rest),
        Some(length) => rest.get(..length).ok_or_else(wrong),
    }
}

/// The path of the file that this tensor lies in, within the folder of the model.
pub(super) fn external_path(tensor: &proto::Tensor<'_>) -> Result<String, OnnxError> {
    let location = tensor.external.iter().find(|(key, _)| *key == "location");
    let path = location.map_or("", |(_, path)| *path).replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let is_outside = path.is_empty()
        || path.starts_with('/')
        || path.contains(':')
        || path.split('/').any(|part| part == "..");
    if is_outside {
        return Err(OnnxError::OutsidePath {
            tensor: tensor.name.to_owned(),
            path: path.to_owned(),
        });
    }
    Ok(path.to_owned())
}

const FLOAT: i64 = 1;
const UINT8: i64 = 2;
const INT8: i64 = 3;
const UINT16: i64 = 4;
const INT16: i64 = 5;
const INT32: i64 = 6;
pub(super) const INT64: i64 = 7;
pub(super) const BOOL: i64 = 9;
pub(super) const FLOAT16: i64 = 10;
pub(super) const DOUBLE: i64 = 11;
const UINT32: i64 = 12;
const UINT64: i64 = 13;
pub(super) const BFLOAT16: i64 = 16;

/// Whether a type is one of floating-point numbers.
pub(super) const fn is_float_type(dtype: i64) -> bool {
    matches!(dtype, FLOAT | FLOAT16 | DOUBLE | BFLOAT16)
}

/// Values as their bytes, little-endian. `None` for a type that is not read, or half a value.
fn decode(dtype: i64, raw: &[u8]) -> Option<Data> {
    fn each<const N: usize, T>(raw: &[u8], value: fn([u8; N]) -> T) -> Option<Vec<T>> {
        let (chunks, rest) = raw.as_chunks();
        rest.is_empty()
            .then(|| chunks.iter().map(|&chunk| value(chunk)).collect())
    }
    Some(match dtype {
        FLOAT => Data::Floats(each(raw, f32::from_le_bytes)?),
        DOUBLE => Data::Floats(each(raw, |it| f64::from_le_bytes(it) as f32)?),
        FLOAT16 => Data::Floats(each(raw, |it| f16::from_le_bytes(it).to_f32())?),
        BFLOAT16 => Data::Floats(each(raw, |it| bf16::from_le_bytes(it).to_f32())?),
        UINT8 | BOOL => Data::Ints(each(raw, |it| u8::from_le_bytes(it).into())?),
        INT8 => Data::Ints(each(raw, |it| i8::from_le_bytes(it).into())?),
        UINT16 => Data::Ints(each(raw, |it| u16::from_le_bytes(it).into())?),
        INT16 => Data::Ints(each(raw, |it| i16::from_le_bytes(it).into())?),
        INT32 => Data::Ints(each(raw, |it| i32::from_le_bytes(it).into())?),
        UINT32 => Data::Ints(each(raw, |it| u32::from_le_bytes(it).into())?),
        INT64 => Data::Ints(each(raw, i64::from_le_bytes)?),
        UINT64 => Data::Ints(each(raw, |it| u64::from_le_bytes(it) as i64)?),
        _ => return None,
    })
}

/// Values in the fields that protobuf has for each type.
fn typed(tensor: &proto::Tensor<'_>) -> Option<Data> {
    let ints = || tensor.ints.iter();
    Some(match tensor.dtype {
        FLOAT => Data::Floats(tensor.floats.clone()),
        DOUBLE => Data::Floats(tensor.doubles.iter().map(|&value| value as f32).collect()),
        FLOAT16 => Data::Floats(
            ints()
                .map(|&it| f16::from_bits(it as u16).to_f32())
                .collect(),
        ),
        BFLOAT16 => Data::Floats(
            ints()
                .map(|&it| bf16::from_bits(it as u16).to_f32())
                .collect(),
        ),
        UINT8 | INT8 | UINT16 | INT16 | INT32 | INT64 | BOOL | UINT32 | UINT64 => {
            // int32_data keeps negative numbers in 64 bits or in 32.
            let narrow = matches!(tensor.dtype, INT8 | INT16 | INT32);
            let value = |&it: &i64| if narrow { i64::from(it as i32) } else { it };
            Data::Ints(ints().map(value).collect())
        }
        _ => return None,
    })
}
