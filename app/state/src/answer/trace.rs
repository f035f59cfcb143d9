//! The result of a forward pass.

use engine::data::DigitNote;
use engine::session::{DeviceKind, InputStep, MapSlice, StepPicture, Wanted};
use engine::{NodeId, Shape};

use super::{Range, Ranges};
use crate::screen::Palette;

/// The result of a forward pass: pictures of the preprocessing, maps, outputs and times.
#[derive(Debug)]
pub struct Trace {
    pub generation: u64,
    pub device: DeviceKind,
    /// Milliseconds of the forward pass alone.
    pub forward_ms: f64,
    /// Whether the drawing had no ink.
    pub blank: bool,
    /// What is to be said of the digit in a picture, for instance that none was found.
    pub note: Option<DigitNote>,
    pub steps: Vec<StepPicture>,
    pub maps: Vec<MapSlice>,
    /// The values of the network's last node, one a class; empty where it is not a vector of
    /// classes.
    pub answer: Vec<f32>,
    /// The payload that the slices of steps and maps refer to.
    pub values: Vec<f32>,
    /// Read by [`Self::range`].
    pub ranges: Ranges,
}

impl Trace {
    /// Whether no digit was found in the picture, so that there is no answer.
    pub fn has_no_digit(&self) -> bool {
        self.note == Some(DigitNote::NoDigit)
    }

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

    /// Takes the pictures of the preparation from an earlier answer to the same photo.
    pub fn keep_steps(&mut self, before: &Self) {
        for picture in &before.steps {
            if let Some((mut picture, values)) = before.step(picture.step) {
                picture.offset = self.values.len();
                self.values.extend_from_slice(values);
                self.steps.push(picture);
            }
        }
    }

    /// The received values of this node's map from its first channel on, channel after channel.
    pub fn map(&self, node: NodeId) -> Option<(MapSlice, &[f32])> {
        let slices = self.maps.iter();
        let slices = slices.filter(|slice| slice.node == node && slice.first == 0);
        let slice = *slices.max_by_key(|slice| slice.sent.channels)?;
        Some((slice, self.values_of(&slice)?))
    }

    /// What the colours of a node's maps stand for, by the values that [`Self::map`] gives.
    pub fn range(&self, node: NodeId, palette: Palette) -> Option<Range> {
        let (_, values) = self.map(node)?;
        self.ranges.of(node, palette, values)
    }

    /// The requested part of a map, its slice narrowed to the requested channels; `None` until an
    /// answer has brought it. It may be finer than requested, where another view needs it so.
    pub fn part(&self, wanted: &Wanted) -> Option<(MapSlice, &[f32])> {
        let fits = |slice: &&MapSlice| {
            let asked = wanted.sent(slice.shape);
            slice.node == wanted.node
                && slice.first <= wanted.first
                && slice.first + slice.sent.channels >= wanted.first + asked.channels
                && slice.sent.height >= asked.height
                && slice.sent.width >= asked.width
        };
        let whole = *self.maps.iter().find(fits)?;
        let channels = wanted.sent(whole.shape).channels;
        let area = usize::try_from(whole.sent.positions()).ok()?;
        let skipped = (wanted.first - whole.first) as usize * area;
        let slice = MapSlice {
            first: wanted.first,
            sent: Shape {
                channels,
                ..whole.sent
            },
            offset: whole.offset.checked_add(skipped)?,
            ..whole
        };
        Some((slice, self.values_of(&slice)?))
    }

    fn values_of(&self, slice: &MapSlice) -> Option<&[f32]> {
        let length = usize::try_from(slice.sent.elements()).ok()?;
        let end = slice.offset.checked_add(length)?;
        self.values.get(slice.offset..end)
    }
}

/// The class with the largest value; the first of equals. `None` where a value is not a number: what
/// makes one so makes the others doubtful.
pub fn best(shares: &[f32]) -> Option<usize> {
    if shares.iter().any(|share| share.is_nan()) {
        return None;
    }
    let mut best: Option<(usize, f32)> = None;
    for (class, &share) in shares.iter().enumerate() {
        if best.is_none_or(|(_, most)| share > most) {
            best = Some((class, share));
        }
    }
    best.map(|(class, _)| class)
}

/// The `count` classes with the largest values, largest first; equals keep their order, and what is
/// not a number comes last.
pub fn top(shares: &[f32], count: usize) -> Vec<usize> {
    let mut classes: Vec<usize> = (0..shares.len()).collect();
    let descending = |&one: &usize, &other: &usize| {
        let (one, other) = (shares[one], shares[other]);
        let by_value = || other.total_cmp(&one);
        one.is_nan().cmp(&other.is_nan()).then_with(by_value)
    };
    classes.sort_by(descending);
    classes.truncate(count);
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(slice: MapSlice, values: Vec<f32>) -> Trace {
        Trace {
            generation: 1,
            device: DeviceKind::Cpu,
            forward_ms: 1.0,
            blank: false,
            note: None,
            steps: Vec::new(),
            maps: vec![slice],
            answer: Vec::new(),
            values,
            ranges: Ranges::default(),
        }
    }

    #[test]
    fn what_is_not_a_number_is_never_the_largest() {
        for nan in [f32::NAN, -f32::NAN] {
            assert_eq!(best(&[nan, 1.0, 2.0]), None);
            assert_eq!(best(&[1.0, 2.0, nan]), None);
            assert_eq!(top(&[nan, 1.0, nan, 2.0], 3), [3, 1, 0]);
        }
        assert_eq!(best(&[1.0, f32::NEG_INFINITY, 2.0]), Some(2));
        assert_eq!(best(&[]), None);
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
    fn a_part_of_a_map_is_found_in_the_part_that_was_sent() {
        let slice = MapSlice {
            node: NodeId(3),
            shape: Shape::new(9, 1, 2),
            first: 4,
            sent: Shape::new(3, 1, 2),
            offset: 1,
            min: 0.0,
            max: 6.0,
        };
        let trace = trace(slice, vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let part = |first, channels| Wanted {
            first,
            channels: Some(channels),
            ..Wanted::all(NodeId(3))
        };
        let values = |first, channels| Some(trace.part(&part(first, channels))?.1.to_vec());
        assert_eq!(values(5, 1), Some(vec![3.0, 4.0]));
        assert_eq!(values(4, 3).map(|all| all.len()), Some(6));
        assert_eq!(values(3, 2), None, "channel 3 was not sent");
        assert_eq!(values(6, 2), None, "channel 7 was not sent");
        assert_eq!(
            trace.map(NodeId(3)),
            None,
            "the first channels were not sent"
        );
    }

    #[test]
    fn a_slice_beyond_the_payload_is_none() {
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
    fn the_class_with_the_largest_value_wins_and_the_first_of_equals() {
        assert_eq!(best(&[0.1, 0.7, 0.7]), Some(1));
        assert_eq!(best(&[]), None);
        assert_eq!(top(&[0.1, 0.7, 0.2, 0.7], 3), [1, 3, 2]);
    }
}
