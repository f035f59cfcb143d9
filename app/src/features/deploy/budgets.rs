//! The section “Budgets”: limits, and whether the network meets each.

use engine::analysis::Precision;
use engine::deploy::{Budgets, Facts};
use leptos::prelude::*;

use super::field::{Number, field};
use crate::lab::Lab;
use crate::ui::format::{bytes, count, milliseconds, percent};

const fn number(
    name: &'static str,
    title: &'static str,
    sentence: &'static str,
    step: f64,
) -> Number {
    Number {
        name,
        title,
        sentence,
        step,
        optional: true,
    }
}

#[component]
pub fn BudgetsSection() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let budgets = lab.deploy.budgets();
    let facts = Memo::new(move |_| {
        let ms = lab
            .deploy
            .measured()
            .with(|all| all.first().map(|it| it.latencies.p99));
        let accuracy = lab.known_accuracy();
        lab.document.analysis.with(|analysis| Facts {
            ms,
            bytes: analysis.weight_bytes(Precision::F32),
            parameters: analysis.total.params(),
            accuracy,
        })
    });
    let over = Memo::new(move |_| {
        let (budgets, facts) = (budgets.get(), facts.get());
        let over = budgets.exceeded(&facts);
        [over.ms, over.megabytes, over.parameters, over.accuracy]
    });
    let set = move |change: fn(&mut Budgets, Option<f64>)| {
        move |value: Option<f64>| {
            let mut now = budgets.get_untracked();
            change(&mut now, value);
            lab.deploy.limit(now);
        }
    };
    let value = move |read: fn(&Budgets) -> Option<f64>| {
        Signal::from(Memo::new(move |_| budgets.with(read)))
    };
    let known = move |at: usize, text: Option<String>| {
        let state = over.get()[at];
        let mark = match state {
            Some(true) => "not met",
            Some(false) => "met",
            None => "",
        };
        let text = text.unwrap_or_else(|| "not measured".to_owned());
        view! { <span class="deploy-known" data-state=mark>{text} {(!mark.is_empty()).then(|| format!(": {mark}"))}</span> }
    };
    view! {
        <section aria-label="Budgets" data-testid="budgets">
            <h2>"Budgets"</h2>
            {field(
                number("budget-ms", "p99, ms", "The longest time of 99 of 100 pictures.", 1.0),
                value(|it| it.ms),
                set(|it, value| it.ms = value),
            )}
            {move || known(0, facts.with(|it| it.ms.map(milliseconds)))}
            {field(
                number("budget-mb", "Weights, MB", "Megabytes of weights as 32-bit floats.", 1.0),
                value(|it| it.megabytes),
                set(|it, value| it.megabytes = value),
            )}
            {move || known(1, facts.with(|it| Some(bytes(it.bytes))))}
            {field(
                number("budget-parameters", "Parameters", "How many numbers are learned.", 1000.0),
                value(|it| it.parameters),
                set(|it, value| it.parameters = value),
            )}
            {move || known(2, facts.with(|it| Some(count(it.parameters))))}
            {field(
                number("budget-accuracy", "Accuracy at least, %", "Of the test images.", 1.0),
                // Without the rounding of a hundredth.
                value(|it| it.accuracy.map(|it| (it * 1e8).round() / 1e6)),
                set(|it, value| it.accuracy = value.map(|it| it / 100.0)),
            )}
            {move || known(3, facts.with(|it| it.accuracy.map(percent)))}
        </section>
    }
}
