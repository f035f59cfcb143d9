//! Why a file of weights cannot be used, as data and as sentences.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{FileFormat, VERSION};

/// Why a file of weights cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum WeightsError {
    #[error("this is not a safetensors file: {why}")]
    Format { why: String },
    /// It is something else, which is known.
    #[error("this is not a safetensors file: it is {0}")]
    Other(FileFormat),
    #[error(
        "the safetensors file ends early: it has {got} bytes of {wanted}; download or save it again"
    )]
    Truncated { got: u64, wanted: u64 },
    #[error(
        "this is not a valid safetensors file: it has two tensors named “{name}”; save it again \
         with a name of its own for each tensor"
    )]
    Duplicate { name: String },
    #[error("the file's description of its checkpoint cannot be read: {why}")]
    Metadata { why: String },
    #[error(
        "the checkpoint is of version {got}, and this program reads up to version {VERSION}; \
         update it, or save the weights with the older one"
    )]
    Version { got: u32 },
    #[error("the weights do not fit this network: {0}")]
    Mismatch(Mismatch),
    #[error(
        "“{name}” is stored as {got}; floats of 64, 32 or 16 bits are read: F64, F32, F16, BF16"
    )]
    Dtype { name: String, got: String },
    /// `index` counts along the tensor's axes as it is stored, from 0.
    #[error(
        "“{name}” is {value} at {index:?} ({count} such {}); save the weights of a step before \
         they stopped being numbers",
        if *count == 1 { "value" } else { "values" }
    )]
    NotFinite {
        name: String,
        index: Vec<usize>,
        value: String,
        count: usize,
    },
    #[error(
        "“{name}” is {value} at {index:?}, which is too large for a 32-bit float ({count} such {})",
        if *count == 1 { "value" } else { "values" }
    )]
    TooLarge {
        name: String,
        index: Vec<usize>,
        value: String,
        count: usize,
    },
    #[error(
        "the checkpoint lacks the optimiser's state “{name}”, or has it in another size; start the \
         training anew from its weights"
    )]
    OptimiserState { name: String },
    #[error("the weights could not be read back from the device: {why}")]
    Read { why: String },
}

/// In what a file's tensors differ from a network's parameters; the lists are complete.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// Parameters that the file lacks.
    pub missing: Vec<String>,
    /// Tensors of the file that the network has no parameter for.
    pub extra: Vec<String>,
    pub different: Vec<Different>,
}

/// A parameter that the file has in another shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Different {
    pub name: String,
    pub stored: Vec<usize>,
    pub wanted: Vec<usize>,
}

impl Mismatch {
    /// Whether the file has exactly the network's parameters.
    pub const fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.different.is_empty()
    }

    /// The three lists, each with what it is a list of.
    pub fn lists(&self) -> [(&'static str, Vec<String>); 3] {
        let different = self.different.iter().map(ToString::to_string);
        [
            ("missing", self.missing.clone()),
            ("not wanted", self.extra.clone()),
            ("of another shape", different.collect()),
        ]
    }
}

impl fmt::Display for Different {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            stored,
            wanted,
        } = self;
        write!(
            formatter,
            "{name} ({stored:?} in the file, {wanted:?} wanted)"
        )
    }
}

/// A sentence names so many of each list.
const NAMED: usize = 8;

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = self.lists().into_iter();
        let lists = lists.filter(|(_, names)| !names.is_empty());
        let parts = lists.map(|(what, names)| {
            let more = names.len().saturating_sub(NAMED);
            let named = names[..names.len() - more].join(", ");
            match more {
                0 => format!("{what}: {named}"),
                more => format!("{what}: {named} and {more} more"),
            }
        });
        formatter.write_str(&parts.collect::<Vec<_>>().join("; "))
    }
}
