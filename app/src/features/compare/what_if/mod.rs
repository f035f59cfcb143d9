//! What-if curves of the current network: one setting, its values, and the costs of each.

mod curves;
mod forms;

use engine::format::Control;
use engine::whatif::{Curve, Knob, Point, Target, curve, present, targets};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::chart::figure;
use super::{choice, empty};
use crate::lab::Lab;
use crate::platform::schedule::{Slice, yield_now};
use curves::{MEASURES, Measure, drawn};

/// The chosen setting; targets by index.
#[derive(Clone, Copy)]
struct Turned {
    lab: Lab,
    /// The one chosen, which this network may not have: then the first is turned.
    knob: RwSignal<Option<Knob>>,
    target: RwSignal<usize>,
    /// The value of the slider, if it was moved.
    at: RwSignal<Option<usize>>,
    knobs: Memo<Vec<Knob>>,
    targets: Memo<Vec<Target>>,
    points: RwSignal<Vec<Point>>,
    /// The points belong to the current setting.
    fresh: RwSignal<bool>,
    now: Memo<Option<usize>>,
}

impl Turned {
    fn new(lab: Lab) -> Self {
        let knob = RwSignal::new(None::<Knob>);
        let target = RwSignal::new(0);
        let at = RwSignal::new(None);
        let of = move |knob: Knob| {
            let origin = lab.document.origin().get();
            lab.document
                .graph()
                .with(|graph| targets(knob, graph, origin))
        };
        let knobs = Memo::new(move |_| {
            let turns = |knob: &Knob| !of(*knob).is_empty();
            Knob::ALL.into_iter().filter(turns).collect::<Vec<_>>()
        });
        let chosen = move || chosen(knobs, knob);
        let targets = Memo::new(move |_| chosen().map(of).unwrap_or_default());
        let (points, fresh) = (RwSignal::new(Vec::new()), RwSignal::new(false));
        let turns = StoredValue::new(0_u32);
        Effect::new(move |_| {
            let target = targets.with(|all| all.get(target.get()).or(all.first()).cloned());
            let curve = match (chosen(), target) {
                (Some(knob), Some(target)) => {
                    let origin = lab.document.origin().get();
                    lab.document
                        .graph()
                        .with(|graph| curve(knob, &target, graph, origin))
                }
                _ => Box::new(std::iter::empty()),
            };
            fresh.set(false);
            turns.update_value(|turns| *turns += 1);
            let turn = turns.get_value();
            // Stops if another setting was chosen meanwhile or the view was removed.
            let wanted = move || turns.try_get_value() == Some(turn);
            gather(curve, Vec::new(), wanted, move |all| {
                points.set(all);
                fresh.set(true);
            });
        });
        let now = Memo::new(move |_| {
            lab.document
                .graph()
                .with(|graph| points.with(|points| present(points, graph)))
        });
        // The slider is reset, because its position belongs to the previous network's curve.
        Effect::new(move |_| {
            lab.document.graph().track();
            at.set(None);
        });
        Self {
            lab,
            knob,
            target,
            at,
            knobs,
            targets,
            points,
            fresh,
            now,
        }
    }

    fn chosen(self) -> Option<Knob> {
        chosen(self.knobs, self.knob)
    }

    /// Whose knob is turned: “What if: LeNet-5 · C1 · filters”.
    fn subject(self) -> String {
        let target = self.targets.with(|all| {
            let target = all.get(self.target.get()).or(all.first())?;
            Some((target.name.clone(), target.nodes.clone()))
        });
        let knob = self.chosen().map(|knob| knob.name().to_owned());
        self.lab.document.graph().with(|graph| {
            let target = target.map(|(name, nodes)| match nodes.as_slice() {
                [node] => graph.node(*node).map_or(name, |it| it.name.clone()),
                _ => name,
            });
            let parts = [Some(graph.name().to_owned()), target, knob];
            let parts: Vec<_> = parts.into_iter().flatten().collect();
            format!("What if: {}", parts.join(" · "))
        })
    }

    /// Where the slider is.
    fn place(self) -> usize {
        let last = self.points.with(Vec::len).saturating_sub(1);
        self.at.get().or(self.now.get()).unwrap_or(0).min(last)
    }

    fn point(self) -> Option<Point> {
        let place = self.place();
        self.points.with(|points| points.get(place).cloned())
    }
}

/// Computes a curve some points a task, each task no longer than half a frame.
fn gather(
    mut curve: Curve,
    mut all: Vec<Point>,
    wanted: impl Fn() -> bool + 'static,
    done: impl FnOnce(Vec<Point>) + 'static,
) {
    spawn_local(async move {
        yield_now().await;
        let mut slice = Slice::begin();
        while wanted() {
            match curve.next() {
                Some(point) => all.push(point),
                None => return done(all),
            }
            slice.yield_if_over().await;
        }
    });
}

