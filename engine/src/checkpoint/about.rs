//! What a checkpoint says of itself.

use serde::{Deserialize, Serialize};

use super::WeightsError;
use crate::NodeId;
use crate::train::Run;

/// The version of the metadata that this program writes; it reads this and older ones.
pub const VERSION: u32 = 1;

/// The key of the metadata. One entry, because the format keeps no order among several.
pub const ABOUT: &str = "cnn-lab.checkpoint";

/// The metadata of a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub version: u32,
    /// The network's name.
    pub network: String,
    /// The seed of its first weights.
    #[serde(default)]
    pub seed: u64,
    /// How many steps it was trained.
    #[serde(default)]
    pub step: u64,
    /// The nodes that have weights, so that a renamed one is found by its number.
    #[serde(default)]
    pub nodes: Vec<StoredNode>,
    /// The names of the parameters that are trained; the others are still random.
    #[serde(default)]
    pub trained: Vec<String>,
    /// The training that it is of, which can go on from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<Run>,
}

/// A node as it was when the checkpoint was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredNode {
    pub number: NodeId,
    pub name: String,
}

impl About {
    /// # Errors
    /// When the text is not the metadata of a checkpoint, or of a newer version.
    pub(super) fn parse(text: &str) -> Result<Self, WeightsError> {
        // The version first: what a newer one means by the rest is not known here.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let unreadable = |error: serde_json::Error| WeightsError::Metadata {
            why: error.to_string(),
        };
        let Versioned { version } = serde_json::from_str(text).map_err(unreadable)?;
        if version > VERSION {
            return Err(WeightsError::Version { got: version });
        }
        serde_json::from_str(text).map_err(unreadable)
    }
}
