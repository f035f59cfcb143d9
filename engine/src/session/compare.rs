//! Whether two devices agree: this one's maps against the other's, layer by layer.

use super::maps::{append, reduce};
use super::run::{Failure, values};
use super::{Difference, Event, Input, MapSlice, Message, Session, Wanted};
use crate::NodeId;
use crate::run::{Breath, Check};

const OTHER_SIZE: &str = "the other device's maps are of another size; compare again";

impl Session {
    pub(super) async fn maps(
        &self,
        input: Input,
        maps: &[Wanted],
        payload: &[u8],
    ) -> Result<Message<Event>, Failure> {
        let input = self.input_of(input, payload)?;
        let network = self.network()?;
        let nodes: Vec<NodeId> = maps.iter().map(|wanted| wanted.node).collect();
        let reduce = |place: usize, map| reduce(&maps[place], map);
        let traced = network
            .trace_reduced(
                &input,
                &nodes,
                Check::WhatIsRead,
                &Breath::default(),
                reduce,
            )
            .await?
            .values;
        let mut values = Vec::new();
        let maps = append(network, maps, &traced, &mut values);
        Ok(Message::with_values(Event::Mapped { maps }, &values))
    }

    pub(super) async fn compare(
        &self,
        input: Input,
        input_bytes: usize,
        maps: &[MapSlice],
        payload: &[u8],
    ) -> Result<Message<Event>, Failure> {
        let Some((input_bytes, others)) = payload.split_at_checked(input_bytes) else {
            return Err("the message to compare with ends early; compare again".into());
        };
        let input = self.input_of(input, input_bytes)?;
        let others = values(others)?;
        let nodes: Vec<NodeId> = maps.iter().map(|map| map.node).collect();
        let network = self.network()?;
        // Only whole maps of the same network can be laid beside each other.
        let whole = |map: &MapSlice| {
            network.shape(map.node) == Some(map.shape) && map.sent == map.shape && map.first == 0
        };
        if !maps.iter().all(whole) {
            return Err(OTHER_SIZE.into());
        }
        let ours = network
            .trace_reduced(
                &input,
                &nodes,
                Check::WhatIsRead,
                &Breath::default(),
                |_, map| map,
            )
            .await?
            .values;
        let mut layers = Vec::with_capacity(maps.len());
        for (map, ours) in maps.iter().zip(&ours) {
            let end = map.offset.saturating_add(ours.len());
            let Some(theirs) = others.get(map.offset..end) else {
                return Err(OTHER_SIZE.into());
            };
            layers.push(difference(map.node, ours, theirs));
        }
        Ok(Message::new(Event::Compared { layers }))
    }
}

/// A value that is finite on one side only is infinitely far.
fn difference(node: NodeId, ours: &[f32], theirs: &[f32]) -> Difference {
    let (mut largest, mut scale) = (0.0_f32, 0.0_f32);
    for (our, their) in ours.iter().zip(theirs) {
        let apart = (our - their).abs();
        // JSON has no infinity: the largest number stands for it.
        largest = if apart.is_finite() {
            largest.max(apart)
        } else {
            f32::MAX
        };
        if their.is_finite() {
            scale = scale.max(their.abs());
        }
    }
    let relative = if largest == 0.0 {
        0.0
    } else {
        (largest / scale).min(f32::MAX)
    };
    Difference {
        node,
        largest,
        relative,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_relative_to_the_largest_value_of_the_map() {
        // 0.5 apart where the largest value is 4: one eighth.
        let difference = difference(NodeId(1), &[1.0, -4.5], &[1.0, -4.0]);
        assert_eq!((difference.largest, difference.relative), (0.5, 0.125));
    }

    #[test]
    fn equal_maps_do_not_differ_even_when_they_are_all_zero() {
        assert_eq!(difference(NodeId(1), &[0.0], &[0.0]).relative, 0.0);
    }

    #[test]
    fn a_value_that_is_no_number_on_one_device_is_as_far_as_can_be() {
        assert_eq!(
            difference(NodeId(1), &[f32::NAN], &[1.0]).relative,
            f32::MAX
        );
    }
}
