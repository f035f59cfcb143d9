//! MNIST's file format, IDX, plain or gzipped: images (magic 2051) and labels (magic 2049).

use std::io::Read;

use flate2::read::GzDecoder;

/// Grey images of one size, one byte a pixel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    pub width: usize,
    pub height: usize,
    /// All pixels, image after image; 255 is full ink.
    pub pixels: Vec<u8>,
}

/// Why bytes are not an IDX file.
#[derive(Debug, thiserror::Error)]
pub enum IdxError {
    #[error("the file cannot be unzipped: {0}")]
    Gzip(#[from] std::io::Error),
    #[error("this is not an IDX file of {what}: it begins with {got}, wanted {wanted}")]
    Magic {
        what: &'static str,
        got: u32,
        wanted: u32,
    },
    #[error("the header of the IDX file promises {wanted} bytes of data but there are {got}")]
    Length { wanted: u64, got: u64 },
    #[error("an IDX file may unzip to {LIMIT} bytes at most")]
    TooLong,
}

/// Enough for MNIST's training images.
const LIMIT: u64 = 1 << 26;

impl Images {
    /// How many images there are.
    pub const fn len(&self) -> usize {
        match self.width * self.height {
            0 => 0,
            area => self.pixels.len() / area,
        }
    }

    /// Whether there are no images.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pixels of one image.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let area = self.width * self.height;
        self.pixels.get(index * area..(index + 1) * area)
    }
}

/// Reads images, plain or gzipped.
///
/// # Errors
/// When the bytes are not a complete file of this kind.
pub fn read_images(bytes: &[u8]) -> Result<Images, IdxError> {
    images(&unzipped(bytes)?)
}

/// Reads plain images.
///
/// # Errors
/// When the bytes are not a complete file of this kind.
pub fn images(bytes: &[u8]) -> Result<Images, IdxError> {
    let [count, height, width] = header::<3>(bytes, "images", 2051)?;
    let pixels = data(
        bytes,
        16,
        u64::from(count) * u64::from(height) * u64::from(width),
    )?;
    Ok(Images {
        width: width as usize,
        height: height as usize,
        pixels,
    })
}

/// Reads labels, plain or gzipped, one byte each.
///
/// # Errors
/// When the bytes are not a complete file of this kind.
pub fn read_labels(bytes: &[u8]) -> Result<Vec<u8>, IdxError> {
    labels(&unzipped(bytes)?)
}

/// Reads plain labels, one byte each.
///
/// # Errors
/// When the bytes are not a complete file of this kind.
pub fn labels(bytes: &[u8]) -> Result<Vec<u8>, IdxError> {
    let [count] = header::<1>(bytes, "labels", 2049)?;
    data(bytes, 8, count.into())
}

pub(super) fn unzipped(bytes: &[u8]) -> Result<Vec<u8>, IdxError> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes.to_vec());
    }
    let mut plain = Vec::new();
    GzDecoder::new(bytes)
        .take(LIMIT + 1)
        .read_to_end(&mut plain)?;
    if plain.len() as u64 > LIMIT {
        return Err(IdxError::TooLong);
    }
    Ok(plain)
}

/// The big-endian word at this place, counted in words.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(4 * at..4 * at + 4)?;
    Some(u32::from_be_bytes(word.try_into().ok()?))
}

fn header<const N: usize>(
    bytes: &[u8],
    what: &'static str,
    wanted: u32,
) -> Result<[u32; N], IdxError> {
    let short = IdxError::Length {
        wanted: 4 + 4 * N as u64,
        got: bytes.len() as u64,
    };
    let word = |at: usize| word(bytes, at);
    let Some(got) = word(0) else {
        return Err(short);
    };
    if got != wanted {
        return Err(IdxError::Magic { what, got, wanted });
    }
    let mut sizes = [0; N];
    for (at, size) in sizes.iter_mut().enumerate() {
        let Some(word) = word(at + 1) else {
            return Err(short);
        };
        *size = word;
    }
    Ok(sizes)
}

fn data(bytes: &[u8], start: usize, wanted: u64) -> Result<Vec<u8>, IdxError> {
    let data = &bytes[start..];
    if data.len() as u64 != wanted {
        return Err(IdxError::Length {
            wanted,
            got: data.len() as u64,
        });
    }
    Ok(data.to_vec())
}
