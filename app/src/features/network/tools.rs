//! Buttons for actions on the selected nodes; their titles name the keys.

use engine::graph::Edit;
use engine::{Graph, NodeId};
use leptos::html;
use leptos::prelude::*;
use state::weights_file::ENDING;

use crate::lab::Lab;

#[component]
pub fn Tools() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let none = move || {
        lab.selection
            .nodes()
            .with(|all| all.iter().all(|&id| id == NodeId::INPUT))
    };
    let tool =
        move |name: &'static str, testid: &'static str, title: &'static str, act: fn(Lab)| {
            view! {
                <button
                    type="button"
                    data-testid=testid
                    title=title
                    disabled=none
                    on:click=move |_| act(lab)
                >
                    {name}
                </button>
            }
            .into_any()
        };
    let problems = Memo::new(move |_| {
        lab.document.analysis.with(|analysis| {
            (
                analysis.problems.len(),
                analysis.problems.first().map(|problem| problem.node),
            )
        })
    });
    let banner = move || {
        let (count, first) = problems.get();
        let first = first?;
        let many = if count == 1 {
            "1 problem".to_owned()
        } else {
            format!("{count} problems")
        };
        Some(view! {
            <p class="banner" data-testid="still-running">
                {move || {
                    let goes_on = if lab.engine.is_refused() {
                        "the last valid network is too large to run here"
                    } else {
                        "the last valid network keeps running"
                    };
                    format!("{many}: {goes_on}. ")
                }}
                <button type="button" class="quiet" on:click=move |_| lab.show_node(first)>
                    "Show"
                </button>
            </p>
        })
    };
    let carried = move || {
        // The picture says it without moving what the pointer is over.
        lab.selection
            .dragged()
            .get()
            .filter(|_| lab.screen.listed().get())?;
        Some(view! {
            <p class="banner banner-carried">
                "Choose a place: drop it on a layer, click one, or press Enter on one; it goes \
                 behind it. "
                <button type="button" class="quiet" on:click=move |_| lab.selection.drag(None)>"Cancel"</button>
            </p>
        })
    };
    // In the picture nodes go along their wires by M, or by a drag.
    let along = move || {
        lab.screen.listed().get().then(|| {
            [
                tool(
                    "Up",
                    "move-up",
                    "Move the selected layer up (Alt+↑)",
                    |lab| {
                        move_by(lab, true);
                    },
                ),
                tool(
                    "Down",
                    "move-down",
                    "Move the selected layer down (Alt+↓)",
                    |lab| {
                        move_by(lab, false);
                    },
                ),
            ]
        })
    };
    view! {
        <div class="edit-tools" role="toolbar" aria-label="Edit">
            <button
                type="button"
                data-testid="palette-toggle"
                aria-expanded=move || lab.screen.palette_open().get().to_string()
                on:click=move |_| lab.open_palette(!lab.screen.palette_open().get_untracked())
            >
                "Add a layer"
            </button>
            {along}
            {tool("Duplicate", "duplicate", "The selected layers once more (Ctrl+D)", |lab| {
                lab.duplicate();
            })}
            {tool("Delete", "delete", "Take the selected layers out (Delete)", |lab| {
                lab.remove_selected();
            })}
            {tool("Wrap", "wrap", "Make one foldable block of the selected layers (Ctrl+G)", |lab| {
                lab.wrap();
            })}
            {tool("Copy", "copy", "Copy the selected layers as text (Ctrl+C)", |lab| {
                lab.copy_selected(false);
            })}
            {tool("Cut", "cut", "Copy the selected layers as text and take them out (Ctrl+X)", |lab| {
                lab.copy_selected(true);
            })}
            <button
                type="button"
                data-testid="paste"
                title="Put copied layers, a document or a link's text behind the selected layer (Ctrl+V)"
                on:click=move |_| lab.paste_clipboard()
            >
                "Paste"
            </button>
            <button
                type="button"
                data-testid="save-maps"
                title="The input and every map of this drawing as one safetensors file"
                on:click=move |_| lab.save_maps()
            >
                "Save maps"
            </button>
        </div>
        <div class="banners" role="status">{banner} {carried}</div>
    }
}

/// Weights from a file, and as one; beside the words that say whose they are.
pub fn weight_tools(lab: Lab) -> AnyView {
    view! {
        <span class="weight-tools" role="group" aria-label="Weights">
            {open_weights(lab)}
            <button
                type="button"
                data-testid="save-weights"
                title="The network's weights as they are now, as one safetensors file"
                on:click=move |_| lab.save_weights()
            >
                "Save weights"
            </button>
        </span>
    }
    .into_any()
}

/// Chooses a file of weights for the network.
fn open_weights(lab: Lab) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let take = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            lab.open_weights(file);
        }
        // The same file may be chosen again.
        input.set_value("");
    };
    view! {
        <label
            class="file-button"
            title="A safetensors file with weights for this network; dropping one on the page does the same"
        >
            "Open weights"
            <input
                node_ref=input
                type="file"
                accept=ENDING
                class="visually-hidden"
                data-testid="open-weights"
                on:change=take
            />
        </label>
    }
    .into_any()
}

/// Moves the selected node along its wire: after its consumer, or before its input.
pub fn move_by(lab: Lab, up: bool) -> bool {
    let node = lab.selection.node().get_untracked();
    match lab
        .document
        .graph()
        .with_untracked(|graph| neighbour(graph, node, up))
    {
        Some(after) => lab.apply(Edit::Move { node, after }),
        None => false,
    }
}

/// The node after which this one would be inserted.
fn neighbour(graph: &Graph, node: NodeId, up: bool) -> Option<NodeId> {
    if !up {
        return graph.consumers(node).next().map(|(next, _)| next.id);
    }
    let before = *graph.node(node)?.inputs.first()?;
    graph.node(before)?.inputs.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_down_and_up_again_changes_nothing() {
        let graph = engine::zoo::lenet5().unwrap();
        let node = graph.named("S2").unwrap().id;
        let down = neighbour(&graph, node, false).unwrap();
        let moved = graph.apply(&Edit::Move { node, after: down }).unwrap();
        assert_ne!(moved, graph);
        let up = neighbour(&moved, node, true).unwrap();
        assert_eq!(moved.apply(&Edit::Move { node, after: up }).unwrap(), graph);
    }

    #[test]
    fn the_first_layer_cannot_move_before_the_input() {
        let graph = engine::zoo::lenet5().unwrap();
        let first = graph.nodes()[0].id;
        assert_eq!(neighbour(&graph, first, true), None);
    }
}
