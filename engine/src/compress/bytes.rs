//! What a network takes in a file.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde::{Deserialize, Serialize};

use super::Weights;
use super::quantise::{Granularity, Quantised, Scheme, Width, quantise};
use crate::NodeId;

/// Bytes of all parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bytes {
    /// Each weight of a convolution or linear layer in its width, everything else as 32-bit floats,
    /// with scales (4 bytes) and zero points (1 byte).
    pub dense: u64,
    /// One bit a weight says whether it is 0; the others follow.
    pub sparse: u64,
    /// The dense form after deflate (LZ77 and Huffman codes).
    pub deflated: u64,
}

/// How the weights are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stored {
    /// 32-bit floats without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<Width>,
    pub granularity: Granularity,
    pub scheme: Scheme,
}

/// The key of a checkpoint's metadata under which it is, as JSON.
pub const STORED: &str = "cnn-lab.stored";

impl Stored {
    /// Whether all weights are 32-bit floats.
    pub const fn is_usual(&self) -> bool {
        self.width.is_none()
    }

    /// As the metadata of a checkpoint say.
    pub fn of_notes(notes: &BTreeMap<String, String>) -> Self {
        let json = notes
            .get(STORED)
            .and_then(|it| serde_json::from_str(it).ok());
        json.unwrap_or_default()
    }
}

impl Bytes {
    /// Of these weights, stored so.
    pub fn of(weights: &Weights, stored: Stored) -> Self {
        Self::of_each(weights, |_| stored)
    }

    /// Of these weights, those of each node stored so.
    pub fn of_each(weights: &Weights, stored: impl Fn(NodeId) -> Stored) -> Self {
        let mut whole: Vec<u8> = Vec::new();
        let mut saved: i64 = 0;
        for tensor in weights.tensors() {
            let stored = stored(tensor.parameter.node);
            let width = stored.width.filter(|_| tensor.is_matrix());
            let zeros = tensor.values.iter().filter(|it| **it == 0.0).count() as i64;
            let bits = i64::from(width.map_or(32, Width::bits));
            let start = whole.len();
            match width {
                None => floats(&mut whole, &tensor.values),
                Some(Width::F16) => halves(&mut whole, &tensor.values),
                Some(width) => {
                    let Stored {
                        granularity,
                        scheme,
                        ..
                    } = stored;
                    let channels = tensor.dims().first().copied().unwrap_or(1);
                    let quantised = quantise(&tensor.values, channels, width, granularity, scheme);
                    integers(&mut whole, &quantised, width, scheme);
                }
            }
            if tensor.is_matrix() {
                let dense = (whole.len() - start) as i64;
                let count = tensor.values.len() as i64;
                let sparse = dense - (bits * zeros).div_euclid(8) + (count + 7) / 8;
                saved += (dense - sparse).max(0);
            }
        }
        let dense = whole.len() as u64;
        Self {
            dense,
            sparse: dense.saturating_sub(saved as u64),
            deflated: deflated(&whole),
        }
    }
}

fn floats(to: &mut Vec<u8>, values: &[f32]) {
    to.extend(values.iter().flat_map(|it| it.to_le_bytes()));
}

/// Sixteen bits of a float that has no more.
fn halves(to: &mut Vec<u8>, values: &[f32]) {
    for &value in values {
        let bits = value.to_bits();
        let sign = (bits >> 16) & 0x8000;
        let exponent = ((bits >> 23) & 0xff) as i32 - 127;
        let half = if value.abs() < 1.0 / 16384.0 {
            (value.abs() * 16_777_216.0) as u32
        } else {
            (((exponent + 15).clamp(0, 30) as u32) << 10) | ((bits >> 13) & 0x3ff)
        };
        to.extend(((sign | half) as u16).to_le_bytes());
    }
}

/// The scales, the zero points where there are some, and the numbers close together.
fn integers(to: &mut Vec<u8>, quantised: &Quantised, width: Width, scheme: Scheme) {
    for grid in &quantised.grids {
        to.extend(grid.scale.to_le_bytes());
        if scheme == Scheme::Affine && width != Width::Binary {
            to.push(grid.zero_point as u8);
        }
    }
    let bits = width.bits();
    let (mut byte, mut used) = (0_u32, 0);
    for &q in &quantised.q {
        let q = if width == Width::Binary {
            i32::from(q > 0)
        } else {
            q
        };
        let mask = (1_u32 << bits) - 1;
        byte |= (q as u32 & mask) << used;
        used += bits;
        if used == 8 {
            to.push(byte as u8);
            (byte, used) = (0, 0);
        }
    }
    if used > 0 {
        to.push(byte as u8);
    }
}

/// How many bytes deflate leaves.
fn deflated(bytes: &[u8]) -> u64 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    // Writing into memory cannot fail; were it to, nothing would be saved.
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    packed.map_or(bytes.len(), |it| it.len()) as u64
}
