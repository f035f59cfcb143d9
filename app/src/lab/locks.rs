//! What the author of an experiment has locked or hidden. Locks are kept here, where every gesture,
//! key and event arrives, and not in the views.

use engine::format::{Control, Lock};
use engine::graph::Edit;
use leptos::prelude::*;

use super::Lab;

/// Why something cannot be operated.
pub const LOCKED: &str = "Locked by the link's author";

/// A control's name as it stands in sentences.
pub const fn title(control: Control) -> &'static str {
    match control {
        Control::Network => "every change of the network",
        Control::Presets => "other networks",
        Control::Palette => "new layers",
        Control::Fields => "the layers' settings",
        Control::Undo => "undo and redo",
        Control::Input => "the input",
        Control::Recipe => "the preprocessing",
        Control::Device => "the device",
        Control::View => "list or graph",
        Control::Answer => "the answer",
        Control::Inspector => "the inspector",
        Control::Totals => "the totals",
        Control::Compare => "the comparison",
        Control::Share => "sharing",
    }
}

impl Lab {
    /// Whether this control can be operated. What changes the network needs the network.
    pub fn allows(self, control: Control) -> bool {
        self.locks.with(|locks| {
            let needs_network = matches!(
                control,
                Control::Presets | Control::Palette | Control::Fields | Control::Undo
            );
            let free = !locks.contains_key(&control);
            free && !(needs_network && locks.contains_key(&Control::Network))
        })
    }

    /// Whether this control is not to be seen.
    pub fn hides(self, control: Control) -> bool {
        self.locks
            .with(|locks| locks.get(&control) == Some(&Lock::Hidden))
    }

    /// Whether this control can be operated; says why where it cannot.
    pub fn permits(self, control: Control) -> bool {
        let allowed = untrack(|| self.allows(control));
        if !allowed {
            self.tell(format!("{LOCKED}: {}.", title(control)));
        }
        allowed
    }

    /// Whether this edit can be made; says at its node why where it cannot.
    pub(super) fn permits_edit(self, edit: &Edit) -> bool {
        let control = match edit {
            Edit::Insert { .. }
            | Edit::Duplicate { .. }
            | Edit::DuplicateBlock { .. }
            | Edit::DuplicateNodes { .. }
            | Edit::Paste { .. } => Control::Palette,
            Edit::SetLayer { .. } | Edit::Replace { .. } | Edit::SetInput { .. } => Control::Fields,
            Edit::Remove { .. }
            | Edit::RemoveBlock { .. }
            | Edit::Connect { .. }
            | Edit::Disconnect { .. }
            | Edit::Rename { .. }
            | Edit::RenameGraph { .. }
            | Edit::RenameBlock { .. }
            | Edit::Move { .. }
            | Edit::Wrap { .. }
            | Edit::Unwrap { .. } => Control::Network,
        };
        let allowed = untrack(|| self.allows(control));
        if !allowed {
            let node = super::changed(edit);
            let node = node.unwrap_or_else(|| self.selected.get_untracked());
            self.refuse(node, "it is locked by the link's author");
            self.tell(format!("{LOCKED}: {}.", title(control)));
        }
        allowed
    }
}
