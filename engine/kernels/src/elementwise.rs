//! Steps that go through maps once: scale and shift, functions, sums, products, copies.

use super::functions;
use super::lanes::{F4, each, each_pair};
use crate::{Function, Map, Then};

/// Applies what follows a step's sums.
pub fn finish(then: Then, values: &mut [f32]) {
    match then {
        Then::NOTHING => {}
        Then::Clamp { low, high } => {
            each(values, |x| {
                x.at_least(F4::splat(low)).at_most(F4::splat(high))
            });
        }
        Then::Function(function) => functions::apply(function, values),
    }
}

/// Applies what follows a step's sums to a whole map.
#[inline(never)]
pub fn finish_map(then: Then, map: &Map, output: &mut [f32]) {
    if then == Then::NOTHING {
        return;
    }
    stretches(map, map, |place, _, count| {
        finish(then, &mut output[place..place + count])
    });
}

/// Calls `f` with each stretch of both maps that lies without gaps: a row, or a position. Both have
/// the same channels, height and width.
fn stretches(from: &Map, to: &Map, mut f: impl FnMut(usize, usize, usize)) {
    if from.has_full_rows() && to.has_full_rows() {
        for y in 0..to.height {
            f(from.at(y, 0), to.at(y, 0), to.width * to.channels);
        }
        return;
    }
    for y in 0..to.height {
        for x in 0..to.width {
            f(from.at(y, x), to.at(y, x), to.channels);
        }
    }
}

/// `scale · x + shift` for each channel.
#[inline(never)]
pub fn affine(
    [scale, shift]: [&[f32]; 2],
    then: Then,
    [from, to]: [&Map; 2],
    input: &[f32],
    output: &mut [f32],
) {
    for y in 0..to.height {
        for x in 0..to.width {
            let values = &mut output[to.at(y, x)..][..to.channels];
            values.copy_from_slice(&input[from.at(y, x)..][..to.channels]);
            each_pair(values, scale, F4::mul);
            each_pair(values, shift, F4::add);
            finish(then, values);
        }
    }
}

/// A function of single values.
#[inline(never)]
pub fn activate(function: Function, [from, to]: [&Map; 2], input: &[f32], output: &mut [f32]) {
    stretches(from, to, |from, to, count| {
        let values = &mut output[to..to + count];
        values.copy_from_slice(&input[from..from + count]);
        functions::apply(function, values);
    });
}

/// Copies a map.
#[inline(never)]
pub fn copy([from, to]: [&Map; 2], input: &[f32], output: &mut [f32]) {
    stretches(from, to, |from, to, count| {
        output[to..to + count].copy_from_slice(&input[from..from + count]);
    });
}

/// Takes one more input of a sum or product into the output, which has the ones before; the first
/// is copied. Sides of 1 are repeated.
#[inline(never)]
pub fn combine(
    multiply: bool,
    first: bool,
    [from, to]: [&Map; 2],
    input: &[f32],
    output: &mut [f32],
) {
    let of = |place: &mut [f32], more: &[f32]| match (first, multiply) {
        (true, _) => place.copy_from_slice(more),
        (false, false) => each_pair(place, more, F4::add),
        (false, true) => each_pair(place, more, F4::mul),
    };
    let of_one = |place: &mut [f32], more: f32| match (first, multiply) {
        (true, _) => place.fill(more),
        (false, false) => each(place, |x| x.add(F4::splat(more))),
        (false, true) => each(place, |x| x.mul(F4::splat(more))),
    };
    let same = [from.channels, from.height, from.width] == [to.channels, to.height, to.width];
    if same {
        stretches(from, to, |from, to, count| {
            of(&mut output[to..to + count], &input[from..from + count]);
        });
        return;
    }
    for y in 0..to.height {
        for x in 0..to.width {
            let place = from.at(y.min(from.height - 1), x.min(from.width - 1));
            let values = &mut output[to.at(y, x)..][..to.channels];
            if from.channels == to.channels {
                of(values, &input[place..place + to.channels]);
            } else {
                of_one(values, input[place]);
            }
        }
    }
}

/// Fills a map with one value.
#[inline(never)]
pub fn fill(value: f32, map: &Map, output: &mut [f32]) {
    for y in 0..map.height {
        for x in 0..map.width {
            output[map.at(y, x)..][..map.channels].fill(value);
        }
    }
}

/// Interleaves `groups` runs of channels.
#[inline(never)]
pub fn shuffle(groups: usize, [from, to]: [&Map; 2], input: &[f32], output: &mut [f32]) {
    let each = from.channels / groups;
    for y in 0..to.height {
        for x in 0..to.width {
            let values = &input[from.at(y, x)..][..from.channels];
            let results = &mut output[to.at(y, x)..][..from.channels];
            for (place, result) in results.iter_mut().enumerate() {
                *result = values[(place % groups) * each + place / groups];
            }
        }
    }
}

/// A map's values one after the other, channel after channel (NCHW).
#[inline(never)]
pub fn by_channel(map: &Map, values: &[f32], output: &mut [f32]) {
    let positions = map.positions();
    for y in 0..map.height {
        for x in 0..map.width {
            let from = &values[map.at(y, x)..][..map.channels];
            let place = y * map.width + x;
            for (&value, plane) in from.iter().zip(output.chunks_exact_mut(positions)) {
                plane[place] = value;
            }
        }
    }
}

/// A map's values one after the other, position after position.
#[inline(never)]
pub fn by_position(map: &Map, values: &[f32], output: &mut [f32]) {
    let places = (0..map.height).flat_map(|y| (0..map.width).map(move |x| (y, x)));
    for ((y, x), output) in places.zip(output.chunks_exact_mut(map.channels)) {
        output.copy_from_slice(&values[map.at(y, x)..][..map.channels]);
    }
}

/// Values channel after channel into a map.
#[inline(never)]
pub fn from_channels(map: &Map, values: &[f32], output: &mut [f32]) {
    let planes = values.chunks_exact(map.positions());
    for (channel, plane) in planes.enumerate() {
        for (y, row) in plane.chunks_exact(map.width).enumerate() {
            for (x, &value) in row.iter().enumerate() {
                output[map.at(y, x) + channel] = value;
            }
        }
    }
}

/// The squared distance of a vector from each code: `codes` are `[classes][inputs]`.
#[inline(never)]
pub fn rbf(codes: &[f32], [from, to]: [&Map; 2], input: &[f32], output: &mut [f32]) {
    let values = &input[from.start..][..from.channels];
    let results = &mut output[to.start..][..to.channels];
    for (result, code) in results.iter_mut().zip(codes.chunks_exact(from.channels)) {
        let squares = values.iter().zip(code).map(|(a, b)| (a - b) * (a - b));
        *result = squares.sum();
    }
}
