//! Edits: each returns a new graph, or an error and leaves the graph unchanged.

mod draft;

use serde::{Deserialize, Serialize};

use super::{BlockTemplate, Fragment, Graph, GraphError, NodeId};
use crate::{Layer, Shape};
use draft::Draft;

/// One change to a graph, as data. Gestures and repairs are made of edits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
pub enum Edit {
    /// Inserts a layer or block. Without a name it is named after its kind, with a number if needed.
    Insert {
        place: Place,
        piece: Piece,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// Removes a node. Its consumers take its first input instead.
    Remove {
        node: NodeId,
    },
    /// Removes every node of the block with this index in [`Graph::blocks`].
    RemoveBlock {
        block: usize,
    },
    /// Makes the output of `from` input number `slot` of `to`, counted from 0. A `slot` equal to the
    /// count of inputs adds one.
    Connect {
        from: NodeId,
        to: NodeId,
        slot: usize,
    },
    /// Removes input number `slot` of `to`.
    Disconnect {
        to: NodeId,
        slot: usize,
    },
    /// Changes a node's settings or kind, and those of all that share its weights; its number, name
    /// and inputs stay. Where the new kind has no weights nothing is shared any more.
    SetLayer {
        node: NodeId,
        layer: Layer,
    },
    /// Replaces a node by a new layer or block.
    Replace {
        node: NodeId,
        piece: Piece,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// Makes a node use the parameters of another of the same layer, and with it all that use its
    /// own; without another it gets parameters of its own.
    Share {
        node: NodeId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        with: Option<NodeId>,
    },
    Rename {
        node: NodeId,
        name: String,
    },
    RenameGraph {
        name: String,
    },
    RenameBlock {
        block: usize,
        name: String,
    },
    /// Inserts a copy of the node behind it.
    Duplicate {
        node: NodeId,
    },
    /// Inserts a copy of the block behind it.
    DuplicateBlock {
        block: usize,
    },
    /// Inserts copies of these nodes and of the blocks among them. If one node feeds them and only
    /// one of them feeds no other, they are copied as a unit behind that one, otherwise each behind
    /// itself.
    DuplicateNodes {
        nodes: Vec<NodeId>,
    },
    /// Inserts a copy of the fragment behind `after`: consumers of `after` take the copy's output.
    Paste {
        after: NodeId,
        fragment: Fragment,
    },
    /// Moves a node with one input behind `after`.
    Move {
        node: NodeId,
        after: NodeId,
    },
    /// Makes a foldable block of these nodes.
    Wrap {
        nodes: Vec<NodeId>,
        name: String,
    },
    /// Removes the block and keeps its nodes.
    Unwrap {
        block: usize,
    },
    /// Changes the shape of the input.
    SetInput {
        shape: Shape,
    },
}

/// Where something is inserted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Behind `node`: its consumers take the new output. `with` are further inputs of a merge.
    After {
        node: NodeId,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        with: Vec<NodeId>,
    },
    /// On one edge: the one into input number `slot`, counted from 0, of `to`.
    On { to: NodeId, slot: usize },
    /// With these inputs and no consumer.
    Branch { from: Vec<NodeId> },
}

/// What is inserted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    Layer(Layer),
    Block(BlockTemplate),
}

