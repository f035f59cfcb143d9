//! Lowering: a graph and its weights become steps on buffers.

pub(super) mod bins;
mod chain;
mod dense;
mod emit;
#[cfg(feature = "wgsl")]
mod fuse;
#[cfg(feature = "integer")]
mod integer;
mod join;
mod layers;
mod pack;
mod window;

#[cfg(feature = "integer")]
pub use integer::Integers;
pub use pack::Packer;

use std::collections::HashSet;

use super::arena;
use super::params::Params;
use super::view::View;
use super::{Plan, Reading};
use crate::layer::FlattenOrder;
use crate::{Analysis, Graph, NodeId};
use emit::Builder;

pub(super) use window::Draft;

/// What a plan is to give beside the output, and how its convolutions are computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Nodes whose maps can be read after a run. Each is computed by itself, so its values are
    /// exactly the node's.
    pub watched: Vec<NodeId>,
    /// 3×3 convolutions by Winograd's algorithm, whose weights are four times as large and take
    /// longer to pack: for weights that rest.
    pub winograd: bool,
    /// For a device, to which each step is a dispatch: small steps go on from others' results, and
    /// maps share a buffer only where the zeros around them stay zeros.
    pub dispatches: bool,
    /// Layers in whole numbers of 8 bits.
    #[cfg(feature = "integer")]
    pub integers: Integers,
}

impl Default for Options {
    /// Nothing watched, weights that rest.
    fn default() -> Self {
        Self::watching(Vec::new(), true)
    }
}

impl Options {
    /// For a device, with these maps to be read.
    #[cfg(feature = "wgsl")]
    pub fn for_device(watched: Vec<NodeId>) -> Self {
        Self {
            dispatches: true,
            ..Self::watching(watched, false)
        }
    }

    /// In floats, with these maps to be read.
    pub fn watching(watched: Vec<NodeId>, winograd: bool) -> Self {
        Self {
            watched,
            winograd,
            dispatches: false,
            #[cfg(feature = "integer")]
            integers: Integers::default(),
        }
    }
}

/// Why a graph has no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    #[error("the graph has a problem; solve it first")]
    Problems,
    #[error("the parameter {name} is missing; load weights that have it")]
    MissingParameter { name: String },
    /// The plan has no kernel for it.
    #[error("“{node}” ({kind}) has no kernel in the compiled plan")]
    Unlowered { node: String, kind: &'static str },
}

impl Plan {
    /// Lowers a graph with nothing watched, and nothing kept for the next time.
    ///
    /// # Errors
    /// When the graph has a problem, or a parameter is missing.
    pub fn lower(graph: &Graph, params: &Params) -> Result<Self, LowerError> {
        Self::lower_with(graph, params, &Options::default(), &mut Packer::default())
    }

    /// Lowers a graph. `packer` keeps packed weights: of a graph that was edited since only those
    /// that changed are packed.
    ///
    /// # Errors
    /// When the graph has a problem, or a parameter is missing.
    pub fn lower_with(
        graph: &Graph,
        params: &Params,
        options: &Options,
        packer: &mut Packer,
    ) -> Result<Self, LowerError> {
        let analysis = Analysis::of(graph);
        if !analysis.is_valid() {
            return Err(LowerError::Problems);
        }
        let mut wanted: HashSet<NodeId> = options.watched.iter().copied().collect();
        wanted.insert(graph.output());
        packer.retain(|id| graph.position(id).is_some());
        let mut builder = Builder::new(graph, &analysis, params, options, packer);
        for chain in chain::chains(graph, &analysis, &wanted) {
            builder.emit(&chain)?;
        }
        let mut ids: Vec<NodeId> = wanted.into_iter().collect();
        ids.sort();
        let view = |id| builder.view(id).map(|view| (id, view));
        let views: Vec<(NodeId, View)> = ids.into_iter().filter_map(view).collect();
        #[allow(unused_mut, reason = "a device's plan alone changes them")]
        let (mut roots, mut drafts) = builder.finish();
        for (_, view) in &views {
            roots[view.root].pinned = true;
        }
        #[cfg(feature = "wgsl")]
        if options.dispatches {
            fuse::fuse(&roots, &mut drafts);
        }
        let placed = arena::place(&mut roots, &drafts, options.dispatches);
        let readings: Vec<Reading> = views
            .iter()
            .map(|(node, view)| Reading {
                node: *node,
                map: placed.map(&roots, view),
                flat: view.flat.is_some(),
                by_position: view.flat == Some(FlattenOrder::Hwc),
            })
            .collect();
        let output = readings.iter().position(|it| it.node == graph.output());
        let input = View::whole(0, graph.input());
        let border = placed.clears_input.then(|| placed.border(&roots, &input));
        let steps = drafts.into_iter().zip(&placed.clears);
        Ok(Self {
            name: graph.name().to_owned(),
            steps: steps
                .map(|(draft, &clears)| draft.step(&placed, &roots, clears))
                .collect(),
            input: placed.map(&roots, &input),
            input_border: border,
            output: output.unwrap_or(0),
            readings,
            buffers: placed.sizes,
        })
    }
}
