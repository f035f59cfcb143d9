//! The padlock of a card in the area Train: its layers keep their parameters.

use engine::NodeId;
use leptos::prelude::*;
use state::screen::Area;
use state::stages::StageId;
use state::train::settings::{Frozen, freezable, turn_frozen};

use super::super::picture::Picture;
use super::{Own, stage};
use crate::lab::Lab;
use crate::ui::icon::{Icon, icon};

/// On a card with parameters to train, while the area is shown.
pub fn padlock(lab: Lab, own: Own) -> AnyView {
    let nodes = Memo::new(move |_| {
        let here = lab.screen.area().get() == Area::Train;
        let ids: Vec<NodeId> = if here {
            stage(own, |it| it.nodes().collect())
        } else {
            Vec::new()
        };
        lab.document.analysis.with(|it| freezable(it, ids))
    });
    let some = Memo::new(move |_| nodes.with(|nodes| !nodes.is_empty()));
    (move || some.get().then(|| button(lab, own, nodes))).into_any()
}

fn button(lab: Lab, own: Own, nodes: Memo<Vec<NodeId>>) -> AnyView {
    let frozen =
        Memo::new(move |_| nodes.with(|nodes| lab.train.task().with(|it| Frozen::of(it, nodes))));
    let label = move || {
        let name = stage(own, |it| {
            it.parts.first().map(|part| part.face.name.clone())
        });
        format!("Freeze {}", name.unwrap_or_default())
    };
    view! {
        <button
            type="button"
            class="freeze icon"
            tabindex="-1"
            data-freeze=""
            data-testid="freeze-card"
            aria-pressed=move || frozen.get().pressed()
            aria-label=label
            title="A frozen layer keeps its parameters in the next training (L)"
        >
            {move || icon(if frozen.get() == Frozen::None { Icon::Open } else { Icon::Locked })}
        </button>
    }
    .into_any()
}

impl Picture {
    /// Freezes the layers of a card, or trains them again; `false` where it has no padlock.
    pub fn turn_frozen(self, id: StageId) -> bool {
        let lab = self.lab;
        if lab.screen.area().get_untracked() != Area::Train {
            return false;
        }
        let ids: Vec<NodeId> = self.stages.with_untracked(|it| {
            let stage = it.all.iter().find(|it| it.id == id);
            stage.into_iter().flat_map(|it| it.nodes()).collect()
        });
        let analysis = lab.document.analysis;
        let nodes = analysis.with_untracked(|it| freezable(it, ids));
        lab.train.edit(|task| turn_frozen(task, &nodes));
        !nodes.is_empty()
    }
}
