//! Selecting, folding, removing, wrapping, copying and pasting.

mod common;

use common::{lenet, page};
use engine::graph::Edit;
use engine::{Analysis, NodeId, zoo};
use reactive_graph::traits::GetUntracked;

#[test]
fn the_first_layer_is_selected_by_default_and_shift_click_toggles() {
    let page = lenet();
    assert_eq!(page.selected(), ("C1".into(), vec!["C1".into()]));
    page.state.select_also(page.id("S2"));
    page.state.select_also(page.id("C3"));
    assert_eq!(
        page.selected(),
        ("C3".into(), ["C1", "S2", "C3"].map(String::from).into())
    );
    page.state.select_also(page.id("S2"));
    assert_eq!(
        page.selected(),
        ("C3".into(), ["C1", "C3"].map(String::from).into())
    );
    page.state.select(page.id("F6"));
    assert_eq!(page.selected(), ("F6".into(), vec!["F6".into()]));
}

#[test]
fn a_range_goes_from_the_first_selected_layer_to_another_and_can_be_changed() {
    let page = lenet();
    page.state.select(page.id("C3"));
    page.state.select_to(page.id("S4"));
    let range = ["C3", "tanh3", "S4"].map(String::from);
    assert_eq!(page.selected(), ("S4".into(), range.into()));
    page.state.select_to(page.id("S2"));
    let range = ["C3", "S2"].map(String::from);
    assert_eq!(page.selected(), ("S2".into(), range.into()));
    // The input is in no range.
    page.state.select_to(NodeId::INPUT);
    assert_eq!(page.selected().1, ["input"].map(String::from));
}

#[test]
fn a_node_removed_between_pointerdown_and_click_is_not_selected() {
    let page = lenet();
    let gone = NodeId(9_999);
    page.state.select(gone);
    page.state.select_also(gone);
    assert_eq!(page.selected(), ("C1".into(), vec!["C1".into()]));
}

#[test]
fn removing_layers_selects_the_input_of_the_first_in_one_step() {
    let page = lenet();
    let before = page.graph();
    page.select(&["S2", "C3"]);
    assert!(page.state.remove_selected());
    assert_eq!(page.graph().nodes().len(), before.nodes().len() - 2);
    let fed = before.node(before.named("S2").unwrap().inputs[0]).unwrap();
    assert_eq!(page.selected(), (fed.name.clone(), vec![fed.name.clone()]));
    assert!(page.state.undo_edit());
    assert_eq!(page.graph(), before, "one undo brings both back");
}

#[test]
fn undoing_the_insertion_of_a_selected_layer_selects_its_input() {
    let page = lenet();
    let node = page.id("C1");
    assert!(page.state.drop_dragged(&[Edit::Duplicate { node }]));
    assert_ne!(page.selected().0, "C1");
    assert!(page.state.undo_edit());
    // The copy stood behind C1.
    assert_eq!(page.selected(), ("C1".into(), vec!["C1".into()]));
}

#[test]
fn a_copied_part_is_pasted_after_the_selected_layer_as_one_step() {
    let page = lenet();
    page.select(&["C3", "tanh3", "S4"]);
    let text = page.state.copied().unwrap();
    let count = page.graph().nodes().len();
    page.select(&["S2"]);
    assert!(page.state.paste(&text));
    let graph = page.graph();
    assert_eq!(graph.nodes().len(), count + 3);
    let new = page.state.selection.nodes().get_untracked();
    assert_eq!(new.len(), 3);
    // The first pasted layer gets S2's maps, and S2's consumers get the last one's.
    assert_eq!(graph.node(new[0]).unwrap().inputs, [page.id("S2")]);
    assert_eq!(graph.node(page.id("C3")).unwrap().inputs, [new[2]]);
    assert_eq!(
        page.state.document.undo_description().as_deref(),
        Some("paste")
    );
    assert!(page.state.undo_edit());
    assert_eq!(page.graph().nodes().len(), count);
}

