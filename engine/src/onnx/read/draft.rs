//! The layers found so far, with their weights.

use std::collections::{HashMap, HashSet};

use crate::checkpoint::Role;
use crate::graph::MAX_NODES;
use crate::layer::Layer;
use crate::{NodeId, Shape};

use super::walk::{Refused, refused};

#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub name: String,
    pub layer: Layer,
    pub inputs: Vec<NodeId>,
    pub shape: Shape,
    /// Whether more than one node of the file reads it.
    pub is_shared: bool,
    /// The names of its weights in the file; none for a layer without.
    pub weights: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Drafts {
    pub input: Shape,
    pub all: Vec<Draft>,
    pub weights: HashMap<(NodeId, Role), Vec<f32>>,
    names: HashSet<String>,
}

impl Drafts {
    pub fn new(input: Shape) -> Self {
        Self {
            input,
            all: Vec::new(),
            weights: HashMap::new(),
            names: HashSet::new(),
        }
    }

    pub fn shape(&self, node: NodeId) -> Shape {
        self.get(node).map_or(self.input, |draft| draft.shape)
    }

    pub fn get(&self, node: NodeId) -> Option<&Draft> {
        self.all.get((node.0 as usize).checked_sub(1)?)
    }

    pub fn get_mut(&mut self, node: NodeId) -> Option<&mut Draft> {
        self.all.get_mut((node.0 as usize).checked_sub(1)?)
    }

    /// Adds a layer that fits.
    pub fn add(
        &mut self,
        name: &str,
        layer: impl Into<Layer>,
        inputs: &[NodeId],
    ) -> Result<NodeId, Refused> {
        let layer = layer.into();
        if self.all.len() >= 4 * MAX_NODES {
            return refused(format!("the network has more than {MAX_NODES} layers"));
        }
        let shapes: Vec<Shape> = inputs.iter().map(|&input| self.shape(input)).collect();
        let shape = match layer.measure(&shapes) {
            Ok((shape, _)) => shape,
            Err(error) => return refused(error.to_string()),
        };
        let name = self.free_name(name);
        self.all.push(Draft {
            name,
            layer,
            inputs: inputs.to_vec(),
            shape,
            is_shared: false,
            weights: Vec::new(),
        });
        Ok(NodeId(self.all.len() as u32))
    }

    pub fn set(&mut self, node: NodeId, role: Role, values: Vec<f32>) {
        self.weights.insert((node, role), values);
    }

    /// The name, with a number where it is taken.
    fn free_name(&mut self, name: &str) -> String {
        let mut free = name.to_owned();
        let mut number = 2;
        while !self.names.insert(free.clone()) {
            free = format!("{name}_{number}");
            number += 1;
        }
        free
    }
}
