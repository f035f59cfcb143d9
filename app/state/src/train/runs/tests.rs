//! Runs are kept, drawn, deleted, and found again.

use engine::zoo;

use super::*;

pub(super) fn run(number: u64) -> Run {
    Run {
        of: RunOf {
            number,
            graph: Arc::new(zoo::lenet5().unwrap()),
            task: Task::default(),
            on: TrainedOn::default(),
        },
        name: format!("Run {number}"),
        curve: Arc::default(),
        status: Status::Paused,
        seconds: 1.0,
        checkpoint: Checkpoint::At { step: 1, bytes: 1 },
        kept_as: Vec::new(),
    }
}

fn numbers(runs: &Runs) -> Vec<u64> {
    runs.all().iter().map(Run::number).collect()
}

#[test]
fn a_run_that_goes_on_is_the_same_run_under_its_name() {
    let mut runs = Runs::default();
    runs.keep(run(1));
    runs.rename(1, " first ");
    runs.rename(1, "  ");
    let mut longer = run(1);
    longer.seconds = 9.0;
    runs.keep(longer);
    assert_eq!(runs.all().len(), 1);
    let kept = runs.get(1).unwrap();
    assert_eq!((&*kept.name, kept.seconds), ("first", 9.0));
}

#[test]
fn what_was_deleted_comes_back_to_its_place() {
    let mut runs = Runs::default();
    for number in 1..=3 {
        runs.keep(run(number));
    }
    assert_eq!(runs.delete(2), None);
    assert_eq!(numbers(&runs), [1, 3]);
    assert_eq!(runs.colour(2), None);
    runs.undelete();
    assert_eq!(numbers(&runs), [1, 2, 3]);
    assert!(runs.deleted().is_none());
    // One that goes on after it was deleted does not come back twice.
    runs.delete(3);
    runs.keep(run(3));
    runs.undelete();
    assert_eq!(numbers(&runs), [1, 2, 3]);
    runs.delete(1);
    assert_eq!(runs.delete(3), Some(1));
    assert_eq!(runs.delete(99), None);
    assert_eq!(runs.deleted().map(Run::number), Some(3));
}

#[test]
fn colours_stay_when_others_come_and_go() {
    let mut runs = Runs::default();
    for number in 1..=7 {
        runs.keep(run(number));
    }
    assert_eq!(runs.colour(6), Some(5));
    assert_eq!(runs.colour(7), None);
    assert!(!runs.can_draw());
    runs.draw(2, false);
    runs.draw(7, true);
    assert_eq!(runs.colour(7), Some(1));
    assert_eq!(runs.colour(3), Some(2));
}

#[test]
fn a_run_of_an_earlier_visit_takes_the_next_number_where_its_own_is_taken() {
    let mut runs = Runs::default();
    runs.keep(run(1));
    let record = |number, drawn| RunRecord {
        run: run(number),
        drawn,
    };
    assert_eq!(runs.add(record(5, false), None), 5);
    assert_eq!(runs.add(record(1, true), Some(6)), 7);
    assert_eq!(runs.add(record(6, false), Some(6)), 8);
    assert_eq!(numbers(&runs), [1, 5, 7, 8]);
    assert_eq!([5, 7].map(|it| runs.colour(it)), [None, Some(1)]);
    // One that can come back keeps its number.
    runs.delete(8);
    assert_eq!(runs.next_number(), 9);
}

#[test]
fn a_run_is_found_by_the_checkpoints_that_the_network_got_of_it() {
    let mut runs = Runs::default();
    for (number, kept_as) in [(1, 10), (2, 20), (1, 11), (1, 11)] {
        runs.keep(Run {
            kept_as: vec![kept_as],
            ..run(number)
        });
    }
    runs.keep_as(1, 12);
    let found = |number| {
        runs.of_checkpoint(number)
            .map(|(run, newest)| (run.number(), newest))
    };
    assert_eq!(found(12), Some((1, true)));
    assert_eq!(found(11), Some((1, false)));
    assert_eq!(found(20), Some((2, true)));
    // Long ago, and never.
    assert_eq!([10, 99].map(found), [None, None]);
}
