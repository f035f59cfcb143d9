//! The compiled plan of the current network, lowered for the maps that are looked at.

use super::model::Param;
use super::{BurnReason, Cause, NonFinite, Wanted};
use crate::plan::{Executor, LowerError, Options, Packer, Params, Plan, Values};
use crate::weights::cause_in;
use crate::{Graph, Node, NodeId, Shape};

/// Keeps what it can between two lowerings: packed weights always, the plan while the same maps are
/// looked at.
#[derive(Debug, Default)]
pub(super) struct Planned {
    pub(super) packer: Packer,
    lowered: Option<Lowered>,
    /// On the device.
    #[cfg(feature = "plan-gpu")]
    pub(super) on_device: Option<super::device_plan::Lowered>,
    /// It cannot be lowered.
    pub(super) refused: Option<BurnReason>,
    /// What fits the memory beside burn's network, if that is there.
    room: Option<(bool, Result<Room, BurnReason>)>,
}

/// How far the plan may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// Weights of Winograd's convolutions, four times as large, fit as well.
    Winograd,
    Direct,
}

#[derive(Debug)]
struct Lowered {
    options: Options,
    executor: Executor,
}

impl Planned {
    /// For the graph after an edit: with the packed weights.
    pub fn after_edit(&mut self) -> Self {
        Self {
            packer: std::mem::take(&mut self.packer),
            ..Self::default()
        }
    }

    /// The weights are other ones.
    #[cfg(feature = "run")]
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// What fits the memory, where that is known.
    pub fn room(&self, has_network: bool) -> Option<Result<Room, BurnReason>> {
        let (with, room) = self.room.as_ref()?;
        (*with == has_network).then(|| room.clone())
    }

    pub fn set_room(&mut self, has_network: bool, room: Result<Room, BurnReason>) {
        self.room = Some((has_network, room));
    }

    /// The plan in which these nodes' maps can be read.
    ///
    /// # Errors
    /// Why there is none.
    pub fn watching(
        &mut self,
        graph: &Graph,
        weights: &[Param],
        mut watched: Vec<NodeId>,
        winograd: bool,
    ) -> Result<&mut Executor, BurnReason> {
        watched.retain(|&node| node != NodeId::INPUT);
        watched.sort();
        watched.dedup();
        let options = Options::watching(watched, winograd);
        if let Some(reason) = &self.refused {
            return Err(reason.clone());
        }
        let fits = |it: &Lowered| it.options == options;
        let lowered = match self.lowered.take().filter(fits) {
            Some(lowered) => lowered,
            None => match self.lowered_for(graph, weights, options) {
                Ok(lowered) => lowered,
                Err(error) => {
                    let reason = BurnReason::of(error);
                    self.refused = Some(reason.clone());
                    return Err(reason);
                }
            },
        };
        Ok(&mut self.lowered.insert(lowered).executor)
    }

    /// A plan of its own with nothing watched, for measurements.
    #[cfg(feature = "run")]
    ///
    /// # Errors
    /// Why there is none.
    pub fn apart(
        &mut self,
        graph: &Graph,
        weights: &[Param],
        winograd: bool,
    ) -> Result<Executor, BurnReason> {
        let options = Options::watching(Vec::new(), winograd);
        let lowered = self.lowered_for(graph, weights, options);
        Ok(lowered.map_err(BurnReason::of)?.executor)
    }

    fn lowered_for(
        &mut self,
        graph: &Graph,
        weights: &[Param],
        options: Options,
    ) -> Result<Lowered, LowerError> {
        let params: Params = weights.iter().cloned().collect();
        let plan = Plan::lower_with(graph, &params, &options, &mut self.packer)?;
        let executor = Executor::new(plan);
        Ok(Lowered { options, executor })
    }
}

