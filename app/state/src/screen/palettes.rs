//! The palette of a node's maps: chosen by the range of the layer's outputs, not by the current
//! values, so that colours mean the same from one drawing to the next.

use std::collections::HashMap;

use engine::layer::Sign;
use engine::{Graph, NodeId};

/// How values are mapped to colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Palette {
    /// Blue below zero, near white at zero, orange above.
    Signed,
    /// Dark at zero, light at the largest value.
    Positive,
    /// Black is paper, white is full ink.
    Grey,
}

/// The palette of every node, the input among them.
pub fn palettes(graph: &Graph) -> HashMap<NodeId, Palette> {
    let mut palettes = HashMap::from([(NodeId::INPUT, Palette::Grey)]);
    for node in graph.nodes() {
        let positive = match node.layer.rule().sign() {
            Sign::Any => false,
            Sign::NeverNegative => true,
            // The input is normalised, so it counts as signed from here on.
            Sign::AsInputs => node
                .inputs
                .iter()
                .all(|input| palettes.get(input) == Some(&Palette::Positive)),
        };
        palettes.insert(
            node.id,
            if positive {
                Palette::Positive
            } else {
                Palette::Signed
            },
        );
    }
    palettes
}

#[cfg(test)]
mod tests {
    use engine::layer::{Activation, Conv, MaxPool, Merge};
    use engine::{GraphBuilder, Shape};

    use super::*;

    #[test]
    fn pooling_keeps_the_sign_of_its_input() {
        let mut net = GraphBuilder::new("net", Shape::new(1, 8, 8));
        let conv = net.then("conv", Conv::new(2, 3));
        let relu = net.then("relu", Activation::Relu);
        let pool = net.then("pool", MaxPool::new(2));
        let signed = net.from(&[conv], "signed pool", MaxPool::new(2));
        let sum = net.from(&[pool, signed], "sum", Merge::Add);
        let palettes = palettes(&net.finish().unwrap());
        for (node, palette) in [
            (NodeId::INPUT, Palette::Grey),
            (conv, Palette::Signed),
            (relu, Palette::Positive),
            (pool, Palette::Positive),
            (signed, Palette::Signed),
            (sum, Palette::Signed),
        ] {
            assert_eq!(palettes[&node], palette, "{node:?}");
        }
    }
}
