//! Steps that go on with another's result before it is written, for a device: there each step costs
//! as much as thousands of multiply-adds.

use kernels::{Bin, Pool, Reduce};

use super::Draft;
use crate::plan::step::Kernel;
use crate::plan::view::Root;

/// Values of a vector that one group of threads computes.
pub(in crate::plan) const PANEL: usize = 32;
/// Channels whose means a group of threads keeps.
pub(in crate::plan) const MEANS: usize = 2048;

/// Joins drafts where the second alone reads what the first writes.
pub(super) fn fuse(roots: &[Root], drafts: &mut Vec<Draft>) {
    let mut place = 0;
    while place < drafts.len() {
        match behind(roots, drafts, place) {
            Some(second) => {
                let first = drafts.remove(place);
                let at = second - 1;
                let other = &mut drafts[at];
                let mut nodes = first.nodes;
                nodes.append(&mut other.nodes);
                let mut tails = first.tails;
                tails.push(std::mem::replace(&mut other.kernel, first.kernel));
                *other = Draft {
                    nodes,
                    tails,
                    macs: first.macs + other.macs,
                    inputs: first.inputs,
                    window: first.window,
                    ..other.clone()
                };
                // What was behind it has moved here; the joined one is looked at again.
                place = place.min(at);
            }
            None => place += 1,
        }
    }
}

/// The draft that can go on with the result of this one.
fn behind(roots: &[Root], drafts: &[Draft], place: usize) -> Option<usize> {
    let first = &drafts[place];
    let number = first.output.root;
    let is_part = |root: &Root| root.within.is_some_and(|(outer, _)| outer == number);
    let root = &roots[number];
    if root.pinned || root.within.is_some() || roots.iter().any(is_part) {
        return None;
    }
    let reads = |draft: &Draft| draft.inputs.iter().filter(|it| it.root == number).count();
    let mut readers = drafts.iter().enumerate().filter(|(_, it)| reads(it) > 0);
    let (at, second) = readers.next()?;
    let alone = readers.next().is_none() && second.inputs == [first.output];
    (alone && at > place && second.tails.is_empty() && fits(first, &second.kernel)).then_some(at)
}

fn fits(first: &Draft, second: &Kernel) -> bool {
    let last = first.tails.last().unwrap_or(&first.kernel);
    match (last, second) {
        (Kernel::Conv(conv), Kernel::Pool(pool)) => !conv.residual && is_halving(pool),
        (Kernel::Lrn(_), Kernel::Pool(pool)) => matches!(pool.reduce, Reduce::Max),
        (Kernel::Pool(pool), Kernel::Linear(linear)) => {
            let channels = first.output.channels;
            // A convolution whose window is larger than one position reads zeros beside them.
            let inputs = linear.weights.len() / (linear.bias.len() / 4).max(1);
            let of_means = is_mean_of_all(pool) && inputs == channels;
            first.tails.is_empty() && of_means && !linear.residual && channels <= MEANS
        }
        (Kernel::Linear(_), Kernel::Softmax { .. }) => first.output.channels <= PANEL,
        _ => false,
    }
}

/// Whether a pool reduces squares of 2 × 2 that do not overlap.
fn is_halving(pool: &Pool) -> bool {
    let halves = |bins: &[Bin]| {
        let mut each = bins.iter().enumerate();
        each.all(|(at, bin)| [bin.start, bin.end, bin.divisor] == [2 * at, 2 * at + 2, 2])
    };
    let simple = matches!(pool.reduce, Reduce::Max | Reduce::Mean);
    simple && halves(&pool.rows) && halves(&pool.columns)
}

/// Whether it is the mean of each channel.
const fn is_mean_of_all(pool: &Pool) -> bool {
    matches!(pool.reduce, Reduce::Mean) && pool.rows.len() == 1 && pool.columns.len() == 1
}
