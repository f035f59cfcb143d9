//! The header of a safetensors file: which tensors it has and where they lie. The format is
//! described at <https://github.com/huggingface/safetensors>. It forbids duplicate names, which the
//! crate of that name accepts, so the header is read here.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use super::{ABOUT, About, FileFormat, START_BYTES, WeightsError};

/// Bytes of the header's length, at the file's start, little-endian.
pub const LENGTH_BYTES: usize = 8;
/// The longest header that is read, in bytes, as in the reference implementation.
pub const MOST_HEADER_BYTES: u64 = 100_000_000;

/// What a file of weights has in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    /// `None` for a plain file of weights.
    pub about: Option<About>,
    /// Everything else that the file says of itself.
    pub notes: BTreeMap<String, String>,
    /// In the header's order.
    pub tensors: Vec<Stored>,
}

/// One tensor of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub name: String,
    /// As the format writes it, such as `F32`.
    pub dtype: String,
    pub dims: Vec<usize>,
    /// Where its bytes start and end behind the header.
    pub offsets: [u64; 2],
}

impl Stored {
    /// How many bytes the values take; the inner `None` when that is too many to be a number. `None`
    /// for a kind of number that is not of whole bytes or not known.
    fn bytes(&self) -> Option<Option<u64>> {
        let one = match self.dtype.as_str() {
            "BOOL" | "U8" | "I8" => 1,
            "F16" | "BF16" | "U16" | "I16" => 2,
            "F32" | "U32" | "I32" => 4,
            "F64" | "U64" | "I64" => 8,
            _ => return None,
        };
        let all = self
            .dims
            .iter()
            .try_fold(one, |bytes: u64, &side| bytes.checked_mul(side as u64));
        Some(all)
    }
}

impl Header {
    /// How many bytes of header follow the first [`LENGTH_BYTES`] of a file.
    ///
    /// # Errors
    /// When the file is shorter than that, or the header longer than [`MOST_HEADER_BYTES`].
    pub fn length(start: &[u8]) -> Result<usize, WeightsError> {
        let bytes = start.get(..LENGTH_BYTES).and_then(|it| it.try_into().ok());
        let length = bytes.map(u64::from_le_bytes).ok_or_else(|| {
            format_error(format!(
                "it has {} bytes, fewer than the {LENGTH_BYTES} of its header's length",
                start.len()
            ))
        })?;
        if length > MOST_HEADER_BYTES {
            return Err(format_error(format!(
                "its header would have {length} bytes, more than {MOST_HEADER_BYTES}"
            )));
        }
        // Within usize: it is at most `MOST_HEADER_BYTES`.
        Ok(length as usize)
    }

    /// Reads a header without its length, of a file that has `data_bytes` bytes behind it.
    ///
    /// # Errors
    /// When it is no header, names a tensor twice, places one outside of the data, or is of a
    /// checkpoint that cannot be read.
    pub fn parse(header: &[u8], data_bytes: u64) -> Result<Self, WeightsError> {
        let Entries { metadata, tensors } = serde_json::from_slice(header)
            .map_err(|error: serde_json::Error| format_error(error.to_string()))?;
        let mut names = HashSet::new();
        for stored in &tensors {
            let Stored { name, offsets, .. } = stored;
            if !names.insert(name) {
                return Err(WeightsError::Duplicate { name: name.clone() });
            }
            let [start, end] = *offsets;
            if start > end {
                return Err(format_error(format!(
                    "“{name}” is said to lie at bytes {start} to {end}"
                )));
            }
            if stored
                .bytes()
                .is_some_and(|bytes| bytes != Some(end - start))
            {
                return Err(format_error(format!(
                    "“{name}” of {} {:?} is said to lie at bytes {start} to {end}",
                    stored.dtype, stored.dims
                )));
            }
        }
        let wanted = tensors.iter().map(|stored| stored.offsets[1]).max();
        let wanted = wanted.unwrap_or_default();
        if wanted > data_bytes {
            let before = header.len() as u64 + LENGTH_BYTES as u64;
            return Err(WeightsError::Truncated {
                got: before + data_bytes,
                wanted: before.saturating_add(wanted),
            });
        }
        let mut notes = metadata;
        let about = notes.remove(ABOUT);
        let about = about.map(|text| About::parse(&text)).transpose()?;
        Ok(Self {
            about,
            notes,
            tensors,
        })
    }

    /// Reads the header of a whole file.
    ///
    /// # Errors
    /// When it is a file of another kind; else as [`Self::length`] and [`Self::parse`], and when
    /// the file ends before its header does.
    pub fn of_file(file: &[u8]) -> Result<Self, WeightsError> {
        let start = &file[..file.len().min(START_BYTES)];
        match FileFormat::of(start) {
            None | Some(FileFormat::Safetensors) => {}
            Some(other) => return Err(WeightsError::Other(other)),
        }
        let length = Self::length(file)?;
        let rest = &file[LENGTH_BYTES..];
        let Some((header, data)) = rest.split_at_checked(length) else {
            return Err(WeightsError::Truncated {
                got: file.len() as u64,
                wanted: (LENGTH_BYTES + length) as u64,
            });
        };
        Self::parse(header, data.len() as u64)
    }
}

pub(super) const fn format_error(why: String) -> WeightsError {
    WeightsError::Format { why }
}

/// The header's object, with every entry in order.
#[derive(Default)]
struct Entries {
    metadata: BTreeMap<String, String>,
    tensors: Vec<Stored>,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Entries;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Entries::default();
                let mut described = false;
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        if std::mem::replace(&mut described, true) {
                            return Err(A::Error::custom("it has __metadata__ twice"));
                        }
                        entries.metadata = map.next_value()?;
                        continue;
                    }
                    let Entry {
                        dtype,
                        shape: dims,
                        data_offsets: offsets,
                    } = map.next_value()?;
                    entries.tensors.push(Stored {
                        name,
                        dtype,
                        dims,
                        offsets,
                    });
                }
                Ok(entries)
            }
        }

        from.deserialize_map(Reader)
    }
}