/// The knob that was chosen, or the first where this network does not have it.
fn chosen(knobs: Memo<Vec<Knob>>, knob: RwSignal<Option<Knob>>) -> Option<Knob> {
    let wanted = knob.get();
    knobs.with(|all| {
        let there = all.iter().find(|&&it| Some(it) == wanted);
        there.or(all.first()).copied()
    })
}

pub fn view(lab: Lab) -> AnyView {
    let turned = Turned::new(lab);
    let knob_names = Signal::derive(move || {
        let names = turned.knobs.get().into_iter();
        names.map(|it| it.name().to_owned()).collect::<Vec<_>>()
    });
    let target_names = Signal::derive(move || {
        let names = turned.targets.get().into_iter();
        names.map(|it| it.name).collect::<Vec<_>>()
    });
    let turn = Callback::new(move |place| {
        let knob = turned.knobs.with_untracked(|all| all.get(place).copied());
        turned.knob.set(knob);
        turned.target.set(0);
        turned.at.set(None);
    });
    let aim = Callback::new(move |place| {
        turned.target.set(place);
        turned.at.set(None);
    });
    let knob_place = Signal::derive(move || {
        let chosen = turned.chosen();
        let place = turned
            .knobs
            .with(|all| all.iter().position(|&it| Some(it) == chosen));
        place.unwrap_or(0)
    });
    let curve = move |measure: Measure| {
        figure(measure.title, measure.testid, move |width| {
            let (now, place) = (turned.now.get(), turned.place());
            turned
                .points
                .with(|points| drawn(points, measure, now, place, width))
        })
    };
    view! {
        <h3 class="what-if-subject" data-testid="what-if-subject">{move || turned.subject()}</h3>
        <div class="compare-row-tools">
            {choice("Turn", "what-if-knob", knob_names, knob_place, turn)}
            {choice("of", "what-if-target", target_names, turned.target.into(), aim)}
            <span class="compare-words">{move || turned.chosen().map(Knob::meaning)}</span>
        </div>
        {slider(turned)}
        <div class="curves">{MEASURES.map(curve).into_iter().collect_view()}</div>
        {forms::view(lab)}
    }
    .into_any()
}

/// The slider, what the network would be at its value, and what takes the value.
fn slider(turned: Turned) -> AnyView {
    let moved = move |event| {
        if let Ok(place) = event_target_value(&event).parse() {
            turned.at.set(Some(place));
        }
    };
    let label = move || turned.point().map_or_else(String::new, |point| point.label);
    let last = move || turned.points.with(Vec::len).saturating_sub(1).to_string();
    let there =
        move || !turned.fresh.get() || turned.now.get().is_some_and(|now| now == turned.place());
    let take = move |_| {
        let Some((point, knob)) = turned.point().zip(turned.chosen()) else {
            return;
        };
        let what = format!("set {} to {}", knob.name(), point.label);
        let control = match knob {
            Knob::Depth => Control::Palette,
            Knob::Width
            | Knob::Resolution
            | Knob::Filters
            | Knob::Groups
            | Knob::Kernel
            | Knob::Dilation => Control::Fields,
        };
        turned.lab.take_what_if(control, point.graph, &what);
        turned.at.set(None);
    };
    let numbers = move || {
        let Some(point) = turned.point() else {
            // Not known yet.
            if !turned.fresh.get() {
                return ().into_any();
            }
            return empty("This network has nothing that this turns.");
        };
        let now = turned
            .now
            .get()
            .and_then(|now| turned.points.with(|all| all.get(now).cloned()));
        let line = |measure: Measure| {
            let value = (measure.of)(&point);
            let before = now.as_ref().and_then(|it| (measure.of)(it));
            let text = value.map_or_else(|| "–".to_owned(), measure.text);
            let share = match (value, before) {
                (Some(value), Some(before)) if before > 0 && value != before => {
                    format!(" ({:.2} × now)", value as f64 / before as f64)
                }
                _ => String::new(),
            };
            view! {
                <p class="fact">
                    <span>{measure.title}</span>
                    <span data-testid=format!("{}-value", measure.testid) data-value=value.map(|it| it.to_string())>
                        {text} {share}
                    </span>
                </p>
            }
        };
        let problem = point.problem.clone().map(|why| {
            view! { <p class="compare-refused" data-testid="what-if-problem">{why}</p> }
        });
        view! { <div class="facts">{MEASURES.map(line).into_iter().collect_view()}</div> {problem} }
            .into_any()
    };
    view! {
        <div class="what-if">
            <label class="what-if-slider">
                <span class="what-if-value" data-testid="what-if-value">{label}</span>
                <input
                    type="range"
                    data-testid="what-if-slider"
                    aria-label="Value"
                    min="0"
                    max=last
                    prop:value=move || turned.place().to_string()
                    aria-valuetext=label
                    on:input=moved
                />
            </label>
            <button type="button" data-testid="what-if-take" disabled=there on:click=take>
                {move || format!("Take {} into {}", label(), turned.lab.document.graph().with(|graph| graph.name().to_owned()))}
            </button>
            {numbers}
        </div>
    }
    .into_any()
}
