//! The values that a pass starts from: inputs, or the values of frozen nodes, which are computed
//! once for each image.

use std::collections::{HashMap, HashSet};

use burn::tensor::Tensor;

use super::still::fixed;
use super::{Task, TrainError};
use crate::data::{Change, DataSet};
use crate::run::Network;
use crate::{Graph, NodeId};

/// Bytes of kept values at most; further images are computed each time.
const MOST_BYTES: usize = 256 << 20;

/// See the module.
#[derive(Debug)]
pub(super) struct Inputs {
    /// Where passes of images that are not changed start; empty for the input.
    starts: Vec<NodeId>,
    /// By the image's number; the values of `starts`.
    kept: HashMap<u32, Vec<Tensor<4>>>,
    bytes: usize,
}

impl Inputs {
    pub fn new(network: &Network, task: &Task) -> Self {
        let graph = network.graph();
        let starts = boundary(graph, &fixed(graph, &task.settings.frozen));
        // An attack changes the input itself.
        let useful = starts != [NodeId::INPUT] && task.settings.adversarial.is_none();
        Self {
            starts: if useful { starts } else { Vec::new() },
            kept: HashMap::new(),
            bytes: 0,
        }
    }

    /// The values for these images, each changed by what `change` gives.
    pub fn of(
        &mut self,
        network: &Network,
        data: &DataSet,
        task: &Task,
        images: &[u32],
        change: Option<&dyn Fn(u32) -> Change>,
    ) -> Result<HashMap<NodeId, Tensor<4>>, TrainError> {
        let target = network.graph().input();
        let input = |image: u32| {
            let change = change.map(|change| change(image));
            data.input(image as usize, change.as_ref(), task.means, target)
                .unwrap_or_default()
        };
        if self.starts.is_empty() || change.is_some() {
            let values = images.iter().flat_map(|&image| input(image)).collect();
            return Ok(HashMap::from([(NodeId::INPUT, network.input(values)?)]));
        }
        let mut columns = vec![Vec::with_capacity(images.len()); self.starts.len()];
        for &image in images {
            let values = match self.kept.get(&image) {
                Some(values) => values.clone(),
                None => {
                    // One by one: so the values do not depend on what else is in the batch.
                    let given = HashMap::from([(NodeId::INPUT, network.input(input(image))?)]);
                    let values = network.forward_from(given, &self.starts)?;
                    let sizes = values.iter().map(|it| it.dims().iter().product::<usize>());
                    let bytes = 4 * sizes.sum::<usize>();
                    if self.bytes + bytes <= MOST_BYTES {
                        self.bytes += bytes;
                        self.kept.insert(image, values.clone());
                    }
                    values
                }
            };
            for (column, value) in columns.iter_mut().zip(values) {
                column.push(value);
            }
        }
        let columns = columns.into_iter().map(|column| Tensor::cat(column, 0));
        Ok(self.starts.iter().copied().zip(columns).collect())
    }
}

/// The fixed nodes that others take, in the graph's order.
fn boundary(graph: &Graph, fixed: &HashSet<NodeId>) -> Vec<NodeId> {
    let others = graph
        .nodes()
        .iter()
        .filter(|node| !fixed.contains(&node.id));
    let taken: HashSet<NodeId> = others
        .flat_map(|node| node.inputs.iter().copied())
        .collect();
    let nodes = graph.nodes().iter().map(|node| node.id);
    let nodes = [NodeId::INPUT].into_iter().chain(nodes);
    nodes
        .filter(|node| fixed.contains(node) && taken.contains(node))
        .collect()
}
