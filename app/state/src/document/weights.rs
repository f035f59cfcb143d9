//! Weights of the person's own, in the place of those that a network is opened with.

use std::sync::Arc;

/// Weights that were loaded from a file, or trained. Their values are a checkpoint, which the page
/// holds by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnWeights {
    /// The checkpoint's number. Chosen at random below 2⁵³, so that two pages that have the same
    /// experiment open do not choose the same one.
    pub number: u64,
    /// The name of the file that they come from.
    pub from: Arc<str>,
    /// How many steps they were trained here.
    pub step: u64,
}

/// The network or its weights are others than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The zoo's name of the network, for the weights it is opened with.
    pub origin: Option<&'static str>,
    /// The weights that take their place.
    pub weights: Option<OwnWeights>,
    /// Another network was opened; `false` where the same one gets other weights.
    pub network: bool,
}
