//! A backward pass under way: the gradients of all nodes, then those of the weights, then what is asked
//! of one value and of one weight.

use std::collections::{HashMap, HashSet};

use super::backward::{
    Backward, BackwardAsk, NodeSlope, Stepped, WeightStep, cross_entropy, loss_gradient, softmax,
};
use super::chain::{Values, chain, needed};
use super::explaining::ExplainFailure;
use super::scope::{finite, largest};
use super::{ExplainError, Scope};
use crate::analysis::Budget;
use crate::run::{Network, NetworkError};
use crate::session::{Cause, MapSlice, NonFinite, Wanted, cut};
use crate::{Analysis, NodeId};

/// Parameters of a network whose gradients are all read: 64 MB.
const MOST_WEIGHTS: u64 = 1 << 24;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Gradients,
    Weights,
    Chain,
    Step,
    Done,
}

/// A backward pass under way.
#[derive(Debug)]
pub struct GoingBack {
    scope: Scope,
    ask: BackwardAsk,
    input: Vec<f32>,
    next: Next,
    /// Whether the gradients of all weights are read.
    all_weights: bool,
    gradients: Values,
    told: Option<Backward>,
    values: Vec<f32>,
}

impl GoingBack {
    /// Of the loss at this input.
    ///
    /// # Errors
    /// When the network has no classes or not what is asked of, the input is not its own or not finite,
    /// or the gradients do not fit the memory.
    pub fn new(
        network: &Network,
        ask: BackwardAsk,
        input: Vec<f32>,
        budget: Budget,
    ) -> Result<Self, ExplainFailure> {
        let graph = network.graph();
        let scope = Scope::of(graph)?;
        if let Some(label) = ask.label {
            scope.class(label)?;
        }
        let shape = graph.input();
        let (got, wanted) = (input.len(), shape.elements() as usize);
        if got != wanted {
            return Err(NetworkError::Input { got, wanted, shape }.into());
        }
        if !finite(&input) {
            return Err(ExplainError::Input.into());
        }
        let on_the_way = |node: NodeId| node == NodeId::INPUT || scope.nodes.contains(&node);
        if let Some(unit) = ask.unit {
            let shape = network.shape(unit.node);
            let shape = shape.ok_or(ExplainError::NoNode { node: unit.node.0 })?;
            if !on_the_way(unit.node) {
                let node = name(network, unit.node);
                return Err(ExplainError::NotOnTheWay { node }.into());
            }
            if unit.channel >= shape.channels
                || unit.row >= shape.height
                || unit.column >= shape.width
            {
                return Err(ExplainError::NoUnit {
                    node: name(network, unit.node),
                    shape,
                }
                .into());
            }
        }
        if let Some(step) = ask.step {
            check_step(network, &scope, step)?;
        }
        budget.check_gradients(graph, 1)?;
        Ok(Self {
            all_weights: Analysis::of(graph).total.params() <= MOST_WEIGHTS,
            scope,
            ask,
            input,
            next: Next::Gradients,
            gradients: HashMap::new(),
            told: None,
            values: Vec::new(),
        })
    }

    /// Passes done, and of how many.
    pub const fn progress(&self) -> [u64; 2] {
        [self.next as u64, Next::Done as u64]
    }

    /// The next pass; the result with the values of the maps when all are done.
    ///
    /// # Errors
    /// When the device fails, or a value is not finite.
    pub async fn advance(
        &mut self,
        network: &Network,
    ) -> Result<Option<(Backward, Vec<f32>)>, ExplainFailure> {
        match self.next {
            Next::Gradients => {
                self.go_back(network).await?;
                self.next = Next::Weights;
            }
            Next::Weights => {
                if self.all_weights {
                    self.of_weights(network).await?;
                }
                self.next = Next::Chain;
            }
            Next::Chain => {
                self.take_apart(network).await?;
                self.next = Next::Step;
            }
            Next::Step => {
                self.take_step(network).await?;
                self.next = Next::Done;
            }
            Next::Done => {}
        }
        if self.next == Next::Chain && self.ask.unit.is_none() {
            self.next = Next::Step;
        }
        if self.next == Next::Step && self.ask.step.is_none() {
            self.next = Next::Done;
        }
        if self.next != Next::Done {
            return Ok(None);
        }
        let values = std::mem::take(&mut self.values);
        Ok(self.told.take().map(|told| (told, values)))
    }

    fn given(&self) -> Vec<(NodeId, Vec<f32>)> {
        vec![(NodeId::INPUT, self.input.clone())]
    }

