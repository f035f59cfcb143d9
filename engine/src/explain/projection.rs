//! How values of many numbers are put in the plane.

use serde::{Deserialize, Serialize};

/// A way to do it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Projection {
    /// Along the two directions in which they lie furthest apart.
    #[default]
    Principal,
    /// Near ones near each other, from random places of this seed.
    Tsne { seed: u64 },
}
