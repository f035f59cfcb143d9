//! Memory: bytes of values, and the feature maps that are alive at the same time.

use serde::{Deserialize, Serialize};

use crate::{Graph, NodeId};

/// How a value is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32-bit floating point, 4 bytes.
    #[default]
    F32,
    /// 16-bit floating point, 2 bytes.
    F16,
    /// 8-bit integers, 1 byte.
    I8,
}

impl Precision {
    /// Every precision, the widest first.
    pub const ALL: [Self; 3] = [Self::F32, Self::F16, Self::I8];

    /// Bytes for one value.
    pub const fn bytes_each(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F16 => 2,
            Self::I8 => 1,
        }
    }

    /// The name as people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::I8 => "i8",
        }
    }

    /// Bytes for this many values.
    pub const fn bytes(self, values: u64) -> u64 {
        values.saturating_mul(self.bytes_each())
    }
}

/// The step at which most feature-map values of one image are alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Peak {
    /// The node whose forward or backward step it is; the input when the graph is empty.
    pub node: NodeId,
    /// Values of feature maps alive then, the network's input among them.
    pub activations: u64,
    /// Values of feature maps' gradients alive then; 0 at inference.
    pub gradients: u64,
}

impl Peak {
    /// Feature maps and their gradients together, in bytes.
    pub const fn bytes(&self, precision: Precision) -> u64 {
        precision.bytes(self.activations.saturating_add(self.gradients))
    }
}

impl Peak {
    /// The feature maps and the gradients that are alive at this step, each with its node (the input
    /// included) and its count of values. `sizes` are the nodes' counts of values in order.
    pub(super) fn alive(
        &self,
        graph: &Graph,
        input: u64,
        sizes: impl Iterator<Item = u64>,
    ) -> [Vec<(NodeId, u64)>; 2] {
        let lives = Lives::of(graph, input, sizes);
        let here = graph.position(self.node).map_or(0, |place| place + 1);
        let backward = self.gradients > 0;
        let listed = |alive: &dyn Fn(usize) -> bool| {
            let made = (0..=here).filter(|&producer| alive(producer));
            made.map(|producer| (node_at(graph, producer), lives.sizes[producer]))
                .collect()
        };
        let needed = |producer: usize| producer == here || lives.last_use[producer] >= here;
        let maps = listed(&|producer| backward || needed(producer));
        let gradients = listed(&|producer| {
            backward && producer > 0 && lives.used[producer] && needed(producer)
        });
        [maps, gradients]
    }
}

/// The lifetimes of values.
struct Lives {
    /// How many values each has: the input first, then the nodes in order.
    sizes: Vec<u64>,
    /// The step of the last consumer of each; its own step without a consumer.
    last_use: Vec<usize>,
    /// Whether it has a consumer or is the network's output.
    used: Vec<bool>,
}

impl Lives {
    fn of(graph: &Graph, input: u64, nodes: impl Iterator<Item = u64>) -> Self {
        let sizes: Vec<u64> = std::iter::once(input).chain(nodes).collect();
        let mut last_use: Vec<usize> = (0..sizes.len()).collect();
        let mut used = vec![false; sizes.len()];
        for (place, node) in graph.nodes().iter().enumerate() {
            for &input in &node.inputs {
                let producer = graph.position(input).map_or(0, |position| position + 1);
                last_use[producer] = place + 1;
                used[producer] = true;
            }
        }
        if let Some(answer) = last_use.last_mut() {
            // The output of the network is kept after the pass.
            *answer = usize::MAX;
        }
        if let Some(answer) = used.last_mut() {
            *answer = true;
        }
        Self {
            sizes,
            last_use,
            used,
        }
    }
}

/// The peaks at inference and in training; `outputs` are the nodes' counts of values in order.
///
/// Inference runs the nodes in order, each into memory of its own, and frees an output after its
/// last use. Training keeps every output for the backward pass, which runs in reverse: a node's
/// gradient lives from the backward step of its last consumer to its own, and its output is freed
/// after that; the network's input gets no gradient.
pub(super) fn peaks(graph: &Graph, input: u64, outputs: impl Iterator<Item = u64>) -> [Peak; 2] {
    let lives = Lives::of(graph, input, outputs);
    [inference(graph, &lives), training(graph, &lives)]
}

fn node_at(graph: &Graph, step: usize) -> NodeId {
    let place = step.checked_sub(1);
    place
        .and_then(|place| graph.nodes().get(place))
        .map_or(NodeId::INPUT, |node| node.id)
}

fn inference(graph: &Graph, lives: &Lives) -> Peak {
    // Values freed after each step.
    let mut freed = vec![0_u64; lives.sizes.len()];
    for (&size, &last) in lives.sizes.iter().zip(&lives.last_use) {
        if let Some(total) = freed.get_mut(last) {
            *total += size;
        }
    }
    let mut peak = Peak {
        node: NodeId::INPUT,
        activations: 0,
        gradients: 0,
    };
    let mut alive = 0;
    for (step, (&size, &freed)) in lives.sizes.iter().zip(&freed).enumerate() {
        alive += size;
        if alive > peak.activations {
            peak = Peak {
                node: node_at(graph, step),
                activations: alive,
                gradients: 0,
            };
        }
        alive -= freed;
    }
    peak
}

fn training(graph: &Graph, lives: &Lives) -> Peak {
    let steps = lives.sizes.len();
    // Gradients that are created in each backward step.
    let mut born = vec![0_u64; steps];
    for producer in 1..steps {
        if lives.used[producer] {
            born[lives.last_use[producer].min(steps - 1)] += lives.sizes[producer];
        }
    }
    let mut activations: u64 = lives.sizes.iter().sum();
    let mut gradients = 0;
    let mut peak = Peak {
        node: node_at(graph, steps - 1),
        activations,
        gradients,
    };
    for step in (1..steps).rev() {
        gradients += born[step];
        if activations + gradients > peak.activations + peak.gradients {
            peak = Peak {
                node: node_at(graph, step),
                activations,
                gradients,
            };
        }
        activations -= lives.sizes[step];
        if lives.used[step] {
            gradients -= lives.sizes[step];
        }
    }
    peak
}
