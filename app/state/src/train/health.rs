//! How the layers of a card fare in a training, and what is wrong with them.
//!
//! | finding | bound | source |
//! | --- | --- | --- |
//! | vanishing | gradient norm < 10⁻⁶ | as of the whole network, see `diagnosis` |
//! | rate too high | update > 10 % of the weights | Karpathy, CS231n notes on training: the ratio should be near 10⁻³; two orders above it |
//! | rate too low | update < 10⁻⁶ of the weights | the same; three orders below |
//! | dead | more than half of the units | Lu et al. 2019, “Dying ReLU and initialization”: a layer all of whose units are dead passes on nothing; half is our warning |

use engine::NodeId;
use engine::train::LayerHealth;

/// The layers of one card together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CardHealth {
    /// The length of the gradients of all their weights.
    pub gradient: Option<f64>,
    /// The largest update-to-weight ratio.
    pub update: Option<f64>,
    /// The largest share of dead units.
    pub dead: Option<f64>,
}

const VANISHING: f64 = 1e-6;
const TOO_HIGH: f64 = 0.1;
const TOO_LOW: f64 = 1e-6;
const DEAD: f64 = 0.5;

impl CardHealth {
    /// Of these nodes; `None` where nothing is known of them.
    pub fn of(all: &[LayerHealth], nodes: impl Fn(NodeId) -> bool) -> Option<Self> {
        let mine: Vec<_> = all.iter().filter(|it| nodes(it.node)).collect();
        if mine.is_empty() {
            return None;
        }
        let squares = mine
            .iter()
            .filter_map(|it| it.gradient_norm.map(|norm| norm * norm));
        let squares: Vec<f64> = squares.collect();
        let most = |of: fn(&LayerHealth) -> Option<f64>| {
            mine.iter().filter_map(|it| of(it)).max_by(f64::total_cmp)
        };
        Some(Self {
            gradient: (!squares.is_empty()).then(|| squares.iter().sum::<f64>().sqrt()),
            update: most(|it| it.update_ratio),
            dead: most(|it| it.dead),
        })
    }

    /// What is wrong, with the remedy.
    pub fn finding(&self) -> Option<&'static str> {
        if self.dead.is_some_and(|it| it > DEAD) {
            return Some(
                "Most units are dead: they pass on no gradient. Lower the rate or use a leaky ReLU.",
            );
        }
        if self.gradient.is_some_and(|it| it < VANISHING) {
            return Some("The gradient vanishes here. Add norms or skips, or use ReLU.");
        }
        if self.update.is_some_and(|it| it > TOO_HIGH) {
            return Some("Each step changes the weights by more than a tenth. Lower the rate.");
        }
        if self.update.is_some_and(|it| it > 0.0 && it < TOO_LOW) {
            return Some("The weights hardly move. Raise the rate.");
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(node: u32, gradient: f64, update: f64, dead: Option<f64>) -> LayerHealth {
        LayerHealth {
            node: NodeId(node),
            gradient_norm: Some(gradient),
            update_ratio: Some(update),
            dead,
        }
    }

    #[test]
    fn a_card_has_the_length_of_all_gradients_and_the_worst_of_the_rest() {
        let all = [
            layer(1, 3.0, 1e-3, None),
            layer(2, 4.0, 2e-3, Some(0.75)),
            layer(3, 100.0, 1.0, None),
        ];
        let health = CardHealth::of(&all, |id| id != NodeId(3)).unwrap();
        assert_eq!(health.gradient, Some(5.0));
        assert_eq!(health.update, Some(2e-3));
        assert_eq!(health.dead, Some(0.75));
        assert!(health.finding().unwrap().contains("dead"));
        assert_eq!(CardHealth::of(&all, |_| false), None);
    }

    #[test]
    fn only_what_is_wrong_is_found() {
        let of = |gradient, update| CardHealth {
            gradient: Some(gradient),
            update: Some(update),
            dead: None,
        };
        assert_eq!(of(1.0, 1e-3).finding(), None);
        assert!(of(1e-8, 1e-3).finding().unwrap().contains("vanishes"));
        assert!(of(1.0, 0.5).finding().unwrap().contains("Lower"));
        assert!(of(1.0, 1e-8).finding().unwrap().contains("Raise"));
        // Frozen layers do not move.
        assert_eq!(of(1.0, 0.0).finding(), None);
    }
}
