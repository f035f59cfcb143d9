//! What the author of an experiment has locked or hidden. Locks are checked here rather than in the
//! views, because every pointer gesture, key and event ends here.

use engine::format::{Control, Lock};
use engine::graph::Edit;
use reactive_graph::graph::untrack;
use reactive_graph::traits::With;

use super::Document;

/// Why a control is disabled.
pub const LOCKED: &str = "Locked by the link's author";

/// A control's name within a sentence.
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

impl Document {
    /// Whether this control is enabled. Controls that change the network need the network unlocked
    /// too.
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

    /// [`Self::allows`] without subscribing to the locks.
    pub fn allows_now(self, control: Control) -> bool {
        untrack(|| self.allows(control))
    }

    /// Whether this control is hidden.
    pub fn hides(self, control: Control) -> bool {
        self.locks
            .with(|locks| locks.get(&control) == Some(&Lock::Hidden))
    }
}

/// The control that makes this edit.
pub const fn control_of(edit: &Edit) -> Control {
    match edit {
        Edit::Insert { .. }
        | Edit::Duplicate { .. }
        | Edit::DuplicateBlock { .. }
        | Edit::DuplicateNodes { .. }
        | Edit::Paste { .. } => Control::Palette,
        Edit::SetLayer { .. }
        | Edit::Share { .. }
        | Edit::Replace { .. }
        | Edit::SetInput { .. } => Control::Fields,
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
    }
}
