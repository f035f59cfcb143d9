//! An array: its axes, the kind of its values, and where they lie.

use half::{bf16, f16};

use super::attribute::texts;
use super::chunks::{self, Chunks};
use super::header::{Kind, Message};
use super::reader::{Cursor, NOWHERE, Reader};
use super::{Array, Hdf5Error, MAX_RANK, only};

/// The most values that a byte of a deflated file unpacks to: the format's own bound.
const MOST_UNPACKED: u64 = 1040;

/// Whether a header is an array's.
pub(super) fn is_one(header: &[Message<'_>]) -> bool {
    only(header, Kind::Layout).is_some()
}

/// How a value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Float {
    Half,
    Brain,
    Single,
    Double,
}

impl Float {
    pub const fn size(self) -> u64 {
        match self {
            Self::Half | Self::Brain => 2,
            Self::Single => 4,
            Self::Double => 8,
        }
    }

    fn values(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Self::Half => each(bytes, |it| f16::from_le_bytes(it).to_f32()),
            Self::Brain => each(bytes, |it| bf16::from_le_bytes(it).to_f32()),
            Self::Single => each(bytes, f32::from_le_bytes),
            Self::Double => each(bytes, |it| f64::from_le_bytes(it) as f32),
        }
    }
}

fn each<const N: usize>(bytes: &[u8], value: fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&it| value(it)).collect()
}

/// The array of this header; `None` where its values are no floats.
pub(super) fn read(
    reader: &Reader<'_>,
    header: &[Message<'_>],
    path: String,
    left: &mut u64,
) -> Result<Option<Array>, Hdf5Error> {
    let Some(space) = only(header, Kind::Dataspace) else {
        return Err(unread(&path, "an array without axes"));
    };
    let (Some(layout), Some(kind)) = (only(header, Kind::Layout), only(header, Kind::Datatype))
    else {
        return Err(unread(&path, "an array without a kind of values"));
    };
    if space.is_shared || kind.is_shared {
        return Err(unread(&path, "an array whose kind is that of another"));
    }
    let Some(float) = float(reader, header, kind, &path)? else {
        return Ok(None);
    };
    let dims = dims(&mut space.cursor(), &path)?;
    let count = dims
        .iter()
        .try_fold(1_u64, |all, &side| all.checked_mul(side));
    let count = count.filter(|count| count <= left);
    let Some(count) = count else {
        return Err(Hdf5Error::TooLarge { path });
    };
    *left -= count;
    let size = count * float.size();
    let most = (reader.bytes.len() as u64).saturating_mul(MOST_UNPACKED);
    if size > most {
        return Err(missing(path, 0, count));
    }
    let bytes = stored(reader, header, layout, &path, &dims, float, size)?;
    let got = bytes.len() as u64;
    if got != size {
        return Err(missing(path, got / float.size(), count));
    }
    let sides = { dims.iter() }.filter_map(|&side| usize::try_from(side).ok());
    Ok(Some(Array {
        dims: sides.collect(),
        values: float.values(&bytes),
        path,
    }))
}

pub(super) fn unread(path: &str, what: &str) -> Hdf5Error {
    Hdf5Error::Unread {
        path: path.to_owned(),
        what: what.to_owned(),
    }
}

const fn missing(path: String, got: u64, wanted: u64) -> Hdf5Error {
    Hdf5Error::Missing { path, got, wanted }
}

/// The sides of a dataspace; none of a single value.
pub(super) fn dims(cursor: &mut Cursor<'_>, path: &str) -> Result<Vec<u64>, Hdf5Error> {
    let version = cursor.byte()?;
    let rank = usize::from(cursor.byte()?);
    // Flags, then what is reserved, or the kind of space.
    cursor.skip(if version == 1 { 6 } else { 2 })?;
    if rank > MAX_RANK {
        let path = path.to_owned();
        return Err(Hdf5Error::Rank { path, rank });
    }
    (0..rank).map(|_| cursor.u64()).collect()
}

/// `None` of whole numbers, texts and others.
fn float(
    reader: &Reader<'_>,
    header: &[Message<'_>],
    kind: &Message<'_>,
    path: &str,
) -> Result<Option<Float>, Hdf5Error> {
    const FLOAT: u8 = 1;
    const OPAQUE: u8 = 5;
    let mut cursor = kind.cursor();
    let class = cursor.byte()? & 15;
    let bits = cursor.byte()?;
    cursor.skip(2)?;
    let size = cursor.u32()?;
    // Keras writes bfloat16 as two bytes of no kind and says so beside it.
    if size == 2 && class == OPAQUE {
        let is_brain = texts(reader, header, &["dtype"])
            .get("dtype")
            .is_some_and(|it| it == "bfloat16");
        return Ok(is_brain.then_some(Float::Brain));
    }
    if class != FLOAT {
        return Ok(None);
    }
    if bits & 0x41 != 0 {
        return Err(unread(
            path,
            "an array of floats whose first byte is the highest",
        ));
    }
    // The places and lengths of exponent and fraction, behind the offset and the precision.
    cursor.skip(5)?;
    let exponent = cursor.byte()?;
    cursor.skip(1)?;
    let fraction = cursor.byte()?;
    match (size, exponent, fraction) {
        (2, 5, 10) => Ok(Some(Float::Half)),
        (2, 8, 7) => Ok(Some(Float::Brain)),
        (4, 8, 23) => Ok(Some(Float::Single)),
        (8, 11, 52) => Ok(Some(Float::Double)),
        _ => Err(unread(
            path,
            &format!("an array of floats of {size} bytes that are not IEEE's"),
        )),
    }
}

/// The bytes of the values.
fn stored(
    reader: &Reader<'_>,
    header: &[Message<'_>],
    layout: &Message<'_>,
    path: &str,
    dims: &[u64],
    float: Float,
    size: u64,
) -> Result<Vec<u8>, Hdf5Error> {
    let mut cursor = layout.cursor();
    let version = cursor.byte()?;
    if !(3..=5).contains(&version) {
        return Err(unread(
            path,
            &format!("an array laid out by version {version}"),
        ));
    }
    let class = cursor.byte()?;
    match class {
        0 => {
            let length = cursor.u16()?;
            Ok(cursor.piece(length.into())?.to_vec())
        }
        1 => {
            let (at, length) = (cursor.u64()?, cursor.u64()?);
            if size == 0 {
                return Ok(Vec::new());
            }
            if at == NOWHERE {
                return Err(missing(path.to_owned(), 0, size / float.size()));
            }
            Ok(reader.piece(at, length.min(size))?.to_vec())
        }
        2 => {
            let chunks = Chunks::of(reader, header, &mut cursor, version, path, dims, float)?;
            chunks::joined(&chunks, dims, float, size)
        }
        other => Err(unread(path, &format!("an array laid out in way {other}"))),
    }
}
