//! Checks whether a network fits on a device before anything is allocated: a WebAssembly instance
//! that runs out of memory is lost, and so is a graphics device.

use serde::{Deserialize, Serialize};

use super::{Analysis, NodeFacts, Precision};
use crate::{Graph, NodeId};

/// The memory limits of a device; `None` for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// All memory of the engine, in bytes.
    pub memory_bytes: Option<u64>,
    /// The largest single array that the graphics adapter binds, in bytes.
    pub buffer_bytes: Option<u64>,
}

/// The limit of the engine in a browser: 4 GiB, the address space of 32-bit WebAssembly. There is
/// none natively.
impl Default for Budget {
    fn default() -> Self {
        let reachable = cfg!(target_arch = "wasm32").then_some(4 << 30);
        Self {
            memory_bytes: reachable,
            buffer_bytes: None,
        }
    }
}

/// Memory of the program itself, of messages and of gaps between allocations.
const OVERHEAD: u64 = 192 << 20;

/// What a buffer of the graphics adapter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BufferUse {
    Weights,
    FeatureMaps,
    /// Of all pictures that gradients are computed of at once.
    BatchFeatureMaps,
}

impl std::fmt::Display for BufferUse {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Weights => "weights",
            Self::FeatureMaps => "feature maps",
            Self::BatchFeatureMaps => "feature maps of all pictures",
        })
    }
}

/// Why a network does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum BudgetError {
    #[error(
        "this network needs {} of memory to run ({} of weights, {} of feature maps alive at once, \
         {} for the work on “{largest}”), and the engine has {}; make it narrower or its input \
         smaller, or run it with the command line `cnnlab`",
        size(.needed), size(.weights), size(.maps), size(.work), size(.limit)
    )]
    Memory {
        needed: u64,
        weights: u64,
        maps: u64,
        work: u64,
        largest: String,
        limit: u64,
    },
    #[error(
        "gradients for {pictures} pictures at once need {} of memory ({} of weights and their \
         gradients, {} of feature maps and theirs), and the engine has {}; take fewer pictures at \
         once, a narrower network or a smaller input",
        size(.needed), size(.weights), size(.maps), size(.limit)
    )]
    Gradients {
        pictures: u64,
        needed: u64,
        weights: u64,
        maps: u64,
        limit: u64,
    },
    #[error(
        "“{node}” needs a {} buffer for its {what}, this adapter binds {} at most; the CPU runs it",
        size(.needed), size(.limit)
    )]
    Buffer {
        node: String,
        what: BufferUse,
        needed: u64,
        limit: u64,
    },
}

/// Megabytes and gigabytes of a million and a thousand million bytes.
fn size(bytes: &u64) -> String {
    let bytes = *bytes as f64;
    if bytes < 999.5e6 {
        format!("{:.0} MB", bytes / 1e6)
    } else {
        format!("{:.1} GB", bytes / 1e9)
    }
}

