//! One answer of the engine as the page keeps it.

use engine::NodeId;
use engine::session::{DeviceKind, InputStep, MapSlice, StepPicture};

/// The latest forward pass: pictures of the preprocessing, maps, answer and times.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pub generation: u64,
    pub device: DeviceKind,
    /// Milliseconds of the forward pass alone.
    pub forward_ms: f64,
    /// Whether the drawing had no ink.
    pub blank: bool,
    pub steps: Vec<StepPicture>,
    pub maps: Vec<MapSlice>,
    /// The values of the network's last node.
    pub answer: Vec<f32>,
    /// The payload that steps and maps point into.
    pub values: Vec<f32>,
}

impl Trace {
    /// The picture after this step, row by row.
    pub fn step(&self, step: InputStep) -> Option<(StepPicture, &[f32])> {
        let picture = *self.steps.iter().find(|picture| picture.step == step)?;
        let length = picture.channels as usize * picture.width as usize * picture.height as usize;
        Some((
            picture,
            self.values
                .get(picture.offset..picture.offset.checked_add(length)?)?,
        ))
    }

    /// What was sent of this node's map, channel after channel.
    pub fn map(&self, node: NodeId) -> Option<(MapSlice, &[f32])> {
        let slice = *self.maps.iter().find(|slice| slice.node == node)?;
        let length = usize::try_from(slice.sent.elements()).ok()?;
        Some((
            slice,
            self.values
                .get(slice.offset..slice.offset.checked_add(length)?)?,
        ))
    }
}

/// The class with the largest value; the first of equals.
pub fn best(shares: &[f32]) -> Option<usize> {
    let mut best: Option<(usize, f32)> = None;
    for (class, &share) in shares.iter().enumerate() {
        if best.is_none_or(|(_, most)| share > most) {
            best = Some((class, share));
        }
    }
    best.map(|(class, _)| class)
}

/// The `count` classes with the largest values, largest first; equals keep their order.
pub fn top(shares: &[f32], count: usize) -> Vec<usize> {
    let mut classes: Vec<usize> = (0..shares.len()).collect();
    classes.sort_by(|&one, &other| shares[other].total_cmp(&shares[one]));
    classes.truncate(count);
    classes
}

#[cfg(test)]
mod tests {
    use engine::Shape;

    use super::*;

    fn trace(slice: MapSlice, values: Vec<f32>) -> Trace {
        Trace {
            generation: 1,
            device: DeviceKind::Cpu,
            forward_ms: 1.0,
            blank: false,
            steps: Vec::new(),
            maps: vec![slice],
            answer: Vec::new(),
            values,
        }
    }

    #[test]
    fn a_map_is_the_part_of_the_payload_that_its_slice_names() {
        let shape = Shape::new(2, 1, 2);
        let slice = MapSlice {
            node: NodeId(3),
            shape,
            first: 0,
            sent: shape,
            offset: 1,
            min: 1.0,
            max: 4.0,
        };
        let trace = trace(slice, vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(
            trace.map(NodeId(3)),
            Some((slice, &[1.0, 2.0, 3.0, 4.0][..]))
        );
        assert_eq!(trace.map(NodeId(4)), None);
    }

    #[test]
    fn a_slice_beyond_the_payload_gives_nothing() {
        let shape = Shape::new(2, 1, 2);
        for offset in [3, usize::MAX] {
            let slice = MapSlice {
                node: NodeId(3),
                shape,
                first: 0,
                sent: shape,
                offset,
                min: 0.0,
                max: 0.0,
            };
            assert_eq!(trace(slice, vec![0.0; 6]).map(NodeId(3)), None);
        }
    }

    #[test]
    fn the_largest_share_wins_and_the_first_of_equals() {
        assert_eq!(best(&[0.1, 0.7, 0.7]), Some(1));
        assert_eq!(best(&[]), None);
        assert_eq!(top(&[0.1, 0.7, 0.2, 0.7], 3), [1, 3, 2]);
    }
}
