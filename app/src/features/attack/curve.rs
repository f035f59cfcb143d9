//! Accuracy against the bound of the noise, for several attacks.

use engine::attack::{Method, Norm, Sanitation};
use leptos::prelude::*;
use state::attack::{Named, axis, curve_csv, named, short};

use super::chart::chart;
use super::dock::{begin, save};
use super::field::check;
use crate::lab::{AttackPart, Lab};
use crate::ui::format::percent;
use crate::ui::rove;

pub fn curve(lab: Lab, part: AttackPart) -> AnyView {
    let studies = part.attack.studies;
    let measured = studies.curves();
    let measure = move || {
        let values = lab
            .document
            .running()
            .with_untracked(|it| it.input().elements());
        let settings = part.attack.settings();
        let study = studies
            .choice()
            .with_untracked(|it| it.curve(&settings, values));
        lab.study(study);
    };
    let body = move || {
        let measured = measured.get();
        if measured.is_empty() {
            return ().into_any();
        }
        let lines = named(&measured);
        let csv = curve_csv(&lines);
        let clean = measured.iter().map(|it| {
            let share = percent(it.clean);
            match it.defence.as_str() {
                "" => format!("{share} without noise"),
                defence => format!("{share} behind {defence}"),
            }
        });
        let images = measured.first().map_or(0, |it| it.images);
        let head = format!("{images} images: {}", clean.collect::<Vec<_>>().join(", "));
        view! {
            <div class="robustness-shown">
                {chart(
                    lines.iter().map(|it| (it.name.clone(), it.curve.points.clone())).collect(),
                    "Accuracy under attack",
                    axis(norm_of(&lines)),
                )}
                <div class="robustness-table">
                    <p>{head} {save(move || lab.save_table("robustness", &csv))}</p>
                    {table(&lines)}
                </div>
            </div>
        }
        .into_any()
    };
    view! {
        <div class="robustness-tools">
            {methods(part)}
            {norms(part)}
            {defence(part)}
            {begin(part, "measure-robustness", measure)}
        </div>
        <div data-testid="robustness-curve">{body}</div>
    }
    .into_any()
}

/// What the network does to a picture first, and whether the attack goes through it.
fn defence(part: AttackPart) -> AnyView {
    const NONE: &str = "none";
    let studies = part.attack.studies;
    let now = move || studies.choice().with(|it| it.sanitation);
    let choose = move |name: String| {
        let chosen = Sanitation::USUAL.into_iter().find(|it| it.name() == name);
        studies.edit(|choice| choice.sanitation = chosen);
    };
    let one = move |sanitation: Sanitation| {
        let name = sanitation.name();
        view! {
            <option value=name.clone() prop:selected=move || now() == Some(sanitation)>
                {name.clone()}
            </option>
        }
    };
    let adaptive = move || studies.choice().with(|it| it.adaptive);
    let adapt = move |on: bool| studies.edit(|choice| choice.adaptive = on);
    let defended = Memo::new(move |_| now().is_some());
    view! {
        <select
            aria-label="Sanitation of the input"
            data-testid="study-defence"
            on:change=move |event| choose(event_target_value(&event))
        >
            <option value=NONE prop:selected=move || now().is_none()>"No sanitation"</option>
            {Sanitation::USUAL.map(one).collect_view()}
        </select>
        {move || {
            defended
                .get()
                .then(|| check("study-adaptive", "Attack through it", adaptive, adapt))
        }}
    }
    .into_any()
}

fn methods(part: AttackPart) -> AnyView {
    let studies = part.attack.studies;
    let one = move |method: Method| {
        let on = move || studies.choice().with(|it| it.methods.contains(&method));
        let change = move |on: bool| {
            studies.edit(|choice| {
                choice.methods.retain(|it| *it != method);
                if on {
                    choice.methods.push(method);
                }
            });
        };
        let fits = Memo::new(move |_| {
            let norm = studies.choice().with(|it| it.norm);
            method.norms().contains(&norm)
        });
        move || {
            fits.get()
                .then(|| check(method.key(), method.name(), on, change))
        }
    };
    // One pixel has no bound to draw it against.
    let drawn = Method::ALL.into_iter().filter(|it| *it != Method::OnePixel);
    view! {
        <div class="attack-checks" role="group" aria-label="Attacks">
            {drawn.map(one).collect_view()}
        </div>
    }
    .into_any()
}

fn norms(part: AttackPart) -> AnyView {
    let studies = part.attack.studies;
    let now = move || studies.choice().with(|it| it.norm);
    let one = move |norm: Norm| {
        view! {
            <button
                type="button"
                data-value=norm.key()
                tabindex=move || if now() == norm { "0" } else { "-1" }
                aria-pressed=move || (now() == norm).to_string()
                on:click=move |_| studies.edit(|choice| choice.norm = norm)
            >
                {norm.name()}
            </button>
        }
    };
    view! {
        <span class="choices" role="group" aria-label="Norm of the curve" on:keydown=rove>
            {Norm::ALL.map(one).collect_view()}
        </span>
    }
    .into_any()
}

fn norm_of(lines: &[Named]) -> Norm {
    lines
        .first()
        .map_or(Norm::Linf, |it| it.curve.settings.norm)
}

fn table(lines: &[Named]) -> AnyView {
    let first = lines.first().map(|it| &it.curve.points);
    let points = first.map_or(0, Vec::len);
    let head = lines.iter();
    let head = head.map(|it| view! { <th scope="col">{it.name.clone()}</th> });
    let row = |at: usize| {
        let epsilon = first.and_then(|it| it.get(at)).map(|it| it[0]);
        let cells = lines.iter().map(|it| {
            let share = it.curve.points.get(at).map(|it| it[1]);
            let text = share.map_or_else(String::new, percent);
            view! { <td data-value=share.map(|it| it.to_string())>{text}</td> }
        });
        view! {
            <tr>
                <th scope="row">{short(epsilon.unwrap_or_default())}</th>
                {cells.collect_view()}
            </tr>
        }
    };
    view! {
        <table class="attack-table" data-testid="robustness-table">
            <thead>
                <tr>
                    <th scope="col">{axis(norm_of(lines))}</th>
                    {head.collect_view()}
                </tr>
            </thead>
            <tbody>{(0..points).map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}