/// Why an edit was refused. The graph is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("there is no node {0}; it may have been removed")]
    NoNode(u32),
    #[error("there is no block number {0}; it may have been removed")]
    NoBlock(usize),
    #[error("no layer is selected")]
    NothingSelected,
    #[error("the picture that goes in is not a layer: it can only get another shape")]
    InputIsFixed,
    #[error("“{from}” already depends on “{to}”: the connection would make a circle")]
    Circle { from: String, to: String },
    #[error("“{name}” has {inputs} input(s), so there is no input number {slot} (from 0)")]
    NoSlot {
        name: String,
        slot: usize,
        inputs: usize,
    },
    #[error("“{name}” needs at least one input; remove the node, or connect another input first")]
    OnlyInput { name: String },
    #[error("“{name}” has {got} inputs; only a node of one input can be moved in one step")]
    SeveralInputs { name: String, got: usize },
    #[error("a block takes one input, not {got}")]
    BlockInputs { got: usize },
    #[error("“{0}” cannot be moved behind itself")]
    BehindItself(String),
    #[error("the name “{0}” is taken; weights are stored under it, so choose another")]
    NameTaken(String),
    #[error("“{0}” cannot share its weights with itself")]
    SharesItself(String),
    #[error("a block needs at least one node")]
    EmptyBlock,
    #[error("these nodes overlap with the block “{0}”; a block lies inside another or beside it")]
    BlocksCross(String),
    #[error(
        "“{passed}” lies between “{from}” and “{to}”: a block holds all that lies between its \
         nodes, so select it as well"
    )]
    BlockPassed {
        from: String,
        passed: String,
        to: String,
    },
    #[error(
        "the block “{block}” ends in both “{one}” and “{other}”, and a copy behind it could go on \
         from one only; duplicate its nodes one by one, or merge its ends first"
    )]
    BlockEnds {
        block: String,
        one: String,
        other: String,
    },
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl Graph {
    /// The graph after this edit.
    ///
    /// # Errors
    /// When the edit names a node, block or input that does not exist, or the result would not be a
    /// valid graph. Whether the layers fit each other is checked by the analysis instead.
    pub fn apply(&self, edit: &Edit) -> Result<Self, EditError> {
        self.in_one_go(std::slice::from_ref(edit))
    }

    /// The graph after these edits, one after the other.
    ///
    /// # Errors
    /// The error of the first edit that is refused; then none of them is made.
    pub fn apply_all(&self, edits: &[Edit]) -> Result<Self, EditError> {
        edits
            .chunk_by(|one, next| one.keeps_a_graph() && next.keeps_a_graph())
            .try_fold(self.clone(), |graph, edits| graph.in_one_go(edits))
    }

    /// The graph after these edits, sorted and validated once, after the last.
    fn in_one_go(&self, edits: &[Edit]) -> Result<Self, EditError> {
        let mut draft = Draft::of(self);
        edits.iter().try_for_each(|edit| draft.make(edit))?;
        draft.finish()
    }
}

impl Edit {
    /// Whether order, names and numbers stay, so that the next edit needs no sorting and validation
    /// before it. Setting a hundred layers at once is then one step.
    const fn keeps_a_graph(&self) -> bool {
        matches!(self, Self::SetLayer { .. })
    }
}

impl Draft {
    fn make(&mut self, edit: &Edit) -> Result<(), EditError> {
        match edit {
            Edit::Insert { place, piece, name } => self.insert(place, piece, name.as_deref())?,
            Edit::Remove { node } => self.remove(*node)?,
            Edit::RemoveBlock { block } => self.remove_block(*block)?,
            Edit::Connect { from, to, slot } => self.connect(*from, *to, *slot)?,
            Edit::Disconnect { to, slot } => self.disconnect(*to, *slot)?,
            Edit::SetLayer { node, layer } => self.set_layer(*node, layer)?,
            Edit::Share { node, with } => self.share(*node, *with)?,
            Edit::Replace { node, piece, name } => self.replace(*node, piece, name.as_deref())?,
            Edit::Rename { node, name } => self.rename(*node, name)?,
            Edit::RenameGraph { name } => self.name.clone_from(name),
            Edit::RenameBlock { block, name } => self.rename_block(*block, name)?,
            Edit::Duplicate { node } => self.duplicate(*node)?,
            Edit::DuplicateBlock { block } => self.duplicate_block(*block)?,
            Edit::DuplicateNodes { nodes } => self.duplicate_nodes(nodes)?,
            Edit::Paste { after, fragment } => self.paste(*after, fragment)?,
            Edit::Move { node, after } => self.relocate(*node, *after)?,
            Edit::Wrap { nodes, name } => self.wrap(nodes, name)?,
            Edit::Unwrap { block } => self.unwrap(*block)?,
            Edit::SetInput { shape } => self.input = *shape,
        }
        Ok(())
    }
}