#[test]
fn a_pasted_document_s_unknown_key_is_named() {
    let page = lenet();
    page.select(&["S2"]);
    let text = r#"{"cnn-lab": 1, "graph": {"name": "x", "input": {"channels": 6, "height": 14,
        "width": 14}, "nodes": [{"id": 1, "name": "c", "layer": {"kind": "conv", "channels": 2,
        "kernel": [3, 3], "strides": [2, 2]}, "inputs": [0]}]}}"#;
    assert!(page.state.paste(&format!("\u{feff}{text}\n")));
    let notice = page.state.notices.notice().get_untracked().unwrap();
    assert!(
        notice.contains("“strides”") && notice.contains("“stride”") && notice.ends_with("is."),
        "{notice}"
    );
}

#[test]
fn text_that_is_not_a_network_is_refused_with_a_message() {
    let page = lenet();
    let graph = page.graph();
    for (text, word) in [
        ("  ", "no text"),
        ("hello", "neither a document"),
        ("{\"cnn-lab\": 2, \"graph\": 7}", "Nothing was changed"),
        ("[1, 2]", "neither a document"),
    ] {
        assert!(!page.state.paste(text), "{text}");
        let refusal = page.refusal().unwrap();
        assert!(refusal.contains(word), "{text}: {refusal}");
        assert_eq!(page.graph(), graph);
    }
}

#[test]
fn a_pasted_network_replaces_an_empty_one() {
    let full = lenet();
    full.select(&["C1", "S2"]);
    let text = full.state.copied().unwrap();
    let empty = page(
        engine::GraphBuilder::new("mine", engine::Shape::new(1, 28, 28))
            .finish()
            .unwrap(),
    );
    assert!(empty.state.paste(&text));
    assert_eq!(empty.graph().nodes().len(), 2);
}

#[test]
fn a_whole_block_is_duplicated_as_a_block() {
    let page = page(zoo::build("resnet-18", &Default::default()).unwrap());
    let graph = page.graph();
    let block = graph
        .blocks()
        .iter()
        .find(|it| it.name == "layer1.1")
        .unwrap();
    page.state.selection.select_all(block.nodes.clone());
    assert!(page.state.duplicate());
    let copied = page.graph();
    assert_eq!(copied.blocks().len(), graph.blocks().len() + 1);
    assert!(Analysis::of(&copied).is_valid());
}

#[test]
fn connected_layers_become_a_block_and_separate_ones_do_not() {
    let page = lenet();
    page.select(&["C1", "tanh1"]);
    assert!(page.state.wrap());
    assert_eq!(page.graph().blocks()[0].name, "block 1");
    assert!(!page.state.wrap());
    let refusal = page.refusal().unwrap();
    assert!(refusal.contains("“block 1”"), "{refusal}");
    page.select(&["C3", "F6"]);
    assert!(!page.state.wrap());
    assert_eq!(page.graph().blocks().len(), 1);
}

#[test]
fn a_folded_block_opens_when_a_layer_in_it_is_shown() {
    let page = page(zoo::build("resnet-18", &Default::default()).unwrap());
    page.state.fold_all(true);
    let graph = page.graph();
    let at = graph
        .blocks()
        .iter()
        .position(|it| it.name == "layer1.1")
        .unwrap();
    let block = &graph.blocks()[at];
    page.state.show_node(block.nodes[2]);
    let folding = page.state.selection.folding().get_untracked();
    assert!(!folding.folds(block));
    assert!(
        folding.folds(
            graph
                .blocks()
                .iter()
                .find(|it| it.name == "layer4.1")
                .unwrap()
        )
    );
    page.state.fold(at);
    assert!(page.state.selection.folding().get_untracked().folds(block));
    page.state.fold_all(false);
    let open = page.state.selection.folding().get_untracked();
    assert!(!graph.blocks().iter().any(|it| open.folds(it)));
}
