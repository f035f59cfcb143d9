//! What can be read after a run: the maps of the nodes that are watched, and the output.

use kernels::{Map, elementwise};

use super::{Plan, Reading};
use crate::NodeId;

/// The buffers of a plan, and which maps of them can be read.
#[derive(Debug)]
pub struct Values {
    pub(super) buffers: Vec<Vec<f32>>,
    readings: Vec<Reading>,
    /// Among `readings`.
    output: usize,
    /// What was read last, channel after channel.
    read: Vec<f32>,
}

impl Values {
    pub(super) fn new(plan: &Plan, buffers: Vec<Vec<f32>>) -> Self {
        let read = plan.readings.iter().map(|it| it.map.elements());
        Self {
            buffers,
            readings: plan.readings.clone(),
            output: plan.output,
            read: vec![0.0; read.max().unwrap_or(0)],
        }
    }

    /// The output, channel after channel.
    pub fn output(&mut self) -> &[f32] {
        self.reading(self.output)
    }

    /// The map of a node that is watched, of the last picture: channel after channel (C, H, W).
    /// `None` for another node.
    pub fn map(&mut self, node: NodeId) -> Option<&[f32]> {
        let place = self.place(node)?;
        Some(self.reading(place))
    }

    /// Some channels of the map of a node that is watched, `None` for another node or channels that
    /// it does not have.
    pub fn channels(&mut self, node: NodeId, first: usize, count: usize) -> Option<&[f32]> {
        let place = self.place(node)?;
        let reading = self.readings.get(place)?;
        let map = reading.map;
        if reading.flat {
            // A vector of all values of the map.
            return self.reading(place).get(first..first.checked_add(count)?);
        }
        if first.checked_add(count)? > map.channels {
            return None;
        }
        let part = Map {
            start: map.start + first,
            channels: count,
            ..map
        };
        let values = &mut self.read[..part.elements()];
        elementwise::by_channel(&part, &self.buffers[map.buffer], values);
        Some(values)
    }

    /// The reading of a node whose values are here.
    fn place(&self, node: NodeId) -> Option<usize> {
        let is_here = |map: &Map| {
            self.buffers
                .get(map.buffer)
                .is_some_and(|it| !it.is_empty())
        };
        let mut readings = self.readings.iter();
        readings.position(|it| it.node == node && is_here(&it.map))
    }

    /// Whether all values of a watched node's map are finite numbers; true for another node.
    pub fn is_finite(&self, node: NodeId) -> bool {
        let mut readings = self.readings.iter();
        readings.find(|it| it.node == node).is_none_or(|reading| {
            let map = &reading.map;
            let buffer = &self.buffers[map.buffer];
            let places = (0..map.height).flat_map(|y| (0..map.width).map(move |x| map.at(y, x)));
            // The product of 0 and what is not finite is not a number.
            let sum = |place: usize| {
                let values = &buffer[place..place + map.channels];
                values.iter().fold(0.0, |sum, value| sum + 0.0 * value)
            };
            places.map(sum).all(|sum: f32| sum == 0.0)
        })
    }

    fn reading(&mut self, place: usize) -> &[f32] {
        let Some(reading) = self.readings.get(place) else {
            return &[];
        };
        let map = &reading.map;
        let values = &mut self.read[..map.elements()];
        let buffer = &self.buffers[map.buffer];
        if reading.by_position {
            elementwise::by_position(map, buffer, values);
        } else {
            elementwise::by_channel(map, buffer, values);
        }
        values
    }
}