impl Budget {
    /// Checks that the network can run on one image while `taken` bytes of memory are in use. A graph
    /// with problems passes this check; it is refused elsewhere.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn check(self, graph: &Graph, taken: u64) -> Result<(), BudgetError> {
        let analysis = Analysis::of(graph);
        self.check_buffers(graph, &analysis)?;
        self.check_memory(graph, &analysis, taken)
    }

    /// Checks that the gradients of the weights for a batch of this many images can be computed, the
    /// weights included.
    ///
    /// # Errors
    /// When they cannot.
    pub fn check_gradients(self, graph: &Graph, pictures: u64) -> Result<(), BudgetError> {
        let analysis = Analysis::of(graph);
        let sizes = analysis.nodes.iter().map(NodeFacts::elements);
        let largest = sizes.max().unwrap_or(0).max(graph.input().elements());
        let largest = Precision::F32.bytes(largest).saturating_mul(pictures);
        if let Some(limit) = self.buffer_bytes.filter(|&limit| largest > limit) {
            let (node, what) = (graph.name().to_owned(), BufferUse::BatchFeatureMaps);
            return Err(BudgetError::Buffer {
                node,
                what,
                needed: largest,
                limit,
            });
        }
        let Some(limit) = self.memory_bytes else {
            return Ok(());
        };
        // The weights, their gradients and the weights after the step.
        let weights = analysis.weight_bytes(Precision::F32).saturating_mul(3);
        // Layers made of several operations keep intermediate values, about as much again.
        let maps = analysis.training.bytes(Precision::F32);
        let maps = maps.saturating_mul(2).saturating_mul(pictures);
        let needed = [weights, maps, largest, OVERHEAD]
            .into_iter()
            .fold(0, u64::saturating_add);
        if needed <= limit {
            return Ok(());
        }
        Err(BudgetError::Gradients {
            pictures,
            needed,
            weights,
            maps,
            limit,
        })
    }

    fn check_buffers(self, graph: &Graph, analysis: &Analysis) -> Result<(), BudgetError> {
        let Some(limit) = self.buffer_bytes else {
            return Ok(());
        };
        for (node, facts) in graph.nodes().iter().zip(&analysis.nodes) {
            let weights = (BufferUse::Weights, facts.weight_bytes(Precision::F32));
            let maps = (
                BufferUse::FeatureMaps,
                facts.activation_bytes(Precision::F32),
            );
            if let Some((what, needed)) = [weights, maps].into_iter().find(|it| it.1 > limit) {
                let node = node.name.clone();
                return Err(BudgetError::Buffer {
                    node,
                    what,
                    needed,
                    limit,
                });
            }
        }
        Ok(())
    }

    fn check_memory(
        self,
        graph: &Graph,
        analysis: &Analysis,
        taken: u64,
    ) -> Result<(), BudgetError> {
        let Some(limit) = self.memory_bytes else {
            return Ok(());
        };
        let weights = analysis.weight_bytes(Precision::F32);
        let maps = analysis.inference.bytes(Precision::F32);
        // A convolution copies its weights and its input into another order.
        let work = graph
            .nodes()
            .iter()
            .zip(&analysis.nodes)
            .map(|(node, facts)| {
                let input = |id: &NodeId| match graph.position(*id) {
                    Some(place) => analysis.nodes[place].elements(),
                    None => graph.input().elements(),
                };
                let inputs = node.inputs.iter().map(input).fold(0, u64::saturating_add);
                let bytes = facts.weight_bytes(Precision::F32);
                (
                    bytes.saturating_add(Precision::F32.bytes(inputs)),
                    &node.name,
                )
            });
        let (work, largest) = match work.max_by_key(|(bytes, _)| *bytes) {
            Some((bytes, name)) => (bytes, name.clone()),
            None => (0, String::new()),
        };
        let needed = [weights, maps, work, taken, OVERHEAD]
            .into_iter()
            .fold(0, u64::saturating_add);
        if needed <= limit {
            return Ok(());
        }
        Err(BudgetError::Memory {
            needed,
            weights,
            maps,
            work,
            largest,
            limit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::Linear;
    use crate::{GraphBuilder, Shape, zoo};

    const PAGE: Budget = Budget {
        memory_bytes: Some(4 << 30),
        buffer_bytes: None,
    };

    #[test]
    fn every_network_of_the_zoo_fits_the_page() {
        for entry in zoo::CATALOGUE {
            let graph = entry.graph(&zoo::Options::default()).unwrap();
            assert_eq!(PAGE.check(&graph, 0), Ok(()), "{}", entry.name);
        }
    }

    #[test]
    fn vgg_s_first_linear_layer_is_too_large_for_a_small_adapter() {
        // 4096 × 25088 weights and 4096 biases of 4 bytes: 411 MB (Simonyan and Zisserman 2015).
        let adapter = Budget {
            memory_bytes: None,
            buffer_bytes: Some(128 << 20),
        };
        let graph = zoo::build("vgg-16", &zoo::Options::default()).unwrap();
        let sentence = adapter.check(&graph, 0).unwrap_err().to_string();
        assert!(
            sentence.contains("411 MB buffer") && sentence.contains("134 MB at most"),
            "{sentence}"
        );
    }

    #[test]
    fn gradients_of_a_thousand_photos_do_not_fit_and_of_one_they_do() {
        let graph = zoo::build("resnet-50", &zoo::Options::default()).unwrap();
        assert_eq!(PAGE.check_gradients(&graph, 1), Ok(()));
        let sentence = PAGE.check_gradients(&graph, 1024).unwrap_err().to_string();
        assert!(sentence.contains("1024 pictures"), "{sentence}");
        assert!(PAGE.check_gradients(&graph, u64::MAX).is_err());
    }

    #[test]
    fn weights_beyond_four_gibibytes_are_refused_with_the_sum() {
        // 32,768 × 32,768 weights of 4 bytes are 4.3 GB, and the work on them as much again.
        let mut graph = GraphBuilder::new("wide", Shape::new(32_768, 1, 1));
        graph.then("fc", Linear::new(32_768));
        let graph = graph.finish().unwrap();
        let sentence = PAGE.check(&graph, 0).unwrap_err().to_string();
        assert!(
            sentence.contains("4.3 GB of weights") && sentence.contains("“fc”"),
            "{sentence}"
        );
    }
}
