//! The schedule of the learning rate, with a picture of it.

use leptos::prelude::*;
use state::train::settings::{Number, ScheduleKind, picture, shown, steps};

use super::field::{Offer, frame, number, select};
use crate::lab::Lab;
use crate::ui::format::exact;

/// Steps of the picture where the length does not say how many there are.
const UNKNOWN: u64 = 1000;
/// The size of the picture.
const SIZE: [f64; 2] = [200.0, 40.0];

/// The training examples of the chosen data set, as far as they are known.
pub fn examples(lab: Lab) -> Option<u64> {
    let set = lab.data.chosen()?;
    let all = set.counts.iter().sum::<u64>();
    let open = all.saturating_sub(set.held_out);
    let split = lab.train.task().with(|task| task.split);
    let test = if set.held_out > 0 { 0.0 } else { split.test };
    let kept = 1.0 - (split.validation + test).clamp(0.0, 1.0);
    (open > 0).then_some((open as f64 * kept).round() as u64)
}

/// The steps of the next training, as far as they are known.
fn known_steps(lab: Lab) -> Option<u64> {
    let examples = examples(lab);
    let task = lab.train.task();
    task.with(|task| steps(&task.settings, examples))
}

pub fn schedule(lab: Lab) -> AnyView {
    let task = lab.train.task();
    let kind =
        Memo::new(move |_| task.with(|task| ScheduleKind::of(&task.settings.schedule.decay)));
    let choose = move |name: String| {
        let steps = untrack(|| known_steps(lab)).unwrap_or(UNKNOWN);
        let mut kinds = ScheduleKind::ALL.into_iter();
        if let Some(kind) = kinds.find(|it| it.choice().name == name) {
            lab.train.edit(|task| kind.choose(task, steps));
        }
    };
    let now = Signal::derive(move || kind.get().choice().name.to_owned());
    let options = move || {
        // Milestones come from a file only.
        let from_file = kind.get() == ScheduleKind::Milestones;
        let offered = ScheduleKind::ALL.into_iter();
        let offered = offered.filter(|it| from_file || *it != ScheduleKind::Milestones);
        offered.map(|it| Offer::of(it.choice())).collect()
    };
    let control = select("train-schedule", "Schedule", options, now, choose);
    view! {
        {frame("train-schedule", "Schedule", move || kind.get().sentence(), control, None)}
        {drawn(lab)}
        {Number::SCHEDULE.map(|it| number(lab, it)).collect_view()}
        {number(lab, Number::WARM_UP)}
    }
    .into_any()
}

fn drawn(lab: Lab) -> AnyView {
    let task = lab.train.task();
    let known = Memo::new(move |_| known_steps(lab));
    let of = move || known.get().unwrap_or(UNKNOWN);
    let schedule = Memo::new(move |_| task.with(|task| task.settings.schedule.clone()));
    let points = move || schedule.with(|it| picture(it, of(), SIZE));
    let rate = move |step: u64| schedule.with(|it| shown(it.rate(step, of())));
    let last = move || of().saturating_sub(1);
    let end = move || match known.get() {
        Some(steps) => format!("step {}", exact(steps)),
        None => "end".to_owned(),
    };
    let name = move || {
        let (first, last) = (rate(0), rate(last()));
        format!("The learning rate over the steps: {first} at the first, {last} at the last")
    };
    let [width, height] = SIZE;
    view! {
        <figure class="train-schedule-picture">
            <svg
                viewBox=format!("-1 -2 {} {}", width + 2.0, height + 4.0)
                preserveAspectRatio="none"
                role="img"
                aria-label=name
                data-testid="train-schedule-picture"
            >
                <polyline points=points></polyline>
            </svg>
            <figcaption class="figures">
                <span>{move || rate(0)}</span>
                <span>{move || format!("{} at {}", rate(last()), end())}</span>
            </figcaption>
        </figure>
    }
    .into_any()
}
