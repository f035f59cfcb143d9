//! The maps that are visible and therefore requested; no others are read back from the device.

use std::collections::HashMap;

use engine::NodeId;
use engine::session::Wanted;

/// How much of a node's map a thumbnail shows, from its first channel on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The maximum number of channels, from the first; `None` for all.
    pub channels: Option<u32>,
    /// The side in values to which maps are reduced; `None` for full size.
    pub side: Option<u32>,
}

impl Detail {
    /// Everything.
    pub const ALL: Self = Self {
        channels: None,
        side: None,
    };

    /// The request of this detail of a node.
    pub const fn of(self, node: NodeId) -> Wanted {
        let Self { channels, side } = self;
        Wanted {
            node,
            first: 0,
            channels,
            side,
        }
    }
}

/// The parts of maps that each view shows.
#[derive(Debug, Default)]
pub struct MapRequests {
    views: HashMap<u64, Vec<Wanted>>,
    next: u64,
}

impl MapRequests {
    /// Adds a view without requests and returns its number.
    pub fn add(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Sets the parts that this view shows.
    pub fn set(&mut self, view: u64, parts: Vec<Wanted>) {
        self.views.insert(view, parts);
    }

    /// Removes the view.
    pub fn remove(&mut self, view: u64) {
        self.views.remove(&view);
    }

    /// The union of all views' requests in the order of the nodes: adjacent parts of equal
    /// resolution are merged, and parts contained in a larger, finer one are dropped.
    pub fn wanted(&self) -> Vec<Wanted> {
        let mut all: Vec<Wanted> = self.views.values().flatten().copied().collect();
        // The finest and largest first, so that the others are found to be contained in it.
        all.sort_by_key(|it| (it.node, coarseness(it), it.first, u32::MAX - end(it)));
        let mut wanted: Vec<Wanted> = Vec::new();
        for one in all {
            if wanted.iter().any(|other| covers(other, &one)) {
                continue;
            }
            match wanted.last_mut().filter(|last| touch(last, &one)) {
                Some(last) => last.channels = join(last, &one),
                None => wanted.push(one),
            }
        }
        wanted
    }
}

/// A larger number is a coarser resolution; 0 is full size.
const fn coarseness(wanted: &Wanted) -> u32 {
    match wanted.side {
        Some(side) => u32::MAX - side,
        None => 0,
    }
}

/// One past the last channel.
const fn end(wanted: &Wanted) -> u32 {
    match wanted.channels {
        Some(channels) => wanted.first.saturating_add(channels),
        None => u32::MAX,
    }
}

/// Whether `one` contains `other`.
fn covers(one: &Wanted, other: &Wanted) -> bool {
    one.node == other.node
        && coarseness(one) <= coarseness(other)
        && one.first <= other.first
        && end(one) >= end(other)
}

/// Whether `next`, which begins no earlier, continues `one` without a gap.
fn touch(one: &Wanted, next: &Wanted) -> bool {
    one.node == next.node && one.side == next.side && next.first <= end(one)
}

fn join(one: &Wanted, next: &Wanted) -> Option<u32> {
    match end(one).max(end(next)) {
        u32::MAX => None,
        end => Some(end - one.first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeId = NodeId(2);

    fn wanted(views: &[Wanted]) -> Vec<(u32, u32, Option<u32>, Option<u32>)> {
        let mut requests = MapRequests::default();
        for (view, &it) in views.iter().enumerate() {
            requests.views.insert(view as u64, vec![it]);
        }
        let wanted = requests.wanted().into_iter();
        wanted
            .map(|it| (it.node.0, it.first, it.channels, it.side))
            .collect()
    }

    fn part(first: u32, channels: u32, side: Option<u32>) -> Wanted {
        Wanted {
            node: NODE,
            first,
            channels: Some(channels),
            side,
        }
    }

    #[test]
    fn a_part_of_a_full_request_is_not_requested_again() {
        let views = [part(0, 8, Some(32)), Wanted::all(NODE), part(3, 1, None)];
        assert_eq!(wanted(&views), [(2, 0, None, None)]);
    }

    #[test]
    fn one_channel_in_full_does_not_bring_all_others_in_full() {
        let views = [part(0, 64, Some(56)), part(2000, 1, None)];
        let expected = [(2, 2000, Some(1), None), (2, 0, Some(64), Some(56))];
        assert_eq!(wanted(&views), expected);
    }

    #[test]
    fn adjacent_parts_are_merged_and_distant_ones_are_not() {
        let touching = [part(0, 64, Some(56)), part(64, 64, Some(56))];
        assert_eq!(wanted(&touching), [(2, 0, Some(128), Some(56))]);
        let apart = [part(0, 8, Some(56)), part(64, 64, Some(56))];
        assert_eq!(wanted(&apart).len(), 2);
    }

    #[test]
    fn nodes_keep_their_order() {
        let first = Wanted::all(NodeId(1));
        let order: Vec<u32> = wanted(&[part(0, 1, None), first])
            .iter()
            .map(|it| it.0)
            .collect();
        assert_eq!(order, [1, 2]);
    }
}
