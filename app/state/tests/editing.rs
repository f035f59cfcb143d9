//! Edits of the document: what they change, what is refused, undo and redo.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::sync::{Arc, Mutex};

use common::lenet;
use engine::graph::{Edit, Piece, Place};
use engine::layer::{Activation, Conv};
use engine::{Layer, NodeId, zoo};
use reactive_graph::traits::{GetUntracked, WithUntracked};
use state::palette::{PaletteEntry, Spot, palette};

/// C3 with this many output channels.
fn channels(page: &common::Page, channels: u32) -> Edit {
    let node = page.id("C3");
    let graph = page.graph();
    let Layer::Conv(conv) = &graph.node(node).unwrap().layer else {
        panic!("C3 is a convolution");
    };
    let conv = Conv {
        channels,
        ..conv.clone()
    };
    Edit::SetLayer {
        node,
        layer: conv.into(),
    }
}

#[test]
fn an_edit_changes_the_costs_and_undo_and_redo_restore_them() {
    let page = lenet();
    assert_eq!(page.costs(), (61_706, 416_520));
    assert!(page.state.apply(channels(&page, 20)));
    // C3: 4 more channels of 6·5·5 weights at 10·10 places; C5: 4·5·5 more inputs for 120 outputs.
    assert_eq!(
        page.costs(),
        (61_706 + 4 * 151 + 12_000, 416_520 + 60_000 + 12_000)
    );
    let announcement = || page.state.document.announcement().get_untracked();
    assert_eq!(announcement(), "Done: change C3");
    assert!(page.state.undo_edit());
    assert_eq!(
        (page.costs(), announcement()),
        ((61_706, 416_520), "Undone: change C3".into())
    );
    assert!(!page.state.undo_edit(), "there is nothing before");
    assert!(page.state.redo_edit());
    assert_eq!(announcement(), "Redone: change C3");
    assert_eq!(page.costs().1, 488_520);
    assert!(!page.state.redo_edit(), "there is nothing after");
}

#[test]
fn a_hundred_and_ten_edits_are_undone_and_redone_one_by_one() {
    let page = lenet();
    let mut graphs = vec![page.graph()];
    for step in 0..110 {
        assert!(page.state.apply(channels(&page, 17 + step)));
        graphs.push(page.graph());
    }
    for graph in graphs.iter().rev().skip(1) {
        assert!(page.state.undo_edit());
        assert_eq!(&page.graph(), graph);
    }
    for graph in &graphs[1..] {
        assert!(page.state.redo_edit());
        assert_eq!(&page.graph(), graph);
    }
}

#[test]
fn an_edit_after_an_undo_clears_redo() {
    let page = lenet();
    assert!(page.state.apply(channels(&page, 20)));
    assert!(page.state.undo_edit());
    assert!(page.state.apply(channels(&page, 8)));
    assert_eq!(page.state.document.redo_description(), None);
    assert!(!page.state.redo_edit());
}

#[test]
fn a_layer_added_after_an_undo_has_a_number_of_its_own() {
    let page = lenet();
    let insert = || {
        let (node, with) = (page.id("C1"), Vec::new());
        let place = Place::After { node, with };
        let piece = Piece::Layer(Activation::Relu.into());
        let name = None;
        page.state.insert(&[Edit::Insert { place, piece, name }])
    };
    let newest = || {
        let graph = page.graph();
        graph.nodes().iter().map(|node| node.id).max().unwrap()
    };
    let published = page.graph();
    assert!(insert());
    let undone = newest();
    assert!(page.state.undo_edit());
    assert_eq!(page.graph(), published);
    assert!(insert());
    assert_ne!(newest(), undone);
}

#[test]
fn a_refused_edit_changes_nothing_and_says_why_at_its_node() {
    let page = lenet();
    let (graph, history) = (page.graph(), page.state.document.undo_description());
    let taken = Edit::Rename {
        node: page.id("C1"),
        name: "C3".into(),
    };
    assert!(!page.state.apply(taken));
    assert_eq!(page.graph(), graph);
    assert_eq!(page.state.document.undo_description(), history);
    let refusal = page.state.document.refusal().get_untracked().unwrap();
    assert_eq!(refusal.node, page.id("C1"));
    assert!(
        refusal.text.starts_with("Nothing was changed: "),
        "{}",
        refusal.text
    );
    assert!(refusal.text.contains("C3"), "{}", refusal.text);
    assert!(page.state.apply(channels(&page, 20)));
    assert_eq!(
        page.refusal(),
        None,
        "an edit that is made ends the refusal"
    );
}

