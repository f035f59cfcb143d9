//! The picture before and after, and the noise between them.

use std::cell::RefCell;

use engine::attack::PictureReport;
use leptos::html::Canvas;
use leptos::prelude::*;

use state::attack::{Attack, Attacked, amplification, short};
use state::learn::Fact;

use super::field::check;
use crate::lab::{Answered, Lab};
use crate::ui::format::percent;
use crate::ui::maps::Resizing;

/// Which picture a figure shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Before,
    Noise,
    After,
}

pub fn pictures(lab: Lab, attack: Attack, answered: Answered<Attacked>) -> AnyView {
    let failure = move || {
        answered.with(|it| match it {
            Some(Err(why)) => Some(why.clone()),
            _ => None,
        })
    };
    let failed = move || {
        failure().map(|why| view! { <p class="attack-note" role="alert" data-testid="attack-failure">{why}</p> })
    };
    let report = Memo::new(move |_| {
        answered.with(|it| match it {
            Some(Ok(attacked)) => Some(attacked.report.clone()),
            _ => None,
        })
    });
    Effect::new(move |_| {
        report.with(|report| {
            let Some(report) = report else { return };
            if report.success {
                lab.learn.note(Fact::Flipped);
            }
            if report.defended.is_some() {
                lab.learn.note(Fact::Defended);
            }
        });
    });
    // What is shown is of another attack or picture until the next answer.
    let stale = RwSignal::new(true);
    Effect::new(move |before: Option<()>| {
        attack.order().track();
        lab.answer.latest().track();
        if before.is_some() {
            stale.set(true);
        }
    });
    Effect::new(move |_| stale.set(answered.with(Option::is_none)));
    let success = move || report.with(|it| it.as_ref().map(|it| it.success.to_string()));
    let times = move || report.with(|it| it.as_ref().map(|it| amplification(it.sizes.linf)));
    let noise = move || match times() {
        Some(times) if times >= 10.0 => format!("Noise × {times:.0}"),
        Some(times) => format!("Noise × {times:.1}"),
        None => "Noise".to_owned(),
    };
    let before = move || told(lab, report, |it| &it.before);
    let after = move || told(lab, report, |it| &it.after);
    let answer = move || {
        let class = report.with(|it| it.as_ref().and_then(|it| likeliest(&it.after)));
        class.map(|it| it.0.to_string())
    };
    view! {
        <section
            class="attack-result"
            aria-label="Attacked picture"
            data-testid="attack-result"
            data-stale=move || stale.get().to_string()
        >
            {failed}
            <p class="attack-computing" role="status">{move || stale.get().then_some("Computing …")}</p>
            <div class="attack-pictures" data-success=success>
                <figure>
                    {canvas(lab, answered, Shown::Before)}
                    <figcaption>"Original"<strong data-testid="original-answer">{before}</strong></figcaption>
                </figure>
                <figure>
                    {canvas(lab, answered, Shown::Noise)}
                    <figcaption>{noise}</figcaption>
                </figure>
                <figure>
                    {canvas(lab, answered, Shown::After)}
                    <figcaption>
                        "Attacked"
                        <strong data-testid="attacked-answer" data-value=answer>{after}</strong>
                    </figcaption>
                </figure>
            </div>
            <dl class="attack-figures">{move || figures(attack, &report.get()?)}</dl>
            {smallest(attack)}
        </section>
    }
    .into_any()
}

/// The likeliest class and its share.
pub fn likeliest(shares: &[f64]) -> Option<(usize, f64)> {
    let all = shares.iter().copied().enumerate().rev();
    all.max_by(|a, b| a.1.total_cmp(&b.1))
}

/// An answer in words.
pub fn answer(lab: Lab, shares: &[f64]) -> String {
    match likeliest(shares) {
        Some((class, share)) => {
            let name = lab.answer.names.with(|names| names.of(class).into_owned());
            format!("{name} {}", percent(share))
        }
        None => "–".to_owned(),
    }
}

fn told(lab: Lab, report: Memo<Option<PictureReport>>, of: fn(&PictureReport) -> &[f64]) -> String {
    let shares = report.with(|it| it.as_ref().map(|it| of(it).to_vec()));
    shares.map_or_else(|| "–".to_owned(), |shares| answer(lab, &shares))
}

fn figures(attack: Attack, report: &PictureReport) -> Option<AnyView> {
    let sizes = report.sizes;
    let (asked, bounded) = attack
        .order()
        .with(|it| (it.smallest, it.settings.method.has_epsilon()));
    let least = match report.smallest {
        Some(epsilon) => format!("{epsilon:.4}"),
        None => "none found".to_owned(),
    };
    let one = |name: &'static str, testid: &'static str, value: String| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd data-testid=testid>{value}</dd>
            </div>
        }
    };
    let view = view! {
        {one("L2", "noise-l2", short(sizes.l2))}
        {one("L∞", "noise-linf", short(sizes.linf))}
        {one("Values changed", "noise-changed", sizes.changed.to_string())}
        {one("Iterations", "attack-iterations", report.iterations.to_string())}
        {(asked && bounded).then(|| one("Smallest ε that flips", "smallest-epsilon", least))}
    };
    Some(view.into_any())
}

fn smallest(attack: Attack) -> AnyView {
    let there = Memo::new(move |_| attack.order().with(|it| it.settings.method.has_epsilon()));
    let on = move || attack.order().with(|it| it.smallest);
    let change = move |on: bool| attack.edit(|order| order.smallest = on);
    let name = "Look for the smallest ε";
    (move || {
        there
            .get()
            .then(|| check("attack-smallest", name, on, change))
    })
    .into_any()
}

fn canvas(lab: Lab, answered: Answered<Attacked>, shown: Shown) -> AnyView {
    let place = NodeRef::<Canvas>::new();
    let work = RefCell::new(Resizing::default());
    let order = move || untrack(|| lab.document.preparation().order);
    Effect::new(move |_| {
        let Some(canvas) = place.get() else { return };
        answered.with(|it| {
            let Some(Ok(Attacked { report, pictures })) = it else {
                return;
            };
            let rgba = match shown {
                Shown::Before => pictures.rgba(&pictures.before, order()),
                Shown::After => pictures.rgba(&pictures.after, order()),
                Shown::Noise => {
                    let noise = pictures.noise(amplification(report.sizes.linf));
                    pictures.rgba(&noise, order())
                }
            };
            let [width, height] = [pictures.shape.width, pictures.shape.height];
            if let Ok(painter) = work.borrow_mut().fit(&canvas, width, height) {
                painter.put(&rgba);
            }
        });
    });
    let name = match shown {
        Shown::Before => "The picture that the network sees",
        Shown::Noise => "The noise, enlarged; grey is no change",
        Shown::After => "The picture with the noise",
    };
    view! { <canvas node_ref=place class="pixels" role="img" aria-label=name width="32" height="32"></canvas> }
        .into_any()
}
