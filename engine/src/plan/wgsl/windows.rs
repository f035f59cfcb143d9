//! Depthwise convolutions, pools and local response normalisation.

use kernels::{Bin, Depthwise, Lrn, Pool, Reduce};

use super::maps::in_fours;
use super::shader::{Shader, Unit};
use super::{Dispatch, Numbers, Part};
use crate::plan::{Kernel, Step};

pub(super) fn depthwise(conv: &Depthwise, step: &Step) -> Option<Dispatch> {
    let (input, to) = (step.inputs.first()?, &step.output);
    let places = conv.start | conv.step[0] | conv.step[1] | conv.tap[0] | conv.tap[1];
    let unit = Unit::of(in_fours(input) && in_fours(to) && places.is_multiple_of(4));
    let floats = unit.floats();
    let part = |places: usize| (places / floats) as u32;
    let tiles = to.width.div_ceil(4);
    let (numbers, after) = Numbers {
        x_start: part(conv.start),
        step_x: part(conv.step[0]),
        step_y: part(conv.step[1]),
        tall: conv.kernel[0] as u32,
        wide: conv.kernel[1] as u32,
        down: part(conv.tap[0]),
        right: part(conv.tap[1]),
        tiles: tiles as u32,
        second: part(conv.weights.len()),
        ..Numbers::default()
    }
    .writing(to, floats)
    .then(conv.then);
    let shader = Shader::Depthwise { unit, after };
    let count = to.height * tiles * to.channels / floats;
    let weights = vec![
        Part::Floats(conv.weights.clone()),
        Part::Floats(conv.bias.clone()),
    ];
    Some(Dispatch {
        weights,
        ..Dispatch::of_threads(shader, numbers, count, &[*input], to)
    })
}

/// Rows, then columns.
fn words(pool: &Pool) -> Vec<u32> {
    let bins = pool.rows.iter().chain(&pool.columns);
    let words = bins.flat_map(
        |&Bin {
             start,
             end,
             divisor,
         }| [start, end, divisor],
    );
    words.map(|word| word as u32).collect()
}

pub(super) fn pool(pool: &Pool, step: &Step) -> Option<Dispatch> {
    let (input, to) = (step.inputs.first()?, &step.output);
    let mut words = words(pool);
    let depth = words.len() as u32;
    let (reduce, fan) = match &pool.reduce {
        Reduce::Max => (0, 1),
        Reduce::Mean => (1, 1),
        Reduce::Affine { fan, scale, shift } => {
            words.extend(scale.iter().chain(shift.iter()).map(|it| it.to_bits()));
            (2, *fan)
        }
    };
    let unit = Unit::of(in_fours(input) && in_fours(to) && fan == 1);
    let numbers = Numbers {
        second: 3 * pool.rows.len() as u32,
        depth,
        groups: fan as u32,
        reduce,
        ..Numbers::default()
    }
    .reading(input, unit.floats())
    .writing(to, unit.floats());
    let count = to.elements() / unit.floats();
    Some(Dispatch {
        weights: vec![Part::Words(words.into())],
        ..Dispatch::of_threads(Shader::Pool { unit }, numbers, count, &[*input], to)
    })
}

pub(super) fn lrn(norm: &Lrn, step: &Step) -> Option<Dispatch> {
    let (input, to) = (step.inputs.first()?, &step.output);
    let pool = match step.tails.first() {
        None => None,
        Some(Kernel::Pool(pool)) => Some(pool),
        Some(_) => return None,
    };
    let numbers = Numbers {
        run: norm.size as u32,
        a: norm.k,
        b: norm.share,
        c: norm.beta,
        second: pool.map_or(0, |pool| 3 * pool.rows.len() as u32),
        ..Numbers::default()
    }
    .reading(input, 1)
    .writing(to, 1);
    let shader = Shader::Lrn {
        pool: pool.is_some(),
    };
    let weights = pool.map(|pool| Part::Words(words(pool).into()));
    Some(Dispatch {
        weights: weights.into_iter().collect(),
        ..Dispatch::of_threads(shader, numbers, to.elements(), &[*input], to)
    })
}
