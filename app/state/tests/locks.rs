//! Actions that an experiment's author has locked are refused with a message.

mod common;

use std::collections::BTreeMap;

use common::{Page, lenet, page_with};
use engine::format::{Control, Experiment, Lock};
use engine::graph::{Edit, Piece, Place};
use engine::layer::{Activation, Conv};
use reactive_graph::traits::GetUntracked;
use state::document::{History, LOCKED, title};
use state::screen::{Embed, Preferences};

/// An experiment with these controls locked or hidden.
fn locked(control: Control, lock: Lock) -> Page {
    let page = lenet();
    let mut experiment = Experiment::of(page.graph());
    experiment.settings.locks = BTreeMap::from([(control, lock)]).into_iter().collect();
    page.state
        .put_experiment(&experiment, History::default(), None);
    page
}

fn insert(page: &Page) -> Edit {
    Edit::Insert {
        place: Place::After {
            node: page.id("C1"),
            with: Vec::new(),
        },
        piece: Piece::Layer(Activation::Relu.into()),
        name: None,
    }
}

fn set(page: &Page) -> Edit {
    Edit::SetLayer {
        node: page.id("C1"),
        layer: Conv::new(8, 5).into(),
    }
}

#[test]
fn a_frame_refuses_every_edit_and_says_where_to_make_it() {
    let preferences = Preferences {
        embed: Some(Embed::read("", &[]).0),
        ..Preferences::default()
    };
    let page = page_with(engine::zoo::lenet5().unwrap(), preferences);
    let graph = page.graph();
    for edit in [insert(&page), set(&page)] {
        assert!(!page.state.apply(edit));
        assert_eq!(page.graph(), graph);
        let notice = page.state.notices.notice().get_untracked();
        assert!(notice.is_some_and(|it| it.contains("Open it in the CNN lab")));
    }
}

#[test]
fn a_locked_network_refuses_every_edit_with_the_reason() {
    for lock in [Lock::Locked, Lock::Hidden] {
        let page = locked(Control::Network, lock);
        let graph = page.graph();
        let node = page.id("C1");
        let name = "mine".to_owned();
        for edit in [
            insert(&page),
            set(&page),
            Edit::Remove { node },
            Edit::Rename { node, name },
            Edit::Duplicate { node },
        ] {
            assert!(!page.state.apply(edit.clone()), "{edit:?}");
            assert!(page.refusal().unwrap().contains("locked"), "{edit:?}");
            assert!(page.notice().unwrap().starts_with(LOCKED), "{edit:?}");
        }
        let text = page.state.copied().unwrap();
        assert!(!page.state.paste(&text) && !page.state.duplicate() && !page.state.wrap());
        assert!(!page.state.open_as(graph.clone(), None));
        assert_eq!(page.graph(), graph);
    }
}

#[test]
fn locking_fields_does_not_lock_the_palette_and_vice_versa() {
    let page = locked(Control::Fields, Lock::Locked);
    assert!(!page.state.apply(set(&page)));
    assert!(page.state.apply(insert(&page)));
    let page = locked(Control::Palette, Lock::Locked);
    assert!(!page.state.apply(insert(&page)));
    assert!(page.state.apply(set(&page)));
}

#[test]
fn locking_undo_does_not_lock_edits() {
    let page = locked(Control::Undo, Lock::Locked);
    assert!(page.state.apply(set(&page)));
    let graph = page.graph();
    assert!(!page.state.undo_edit());
    assert_eq!(page.graph(), graph);
    let notice = page.notice().unwrap();
    assert!(notice.contains(title(Control::Undo)), "{notice}");
}

#[test]
fn a_hidden_control_is_hidden_and_a_locked_one_only_locked() {
    let page = locked(Control::Answer, Lock::Hidden);
    let hidden = page.state.document;
    assert!(hidden.hides(Control::Answer) && !hidden.allows_now(Control::Answer));
    assert!(!hidden.hides(Control::Totals) && hidden.allows_now(Control::Totals));
    let page = locked(Control::Answer, Lock::Locked);
    let locked = page.state.document;
    assert!(!locked.hides(Control::Answer) && !locked.allows_now(Control::Answer));
}

#[test]
fn opening_another_experiment_removes_the_locks() {
    let page = locked(Control::Network, Lock::Locked);
    let free = Experiment::of(page.graph());
    page.state.put_experiment(&free, History::default(), None);
    assert!(page.state.apply(set(&page)));
    assert!(page.state.document.locks().get_untracked().is_empty());
}
