//! The network out of the layers that were found, with their weights.

use std::collections::{HashMap, HashSet};

use super::KerasError;
use super::store::{Asked, Store};
use super::walk::{Made, Origin, Walk};
use crate::checkpoint::{Weights, parameters, turns};
use crate::graph::MAX_NAME;
use crate::onnx::Import;
use crate::{GraphBuilder, NodeId};

/// Names that Keras gives to models that have none.
const USUAL_NAMES: [&str; 4] = ["sequential", "functional", "model", "network"];

impl Walk {
    pub fn finish(
        mut self,
        store: &Store,
        name: Option<&str>,
        version: String,
    ) -> Result<Import, KerasError> {
        let output = match self.output {
            Some(output) if output != NodeId::INPUT => output,
            _ => self.part()?,
        };
        if self.outputs > 1 {
            let count = self.outputs;
            self.notes.push(format!(
                "it has {count} outputs; the network is what the first needs"
            ));
        }
        let kept = self.ancestors(output);
        let stem = self
            .name
            .trim_end_matches(|it: char| it.is_ascii_digit() || it == '_');
        let own = match name {
            Some(name) if USUAL_NAMES.contains(&stem) => name,
            _ => &self.name,
        };
        let title: String = own.chars().take(MAX_NAME / 4).collect();
        let mut net = GraphBuilder::new(title, self.input);
        let mut numbers = HashMap::from([(NodeId::INPUT, NodeId::INPUT)]);
        let mut origins: HashMap<NodeId, &Origin> = HashMap::new();
        for (place, made) in self.made.iter().enumerate() {
            let id = NodeId(place as u32 + 1);
            if !kept.contains(&id) {
                continue;
            }
            let Made {
                name,
                layer,
                inputs,
                origin,
                ..
            } = made;
            let inputs: Vec<NodeId> = { inputs.iter() }
                .filter_map(|input| numbers.get(input).copied())
                .collect();
            let new = net.from(&inputs, name.clone(), layer.clone());
            numbers.insert(id, new);
            origins.insert(new, origin);
        }
        let graph = net
            .finish()
            .map_err(|error| KerasError::Graph(error.to_string()))?;
        let all = parameters(&graph);
        let turns = turns(&graph, &all);
        let mut weights = Weights::default();
        // How many variables of a call were found, and which calls have the same.
        let mut counts: HashMap<usize, usize> = HashMap::new();
        let mut calls: HashMap<&str, HashSet<usize>> = HashMap::new();
        for (parameter, turn) in all.into_iter().zip(turns) {
            let Some(origin) = origins.get(&parameter.node).copied() else {
                continue;
            };
            let number = counts.entry(origin.call).or_insert(0);
            let asked = Asked {
                path: &origin.path,
                layer: &origin.layer,
                is_pointwise: origin.is_pointwise,
                role: parameter.role,
                number: *number,
            };
            *number += 1;
            calls.entry(&origin.path).or_default().insert(origin.call);
            let wrong = |why: String| KerasError::Tensor {
                layer: origin.layer.clone(),
                why,
            };
            let Some(array) = store.get(&asked) else {
                return Err(wrong(format!("the file has none as {}", parameter.role)));
            };
            if array.values.len() != parameter.count() {
                return Err(wrong(format!(
                    "“{}” has {} values; the layer wants {} as {}",
                    array.path,
                    array.values.len(),
                    parameter.count(),
                    parameter.role
                )));
            }
            if let Some(value) = array.values.iter().find(|it| !it.is_finite()) {
                return Err(wrong(format!("a value of “{}” is {value}", array.path)));
            }
            let values = match turn {
                Some(turn) => turn.apply(&array.values),
                None => array.values.clone(),
            };
            weights.push(parameter, values);
        }
        let mut several: Vec<&str> = { calls.iter() }
            .filter(|(_, calls)| calls.len() > 1)
            .map(|(&path, _)| path)
            .collect();
        several.sort_unstable();
        let shared = several.len();
        if let Some(first) = several.first() {
            let layer = first.rsplit('/').next().unwrap_or(first);
            self.notes.push(format!(
                "{shared} layers with weights are used more than once (first “{layer}”); each use is a layer \
                 of its own here, with the same weights"
            ));
        }
        Ok(Import {
            graph,
            weights,
            unsupported: self.unsupported,
            behind: self.behind,
            notes: self.notes,
            producer: format!("Keras {version}").trim().to_owned(),
        })
    }

    /// The last layer before the first one that is not supported.
    fn part(&self) -> Result<NodeId, KerasError> {
        let last = self.before.iter().max().copied();
        match last.filter(|&last| last != NodeId::INPUT) {
            Some(last) => Ok(last),
            None => Err(KerasError::Nothing(match self.unsupported.first() {
                Some(first) => first.to_string(),
                None => "it has none".to_owned(),
            })),
        }
    }

    /// This node and all that it needs.
    fn ancestors(&self, of: NodeId) -> HashSet<NodeId> {
        let mut found = HashSet::new();
        let mut open = vec![of];
        while let Some(node) = open.pop() {
            if node != NodeId::INPUT
                && found.insert(node)
                && let Some(made) = self.made.get(node.0 as usize - 1)
            {
                open.extend(&made.inputs);
            }
        }
        found
    }
}
