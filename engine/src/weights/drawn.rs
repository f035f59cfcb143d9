//! Weights that a training draws anew.

use std::collections::HashSet;
use std::sync::Arc;

use super::noise::Stream;
use super::{Values, slots};
use crate::checkpoint::Weights;
use crate::train::Settings;
use crate::{Graph, NodeId};

/// The weights that a training of these settings starts from: `weights`, with those drawn that its rule
/// of initialisation draws.
pub fn redrawn(graph: &Graph, weights: Weights, settings: &Settings) -> Weights {
    let (Some(rule), Some(slots)) = (settings.initialisation, slots(graph)) else {
        return weights;
    };
    let frozen: HashSet<NodeId> = settings.frozen.iter().copied().collect();
    let mut drawn = Weights::default();
    for slot in slots {
        let start = slot.start(rule);
        let parameter = slot.parameter;
        let kept = weights.get(parameter.node, parameter.role);
        let values = match kept.filter(|_| frozen.contains(&parameter.node)) {
            Some(values) => values.to_vec(),
            None => {
                let stream = Stream::of(settings.seed, parameter.node, parameter.role);
                let values: Arc<[f32]> = Values::started(start, stream, parameter.count(), &());
                values.to_vec()
            }
        };
        drawn.push(parameter, values);
    }
    drawn
}