    fn label(&self, logits: &[f32]) -> usize {
        let asked = self.ask.label.map(|it| it as usize);
        asked.unwrap_or_else(|| largest(logits))
    }

    /// The loss's slope at the logits.
    fn slopes(&self, logits: &[f32]) -> Vec<f32> {
        loss_gradient(logits, &[self.label(logits)], self.scope.classes)
    }

    async fn go_back(&mut self, network: &Network) -> Result<(), ExplainFailure> {
        let of: Vec<NodeId> = [NodeId::INPUT]
            .into_iter()
            .chain(self.scope.nodes.iter().copied())
            .collect();
        let logits = self.scope.logits;
        let upstream = |logits: &[f32]| self.slopes(logits);
        let pulled = { network.pull_back(self.given(), logits, &of, upstream) }.await?;
        let logits = pulled.output;
        if !finite(&logits) {
            return Err(self.not_finite(network, &logits).await?);
        }
        let all = pulled.gradients.iter().flatten();
        let wrong = all.clone().filter(|it| !it.is_finite()).count() as u64;
        if wrong > 0 {
            let all = all.count() as u64;
            return Err(ExplainError::NotDifferentiable { wrong, all }.into());
        }
        let node = |(&node, gradient): (&NodeId, &Vec<f32>)| {
            let sizes: Vec<f32> = gradient.iter().map(|it| it.abs()).collect();
            let place = largest(&sizes);
            NodeSlope {
                node,
                length: length(gradient),
                largest: sizes.get(place).copied().unwrap_or_default(),
                place: place as u32,
                weights: None,
            }
        };
        let nodes = of.iter().zip(&pulled.gradients).map(node).collect();
        self.gradients = of.into_iter().zip(pulled.gradients).collect();
        let label = self.label(&logits);
        let (maps, values) = self.maps(network);
        self.values = values;
        self.told = Some(Backward {
            label: label as u32,
            predicted: largest(&logits) as u32,
            loss: cross_entropy(&logits, label),
            shares: shares(&logits),
            slopes: self.slopes(&logits),
            logits,
            nodes,
            maps,
            chain: None,
            step: None,
        });
        Ok(())
    }

    async fn not_finite(
        &self,
        network: &Network,
        logits: &[f32],
    ) -> Result<ExplainFailure, ExplainFailure> {
        let found = network.find_non_finite(self.input.clone()).await?;
        let somewhere = || NonFinite {
            node: self.scope.logits,
            name: name(network, self.scope.logits),
            nan: logits.iter().any(|it| it.is_nan()),
            cause: Cause::Arithmetic,
        };
        Ok(ExplainFailure::NotFinite(found.unwrap_or_else(somewhere)))
    }

    /// The asked parts of the gradients' maps; those of nodes that are not on the way are left out.
    fn maps(&self, network: &Network) -> (Vec<MapSlice>, Vec<f32>) {
        let (mut maps, mut values) = (Vec::new(), Vec::new());
        for wanted in &self.ask.maps {
            let Wanted { node, first, .. } = *wanted;
            let (Some(gradient), Some(shape)) = (self.gradients.get(&node), network.shape(node))
            else {
                continue;
            };
            let map = cut(gradient, shape, wanted);
            maps.push(MapSlice {
                node,
                shape,
                first,
                sent: wanted.sent(shape),
                offset: values.len(),
                min: map.iter().copied().fold(0.0, f32::min),
                max: map.iter().copied().fold(0.0, f32::max),
            });
            values.extend(map);
        }
        (maps, values)
    }

    async fn of_weights(&mut self, network: &Network) -> Result<(), ExplainFailure> {
        let slopes = |logits: &[f32]| self.slopes(logits);
        let none = HashSet::new();
        let from = self.scope.logits;
        let pulled = network.pull_back_weights_but(self.given(), from, &none, slopes);
        let (_, gradients) = pulled.await?;
        let mut squares: HashMap<NodeId, f64> = HashMap::new();
        for (param, gradient) in network.params().iter().zip(gradients) {
            if let Some(gradient) = gradient {
                *squares.entry(param.node).or_default() += length(&gradient).powi(2);
            }
        }
        if let Some(told) = &mut self.told {
            for slope in &mut told.nodes {
                slope.weights = squares.get(&slope.node).map(|it| it.sqrt());
            }
        }
        Ok(())
    }

