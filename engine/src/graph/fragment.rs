//! A part of a graph on its own: what copying gives and what pasting takes.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::shape_of::shape_of;
use super::shared::settle;
use super::{EditError, Graph, Node, NodeId, Parts};

/// Nodes and blocks taken from a graph, as a graph of their own whose input stands for whatever
/// feeds them. It is serialised as that graph, so the document of a fragment is the document of a
/// network and opens as one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fragment(Graph);

impl Fragment {
    /// The fragment as a graph; its input has the shape that fed the first node.
    pub const fn graph(&self) -> &Graph {
        &self.0
    }
}

/// Every graph can be pasted into another.
impl From<Graph> for Fragment {
    fn from(graph: Graph) -> Self {
        Self(graph)
    }
}

impl From<Fragment> for Graph {
    fn from(fragment: Fragment) -> Self {
        fragment.0
    }
}

/// How many characters of the graph's name the fragment's name takes over.
const NAME_TAKEN_OVER: usize = 100;

impl Graph {
    /// The nodes of these numbers, and the blocks all of whose nodes are among them. Numbers of no
    /// node and the input's are ignored.
    ///
    /// The other nodes are left out as [`Edit::Remove`](super::Edit::Remove) would: who took the
    /// output of one takes that one's first input instead, and so on up to the graph's input.
    /// Layers that are not neighbours are therefore connected one behind another.
    ///
    /// # Errors
    /// [`EditError::NothingSelected`] when none of the numbers is a node's.
    pub fn extract(&self, nodes: &[NodeId]) -> Result<Fragment, EditError> {
        let inside: HashSet<NodeId> = nodes.iter().copied().collect();
        let kept = self.nodes().iter().filter(|node| inside.contains(&node.id));
        let mut nodes: Vec<Node> = kept
            .map(|node| {
                let inputs = node.inputs.iter().map(|&id| self.nearest(&inside, id));
                Node {
                    inputs: inputs.collect(),
                    ..node.clone()
                }
            })
            .collect();
        settle(&mut nodes);
        let first = nodes.first().ok_or(EditError::NothingSelected)?;
        let source = self.node(first.id).and_then(|node| node.inputs.first());
        let source = source.copied().unwrap_or(NodeId::INPUT);
        let blocks = self.blocks().iter();
        let blocks = blocks.filter(|block| block.nodes.iter().all(|id| inside.contains(id)));
        let name: String = self.name().chars().take(NAME_TAKEN_OVER).collect();
        let parts = Parts {
            name: format!("part of {name}"),
            input: shape_of(self.input(), self.nodes(), source).unwrap_or(self.input()),
            blocks: blocks.cloned().collect(),
            nodes,
            next_id: None,
        };
        Ok(Fragment(Self::try_from(parts)?))
    }

    /// This node if it is one of `inside`, or else the first above it that is, following first
    /// inputs; the input if there is none.
    fn nearest(&self, inside: &HashSet<NodeId>, id: NodeId) -> NodeId {
        let above = |id: &NodeId| self.node(*id)?.inputs.first().copied();
        let mut upwards = std::iter::successors(Some(id), above);
        upwards
            .find(|id| inside.contains(id))
            .unwrap_or(NodeId::INPUT)
    }
}
