//! The network out of the layers that were found.

use std::collections::{HashMap, HashSet};

use super::Import;
use super::draft::Draft;
use super::lazy::Value;
use super::walk::{Refused, Walk};
use crate::checkpoint::{Weights, parameters};
use crate::graph::MAX_NAME;
use crate::onnx::OnnxError;
use crate::onnx::proto::Model;
use crate::{GraphBuilder, NodeId, Shape};

/// Names that exporters give to every graph.
const USUAL_NAMES: [&str; 7] = [
    "",
    "main_graph",
    "main",
    "torch_jit",
    "torch-jit-export",
    "tf2onnx",
    "graph",
];

impl Walk<'_, '_> {
    pub fn finish(
        mut self,
        model: &Model<'_>,
        input: Shape,
        name: Option<&str>,
    ) -> Result<Import, OnnxError> {
        let output = match self.output(model)? {
            Some(output) if self.unsupported.is_empty() => output,
            _ => self.part()?,
        };
        let kept = self.ancestors(output);
        let left_out = self.drafts.all.len() - kept.len();
        if left_out > 0 && self.unsupported.is_empty() && model.graph.outputs.len() > 1 {
            let first = model
                .graph
                .outputs
                .first()
                .map_or("", |it| it.name.as_str());
            self.notes.push(format!(
                "it has {} outputs; the network is what “{first}” needs",
                model.graph.outputs.len()
            ));
        }
        let own = model.graph.name.trim();
        let own = match name {
            Some(name) if USUAL_NAMES.contains(&own) => name,
            _ if own.is_empty() => "network",
            _ => own,
        };
        let title: String = own.chars().take(MAX_NAME / 4).collect();
        let sources = self.drafts.sources(&kept);
        self.notes.extend(self.drafts.copied(&kept, &sources));
        let mut net = GraphBuilder::new(title, input);
        let mut numbers = HashMap::from([(NodeId::INPUT, NodeId::INPUT)]);
        for (place, draft) in self.drafts.all.iter().enumerate() {
            let id = NodeId(place as u32 + 1);
            if !kept.contains(&id) {
                continue;
            }
            let Draft {
                name,
                layer,
                inputs,
                ..
            } = draft;
            let inputs: Vec<NodeId> = { inputs.iter() }
                .filter_map(|input| numbers.get(input).copied())
                .collect();
            let source = sources.get(&id).and_then(|source| numbers.get(source));
            let new = match source {
                Some(&source) => net.again_from(&inputs, name.clone(), source),
                None => net.from(&inputs, name.clone(), layer.clone()),
            };
            numbers.insert(id, new);
        }
        let graph = net
            .finish()
            .map_err(|error| OnnxError::Graph(error.to_string()))?;
        let mut values = HashMap::new();
        for ((node, role), array) in self.drafts.weights {
            if let Some(&new) = numbers.get(&node) {
                values.insert((new, role), array);
            }
        }
        let mut weights = Weights::default();
        for parameter in parameters(&graph) {
            let array = values
                .remove(&(parameter.node, parameter.role))
                .unwrap_or_default();
            let wrong = |why: String| OnnxError::Tensor {
                name: parameter.name.clone(),
                why,
            };
            if array.len() != parameter.count() {
                let (got, wanted) = (array.len(), parameter.count());
                return Err(wrong(format!(
                    "it has {got} values; its layer wants {wanted}"
                )));
            }
            if let Some(value) = array.iter().find(|it| !it.is_finite()) {
                return Err(wrong(format!("a value is {value}")));
            }
            weights.push(parameter, array);
        }
        Ok(Import {
            graph,
            weights,
            unsupported: self.unsupported,
            behind: self.behind,
            notes: self.notes,
            producer: model.producer.clone(),
        })
    }

    /// The node that the first output of the file is; `None` where it cannot be computed.
    fn output(&mut self, model: &Model<'_>) -> Result<Option<NodeId>, OnnxError> {
        let Some(output) = model.graph.outputs.first() else {
            return Ok(None);
        };
        let Some(Value::Map(lazy)) = self.values.get(&output.name).cloned() else {
            if self.unsupported.is_empty() {
                let why = format!("its output “{}” does not depend on its input", output.name);
                return Err(OnnxError::Nothing(why));
            }
            return Ok(None);
        };
        let view = match lazy.view.dims.len() {
            2 | 4 => self.plain(&lazy).map(|view| view.node),
            _ => self.forced(&lazy).map(|view| view.node),
        };
        match view {
            Ok(node) => Ok(Some(node)),
            Err(Refused::File(error)) => Err(error),
            Err(Refused::Because(why)) => {
                self.unsupported.push(super::Unsupported {
                    node: output.name.clone(),
                    operator: "output".to_owned(),
                    why,
                });
                self.before = vec![lazy.view.node];
                Ok(None)
            }
        }
    }

    /// The last node of the part before the first one that is not supported.
    fn part(&self) -> Result<NodeId, OnnxError> {
        let last = { self.before.iter() }
            .max()
            .copied()
            .unwrap_or(NodeId::INPUT);
        if last == NodeId::INPUT {
            let first = self.unsupported.first().map(ToString::to_string);
            return Err(OnnxError::Nothing(first.unwrap_or_default()));
        }
        Ok(last)
    }

    /// This node and all that it needs.
    fn ancestors(&self, of: NodeId) -> HashSet<NodeId> {
        let mut found = HashSet::new();
        let mut open = vec![of];
        while let Some(node) = open.pop() {
            if node != NodeId::INPUT
                && found.insert(node)
                && let Some(draft) = self.drafts.get(node)
            {
                open.extend(&draft.inputs);
            }
        }
        found
    }
}