    async fn take_apart(&mut self, network: &Network) -> Result<(), ExplainFailure> {
        let Some(unit) = self.ask.unit else {
            return Ok(());
        };
        let needed = needed(network, unit.node);
        let computed: Vec<NodeId> = { needed.iter().copied() }
            .filter(|it| *it != NodeId::INPUT)
            .collect();
        let outputs = network.outputs_from(self.given(), &computed).await?;
        let mut values: Values = computed.into_iter().zip(outputs).collect();
        values.insert(NodeId::INPUT, self.input.clone());
        let found = chain(network, unit, &values, &self.gradients).await?;
        if let Some(told) = &mut self.told {
            told.chain = Some(found);
        }
        Ok(())
    }

    async fn take_step(&mut self, network: &Network) -> Result<(), ExplainFailure> {
        let (Some(step), Some(told)) = (self.ask.step, &mut self.told) else {
            return Ok(());
        };
        let others = network.graph().nodes().iter().map(|node| node.id);
        let owner = network.graph().owner(step.node);
        let others: HashSet<NodeId> = others.filter(|id| *id != owner).collect();
        let (given, classes) = (
            vec![(NodeId::INPUT, self.input.clone())],
            self.scope.classes,
        );
        let label = told.label as usize;
        let slopes = |logits: &[f32]| loss_gradient(logits, &[label], classes);
        let from = self.scope.logits;
        let pulled = network.pull_back_weights_but(given.clone(), from, &others, slopes);
        let (_, gradients) = pulled.await?;
        let params = network.params().iter().zip(gradients);
        let mut own = params.filter(|(it, _)| it.node == owner && it.role == step.role);
        let (param, gradient) = own.next().ok_or(ExplainError::NoWeights)?;
        let dims = param.dims.iter().map(|&side| side as u32).collect();
        // One that the loss does not depend on has the gradient 0.
        let gradient = gradient.unwrap_or_else(|| vec![0.0; param.dims.iter().product()]);
        let sizes: Vec<f32> = gradient.iter().map(|it| it.abs()).collect();
        let place = step.place.map_or_else(|| largest(&sizes), |it| it as usize);
        let slope = gradient.get(place).copied().unwrap_or_default();
        let (mut ends, own) = ([0.0; 2], [step.node]);
        let changed = network.with_changed(&own, |_, role, _, values| {
            if let (true, Some(value)) = (role == step.role, values.get_mut(place)) {
                ends[0] = *value;
                *value -= step.rate * slope;
                ends[1] = *value;
            }
        });
        let after = changed.await?.outputs_from(given, &[from]).await?.concat();
        let loss = cross_entropy(&after, label);
        if !finite(&after) || !loss.is_finite() {
            return Err(ExplainError::StepTooLarge { rate: step.rate }.into());
        }
        told.step = Some(Stepped {
            step,
            place: place as u32,
            dims,
            before: ends[0],
            gradient: slope,
            after: ends[1],
            loss: [told.loss, loss],
            shares: [told.shares.clone(), shares(&after)],
        });
        Ok(())
    }
}

fn check_step(network: &Network, scope: &Scope, step: WeightStep) -> Result<(), ExplainError> {
    let node = || name(network, step.node);
    let known = network.graph().node(step.node);
    known.ok_or(ExplainError::NoNode { node: step.node.0 })?;
    if !scope.nodes.contains(&step.node) {
        return Err(ExplainError::NotOnTheWay { node: node() });
    }
    let mut params = network.params().iter();
    let owner = network.graph().owner(step.node);
    let param = params.find(|it| it.node == owner && it.role == step.role);
    let Some(param) = param.filter(|it| it.role.trainable()) else {
        return Err(ExplainError::NoParameter {
            node: node(),
            role: step.role.name().to_owned(),
        });
    };
    let count = param.dims.iter().product::<usize>() as u64;
    if let Some(place) = step.place.filter(|&place| u64::from(place) >= count) {
        let node = node();
        return Err(ExplainError::NoWeight { node, place, count });
    }
    if !step.rate.is_finite() {
        return Err(ExplainError::Rate);
    }
    Ok(())
}

fn name(network: &Network, node: NodeId) -> String {
    let found = network.graph().node(node);
    found.map_or_else(|| "input".to_owned(), |it| it.name.clone())
}

fn shares(logits: &[f32]) -> Vec<f32> {
    softmax(logits).into_iter().map(|it| it as f32).collect()
}

fn length(values: &[f32]) -> f64 {
    let squares: f64 = values.iter().map(|&it| f64::from(it).powi(2)).sum();
    squares.sqrt()
}
