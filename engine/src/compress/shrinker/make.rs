//! The smaller network: pruned, quantised, or with its batch norms folded.

use super::integer::{Integer, activations, runs_in_integers};
use super::{Made, Shrinker};
use crate::Graph;
use crate::NodeId;
use crate::compress::prune;
use crate::compress::quantise::quantise;
use crate::compress::simulate::IntegerNetwork;
use crate::compress::structure::{Dimension, Refusal, dimensions, remove, select};
use crate::compress::timing::{Timing, integer_plan};
use crate::compress::{Failed, Prune, Quantise, Shrink, ShrinkError, Weights, What};
use crate::plan::Options;
use crate::run::{Initialisation, Network};
use crate::train::logits;

impl Shrinker {
    pub(super) fn make(&mut self, network: &Network) -> Result<(), Failed> {
        let graph = network.graph();
        let made = match &self.shrink {
            Shrink::Prune(prune) => self.pruned(graph, prune, network)?,
            Shrink::Quantise(settings) => {
                let mut weights = self.weights.clone();
                for tensor in weights.tensors_mut() {
                    if tensor.is_matrix() && asked(&settings.layers, tensor.parameter.node) {
                        let Quantise {
                            width,
                            granularity,
                            scheme,
                            ..
                        } = *settings;
                        let channels = tensor.dims().first().copied().unwrap_or(1);
                        let quantised =
                            quantise(&tensor.values, channels, width, granularity, scheme);
                        tensor.values = quantised.values;
                    }
                }
                if let Some(method) = settings.activations {
                    self.grids = self.calibrator.grids(method);
                }
                if runs_in_integers(&self.shrink) {
                    let activations = activations(&self.grids, settings.granularity);
                    let logits = Options::watching(vec![logits(graph)], true);
                    let plan = integer_plan(graph, &weights, &activations, logits);
                    self.integer = Some(match plan {
                        Ok(plan) => Integer::Plan(Box::new(plan)),
                        Err(_) => {
                            let (grids, each) = (self.grids.clone(), settings.granularity);
                            let loops = IntegerNetwork::new(graph, &self.weights, each, grids);
                            Integer::Loops(loops)
                        }
                    });
                    if self.timed {
                        self.timing = Timing::new(graph, &weights, &activations).ok();
                    }
                }
                made(graph.clone(), weights, network)?
            }
            Shrink::Fold => {
                let folded = network.folded()?;
                if folded.graph().nodes().len() == graph.nodes().len() {
                    return Err(ShrinkError::NothingToFold.into());
                }
                Made {
                    network: folded,
                    weights: Weights::default(),
                    left: Vec::new(),
                    unfitting: Vec::new(),
                    report: None,
                }
            }
        };
        self.result = Some(made);
        Ok(())
    }

    fn pruned(&self, graph: &Graph, prune: &Prune, network: &Network) -> Result<Made, Failed> {
        let mut weights = self.weights.clone();
        let only = (!prune.layers.is_empty()).then_some(prune.layers.as_slice());
        match prune.what {
            What::Weights { scope } => {
                let masks = match only {
                    None => prune::magnitude(&weights, scope, prune.share),
                    Some(_) => {
                        let kept = weights.of_layers(&prune.layers);
                        prune::magnitude(&kept, scope, prune.share)
                    }
                };
                let gone = masks.iter().flat_map(|it| &it.keep).any(|keep| !keep);
                if !gone {
                    return Err(ShrinkError::NothingPruned.into());
                }
                prune::apply(&mut weights, &masks);
                made(graph.clone(), weights, network)
            }
            What::TwoOfFour => {
                let (mut masks, mut unfitting) = prune::pattern(&weights);
                masks.retain(|it| asked(&prune.layers, it.node));
                unfitting.retain(|it| asked(&prune.layers, *it));
                if masks.is_empty() {
                    return Err(ShrinkError::NoPattern.into());
                }
                prune::apply(&mut weights, &masks);
                let mut made = made(graph.clone(), weights, network)?;
                made.unfitting = unfitting;
                Ok(made)
            }
            What::Channels { by } => {
                let scores = self.scores(graph, by)?;
                let (channels, left) = select(graph, &scores, prune.share, only);
                if channels.is_empty() {
                    let (all, _) = dimensions(graph);
                    let goes = |it: &Dimension| {
                        let count = it.sets.len();
                        prune::count_of(prune.share, count).min(count.saturating_sub(1)) > 0
                    };
                    let why = || left.iter().map(|it| it.why.to_string()).collect();
                    return Err(match all.is_empty() || all.iter().any(goes) {
                        true => ShrinkError::AllTied(why()),
                        false => ShrinkError::NothingPruned,
                    }
                    .into());
                }
                let smaller = remove(graph, &weights, &channels).map_err(ShrinkError::from)?;
                let mut made = made(smaller.graph, smaller.weights, network)?;
                made.left = left;
                Ok(made)
            }
        }
    }
}

pub(super) fn asked(layers: &[NodeId], node: NodeId) -> bool {
    layers.is_empty() || layers.contains(&node)
}

/// The network of a graph with weights, on the device of another.
fn made(graph: Graph, weights: Weights, like: &Network) -> Result<Made, Failed> {
    let blank = Initialisation::Constant { value: 0.0 };
    let mut network = Network::initialised(graph, &blank, 0, like.device())?;
    let wrong = |_| ShrinkError::from(Refusal::Weights);
    network.set_values(&weights.flat()).map_err(wrong)?;
    Ok(Made {
        network,
        weights,
        left: Vec::new(),
        unfitting: Vec::new(),
        report: None,
    })
}
