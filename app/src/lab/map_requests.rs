//! Registration of the maps that views show; the next run returns them.

use engine::NodeId;
use engine::session::Wanted;
use leptos::prelude::*;
use state::answer::Detail;

use super::Lab;

impl Lab {
    /// Requests, for the life of the calling component, the map of a node with every answer; `what`
    /// is `None` while the component shows none (scrolled away, folded).
    pub fn show_maps(self, what: impl Fn() -> Option<(NodeId, Detail)> + 'static) {
        self.show_parts(move || {
            what()
                .map(|(node, detail)| detail.of(node))
                .into_iter()
                .collect()
        });
    }

    /// The same for any parts of maps, which [`state::answer::Trace::part`] reads.
    pub fn show_parts(self, what: impl Fn() -> Vec<Wanted> + 'static) {
        let view = self.answer.add_view();
        Effect::new(move |before: Option<Vec<Wanted>>| {
            let now = what();
            if before.unwrap_or_default() != now {
                self.answer.request(view, now.clone());
                if !now.is_empty() {
                    self.maps_requested();
                }
            }
            now
        });
        on_cleanup(move || self.answer.remove_view(view));
    }

    /// Runs the network once for all views added in this task.
    fn maps_requested(self) {
        if self.core(|core| std::mem::replace(&mut core.requesting, true)) {
            return;
        }
        queue_microtask(move || {
            self.core(|core| core.requesting = false);
            self.drawing_changed();
        });
    }
}
