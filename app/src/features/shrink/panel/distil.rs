//! Distillation: the open network learns from a teacher beside the labels.

use engine::compress::Distillation;
use leptos::prelude::*;
use state::shrink::{Held, VariantId};

use super::parts::{Slider, slider};
use crate::lab::Lab;
use crate::ui::fields::row;
use crate::ui::format::percent;

/// Classes that are shown of the soft targets.
const SHOWN: usize = 10;

pub fn distil(lab: Lab) -> AnyView {
    let settings = Memo::new(move |_| lab.shrink.read(|held| held.distillation));
    let teacher = Memo::new(move |_| lab.shrink.read(|held| held.teacher));
    let edit = move |change: &dyn Fn(&mut Distillation)| {
        lab.shrink.edit(|held| change(&mut held.distillation));
        lab.learn_from(teacher.get_untracked(), settings.get_untracked());
    };
    let temperature = Slider {
        name: "distil-temperature",
        title: "Temperature",
        sentence: "Logits are divided by it before the softmax; the higher, the softer.",
        least: 1.0,
        most: 20.0,
        step: 0.5,
        shown: |it| format!("{it}"),
    };
    let alpha = Slider {
        name: "distil-alpha",
        title: "Teacher's share",
        sentence: "Of the loss; the rest is the labels'.",
        least: 0.0,
        most: 1.0,
        step: 0.05,
        shown: percent,
    };
    let now_temperature = Memo::new(move |_| settings.with(|it| it.temperature));
    let now_alpha = Memo::new(move |_| settings.with(|it| it.alpha));
    let ready = move || {
        let file = |held: &Held| lab.teacher_file(held.variants.get(held.teacher?)?);
        lab.shrink.read(file).is_some()
    };
    let start = move |_| {
        lab.learn_from(teacher.get_untracked(), settings.get_untracked());
        lab.go_to_training();
    };
    view! {
        {choice(lab, teacher)}
        <button
            type="button"
            data-testid="keep-teacher"
            on:click=move |_| lab.keep_teacher()
        >
            "Keep the open network as teacher"
        </button>
        {slider(temperature, now_temperature, move |value| edit(&move |it| it.temperature = value))}
        {slider(alpha, now_alpha, move |value| edit(&move |it| it.alpha = value))}
        {move || soft_targets(lab, now_temperature)}
        <p class="hint">
            "The student is the network that is open when the training starts: open or build a smaller one. \
             A race in Train compares it with a training without the teacher."
        </p>
        <button
            type="button"
            class="primary shrink-apply"
            data-testid="distil-start"
            disabled=move || !ready()
            on:click=start
        >
            "Train with this teacher"
        </button>
    }
    .into_any()
}

fn choice(lab: Lab, teacher: Memo<Option<VariantId>>) -> AnyView {
    let all = Memo::new(move |_| {
        lab.shrink.read(|held| {
            let all = held.variants.all().iter();
            all.map(|it| (it.id, it.name.clone())).collect::<Vec<_>>()
        })
    });
    let one = move |(id, name): (VariantId, String)| {
        view! {
            <option value=id.0.to_string() prop:selected=move || teacher.get() == Some(id)>
                {name}
            </option>
        }
    };
    let choose = move |event| {
        let id = event_target_value(&event).parse().ok().map(VariantId);
        lab.shrink.begin();
        lab.shrink.edit(|held| held.teacher = id);
        let distillation = lab.shrink.peek(|held| held.distillation);
        lab.learn_from(id, distillation);
    };
    let control = view! {
        <select
            id="setting-distil-teacher"
            aria-describedby="field-distil-teacher"
            data-testid="distil-teacher"
            on:change=choose
        >
            <option value="" prop:selected=move || teacher.get().is_none()>"None"</option>
            {move || all.get().into_iter().map(one).collect_view()}
        </select>
    };
    row(
        "distil-teacher",
        "Teacher",
        || "A variant, or the open network once it is kept.",
        control.into_any(),
        || false,
        || None,
    )
}

/// What the open network would teach about the input on the pad: its probabilities at the
/// temperature.
fn soft_targets(lab: Lab, temperature: Memo<f64>) -> Option<AnyView> {
    let probabilities = lab.answer.reading.get()?.shares;
    let power = 1.0 / temperature.get();
    let raised: Vec<f64> = { probabilities.iter() }
        .map(|&it| f64::from(it).max(1e-30).powf(power))
        .collect();
    let sum: f64 = raised.iter().sum();
    let names = lab.answer.names.get();
    let mut all: Vec<(usize, f64)> = raised.iter().map(|it| it / sum).enumerate().collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all.truncate(SHOWN);
    let one = |(class, share): (usize, f64)| {
        let name = names.of(class).into_owned();
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td><i class="soft-bar" style:width=format!("{:.1}%", 100.0 * share)></i></td>
                <td class="figures">{percent(share)}</td>
            </tr>
        }
    };
    let view = view! {
        <table class="shrink-soft" data-testid="soft-targets">
            <caption>"Soft targets of the open network for this input"</caption>
            <tbody>{all.into_iter().map(one).collect_view()}</tbody>
        </table>
    };
    Some(view.into_any())
}
