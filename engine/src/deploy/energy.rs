//! Energy of a pass by a model: so much for a multiply-add, so much for a byte. Horowitz, “Computing's
//! energy problem (and what we can do about it)”, ISSCC 2014, figure 1.1.9: 45 nm, 0.9 V.

use serde::{Deserialize, Serialize};

use crate::Analysis;
use crate::analysis::Precision;

/// Picojoules of a multiplication and an addition, in the order of [`Precision::ALL`]: 3.7 + 0.9 of
/// 32-bit floats, 1.1 + 0.4 of 16-bit floats, 0.2 of 8-bit integers with 0.1 for a 32-bit sum.
pub const MAC_PJ: [f64; 3] = [4.6, 1.5, 0.3];
/// Picojoules of a byte from DRAM, the lower of the figures: 1.3 nJ for 64 bits.
pub const DRAM_BYTE_PJ: f64 = 1300.0 / 8.0;
/// Picojoules of a byte from an SRAM of 1 MB: 100 pJ for 64 bits.
pub const SRAM_BYTE_PJ: f64 = 100.0 / 8.0;
/// What such an SRAM holds.
pub const SRAM_BYTES: u64 = 1 << 20;

/// Microjoules of one picture, by what they go to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Energy {
    pub arithmetic_uj: f64,
    /// Each parameter read once, from DRAM.
    pub parameters_uj: f64,
    /// Feature maps written and read: from SRAM when what is alive at once fits it, else from DRAM.
    pub maps_uj: f64,
    pub maps_fit_sram: bool,
}

impl Energy {
    /// Of one picture in this precision.
    pub fn of(analysis: &Analysis, precision: Precision) -> Self {
        let total = &analysis.total;
        let moved: u64 = analysis
            .nodes
            .iter()
            .map(|it| it.moved_bytes(precision))
            .sum();
        let parameters = precision.bytes(total.params());
        let maps = moved.saturating_sub(parameters);
        let fit = analysis.inference.bytes(precision) <= SRAM_BYTES;
        let byte = if fit { SRAM_BYTE_PJ } else { DRAM_BYTE_PJ };
        Self {
            arithmetic_uj: total.macs as f64 * MAC_PJ[precision as usize] * 1e-6,
            parameters_uj: parameters as f64 * DRAM_BYTE_PJ * 1e-6,
            maps_uj: maps as f64 * byte * 1e-6,
            maps_fit_sram: fit,
        }
    }

    /// All of it.
    pub fn total_uj(&self) -> f64 {
        self.arithmetic_uj + self.parameters_uj + self.maps_uj
    }
}
