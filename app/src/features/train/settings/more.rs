//! The settings that are folded away.

use leptos::prelude::*;
use state::train::settings::{Number, Starting, Unit, steps_of_epoch};

use super::field::{Offer, frame, input, number, select, take, toggle};
use super::{augment, files, finder, freeze, keep, schedule};
use crate::lab::Lab;
use crate::ui::icon::{Icon, icon};

/// A rolled seed is below this.
const SEEDS: f64 = 1e6;

pub fn more(lab: Lab) -> AnyView {
    view! {
        <div class="train-more">
            {finder::finder(lab)}
            {length(lab)}
            {number(lab, Number::BATCH)}
            {toggle(
                lab,
                (
                    "train-shuffle",
                    "Shuffle",
                    "Takes the examples in a new order in every epoch.",
                ),
                |task| task.settings.shuffle,
                |task, on| task.settings.shuffle = on,
            )}
            {group("Schedule", schedule::schedule(lab))}
            {group("Optimiser", optimiser(lab))}
            {group("Regularisation", regularisation(lab))}
            {group("Start", start(lab))}
            {group("Split", split(lab))}
            {group("Augmentation", augment::augment(lab))}
            {group("Layers", freeze::freeze(lab))}
            {files::files(lab)}
        </div>
    }
    .into_any()
}

fn group(title: &'static str, body: AnyView) -> AnyView {
    view! {
        <div class="train-group" role="group" aria-label=title>
            <h3>{title}</h3>
            {body}
        </div>
    }
    .into_any()
}

fn length(lab: Lab) -> AnyView {
    let task = lab.train.task();
    let error = RwSignal::new(None);
    let unit = Memo::new(move |_| task.with(|task| Unit::of(task.settings.length)));
    let choose = move |name: String| {
        let mut units = Unit::ALL.into_iter();
        let Some(unit) = units.find(|it| it.choice().name == name) else {
            return;
        };
        let examples = untrack(|| schedule::examples(lab));
        lab.train.edit(|task| {
            let settings = &mut task.settings;
            let of = examples.map(|it| steps_of_epoch(it, settings.batch));
            settings.length = unit.convert(settings.length, of);
        });
    };
    let options = || Unit::ALL.map(|it| Offer::of(it.choice())).to_vec();
    let now = Signal::derive(move || unit.get().choice().name.to_owned());
    let units = select(
        "train-length-unit",
        "Unit of the length",
        options,
        now,
        choose,
    );
    let control = view! {
        <span class="train-two">
            {input(lab, Number::length, error)} {units}
        </span>
    };
    frame(
        Number::LENGTH.name,
        Number::LENGTH.title,
        || Number::LENGTH.sentence,
        control.into_any(),
        Some(error),
    )
}

fn optimiser(lab: Lab) -> AnyView {
    let task = lab.train.task();
    let centres = Memo::new(move |_| {
        use engine::train::Method::RmsProp;
        task.with(|task| matches!(task.settings.method, RmsProp { .. }))
    });
    let centred = move || {
        centres.get().then(|| {
            toggle(
                lab,
                (
                    "train-centred",
                    "Centred",
                    "Divides by an estimate of the gradient's standard deviation.",
                ),
                |task| {
                    let method = task.settings.method;
                    matches!(method, engine::train::Method::RmsProp { centred: true, .. })
                },
                |task, on| {
                    let method = &mut task.settings.method;
                    if let engine::train::Method::RmsProp { centred, .. } = method {
                        *centred = on;
                    }
                },
            )
        })
    };
    view! {
        {Number::METHOD.map(|it| number(lab, it)).collect_view()}
        {centred}
        {number(lab, Number::CLIP_NORM)}
    }
    .into_any()
}

fn regularisation(lab: Lab) -> AnyView {
    let task = lab.train.task();
    let decays = Memo::new(move |_| task.with(|task| task.settings.weight_decay != 0.0));
    let stops = Memo::new(move |_| task.with(|task| task.settings.early_stopping.is_some()));
    let all = move || {
        decays.get().then(|| {
            toggle(
                lab,
                (
                    "train-decay-all",
                    "Norms and biases",
                    "Weight decay also pulls biases and the scales and shifts of norms.",
                ),
                |task| task.settings.decay_norms_and_biases,
                |task, on| task.settings.decay_norms_and_biases = on,
            )
        })
    };
    let best = move || {
        stops.get().then(|| {
            toggle(
                lab,
                (
                    "train-restore-best",
                    "Restore best",
                    "Ends with the weights of the epoch with the lowest validation loss.",
                ),
                |task| {
                    task.settings
                        .early_stopping
                        .is_some_and(|it| it.restore_best)
                },
                |task, on| {
                    if let Some(stopping) = &mut task.settings.early_stopping {
                        stopping.restore_best = on;
                    }
                },
            )
        })
    };
    view! {
        {number(lab, Number::WEIGHT_DECAY)}
        {all}
        {number(lab, Number::LABEL_SMOOTHING)}
        {number(lab, Number::ADVERSARIAL)}
        {number(lab, Number::PATIENCE)}
        {best}
    }
    .into_any()
}

fn start(lab: Lab) -> AnyView {
    let task = lab.train.task();
    let starting = Memo::new(move |_| task.with(|task| Starting(task.settings.initialisation)));
    let now = Signal::derive(move || starting.get().choice().name.to_owned());
    let choose = move |name: String| {
        let mut all = Starting::ALL.into_iter();
        if let Some(Starting(chosen)) = all.find(|it| it.choice().name == name) {
            keep::chose_start(lab, true);
            lab.train.edit(|task| task.settings.initialisation = chosen);
        }
    };
    let options = move || {
        let mut offered = Starting::ALL.map(Starting::choice).to_vec();
        let present = starting.get().choice();
        // One with a number comes from a file only.
        if !offered.contains(&present) {
            offered.push(present);
        }
        offered.into_iter().map(Offer::of).collect()
    };
    let name = "train-initialisation";
    let control = select(name, "Weights", options, now, choose);
    let sentence = || "The weights before the first step: those that the network has, or new ones.";
    view! {
        {frame(name, "Weights", sentence, control, None)}
        {seed(lab)}
    }
    .into_any()
}

fn seed(lab: Lab) -> AnyView {
    let error = RwSignal::new(None);
    let roll = move |_| {
        let seed = (js_sys::Math::random() * SEEDS).floor().to_string();
        error.set(take(lab, &Number::SEED, &seed).err());
    };
    let control = view! {
        <span class="train-two">
            {input(lab, |_| Number::SEED, error)}
            <button
                type="button"
                class="icon"
                aria-label="Another seed"
                title="Another seed"
                data-testid="train-seed-roll"
                on:click=roll
            >
                {icon(Icon::Dice)}
            </button>
        </span>
    };
    frame(
        Number::SEED.name,
        Number::SEED.title,
        || Number::SEED.sentence,
        control.into_any(),
        Some(error),
    )
}

fn split(lab: Lab) -> AnyView {
    let [validation, test, seed] = Number::SPLIT;
    // A set with test images of its own has no others.
    let given = Memo::new(move |_| lab.data.chosen().is_some_and(|set| set.held_out > 0));
    view! {
        {number(lab, validation)}
        {move || (!given.get()).then(|| number(lab, test))}
        {number(lab, seed)}
    }
    .into_any()
}
