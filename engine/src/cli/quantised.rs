//! The grids of a variant of 8 bits.

use std::path::Path;

use super::{CliError, read};
use crate::checkpoint::Header;
use crate::compress::quantise::Activations;

/// Those that the metadata of a checkpoint have.
pub(super) fn activations(path: &Path) -> Result<Activations, CliError> {
    let wrong = |why: String| CliError::File {
        path: path.to_owned(),
        why,
    };
    let header = Header::of_file(&read(path)?).map_err(|error| wrong(error.to_string()))?;
    Activations::of(&header.notes).ok_or_else(|| {
        let why = "it has no grids of activations; `cnnlab quantise --out` writes a variant of 8 bits \
                   with them";
        wrong(why.to_owned())
    })
}
