//! HDF5 as Keras and h5py write it by default: arrays of floats in groups, and texts as attributes.
//!
//! The format is described at <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html>. Read
//! are superblocks 0 to 3, object headers 1 and 2, groups by symbol tables and by links in the header,
//! arrays in one piece and in chunks (deflate, shuffle, Fletcher's sum), little-endian floats of 16, 32 and
//! 64 bits. No file makes it recurse, and none makes it allocate much more than a file of its length may
//! hold. Crates read more of the format, in several times the code, and do not say what a hostile file costs.

mod attribute;
mod chunks;
mod dataset;
mod error;
mod group;
mod header;
mod reader;

use std::collections::{BTreeMap, HashSet};

pub use error::Hdf5Error;

use header::{Kind, Message};
use reader::Reader;

/// How a file begins.
pub const SIGNATURE: &[u8; 8] = b"\x89HDF\r\n\x1a\n";

/// The most groups and arrays.
const MAX_OBJECTS: usize = 100_000;
/// The deepest group.
const MAX_DEPTH: usize = 64;
/// The most values of all arrays that are read, a gigabyte as 32-bit floats.
const MAX_VALUES: u64 = 1 << 28;
/// The longest path.
const MAX_PATH: usize = 1024;
/// The attributes of the file that are read.
const TEXTS: [&str; 2] = ["model_config", "keras_version"];
/// The most axes of an array.
const MAX_RANK: usize = 8;

/// An array of floats.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The names of the groups that it lies in and its own, with `/` between them.
    pub path: String,
    pub dims: Vec<usize>,
    pub values: Vec<f32>,
}

/// What was read of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// In the order of their groups.
    pub arrays: Vec<Array>,
    /// The attributes of the file itself that Keras writes: its version, and the model of an older file.
    pub texts: BTreeMap<String, String>,
}

/// Reads the arrays of floats whose path is wanted.
///
/// # Errors
/// When the file is no HDF5 file, is damaged, or has what is not read.
pub fn read(bytes: &[u8], wanted: impl Fn(&str) -> bool) -> Result<Contents, Hdf5Error> {
    let reader = Reader::new(bytes);
    let root = superblock(&reader)?;
    let mut contents = Contents::default();
    let mut seen = HashSet::from([root]);
    // What is taken last was found first.
    let mut open = vec![(String::new(), root, 0)];
    let mut left = MAX_VALUES;
    while let Some((path, address, depth)) = open.pop() {
        let header = header::messages(&reader, address, &path)?;
        if address == root {
            contents.texts = attribute::texts(&reader, &header, &TEXTS);
        }
        if dataset::is_one(&header) {
            if wanted(&path)
                && let Some(array) = dataset::read(&reader, &header, path, &mut left)?
            {
                contents.arrays.push(array);
            }
            continue;
        }
        let links = group::links(&reader, &header, &path)?;
        for (name, address) in links.into_iter().rev() {
            let path = match path.as_str() {
                "" => name,
                group => format!("{group}/{name}"),
            };
            if !seen.insert(address) {
                return Err(Hdf5Error::Loop { path });
            }
            if seen.len() > MAX_OBJECTS {
                return Err(Hdf5Error::TooMany);
            }
            if depth >= MAX_DEPTH || path.len() > MAX_PATH {
                return Err(Hdf5Error::Deep { path });
            }
            open.push((path, address, depth + 1));
        }
    }
    Ok(contents)
}

/// Checks the superblock and gives the address of the first group.
fn superblock(reader: &Reader<'_>) -> Result<u64, Hdf5Error> {
    if reader.bytes.get(..8) != Some(SIGNATURE) {
        return Err(Hdf5Error::Signature);
    }
    let version = reader.byte(8)?;
    // Where the sizes of addresses and lengths stand, and the first address.
    let (sizes, first) = match version {
        0 => (13, 24),
        1 => (13, 28),
        2 | 3 => (9, 12),
        _ => {
            return Err(Hdf5Error::Unread {
                path: String::new(),
                what: format!("a superblock of version {version}"),
            });
        }
    };
    for place in [sizes, sizes + 1] {
        let size = reader.byte(place)?;
        if size != 8 {
            return Err(Hdf5Error::Unread {
                path: String::new(),
                what: format!("addresses of {size} bytes"),
            });
        }
    }
    if reader.u64(first)? != 0 {
        return Err(Hdf5Error::Unread {
            path: String::new(),
            what: "a block of another program before its own".to_owned(),
        });
    }
    let end = reader.u64(first + 16)?;
    let got = reader.bytes.len() as u64;
    if end > got {
        return Err(Hdf5Error::Truncated { got, wanted: end });
    }
    // Behind the address of its end, that of a driver's block and the first entry's name.
    let root = if version < 2 { first + 40 } else { first + 24 };
    reader.u64(root)
}

/// The message of this kind, which is there once.
fn only<'m, 'a>(header: &'m [Message<'a>], kind: Kind) -> Option<&'m Message<'a>> {
    header.iter().find(|message| message.kind == kind)
}
