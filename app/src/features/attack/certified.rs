//! The accuracy that randomised smoothing certifies within each radius.

use leptos::prelude::*;
use state::attack::{Certified, SAMPLES, SIGMAS, certified_csv, short};

use super::chart::chart;
use super::dock::{begin, save};
use crate::lab::{AttackPart, Lab};
use crate::ui::format::percent;

const AXIS: &str = "radius (L2)";

pub fn certified(lab: Lab, part: AttackPart) -> AnyView {
    let studies = part.attack.studies;
    let all = studies.certified();
    let measure = move || lab.study(studies.choice().with_untracked(|it| it.smoothed()));
    let body = move || {
        let all = all.get();
        let first = all.first()?;
        let csv = certified_csv(&all);
        let head = format!(
            "{} images, each with a certainty of 99.9 %; {} by the network itself",
            first.images,
            percent(first.clean)
        );
        let lines = all.iter().map(|it| (it.name.clone(), it.points.clone()));
        let view = view! {
            <div class="robustness-shown">
                {chart(lines.collect(), "Certified accuracy", AXIS)}
                <div class="robustness-table">
                    <p>{head} {save(move || lab.save_table("certified", &csv))}</p>
                    {table(&all)}
                </div>
            </div>
        };
        Some(view.into_any())
    };
    view! {
        <div class="robustness-tools">
            {sigmas(part)}
            {samples(part)}
            {begin(part, "measure-certified", measure)}
        </div>
        <div data-testid="certified-curve">{body}</div>
    }
    .into_any()
}

fn sigmas(part: AttackPart) -> AnyView {
    let studies = part.attack.studies;
    let now = move || studies.choice().with(|it| it.sigma);
    let choose = move |text: String| {
        if let Ok(sigma) = text.parse() {
            studies.edit(|choice| choice.sigma = sigma);
        }
    };
    let one = |sigma: f32| {
        let text = short(sigma.into());
        view! {
            <option value=text.clone() prop:selected=move || now() == sigma>
                {format!("σ {text}")}
            </option>
        }
    };
    view! {
        <select
            aria-label="Deviation of the noise"
            data-testid="certified-sigma"
            on:change=move |event| choose(event_target_value(&event))
        >
            {SIGMAS.map(one).collect_view()}
        </select>
    }
    .into_any()
}

fn samples(part: AttackPart) -> AnyView {
    let studies = part.attack.studies;
    let now = move || studies.choice().with(|it| it.samples);
    let choose = move |text: String| {
        if let Ok(samples) = text.parse() {
            studies.edit(|choice| choice.samples = samples);
        }
    };
    let one = |samples: u32| {
        view! {
            <option value=samples.to_string() prop:selected=move || now() == samples>
                {format!("{samples} samples")}
            </option>
        }
    };
    view! {
        <select
            aria-label="Noisy pictures of each image"
            data-testid="certified-samples"
            on:change=move |event| choose(event_target_value(&event))
        >
            {SAMPLES.map(one).collect_view()}
        </select>
    }
    .into_any()
}

fn table(all: &[Certified]) -> AnyView {
    let row = |it: &Certified| {
        let name = it.name.clone();
        let cells = it.points.iter().map(|[radius, share]| {
            view! {
                <tr>
                    <th scope="row">{short(*radius)}</th>
                    <td data-value=share.to_string()>{percent(*share)}</td>
                </tr>
            }
        });
        view! {
            <table class="attack-table" data-testid="certified-table">
                <caption>{name} ", abstains for " {percent(it.abstained)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{AXIS}</th>
                        <th scope="col">"Certified"</th>
                    </tr>
                </thead>
                <tbody>{cells.collect_view()}</tbody>
            </table>
        }
    };
    all.iter().map(row).collect_view().into_any()
}
