//! Steps that go through maps once.

use std::sync::Arc;

use kernels::Function;

use super::maps::in_fours;
use super::shader::{Shader, Unit};
use super::{Dispatch, MOST_GROUPS, Numbers, Part};
use crate::plan::{Map, Step, Then};

fn unit_of(maps: &[&Map]) -> Unit {
    Unit::of(maps.iter().all(|map| in_fours(map)))
}

pub(super) fn affine(
    [scale, shift]: [&Arc<[f32]>; 2],
    then: Then,
    step: &Step,
) -> Option<Dispatch> {
    let (input, to) = (step.inputs.first()?, &step.output);
    let unit = unit_of(&[input, to]);
    let floats = unit.floats();
    let (numbers, after) = Numbers {
        second: (scale.len() / floats) as u32,
        ..Numbers::default()
    }
    .reading(input, floats)
    .writing(to, floats)
    .then(then);
    let shader = Shader::Affine { unit, after };
    let count = to.elements() / floats;
    Some(Dispatch {
        weights: [scale, shift].map(|it| Part::Floats(Arc::clone(it))).into(),
        ..Dispatch::of_threads(shader, numbers, count, &[*input], to)
    })
}

pub(super) fn activate(function: Function, step: &Step) -> Option<Dispatch> {
    let (input, to) = (step.inputs.first()?, &step.output);
    let unit = unit_of(&[input, to]);
    let (numbers, after) = Numbers::default()
        .reading(input, unit.floats())
        .writing(to, unit.floats())
        .function(function);
    let shader = Shader::Activate { unit, after };
    let count = to.elements() / unit.floats();
    Some(Dispatch::of_threads(shader, numbers, count, &[*input], to))
}

/// Copies a map to another place.
fn copy(from: &Map, to: &Map) -> Dispatch {
    let unit = unit_of(&[from, to]);
    let (numbers, after) = Numbers::default()
        .reading(from, unit.floats())
        .writing(to, unit.floats())
        .then(Then::NOTHING);
    let shader = Shader::Activate { unit, after };
    let count = to.elements() / unit.floats();
    Dispatch::of_threads(shader, numbers, count, &[*from], to)
}

/// Two inputs, then one more with each dispatch.
pub(super) fn combine(multiply: bool, then: Then, step: &Step) -> Option<Vec<Dispatch>> {
    let to = &step.output;
    let [first, second, more @ ..] = step.inputs.as_slice() else {
        return None;
    };
    let wide = |map: &Map| in_fours(map) && map.channels == to.channels;
    let unit = |maps: &[&Map]| Unit::of(in_fours(to) && maps.iter().all(|map| wide(map)));
    let reduce = u32::from(multiply);
    // The function is for the last sum.
    let then_at = |place: usize| {
        if place == more.len() {
            then
        } else {
            Then::NOTHING
        }
    };
    let make = |unit: Unit, maps: &[Map], place: usize| {
        let floats = unit.floats();
        let mut numbers = Numbers::default()
            .reading(&maps[0], floats)
            .writing(to, floats);
        if let Some(other) = maps.get(1) {
            numbers = numbers.with(other, floats);
        }
        let (numbers, after) = Numbers { reduce, ..numbers }.then(then_at(place));
        let more = place > 0;
        let shader = Shader::Combine { unit, more, after };
        Dispatch::of_threads(shader, numbers, to.elements() / floats, maps, to)
    };
    let mut all = vec![make(unit(&[first, second]), &[*first, *second], 0)];
    for (place, map) in more.iter().enumerate() {
        all.push(make(unit(&[map]), &[*map], place + 1));
    }
    Some(all)
}

pub(super) fn join(channels: &[usize], step: &Step) -> Vec<Dispatch> {
    let parts = step.inputs.iter().zip(channels);
    let copies = parts.map(|(from, &channel)| {
        let place = Map {
            start: step.output.start + channel,
            channels: from.channels,
            ..step.output
        };
        copy(from, &place)
    });
    copies.collect()
}

pub(super) fn surround([top, left]: [usize; 2], value: f32, step: &Step) -> Option<Dispatch> {
    let (input, to) = (step.inputs.first()?, &step.output);
    let numbers = Numbers {
        tall: top as u32,
        wide: left as u32,
        a: value,
        ..Numbers::default()
    }
    .reading(input, 1)
    .writing(to, 1);
    let count = to.elements();
    Some(Dispatch::of_threads(
        Shader::Surround,
        numbers,
        count,
        &[*input],
        to,
    ))
}

pub(super) fn shuffle(groups: usize, step: &Step) -> Option<Dispatch> {
    let (input, to) = (step.inputs.first()?, &step.output);
    let numbers = Numbers {
        groups: groups as u32,
        each: (input.channels / groups) as u32,
        ..Numbers::default()
    }
    .reading(input, 1)
    .writing(to, 1);
    let count = to.elements();
    Some(Dispatch::of_threads(
        Shader::Shuffle,
        numbers,
        count,
        &[*input],
        to,
    ))
}

pub(super) fn flatten(by_channel: bool, step: &Step) -> Option<Dispatch> {
    let (input, to) = (step.inputs.first()?, &step.output);
    let numbers = Numbers {
        reduce: u32::from(by_channel),
        ..Numbers::default()
    }
    .reading(input, 1)
    .writing(to, 1);
    let count = input.elements();
    Some(Dispatch::of_threads(
        Shader::Flatten,
        numbers,
        count,
        &[*input],
        to,
    ))
}

pub(super) fn rbf(codes: &Arc<[f32]>, step: &Step) -> Option<Dispatch> {
    let (input, to) = (step.inputs.first()?, &step.output);
    let numbers = Numbers::default().reading(input, 1).writing(to, 1);
    Some(Dispatch {
        weights: vec![Part::Floats(Arc::clone(codes))],
        ..Dispatch::of_threads(Shader::Rbf, numbers, to.channels, &[*input], to)
    })
}

pub(super) fn softmax(log: bool, step: &Step) -> Option<Dispatch> {
    let (input, to) = (step.inputs.first()?, &step.output);
    let positions = to.positions();
    let across = positions.clamp(1, MOST_GROUPS);
    let numbers = Numbers {
        count: positions as u32,
        line: across as u32,
        reduce: u32::from(log),
        ..Numbers::default()
    }
    .reading(input, 1)
    .writing(to, 1);
    let groups = [across as u32, positions.div_ceil(across) as u32];
    Some(Dispatch::of_groups(
        Shader::Softmax,
        numbers,
        groups,
        &[*input],
        to,
    ))
}

/// Looks at the values of a map; writes this word.
pub(super) fn finite(map: &Map, word: usize) -> Dispatch {
    let numbers = Numbers {
        y_start: word as u32,
        ..Numbers::default().reading(map, 1)
    };
    Dispatch::of_threads(
        Shader::Finite,
        numbers,
        map.elements(),
        &[*map],
        &Map::default(),
    )
}
