//! The attack: method, bound, norm, target, and what is folded away.

use engine::attack::{Method, Norm};
use leptos::ev::Event;
use leptos::prelude::*;
use state::attack::{Attack, Number, PLACES, epsilon_at, place_of};
use web_sys::HtmlInputElement;

use super::field::{frame, input, number, select};
use crate::lab::Lab;
use crate::ui::fields::{Touched, explained};
use crate::ui::icon::{Icon, icon};
use crate::ui::rove;

pub fn settings(lab: Lab, attack: Attack) -> AnyView {
    let open = RwSignal::new(false);
    let (marked, explain) = explained();
    provide_context(marked);
    let more = move || {
        let numbers = Number::MORE.map(|it| number(attack, it));
        open.get().then(|| numbers.collect_view())
    };
    view! {
        <section
            class="attack-settings"
            aria-label="Attack"
            on:pointerdown=move |_| explain.run(Touched::Pressed)
            on:keydown=move |_| explain.run(Touched::Released)
            on:focusin=move |event| explain.run(Touched::Focused(event.target()))
            on:click=move |event| {
                explain.run(Touched::Released);
                explain.run(Touched::Focused(event.target()));
            }
        >
            {method(attack)}
            {epsilon(lab, attack)}
            {norm(attack)}
            {target(lab, attack)}
            <button
                type="button"
                class="advanced-fold"
                data-testid="attack-more"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {icon(Icon::Next)}
                "More"
            </button>
            {more}
        </section>
    }
    .into_any()
}

fn method(attack: Attack) -> AnyView {
    let now = Memo::new(move |_| attack.order().with(|it| it.settings.method));
    let options = || {
        let one = |it: Method| (it.key().to_owned(), it.name().to_owned());
        Method::ALL.map(one).to_vec()
    };
    let choose = move |key: String| {
        if let Some(method) = Method::ALL.into_iter().find(|it| it.key() == key) {
            attack.choose(method);
        }
    };
    let key = Signal::derive(move || now.get().key().to_owned());
    let control = select("attack-method", "Method", options, key, choose);
    let row = move || now.get();
    view! {
        <div class="attack-method" data-value=move || row().key()>
            {frame("attack-method", "Method", "How the noise is found.", control, None)}
        </div>
    }
    .into_any()
}

/// A slider, finer for small bounds, with a number field beside it.
fn epsilon(lab: Lab, attack: Attack) -> AnyView {
    let there = Memo::new(move |_| attack.order().with(|it| it.settings.method.has_epsilon()));
    let norm = Memo::new(move |_| attack.order().with(|it| it.settings.norm));
    let values = Memo::new(move |_| lab.document.running().with(|it| it.input().elements()));
    let now = Memo::new(move |_| attack.order().with(|it| it.settings.epsilon));
    let row = move || {
        let error = RwSignal::new(None);
        let slide = move |event: Event| {
            let slider: HtmlInputElement = event_target(&event);
            if let Ok(place) = slider.value().parse::<u32>() {
                error.set(None);
                let epsilon = epsilon_at(place, norm.get_untracked(), values.get_untracked());
                attack.edit(|order| order.settings.epsilon = epsilon);
            }
        };
        let place = move || place_of(now.get(), norm.get(), values.get()).to_string();
        let control = view! {
            <span class="attack-slider">
                <input
                    type="range"
                    min="0"
                    max=PLACES.to_string()
                    aria-label="ε"
                    aria-valuetext=move || now.get().to_string()
                    aria-describedby=format!("field-{}", Number::EPSILON.name)
                    data-testid="epsilon"
                    prop:value=place
                    on:input=slide
                />
                {input(attack, Number::EPSILON, error)}
            </span>
        };
        let (title, sentence) = (Number::EPSILON.title, Number::EPSILON.sentence);
        let name = Number::EPSILON.name;
        frame(name, title, sentence, control.into_any(), Some(error))
    };
    (move || there.get().then(row)).into_any()
}

fn norm(attack: Attack) -> AnyView {
    let norms = Memo::new(move |_| attack.order().with(|it| it.settings.method.norms()));
    let now = Memo::new(move |_| attack.order().with(|it| it.settings.norm));
    let one = move |norm: Norm| {
        let pressed = move || now.get() == norm;
        view! {
            <button
                type="button"
                data-value=norm.key()
                tabindex=move || if pressed() { "0" } else { "-1" }
                aria-pressed=move || pressed().to_string()
                on:click=move |_| attack.edit(|order| order.settings.norm = norm)
            >
                {norm.name()}
            </button>
        }
    };
    let row = move || {
        let control = view! {
            <span
                class="choices"
                role="group"
                aria-label="Norm"
                aria-describedby="field-attack-norm"
                data-testid="attack-norm"
                on:keydown=rove
            >
                {Norm::ALL.map(one).collect_view()}
            </span>
        };
        let sentence = "L∞ is the largest change of a value, L2 the root of the sum of squares.";
        frame("attack-norm", "Norm", sentence, control.into_any(), None)
    };
    (move || (norms.get().len() > 1).then(row)).into_any()
}

fn target(lab: Lab, attack: Attack) -> AnyView {
    const ANY: &str = "any";
    let now = Memo::new(move |_| attack.order().with(|it| it.settings.target));
    let classes = Memo::new(move |_| {
        let answer = lab.answer.latest().get();
        answer.map_or(0, |trace| trace.answer.len())
    });
    let options = move || {
        let names = lab.answer.names.get();
        let any = (ANY.to_owned(), "Any other class".to_owned());
        let each = (0..classes.get()).map(|it| (it.to_string(), names.of(it).into_owned()));
        [any].into_iter().chain(each).collect()
    };
    let choose = move |value: String| {
        let target = value.parse().ok();
        attack.edit(|order| order.settings.target = target);
    };
    let value = Signal::derive(move || {
        now.get()
            .map_or_else(|| ANY.to_owned(), |it| it.to_string())
    });
    let control = select("attack-target", "Target", options, value, choose);
    let sentence = "The class that the network is to answer.";
    frame("attack-target", "Target", sentence, control, None)
}
