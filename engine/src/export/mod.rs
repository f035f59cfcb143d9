//! A network as the source code of a program that builds it: PyTorch, Keras, burn. The code proves
//! itself: run as a program it counts its parameters, loads the weights written beside it, and compares
//! its answer to a sample with ours.

mod burn;
mod class;
mod code;
pub mod handover;
mod keras;
mod names;
mod pytorch;
mod region;
mod report;
mod sample;
mod zip;

pub use names::{known_names, parameter_names, preparation};
pub use report::{Curve, Facts, Table, report};
pub use sample::{SAMPLES, code_weights, sample_file, sample_input};
pub use zip::{zip, zip_of};

use crate::{Analysis, Graph, NodeId};

/// The library that code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Library {
    PyTorch,
    Keras,
    Burn,
}

impl Library {
    pub const ALL: [Self; 3] = [Self::PyTorch, Self::Keras, Self::Burn];

    /// As its makers write it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::PyTorch => "PyTorch",
            Self::Keras => "Keras",
            Self::Burn => "burn",
        }
    }

    /// As on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PyTorch => "pytorch",
            Self::Keras => "keras",
            Self::Burn => "burn",
        }
    }

    /// The name of the file of code.
    pub const fn file(self) -> &'static str {
        match self {
            Self::PyTorch | Self::Keras => "network.py",
            Self::Burn => "main.rs",
        }
    }
}

/// The file of weights that the code loads, beside it.
pub const WEIGHTS_FILE: &str = "weights.safetensors";

/// The file of a sample, beside the code: `input`, and the `output` that we compute.
pub const SAMPLE_FILE: &str = "sample.safetensors";

/// Source code, and which lines are of which nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub text: String,
    /// The name of the network's class.
    pub class: String,
    /// For each line the nodes that it is of; none for most.
    pub nodes: Vec<Vec<NodeId>>,
}

impl Listing {
    /// The numbers of the lines of this node, from 0.
    pub fn lines_of(&self, node: NodeId) -> impl Iterator<Item = usize> {
        let lines = self.nodes.iter().enumerate();
        lines
            .filter(move |(_, nodes)| nodes.contains(&node))
            .map(|(line, _)| line)
    }
}

/// Why there is no code of a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("“{node}” has a problem; solve it first: {problem}")]
    Invalid { node: String, problem: String },
    #[error("“{node}” cannot be written in {library}: {why}")]
    Layer {
        node: String,
        library: &'static str,
        why: String,
    },
}

/// The network as code.
///
/// # Errors
/// When it has a problem, or a layer that the library cannot have.
pub fn code(graph: &Graph, library: Library) -> Result<Listing, CodeError> {
    let analysis = Analysis::of(graph);
    if let Some(problem) = analysis.problems.first() {
        let node = graph.node(problem.node);
        return Err(CodeError::Invalid {
            node: node.map_or_else(String::new, |node| node.name.clone()),
            problem: problem.error.to_string(),
        });
    }
    match library {
        Library::PyTorch => pytorch::code(graph, &analysis),
        Library::Keras => keras::code(graph, &analysis),
        Library::Burn => burn::code(graph, &analysis),
    }
}
