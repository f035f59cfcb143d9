//! A node's costs in words.

use engine::layer::Cost;

use crate::format::count;

/// “156 parameters · 117.6 k MACs”; what costs nothing is not said.
pub fn costs(cost: &Cost) -> String {
    let mut parts = Vec::new();
    if cost.params() > 0 {
        parts.push(format!("{} par", count(cost.params())));
    }
    if cost.macs > 0 {
        parts.push(format!("{} MAC", count(cost.macs)));
    }
    parts.join(" · ")
}

/// `part` of `whole` in percent; 0 when there is nothing to share.
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64 * 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_costs_that_are_there_are_named() {
        // C1 of LeNet-5: (5·5·1 + 1)·6 parameters, 5·5·6·28·28 multiply-adds.
        let conv = Cost {
            trainable: 156,
            other: 0,
            macs: 117_600,
            element_flops: 4704,
        };
        assert_eq!(costs(&conv), "156 par · 117.6 k MAC");
        assert_eq!(costs(&Cost::default()), "");
    }

    #[test]
    fn a_share_of_nothing_is_nothing() {
        assert_eq!(share(0, 0), 0.0);
        assert_eq!(share(1, 4), 25.0);
    }
}