#[test]
fn several_edits_are_atomic() {
    let page = lenet();
    let graph = page.graph();
    let gone = Edit::Remove {
        node: NodeId(9_999),
    };
    assert!(!page.state.apply_all(&[channels(&page, 20), gone]));
    assert_eq!(page.graph(), graph);
    assert!(!page.state.undo_edit());
}

#[test]
fn while_the_document_has_a_problem_the_last_valid_state_runs() {
    let page = lenet();
    let running = page.graph();
    page.state.document.set_running(running.clone());
    // S2's maps are 14 × 14: a kernel of 15 does not fit.
    let node = page.id("C3");
    let layer = Conv::new(16, 15).into();
    assert!(page.state.apply(Edit::SetLayer { node, layer }));
    let valid = page
        .state
        .document
        .analysis
        .with_untracked(engine::Analysis::is_valid);
    assert!(!valid);
    assert_eq!(page.state.document.running().get_untracked(), running);
    assert!(page.state.runs(page.id("C1")) && page.state.runs(page.id("S2")));
    assert!(!page.state.runs(node) && !page.state.runs(running.output()));
    assert!(page.state.undo_edit());
    assert!(page.state.runs(node));
}

#[test]
fn repairs_apply_only_to_the_document_they_were_requested_for() {
    let page = lenet();
    let node = page.id("C3");
    let layer = Conv::new(16, 15).into();
    assert!(page.state.apply(Edit::SetLayer { node, layer }));
    let document = page.state.document;
    let repairs = || document.repairs().get_untracked().get(&node).cloned();
    document.await_repairs(node);
    assert_eq!(
        repairs().map(|it| it.is_none()),
        Some(true),
        "they are looked for"
    );
    let broken = page.graph();
    document.find_repairs(node, &broken);
    let found = repairs().flatten().unwrap();
    assert!(!found.is_empty());
    for repair in &found {
        let repaired = broken.apply_all(&repair.edits).unwrap();
        assert!(engine::Analysis::of(&repaired).is_valid(), "{repair:?}");
    }
    assert!(page.state.undo_edit());
    assert_eq!(repairs(), None, "another document has other problems");
    document.find_repairs(node, &broken);
    assert_eq!(repairs(), None, "they came for a document that is gone");
}

#[test]
fn opening_another_network_is_one_step_and_undo_restores_the_origin() {
    let page = lenet();
    let opened = Arc::new(Mutex::new(Vec::new()));
    let notified = Arc::clone(&opened);
    page.state
        .document
        .when_opened(move |opening| notified.lock().unwrap().push(opening.origin));
    let before = page.graph();
    let graph = zoo::build("resnet-18", &Default::default()).unwrap();
    assert!(page.state.open_as(graph.clone(), Some("resnet-18")));
    assert_eq!(page.graph(), graph);
    assert_eq!(page.selected().1, [graph.nodes()[0].name.clone()]);
    // More than 60 nodes: its blocks are folded.
    let folding = page.state.selection.folding().get_untracked();
    assert_eq!(folding.pairs().len(), graph.blocks().len());
    assert!(page.state.undo_edit());
    assert_eq!(page.graph(), before);
    assert_eq!(page.state.document.origin().get_untracked(), None);
    assert_eq!(*opened.lock().unwrap(), [Some("resnet-18"), None]);
}

#[test]
fn a_new_layer_is_selected_and_dropping_ends_the_drag() {
    let page = lenet();
    let place = Place::After {
        node: page.id("C1"),
        with: Vec::new(),
    };
    let insert = |layer: Layer| Edit::Insert {
        place: place.clone(),
        piece: Piece::Layer(layer),
        name: None,
    };
    assert!(page.state.insert(&[insert(Activation::Relu.into())]));
    let (node, nodes) = page.selected();
    assert_eq!(nodes, std::slice::from_ref(&node));
    let graph = page.graph();
    let new = graph.named(&node).unwrap();
    assert_eq!(
        (&new.layer, &new.inputs[..]),
        (&Activation::Relu.into(), &[page.id("C1")][..])
    );

    let pointwise = |it: &PaletteEntry| it.variant == Some("pointwise");
    let entry = palette().into_iter().find(pointwise);
    page.state.selection.drag(entry);
    let spot = Spot::behind(page.id("S2"));
    assert!(page.state.put_dragged(&spot));
    // The palette's 16 channels: C3 takes any number.
    let (node, _) = page.selected();
    let conv = page.graph().named(&node).unwrap().layer.clone();
    assert_eq!(conv, Conv::new(16, 1).into());
    assert!(page.state.selection.dragged().get_untracked().is_none());
    assert!(!page.state.put_dragged(&spot));
}
