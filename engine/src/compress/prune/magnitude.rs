//! Unstructured pruning: which single weights go.

use serde::{Deserialize, Serialize};

use crate::NodeId;
use crate::compress::Weights;

/// Over which weights the smallest are looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All layers together.
    #[default]
    Global,
    /// Each layer by itself.
    Layer,
}

/// Which weights of one layer stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    pub node: NodeId,
    /// For each value of the weight, in its order.
    pub keep: Vec<bool>,
}

/// How many of `count` things are the share `share`, half a thing to the even number.
pub fn count_of(share: f64, count: usize) -> usize {
    let wanted = (share * count as f64).round_ties_even();
    (wanted.max(0.0) as usize).min(count)
}

/// The masks that take the share `share` of smallest absolute values; of equal ones the first.
/// Biases and norms stay.
pub fn magnitude(weights: &Weights, scope: Scope, share: f64) -> Vec<Mask> {
    let mut masks: Vec<Mask> = whole(weights);
    let magnitudes: Vec<Vec<f32>> = { weights.matrices() }
        .map(|it| it.values.iter().map(|value| value.abs()).collect())
        .collect();
    match scope {
        Scope::Layer => {
            for (mask, values) in masks.iter_mut().zip(&magnitudes) {
                for place in smallest(values, share) {
                    mask.keep[place] = false;
                }
            }
        }
        Scope::Global => {
            let all = magnitudes.concat();
            let mut keep = vec![true; all.len()];
            for place in smallest(&all, share) {
                keep[place] = false;
            }
            let mut rest = keep.as_slice();
            for mask in &mut masks {
                let (own, after) = rest.split_at(mask.keep.len());
                rest = after;
                mask.keep.copy_from_slice(own);
            }
        }
    }
    masks
}

/// The masks that keep everything.
pub fn whole(weights: &Weights) -> Vec<Mask> {
    let mask = |it: &crate::compress::Tensor| Mask {
        node: it.parameter.node,
        keep: vec![true; it.values.len()],
    };
    weights.matrices().map(mask).collect()
}

/// The places of the smallest values.
fn smallest(values: &[f32], share: f64) -> Vec<usize> {
    let count = count_of(share, values.len());
    let mut places: Vec<usize> = (0..values.len()).collect();
    places.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    places.truncate(count);
    places
}

/// The 2:4 pattern of a matrix: of every four consecutive inputs the two of largest absolute value
/// stay, at each output and each position of a kernel. `None` where the inputs are no multiple of
/// four.
pub fn two_of_four(dims: &[usize], values: &[f32]) -> Option<Vec<bool>> {
    let (&outputs, &inputs) = (dims.first()?, dims.get(1)?);
    let area: usize = dims.iter().skip(2).product();
    if inputs == 0 || !inputs.is_multiple_of(4) || values.len() != outputs * inputs * area {
        return None;
    }
    let mut keep = vec![false; values.len()];
    for output in 0..outputs {
        for group in 0..inputs / 4 {
            for at in 0..area {
                let place = |it: usize| (output * inputs + 4 * group + it) * area + at;
                let mut four = [0, 1, 2, 3].map(place);
                four.sort_by(|&a, &b| values[b].abs().total_cmp(&values[a].abs()));
                keep[four[0]] = true;
                keep[four[1]] = true;
            }
        }
    }
    Some(keep)
}

/// Whether a matrix has the 2:4 pattern: of every four consecutive inputs at least two are 0.
pub fn is_two_of_four(dims: &[usize], values: &[f32]) -> bool {
    let (Some(&outputs), Some(&inputs)) = (dims.first(), dims.get(1)) else {
        return false;
    };
    // A connection table has no consecutive inputs.
    let fits = dims.len() != 3 && inputs > 0 && inputs.is_multiple_of(4);
    let area: usize = dims.iter().skip(2).product();
    if !fits || area == 0 || values.len() != outputs * inputs * area {
        return false;
    }
    let mut groups = values.chunks_exact(4 * area);
    groups.all(|group| {
        let zeros = |at: usize| group[at..].iter().step_by(area).filter(|it| **it == 0.0);
        (0..area).all(|at| zeros(at).count() >= 2)
    })
}

/// The 2:4 pattern of every layer that it fits, and the nodes that it does not.
pub fn pattern(weights: &Weights) -> (Vec<Mask>, Vec<NodeId>) {
    let (mut masks, mut left) = (Vec::new(), Vec::new());
    for tensor in weights.matrices() {
        let node = tensor.parameter.node;
        // A connection table has no consecutive inputs.
        let fits = tensor.dims().len() != 3;
        match two_of_four(tensor.dims(), &tensor.values).filter(|_| fits) {
            Some(keep) => masks.push(Mask { node, keep }),
            None => left.push(node),
        }
    }
    (masks, left)
}

/// Sets the masked weights to 0.
pub fn apply(weights: &mut Weights, masks: &[Mask]) {
    for mask in masks {
        let Some(tensor) = weights.get_mut(mask.node, crate::checkpoint::Role::Weight) else {
            continue;
        };
        for (value, keep) in tensor.values.iter_mut().zip(&mask.keep) {
            if !keep {
                *value = 0.0;
            }
        }
    }
}

/// The masks of the weights that are not 0.
pub fn of_zeros(weights: &Weights) -> Vec<Mask> {
    let mask = |it: &crate::compress::Tensor| Mask {
        node: it.parameter.node,
        keep: it.values.iter().map(|&value| value != 0.0).collect(),
    };
    weights.matrices().map(mask).collect()
}