/// The part of a node's map that is wanted, channel after channel; reduced where that was asked for.
/// `shape` is the node's.
pub(super) fn part(values: &mut Values, input: &[f32], shape: Shape, wanted: &Wanted) -> Vec<f32> {
    let sent = wanted.sent(shape);
    let (first, count) = (wanted.first as usize, sent.channels as usize);
    let area = shape.positions() as usize;
    let cut = if count == 0 {
        None
    } else if wanted.node == NodeId::INPUT {
        input.get(first * area..(first + count) * area)
    } else {
        values.channels(wanted.node, first, count)
    };
    fine(cut.unwrap_or(&[]), shape, sent)
}

/// What is wanted of a whole map of this shape.
#[cfg(feature = "run")]
pub(crate) fn cut(map: &[f32], shape: Shape, wanted: &Wanted) -> Vec<f32> {
    let sent = wanted.sent(shape);
    let (first, count) = (wanted.first as usize, sent.channels as usize);
    let area = shape.positions() as usize;
    let channels = map.get(first * area..(first + count) * area);
    fine(channels.unwrap_or(&[]), shape, sent)
}

fn fine(channels: &[f32], shape: Shape, sent: Shape) -> Vec<f32> {
    if sent.size() == shape.size() {
        return channels.to_vec();
    }
    reduced(channels, shape.size(), sent.size())
}

/// Each value the mean of the area that it covers, as PyTorch's `adaptive_avg_pool2d`.
fn reduced(map: &[f32], from: [u32; 2], to: [u32; 2]) -> Vec<f32> {
    let [[height, width], [rows, columns]] = [from, to].map(|it| it.map(|side| side as usize));
    let range = |place: usize, size: usize, count: usize| {
        place * size / count..((place + 1) * size).div_ceil(count)
    };
    let planes = map.chunks_exact((height * width).max(1));
    let mut all = Vec::with_capacity(planes.len() * rows * columns);
    for plane in planes {
        for row in 0..rows {
            let lines = range(row, height, rows);
            for column in 0..columns {
                let places = range(column, width, columns);
                let sum: f32 = lines
                    .clone()
                    .map(|y| plane[y * width..][places.clone()].iter().sum::<f32>())
                    .sum();
                all.push(sum / (lines.len() * places.len()) as f32);
            }
        }
    }
    all
}

/// The first node with a value that is not finite, after a run in which all were watched.
pub(super) fn non_finite(
    values: &mut Values,
    graph: &Graph,
    weights: &[Param],
) -> Option<NonFinite> {
    let mut nodes = graph.nodes().iter();
    let node = nodes.find(|node| !values.is_finite(node.id))?;
    non_finite_at(values, node, weights)
}

/// What the first value of a node's map that is not finite is, and where it may come from.
pub(super) fn non_finite_at(
    values: &mut Values,
    node: &Node,
    weights: &[Param],
) -> Option<NonFinite> {
    let mut each = values.map(node.id)?.iter();
    let nan = each.find(|value| !value.is_finite())?.is_nan();
    let mut own = weights.iter().filter(|it| it.node == node.owner());
    let cause = own.find_map(|it| cause_in(Some(&node.layer), &it.name, it.role, &it.values));
    Some(NonFinite {
        node: node.id,
        name: node.name.clone(),
        nan,
        cause: cause.unwrap_or(Cause::Arithmetic),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reduced_map_has_the_means_of_the_areas() {
        // 4 × 6 to 2 × 3: blocks of 2 × 2.
        let map: Vec<f32> = (0..24).map(|it| it as f32).collect();
        let mean = |place: f32| (4.0 * place + 1.0 + 6.0 + 7.0) / 4.0;
        let wanted: Vec<f32> = [0.0, 2.0, 4.0, 12.0, 14.0, 16.0].map(mean).to_vec();
        assert_eq!(reduced(&map, [4, 6], [2, 3]), wanted);
        // 3 to 2: the middle is in both, as torch has it.
        assert_eq!(reduced(&[1.0, 2.0, 4.0], [1, 3], [1, 2]), [1.5, 3.0]);
    }
}
