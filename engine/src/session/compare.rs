//! Whether two devices agree: this one's maps against the other's, layer by layer. Two jobs: one
//! gives a device's maps, the other compares them on the second device.

use super::input::values;
use super::job::{Job, JobFuture, Step};
use super::maps::append;
use super::{Check, Difference, Ended, Event, Failure, Input, MapSlice, Message, Session, Wanted};
use crate::NodeId;

/// Runs the network for its maps, in one step.
#[derive(Debug)]
struct Maps {
    input: Vec<f32>,
    maps: Vec<Wanted>,
}

impl Maps {
    async fn run(&self, session: &mut Session) -> Result<Step, Ended> {
        let check = Check::WhatIsRead;
        let traced = session.trace(&self.input, &self.maps, check).await?;
        let mut values = Vec::new();
        let maps = append(session.model()?, &self.maps, &traced.maps, &mut values);
        let mapped = Message::with_values(Event::Mapped { maps }, &values);
        Ok(Step::Finish(mapped))
    }
}

impl Job for Maps {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.run(session))
    }

    fn progress(&self) -> [u64; 2] {
        [0, 1]
    }
}

/// Runs the network, then compares one map a step.
#[derive(Debug)]
struct Compare {
    input: Vec<f32>,
    maps: Vec<MapSlice>,
    /// The other device's values.
    theirs: Vec<f32>,
    /// This device's maps, once they are there.
    ours: Option<Vec<Vec<f32>>>,
    layers: Vec<Difference>,
}

impl Compare {
    async fn next(&mut self, session: &mut Session) -> Result<Step, Ended> {
        let Some(ours) = &self.ours else {
            let wanted = self.maps.iter().map(|map| Wanted::all(map.node));
            let wanted: Vec<Wanted> = wanted.collect();
            let traced = session.trace(&self.input, &wanted, Check::WhatIsRead);
            self.ours = Some(traced.await?.maps);
            return Ok(Step::Continue);
        };
        let place = self.layers.len();
        if let (Some(map), Some(ours)) = (self.maps.get(place), ours.get(place)) {
            let end = map.offset.saturating_add(ours.len());
            let theirs = self.theirs.get(map.offset..end).ok_or(Failure::OtherMaps)?;
            self.layers.push(difference(map.node, ours, theirs));
        }
        if self.layers.len() < self.maps.len() {
            return Ok(Step::Continue);
        }
        let layers = std::mem::take(&mut self.layers);
        Ok(Step::Finish(Message::new(Event::Compared { layers })))
    }
}

impl Job for Compare {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        let done = usize::from(self.ours.is_some()) + self.layers.len();
        [done as u64, self.maps.len() as u64 + 1]
    }
}

impl Session {
    pub(super) fn maps(
        &self,
        input: Input,
        maps: Vec<Wanted>,
        payload: &[u8],
    ) -> Result<Box<dyn Job>, Ended> {
        let input = self.input_of(input, payload)?;
        Ok(Box::new(Maps { input, maps }))
    }

    pub(super) fn compare(
        &self,
        input: Input,
        input_bytes: usize,
        maps: Vec<MapSlice>,
        payload: &[u8],
    ) -> Result<Box<dyn Job>, Ended> {
        let model = self.model()?;
        let Some((input_bytes, theirs)) = payload.split_at_checked(input_bytes) else {
            return Err(Failure::MapsTruncated.into());
        };
        let input = self.input_of(input, input_bytes)?;
        let theirs = values(theirs)?;
        // Only whole maps of the same network can be compared.
        let whole = |map: &MapSlice| {
            model.shape(map.node) == Some(map.shape) && map.sent == map.shape && map.first == 0
        };
        if !maps.iter().all(whole) {
            return Err(Failure::OtherMaps.into());
        }
        Ok(Box::new(Compare {
            input,
            maps,
            theirs,
            ours: None,
            layers: Vec::new(),
        }))
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
