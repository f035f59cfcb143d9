//! Defences of the picture on the screen: sanitation of the input, and randomised smoothing.

use engine::attack::{Certificate, PictureReport, Sanitation, Smoothing};
use leptos::prelude::*;
use state::attack::{Attack, Attacked, short};

use super::field::check;
use super::pictures::answer;
use crate::lab::{Answered, Lab};

/// The names of the check boxes' `data-testid`, in the order of [`Sanitation::USUAL`].
const NAMES: [&str; 3] = ["sanitise-bits", "sanitise-median", "sanitise-jpeg"];

pub fn defences(lab: Lab, attack: Attack, answered: Answered<Attacked>) -> AnyView {
    let order = attack.order();
    let one = move |(testid, sanitation): (&'static str, Sanitation)| {
        let on = move || order.with(|it| it.sanitation.contains(&sanitation));
        let change = move |on: bool| {
            attack.edit(|order| {
                // In the order of the list, whatever was switched on first.
                let kept = Sanitation::USUAL
                    .into_iter()
                    .filter(|it| match *it == sanitation {
                        true => on,
                        false => order.sanitation.contains(it),
                    });
                order.sanitation = kept.collect();
            });
        };
        check(testid, capital(&sanitation.name()), on, change)
    };
    let sanitised = Memo::new(move |_| order.with(|it| !it.sanitation.is_empty()));
    let adaptive = move || order.with(|it| it.adaptive);
    let adapt = move |on: bool| attack.edit(|order| order.adaptive = on);
    let smoothed = move || order.with(|it| it.smoothing.is_some());
    let smooth = move |on: bool| {
        attack.edit(|order| order.smoothing = on.then(Smoothing::default));
    };
    let report = Memo::new(move |_| {
        answered.with(|it| match it {
            Some(Ok(attacked)) => Some(attacked.report.clone()),
            _ => None,
        })
    });
    view! {
        <section class="attack-defences" aria-label="Defences">
            <h2>"Defences"</h2>
            <div class="attack-checks" role="group" aria-label="Sanitation of the input">
                {NAMES.into_iter().zip(Sanitation::USUAL).map(one).collect_view()}
                {check("attack-smoothing", "Smoothing, σ = 0.25", smoothed, smooth)}
            </div>
            {move || {
                sanitised
                    .get()
                    .then(|| check("attack-adaptive", "The attack goes through the sanitation", adaptive, adapt))
            }}
            {move || table(lab, &report.get()?)}
        </section>
    }
    .into_any()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// The answers with and without each defence; none without a defence.
fn table(lab: Lab, report: &PictureReport) -> Option<AnyView> {
    let mut rows = vec![(
        "None",
        answer(lab, &report.before),
        answer(lab, &report.after),
    )];
    if let Some([before, after]) = &report.defended {
        rows.push(("Sanitation", answer(lab, before), answer(lab, after)));
    }
    if let Some([before, after]) = &report.smoothed {
        rows.push(("Smoothing", certified(lab, before), certified(lab, after)));
    }
    if rows.len() < 2 {
        return None;
    }
    let one = |(name, before, after): (&'static str, String, String)| {
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td>{before}</td>
                <td>{after}</td>
            </tr>
        }
    };
    let view = view! {
        <table class="attack-table" data-testid="defences">
            <thead>
                <tr>
                    <th scope="col">"Defence"</th>
                    <th scope="col">"Original"</th>
                    <th scope="col">"Attacked"</th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(one).collect_view()}</tbody>
        </table>
    };
    Some(view.into_any())
}

fn certified(lab: Lab, certificate: &Certificate) -> String {
    if !certificate.answers() {
        return "no certain answer".to_owned();
    }
    let name = lab
        .answer
        .names
        .with(|names| names.of(certificate.class).into_owned());
    format!("{name}, certain within L2 {}", short(certificate.radius))
}
