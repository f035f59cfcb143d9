//! Columns and lanes: a card stands behind all that it takes, branches below each other.

use super::super::Stages;

/// Where a card stands before rows are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    pub column: usize,
    /// Counted downwards; 0 is the main path.
    pub lane: usize,
}

/// The spot of every stage. An edge to an earlier card, as a block with layers of others between its
/// own may have, does not count.
pub fn columns(stages: &Stages) -> Vec<Spot> {
    let count = stages.all.len();
    let forward = || stages.edges.iter().filter(|edge| edge.from < edge.to);
    let mut takes: Vec<Vec<usize>> = vec![Vec::new(); count];
    for edge in forward() {
        takes[edge.to].push(edge.from);
    }
    let mut column = vec![0_usize; count];
    for at in 0..count {
        let behind = takes[at].iter().map(|&from| column[from] + 1).max();
        // What takes nothing stands behind the card before it.
        column[at] = behind.unwrap_or_else(|| if at == 0 { 0 } else { column[at - 1] + 1 });
    }
    // The longest way to an end: the main path goes on in its lane.
    let mut reach = vec![0_usize; count];
    for at in (0..count).rev() {
        for &from in &takes[at] {
            reach[from] = reach[from].max(reach[at] + 1);
        }
    }
    let mut lane = vec![0_usize; count];
    let last = column.iter().copied().max().unwrap_or_default();
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); last + 1];
    for at in 0..count {
        members[column[at]].push(at);
    }
    for members in &mut members {
        let wanted = |at: usize, lane: &[usize]| {
            let from = takes[at].iter().map(|&from| lane[from]).min();
            from.unwrap_or_default()
        };
        members.sort_by_key(|&at| (wanted(at, &lane), std::cmp::Reverse(reach[at]), at));
        let mut taken: Vec<bool> = Vec::new();
        for &at in members.iter() {
            let mut free = wanted(at, &lane);
            while taken.get(free) == Some(&true) {
                free += 1;
            }
            if taken.len() <= free {
                taken.resize(free + 1, false);
            }
            taken[free] = true;
            lane[at] = free;
        }
    }
    let spots = column.into_iter().zip(lane);
    spots.map(|(column, lane)| Spot { column, lane }).collect()
}
