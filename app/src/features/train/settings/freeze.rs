//! Which layers stay as they are.

use engine::NodeId;
use leptos::prelude::*;
use state::train::settings::{all_but_last, is_frozen, set_frozen, with_parameters};

use crate::lab::Lab;
use crate::ui::format::exact;
use crate::ui::icon::{Icon, icon};
use crate::ui::rove;

/// A layer of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Layer {
    node: NodeId,
    name: String,
    params: u64,
}

/// So many layers are listed at once.
const FEW: usize = 16;

pub fn freeze(lab: Lab) -> AnyView {
    let task = lab.train.task();
    let graph = lab.document.graph();
    let analysis = lab.document.analysis;
    let layers = Memo::new(move |_| {
        graph.with(|graph| {
            let all = analysis.with(|analysis| with_parameters(graph, analysis));
            let one = |(node, params): (NodeId, u64)| {
                let name = graph.node(node)?.name.clone();
                Some(Layer { node, name, params })
            };
            all.into_iter().filter_map(one).collect::<Vec<_>>()
        })
    });
    let none = Memo::new(move |_| task.with(|task| task.settings.frozen.is_empty()));
    let few = Memo::new(move |_| layers.with(Vec::len) < 2);
    let but_last = move |_| {
        let nodes =
            graph.with_untracked(|graph| analysis.with_untracked(|it| all_but_last(graph, it)));
        lab.train.edit(|task| task.settings.frozen = nodes);
    };
    let thaw = move |_| lab.train.edit(|task| task.settings.frozen.clear());
    let row = move |Layer { node, name, params }: Layer| {
        let first = move || layers.with(|all| all.first().is_some_and(|it| it.node == node));
        let frozen = Memo::new(move |_| task.with(|task| is_frozen(task, node)));
        let turn = move |_| {
            let to = !frozen.get_untracked();
            lab.train.edit(|task| set_frozen(task, node, to));
        };
        view! {
            <li>
                <button
                    type="button"
                    class="train-layer"
                    data-testid="freeze-layer"
                    data-node=node.0
                    tabindex=move || if first() { "0" } else { "-1" }
                    aria-pressed=move || frozen.get().to_string()
                    on:click=turn
                >
                    {move || icon(if frozen.get() { Icon::Locked } else { Icon::Open })}
                    <span><span class="visually-hidden">"Freeze "</span><span translate="no">{name}</span></span>
                    <span class="figures">{exact(params)}</span>
                </button>
            </li>
        }
    };
    // Hundreds of rows are made when they are asked for.
    let many = Memo::new(move |_| layers.with(Vec::len) > FEW);
    let open = RwSignal::new(false);
    let fold = move || {
        view! {
            <button
                type="button"
                class="advanced-fold"
                data-testid="freeze-each"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {icon(Icon::Next)}
                {move || format!("Each of {} layers", layers.with(Vec::len))}
            </button>
        }
    };
    let list = move || {
        view! {
            <ul on:keydown=rove>
                <For
                    each=move || layers.get()
                    key=|it| (it.node, it.name.clone(), it.params)
                    let:layer
                >
                    {row(layer)}
                </For>
            </ul>
        }
    };
    view! {
        <div class="train-freeze" role="group" aria-label="Frozen layers" data-testid="freeze">
            <p class="train-hint">
                "A frozen layer keeps its parameters; the others are trained."
            </p>
            <p class="train-actions">
                <button
                    type="button"
                    data-testid="freeze-but-last"
                    disabled=few
                    on:click=but_last
                >
                    "Freeze all but the last"
                </button>
                <button type="button" data-testid="freeze-none" disabled=none on:click=thaw>
                    "Freeze none"
                </button>
            </p>
            {move || many.get().then(fold)}
            {move || (open.get() || !many.get()).then(list)}
        </div>
    }
    .into_any()
}
