//! Failures stay until they are over, notices for a while.

mod common;

use common::{lenet, run_timers, timers};
use reactive_graph::traits::GetUntracked;
use state::notices::Place;

#[test]
fn a_place_has_one_failure_until_it_is_dismissed() {
    let page = lenet();
    let notices = page.state.notices;
    notices.fail(Place::Run, "first");
    notices.fail(Place::File, "other");
    notices.fail(Place::Run, "second");
    let texts = || {
        let failures = notices.failures().get_untracked();
        failures.into_iter().map(|it| it.text).collect::<Vec<_>>()
    };
    assert_eq!(texts(), ["other", "second"]);
    notices.dismiss(Place::Run);
    notices.dismiss(Place::Run);
    assert_eq!(texts(), ["other"]);
}

#[test]
fn the_timer_of_an_older_notice_does_not_hide_a_newer_one() {
    let page = lenet();
    page.state.notices.tell("first".into());
    let first = common::take_timers();
    page.state.notices.tell("second".into());
    assert_eq!(timers(), 1);
    for (_, end) in first {
        end();
    }
    assert_eq!(page.notice().as_deref(), Some("second"));
    run_timers();
    assert_eq!(page.notice(), None);
}
