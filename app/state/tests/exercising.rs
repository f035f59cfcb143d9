//! An exercise as it is solved: what was found, what is known no longer after a change, what is kept.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use engine::exercise::{Bound, Check, Exercise, Found, Item, Quantity, Question};
use engine::format::Experiment;
use engine::graph::Edit;
use engine::layer::Linear;
use engine::{Analysis, Graph, zoo};
use reactive_graph::owner::Owner;
use reactive_graph::traits::{Get, GetUntracked};
use state::exercise::{DraftCheck, Exercises, Kind, Tab};

fn exercise() -> Exercise {
    let checks = [
        Check::Count {
            quantity: Quantity::Parameters,
            bound: Bound::AtMost(30_000),
        },
        Check::Answer {
            question: Question::text("?", "dropout", "salt"),
        },
        Check::Accuracy {
            data: "mnist".to_owned(),
            images: 10,
            seed: 1,
            least: 0.5,
        },
    ];
    let item = |check| Item { points: 1, check };
    Exercise {
        title: "Smaller".to_owned(),
        text: String::new(),
        start: Experiment::of(zoo::lenet5().unwrap()),
        checks: checks.into_iter().map(item).collect(),
    }
}

fn found() -> Vec<Found> {
    vec![
        Found::Count { value: 61_706 },
        Found::Answer {
            answer: "pooling".to_owned(),
        },
        Found::Share {
            right: 9,
            images: 10,
        },
    ]
}

fn narrower() -> Graph {
    let graph = zoo::lenet5().unwrap();
    let node = graph.nodes().iter().find(|it| it.name == "F5").unwrap().id;
    let layer = Linear::new(48).into();
    graph.apply(&Edit::SetLayer { node, layer }).unwrap()
}

#[test]
fn a_change_forgets_what_it_makes_untrue_and_no_more() {
    Owner::new().with(|| {
        let state = Exercises::new();
        let graph = narrower();
        let analysis = Analysis::of(&graph);
        state.open(exercise());
        assert_eq!(state.found().get(), [None, None, None]);
        // Before the first check nothing is told.
        state.network_changed(&graph, &analysis);
        assert_eq!(state.found().get(), [None, None, None]);
        assert_eq!(state.claims(), None);
        state.put_found(found());
        let passes: Vec<bool> = state.claims().unwrap().iter().map(|it| it.pass).collect();
        assert_eq!(passes, [false, false, true]);
        state.answer(1, "Dropout".to_owned());
        let [count, answer, share] = state.found().get().try_into().unwrap();
        assert!(count.is_some() && answer.is_none() && share.is_some());
        state.put_picture(2, vec![0.5]);
        state.network_changed(&graph, &analysis);
        let [count, _, share] = state.found().get().try_into().unwrap();
        // 400 · 48 + 48 + 48 · 84 + 84 + 850 + 2,572 parameters.
        assert_eq!(count, Some(Found::Count { value: 26_786 }));
        assert_eq!(share, None);
        assert!(state.pictures().is_empty());
    });
}

#[test]
fn the_open_exercise_is_kept_with_its_answers() {
    Owner::new().with(|| {
        let state = Exercises::new();
        assert_eq!(state.kept(), None);
        state.open(exercise());
        state.answer(1, "dropout".to_owned());
        state.name_student("Ada".to_owned());
        state.set_before(Some("key".to_owned()));
        let kept = state.kept().unwrap();
        let next = Exercises::new();
        next.restore(&kept);
        assert_eq!(*next.opened().get().unwrap(), exercise());
        assert_eq!(next.answers().get()[&1], "dropout");
        assert_eq!(next.student().get(), "Ada");
        assert_eq!(next.before().as_deref(), Some("key"));
        // Whatever the storage holds, the page opens.
        let other = Exercises::new();
        for kept in ["", "{}", "{\"exercise\": \"{}\"}", "null"] {
            other.restore(kept);
            assert!(other.opened().get_untracked().is_none(), "{kept}");
        }
        next.close();
        assert_eq!(next.kept(), None);
    });
}

#[test]
fn a_draft_is_an_exercise_once_all_its_checks_are_filled_in() {
    Owner::new().with(|| {
        let state = Exercises::new();
        state.show(Tab::Make);
        assert!(state.draft_items().unwrap_err().contains("no check"));
        for kind in [Kind::Depth, Kind::Text] {
            let check = DraftCheck::new(state.next_key(), kind, None, "salt".to_owned());
            state.edit_draft(|draft| draft.checks.push(check));
        }
        let why = state.draft_items().unwrap_err();
        assert!(why.starts_with("Check 2"), "{why}");
        state.edit_draft(|draft| {
            for (field, value) in draft.checks[1].fields.iter_mut().zip(["Which?", "dropout"]) {
                field.value = value.to_owned();
            }
        });
        let items = state.draft_items().unwrap();
        assert_eq!(items.len(), 2);
        let keys = state.draft().get().checks;
        assert_ne!(keys[0].key, keys[1].key);
    });
}
