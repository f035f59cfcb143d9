//! Which maps are on the screen, and so asked for: what nobody looks at is neither computed for
//! display nor read back.

use std::collections::HashMap;

use engine::NodeId;
use engine::session::Wanted;
use leptos::prelude::*;

use super::Lab;

/// How much of a node's map a view shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The first channels only, at most so many; `None` for all.
    pub channels: Option<u32>,
    /// Reduced to this side; `None` for every value.
    pub side: Option<u32>,
}

impl Detail {
    /// Everything.
    pub const ALL: Self = Self {
        channels: None,
        side: None,
    };

    /// What an engine is asked for.
    pub const fn of(self, node: NodeId) -> Wanted {
        let Self { channels, side } = self;
        Wanted {
            node,
            first: 0,
            channels,
            side,
        }
    }

    /// What serves both.
    fn with(self, other: Self) -> Self {
        let larger = |one: Option<u32>, other: Option<u32>| Some(one?.max(other?));
        Self {
            channels: larger(self.channels, other.channels),
            side: larger(self.side, other.side),
        }
    }
}

/// Views and what each of them shows.
#[derive(Debug, Default)]
pub struct Wants {
    views: HashMap<u64, (NodeId, Detail)>,
    next: u64,
}

impl Wants {
    /// One request for each node that somebody shows, in the nodes' order.
    pub fn wanted(&self) -> Vec<Wanted> {
        let mut nodes: HashMap<NodeId, Detail> = HashMap::new();
        for &(node, detail) in self.views.values() {
            nodes
                .entry(node)
                .and_modify(|it| *it = it.with(detail))
                .or_insert(detail);
        }
        let mut wanted: Vec<Wanted> = nodes
            .into_iter()
            .map(|(node, detail)| detail.of(node))
            .collect();
        wanted.sort_by_key(|it| it.node);
        wanted
    }
}

impl Lab {
    /// Says, for the life of the calling component, which node's map it shows; `None` while it
    /// shows none (scrolled away, folded). Every answer then brings that map.
    pub fn show_maps(self, what: impl Fn() -> Option<(NodeId, Detail)> + 'static) {
        let view = self.core(|core| {
            core.wants.next += 1;
            core.wants.next
        });
        Effect::new(move |before: Option<Option<(NodeId, Detail)>>| {
            let now = what();
            if before.flatten() != now {
                self.core(|core| match now {
                    Some(what) => {
                        core.wants.views.insert(view, what);
                    }
                    None => {
                        core.wants.views.remove(&view);
                    }
                });
                if now.is_some() {
                    self.maps_wanted();
                }
            }
            now
        });
        on_cleanup(move || {
            // At the page's end the core may be gone before its views.
            self.core
                .try_with_value(|core| core.borrow_mut().wants.views.remove(&view));
        });
    }

    /// Asks once for all views that have come in this task.
    fn maps_wanted(self) {
        if self.core(|core| std::mem::replace(&mut core.wanting, true)) {
            return;
        }
        queue_microtask(move || {
            self.core(|core| core.wanting = false);
            self.drawing_changed();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_two_views_show_is_asked_for_once_in_the_finer_detail() {
        let (thumbnail, large) = (
            Detail {
                channels: Some(8),
                side: Some(32),
            },
            Detail {
                channels: Some(4),
                side: None,
            },
        );
        let mut wants = Wants::default();
        wants.views.insert(1, (NodeId(2), thumbnail));
        wants.views.insert(2, (NodeId(2), large));
        wants.views.insert(3, (NodeId(1), thumbnail));
        let wanted = wants.wanted();
        assert_eq!(wanted.len(), 2);
        assert_eq!(
            (wanted[1].node, wanted[1].channels, wanted[1].side),
            (NodeId(2), Some(8), None)
        );
    }
}
