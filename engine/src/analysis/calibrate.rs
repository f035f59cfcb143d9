//! Small networks whose measured times determine the parameters of a machine.

use super::{Analysis, Machine, Sample, Work};
use crate::graph::GraphError;
use crate::layer::{Activation, BatchNorm, Conv, Linear, MaxPool, Merge, Padding};
use crate::{Graph, GraphBuilder, Shape};

/// Milliseconds that a layer must take for its own time to count: browsers give a worker's clock in
/// tenths of a millisecond.
const LEAST_MS: f64 = 0.5;

/// So many small layers that the overhead dominates.
const STARTS: u32 = 48;

fn same(channels: u32, side: u32) -> Conv {
    Conv {
        padding: Padding::Same,
        bias: false,
        ..Conv::new(channels, side)
    }
}

fn halved(conv: Conv) -> Conv {
    Conv {
        stride: [2, 2],
        ..conv
    }
}

fn depthwise(channels: u32) -> Conv {
    Conv {
        groups: channels,
        ..same(channels, 3)
    }
}

impl Machine {
    /// The networks to time. Each consists mostly of one kind of work, at sizes that occur in the zoo;
    /// together about 200 million multiply-adds.
    ///
    /// # Errors
    /// Never for these layers; building a graph can fail in general.
    pub fn calibration() -> Result<Vec<Graph>, GraphError> {
        let mut dense = GraphBuilder::new("3×3 and 5×5 convolutions", Shape::new(32, 56, 56));
        dense.then("wide", same(32, 3));
        dense.then("halved", halved(same(64, 3)));
        dense.then("middle", same(64, 3));
        dense.then("large", halved(same(64, 5)));
        dense.then("deep", same(128, 3));

        let mut pointwise = GraphBuilder::new("1×1 convolutions", Shape::new(64, 56, 56));
        pointwise.then("wide", same(64, 1));
        pointwise.then("halved", halved(same(128, 1)));
        pointwise.then("middle", same(256, 1));
        pointwise.then("deep", same(128, 1));

        let mut parted = GraphBuilder::new("depthwise and the rest", Shape::new(64, 112, 112));
        parted.then("depthwise", depthwise(64));
        let norm = parted.then("norm", BatchNorm::new());
        let relu = parted.then("relu", Activation::Relu);
        parted.from(&[norm, relu], "add", Merge::Add);
        parted.then("halved", halved(depthwise(64)));
        parted.then("pool", MaxPool::new(2));
        parted.then(
            "groups",
            Conv {
                groups: 4,
                ..same(64, 3)
            },
        );

        let mut linear = GraphBuilder::new("linear layers", Shape::vector(2048));
        linear.then("wide", Linear::new(2048));
        linear.then("narrow", Linear::new(1000));

        let mut starts = GraphBuilder::new("small layers", Shape::new(4, 8, 8));
        for number in 0..STARTS {
            starts.then(format!("relu{number}"), Activation::Relu);
        }
        [dense, pointwise, parted, linear, starts]
            .into_iter()
            .map(GraphBuilder::finish)
            .collect()
    }
}

impl Sample {
    /// The samples of one network: each layer that takes long enough to be timed, and the whole pass.
    /// Times are in milliseconds; `layers` in the graph's order.
    pub fn of(graph: &Graph, layers_ms: &[f64], pass_ms: f64) -> Vec<Self> {
        let works = Work::of_all(graph, &Analysis::of(graph));
        let timed = works
            .iter()
            .zip(layers_ms)
            .filter(|(_, ms)| **ms >= LEAST_MS);
        let mut samples: Vec<Self> = timed
            .map(|(work, ms)| Self {
                layers: vec![*work],
                secs: ms / 1e3,
            })
            .collect();
        samples.push(Self {
            layers: works,
            secs: pass_ms / 1e3,
        });
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Arithmetic;

    #[test]
    fn the_networks_are_valid_small_and_ask_for_every_arithmetic() {
        let graphs = Machine::calibration().unwrap();
        let mut macs = 0;
        let mut asked = Vec::new();
        for graph in &graphs {
            let analysis = Analysis::of(graph);
            assert!(
                analysis.is_valid(),
                "{}: {:?}",
                graph.name(),
                analysis.problems
            );
            macs += analysis.total.macs;
            asked.extend(
                Work::of_all(graph, &analysis)
                    .iter()
                    .filter_map(|it| it.arithmetic),
            );
        }
        assert!((100_000_000..300_000_000).contains(&macs), "{macs}");
        for kind in Arithmetic::ALL {
            assert!(asked.contains(&kind), "{kind:?}");
        }
    }

    #[test]
    fn the_networks_tell_a_machine_s_numbers() {
        let known = Machine {
            wait_secs: 30e-6,
            overhead_secs: 40e-6,
            byte_secs: 2e-10,
            element_secs: 5e-10,
            mac_secs: [2e-10, 1.5e-10, 8e-10, 3e-10],
        };
        let mut samples = Vec::new();
        for graph in Machine::calibration().unwrap() {
            let works = Work::of_all(&graph, &Analysis::of(&graph));
            let each = works.iter().map(|work| known.pass_secs(&[*work]) * 1e3);
            let each: Vec<f64> = each.collect();
            samples.extend(Sample::of(&graph, &each, known.pass_secs(&works) * 1e3));
        }
        let found = Machine::fit(&samples).unwrap();
        for (found, known) in found.mac_secs.iter().zip(known.mac_secs).take(3) {
            assert!((found / known - 1.0).abs() < 0.1, "{found} {known}");
        }
        assert!(
            (found.overhead_secs / known.overhead_secs - 1.0).abs() < 0.1,
            "{found:?}"
        );
    }
}
