//! A drawing inside an exercise: the ink, deflated, so that it is read the same everywhere.

use std::io::{Read, Write};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use crate::Shape;
use crate::data::{DrawingError, Recipe, prepare};

/// The longest side.
const MOST_SIDE: u32 = 512;

/// Ink, one byte a pixel, 0 is paper, row by row from the top.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Packed", into = "Packed")]
pub struct Drawing {
    pub width: u32,
    pub height: u32,
    pub ink: Vec<u8>,
}

/// As it is written.
#[derive(Serialize, Deserialize)]
struct Packed {
    width: u32,
    height: u32,
    /// Deflated, in base64url.
    ink: String,
}

impl Drawing {
    /// As the network's input.
    ///
    /// # Errors
    /// When its sides do not fit its bytes.
    pub fn input(&self, recipe: Recipe, target: Shape) -> Result<Vec<f32>, DrawingError> {
        let sides = [self.width, self.height].map(|side| side as usize);
        Ok(prepare(&self.ink, sides[0], sides[1], recipe, target)?.input)
    }
}

impl From<Drawing> for Packed {
    fn from(drawing: Drawing) -> Self {
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
        // Memory takes everything.
        let written = deflate.write_all(&drawing.ink);
        let bytes = written.and_then(|()| deflate.finish()).unwrap_or_default();
        Self {
            width: drawing.width,
            height: drawing.height,
            ink: BASE64_URL_SAFE_NO_PAD.encode(bytes),
        }
    }
}

impl TryFrom<Packed> for Drawing {
    type Error = String;

    fn try_from(packed: Packed) -> Result<Self, String> {
        let Packed { width, height, ink } = packed;
        if !(1..=MOST_SIDE).contains(&width) || !(1..=MOST_SIDE).contains(&height) {
            return Err(format!(
                "the drawing is {width}×{height}; each side is 1 to {MOST_SIDE} pixels"
            ));
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&ink);
        let bytes = bytes.map_err(|error| format!("the drawing is damaged: {error}"))?;
        let area = u64::from(width) * u64::from(height);
        let mut ink = Vec::new();
        let read = DeflateDecoder::new(bytes.as_slice()).take(area + 1);
        let read = { read }.read_to_end(&mut ink);
        read.map_err(|error| format!("the drawing is damaged: {error}"))?;
        if ink.len() as u64 != area {
            return Err("the drawing has more or fewer pixels than it says".to_owned());
        }
        Ok(Self { width, height, ink })
    }
}
