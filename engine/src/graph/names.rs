//! Names that no node has, whether it is renamed, inserted, or opened from a file or a link: files of
//! maps and weights are keyed by the names of nodes, and have these keys for something else.

/// The name of the graph's input wherever nodes are named, and of its tensor in files of maps.
pub const INPUT_NAME: &str = "input";

/// The beginning of the names of an optimiser's state in a checkpoint.
pub const RESERVED_PREFIX: &str = "@optimizer/";

/// The key of a safetensors file for what is not a tensor (huggingface.co/docs/safetensors).
const METADATA: &str = "__metadata__";

/// Whether no node may have this name.
pub fn is_reserved(name: &str) -> bool {
    name == INPUT_NAME || name == METADATA || name.starts_with(RESERVED_PREFIX)
}
