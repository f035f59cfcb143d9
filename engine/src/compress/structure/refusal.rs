//! Why channels cannot be taken out.

use serde::{Deserialize, Serialize};

/// Why channels cannot be taken out; each names the node that keeps them together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    #[error("the network has no node number {node}")]
    NoNode { node: u32 },
    #[error("“{node}” has the channels 0 to {last}; there is no channel {channel}")]
    NoChannel {
        node: String,
        channel: u32,
        last: u32,
    },
    #[error(
        "channel {channel} of “{node}” is tied to the network's input by “{by}”, and the input \
         keeps its channels"
    )]
    Input {
        node: String,
        channel: u32,
        by: String,
    },
    #[error(
        "channel {channel} of “{node}” is tied to the network's output by “{by}”, and the output \
         keeps its values"
    )]
    Output {
        node: String,
        channel: u32,
        by: String,
    },
    #[error("nothing would be left of “{node}”; leave it at least one channel")]
    AllGone { node: String },
    #[error(
        "“{node}” computes each value from several channels, so its other channels change when one \
         goes"
    )]
    Mixes { node: String },
    #[error(
        "“{node}” needs as many channels in each of its {groups} groups; take as many from each, or \
         whole groups"
    )]
    Groups { node: String, groups: u32 },
    #[error("“{node}” would get its inputs' channels in different orders")]
    Order { node: String },
    #[error(
        "“{node}” turns a channel of zeros into other values, which “{by}” would have to go on \
         adding at each position"
    )]
    NotZero { node: String, by: String },
    #[error(
        "“{node}” shares its weights with “{source_name}”, and the channels that would be left of the two \
         differ"
    )]
    Shared { node: String, source_name: String },
    #[error("the weights are not those of the network")]
    Weights,
}
