//! Why an HDF5 file cannot be read.

use super::{MAX_DEPTH, MAX_OBJECTS, MAX_RANK, MAX_VALUES};

/// Why an HDF5 file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Hdf5Error {
    #[error("it does not begin as an HDF5 file")]
    Signature,
    #[error(
        "it is damaged or not whole: it has {got} bytes, and says that it has {wanted}; copy or download \
         it again"
    )]
    Truncated { got: u64, wanted: u64 },
    #[error("it is damaged: at byte {at} there are not the {what} that it says are there")]
    Damaged { at: u64, what: &'static str },
    #[error("it is damaged: “{path}” lies in itself, or in two groups")]
    Loop { path: String },
    #[error("its groups lie more than {MAX_DEPTH} deep, or have names that are too long: “{path}”")]
    Deep { path: String },
    #[error("it has more than {MAX_OBJECTS} groups and arrays")]
    TooMany,
    #[error("“{path}” has {rank} axes; {MAX_RANK} are read")]
    Rank { path: String, rank: usize },
    #[error(
        "its arrays have more than {MAX_VALUES} values; “{path}” is the first that is too much"
    )]
    TooLarge { path: String },
    #[error("“{path}” has {got} values of {wanted}, which are not there")]
    Missing { path: String, got: u64, wanted: u64 },
    #[error("a chunk of “{path}” cannot be unpacked: {why}")]
    Chunk { path: String, why: String },
    #[error(
        "it has {what}{}, which is not read; save it again in Python with Keras 3 or h5py's default settings",
        of(.path)
    )]
    Unread { path: String, what: String },
}

fn of(path: &str) -> String {
    match path {
        "" => String::new(),
        path => format!(" (“{path}”)"),
    }
}
