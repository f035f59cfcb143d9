//! Convolutions and linear layers.

use kernels::{Conv, Linear, Pool, Reduce};

use super::maps::{Grid, in_fours};
use super::shader::{Shader, Unit};
use super::{Dispatch, Numbers, Part};
use crate::plan::{Kernel, Map, Step};

/// Outputs of a panel.
const PANEL: usize = 8;
/// Vectors of outputs that a workgroup of a linear layer has.
const VECTORS: usize = 8;
/// Positions that a thread has of a large map: six keep most sums in registers, and load least.
const POSITIONS: usize = 6;
/// Of those that become one value.
const SQUARE: usize = 4;
/// From so many inputs on a linear layer's workgroups are large.
const MANY_INPUTS: usize = 1024;

pub(super) fn conv(conv: &Conv, step: &Step) -> Option<Dispatch> {
    let (input, to) = (step.inputs.first()?, &step.output);
    let grid = Grid::of(&conv.runs, conv.run)?;
    let reduce = match step.tails.first() {
        None => None,
        Some(Kernel::Pool(pool)) => Some(u32::from(!matches!(pool.reduce, Reduce::Max))),
        Some(_) => return None,
    };
    let other = step.inputs.get(1).filter(|_| conv.residual);
    let [across, down] = conv.step;
    let inputs = input.channels / conv.groups;
    let places = conv.start | across | down | inputs;
    let read = Unit::of(in_fours(input) && grid.in_fours() && places.is_multiple_of(4));
    let each = to.channels / conv.groups;
    let write = in_fours(to) && each.is_multiple_of(4) && other.is_none_or(in_fours);
    let write = Unit::of(write);
    let depth = conv.runs.len() * conv.run;
    let panels = each.div_ceil(PANEL);
    let positions = to.positions();
    let (own, tiles) = if reduce.is_some() {
        (SQUARE, positions)
    } else {
        // Few shaders, and no more positions than the map has.
        let own = [1, 2, 4].into_iter().find(|&it| it >= positions);
        let own = own.unwrap_or(POSITIONS);
        (own, positions.div_ceil(own))
    };
    let unit = read.floats();
    let (numbers, after) = Numbers {
        tiles: tiles as u32,
        panels: panels as u32,
        each: each as u32,
        each_in: (inputs / unit) as u32,
        depth: 2 * depth as u32,
        second: (2 * depth * panels * conv.groups) as u32,
        step_x: (across / unit) as u32,
        step_y: (down / unit) as u32,
        residual: u32::from(other.is_some()),
        reduce: reduce.unwrap_or(0),
        ..Numbers::default()
    }
    .writing(to, write.floats())
    .with(other.unwrap_or(to), write.floats())
    .over(&grid, unit)
    .then(conv.then);
    let numbers = Numbers {
        x_start: (conv.start / unit) as u32,
        ..numbers
    };
    let shader = Shader::Conv {
        positions: own as u8,
        read,
        write,
        halving: reduce.is_some(),
        after,
    };
    let count = tiles * panels * conv.groups;
    let reads: Vec<Map> = [Some(input), other]
        .into_iter()
        .flatten()
        .copied()
        .collect();
    let weights = vec![
        Part::Eights(conv.weights.clone()),
        Part::Floats(conv.bias.clone()),
    ];
    Some(Dispatch {
        weights,
        ..Dispatch::of_threads(shader, numbers, count, &reads, to)
    })
}

pub(super) fn linear(linear: &Linear, step: &Step) -> Option<Dispatch> {
    let input = step.inputs.first()?;
    let grid = Grid::of(&linear.runs, linear.run)?;
    let numbers = Numbers {
        x_start: *linear.runs.first()? as u32,
        ..Numbers::default().over(&grid, 1)
    };
    let other = step.inputs.get(1).filter(|_| linear.residual);
    let maps: Vec<Map> = [Some(input), other]
        .into_iter()
        .flatten()
        .copied()
        .collect();
    product(linear, numbers, false, step.tails.first(), &maps, step)
}

/// A linear layer of the means of a map's channels.
pub(super) fn of_means(pool: &Pool, linear: &Linear, step: &Step) -> Option<Dispatch> {
    let input = step.inputs.first()?;
    let ([rows], [columns]) = (pool.rows.as_slice(), pool.columns.as_slice()) else {
        return None;
    };
    let numbers = Numbers {
        x_start: input.at(rows.start, columns.start) as u32,
        tall: (rows.end - rows.start) as u32,
        wide: (columns.end - columns.start) as u32,
        down: input.row as u32,
        right: input.pitch as u32,
        c: 1.0 / (rows.divisor * columns.divisor) as f32,
        ..Numbers::default()
    };
    product(linear, numbers, true, step.tails.get(1), &[*input], step)
}

fn product(
    linear: &Linear,
    numbers: Numbers,
    means: bool,
    tail: Option<&Kernel>,
    maps: &[Map],
    step: &Step,
) -> Option<Dispatch> {
    let to = &step.output;
    let log = match tail {
        None => None,
        Some(Kernel::Softmax { log }) => Some(*log),
        Some(_) => return None,
    };
    let fours = linear.bias.len() / 4;
    let depth = linear.weights.len() / fours.max(1);
    let other = maps.get(1);
    let (numbers, after) = Numbers {
        panels: fours as u32,
        each: to.channels as u32,
        depth: depth as u32,
        second: linear.weights.len() as u32,
        residual: u32::from(other.is_some()),
        reduce: u32::from(log == Some(true)),
        ..numbers
    }
    .writing(to, 1)
    .with(other.unwrap_or(to), 1)
    .then(linear.then);
    let threads = if depth >= MANY_INPUTS { 256 } else { 64 };
    let shader = Shader::Linear {
        threads,
        means,
        softmax: log.is_some(),
        after,
    };
    let groups = [fours.div_ceil(VECTORS) as u32, 1];
    let weights = vec![
        Part::Fours(linear.weights.clone()),
        Part::Floats(linear.bias.clone()),
    ];
    Some(Dispatch {
        weights,
        ..Dispatch::of_groups(shader, numbers, groups, maps, to)
    })
}
