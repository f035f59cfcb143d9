//! Pruning: what goes, how much, and by what.

use engine::compress::prune::{Criterion, Scope};
use engine::compress::{Levels, Prune, Shrink, What};
use leptos::prelude::*;
use state::shrink::{Forecast, Step, forecast};

use super::costs::costs;
use super::parts::{Slider, apply, has_weights, select, slider, toggle};
use crate::lab::Lab;
use crate::ui::format::{milliseconds, percent};

const WHATS: [(&str, &str); 4] = [
    ("channels", "Channels"),
    ("global", "Weights, all layers together"),
    ("layer", "Weights, each layer alike"),
    ("2:4", "Weights, 2 of 4"),
];

fn name(what: What) -> &'static str {
    match what {
        What::Channels { .. } => "channels",
        What::Weights {
            scope: Scope::Global,
        } => "global",
        What::Weights {
            scope: Scope::Layer,
        } => "layer",
        What::TwoOfFour => "2:4",
    }
}

fn sentence(what: What) -> &'static str {
    match what {
        What::Channels { .. } => {
            "Whole channels leave the graph, with what depends on them: the network is smaller and \
             faster."
        }
        What::Weights { .. } => {
            "Small weights become 0. The file gets smaller when stored sparse; dense kernels do \
             not get faster."
        }
        What::TwoOfFour => {
            "Of every four consecutive inputs the two smaller weights become 0. Some GPUs run this \
             pattern twice as fast; the engines here do not."
        }
    }
}

pub fn prune(lab: Lab) -> AnyView {
    let settings = Memo::new(move |_| lab.shrink.read(|held| held.prune.clone()));
    let edit = move |change: &dyn Fn(&mut Prune)| lab.shrink.edit(|held| change(&mut held.prune));
    let what = Memo::new(move |_| settings.with(|it| it.what));
    let share = Memo::new(move |_| settings.with(|it| it.share));
    let choose = move |chosen: String| {
        let what = match chosen.as_str() {
            "global" => What::Weights {
                scope: Scope::Global,
            },
            "layer" => What::Weights {
                scope: Scope::Layer,
            },
            "2:4" => What::TwoOfFour,
            _ => What::Channels { by: Criterion::L1 },
        };
        edit(&move |prune| prune.what = what);
    };
    let by = move || {
        let What::Channels { by } = what.get() else {
            return None;
        };
        let names: [(&str, &str); 4] = [
            ("l1", Criterion::L1.title()),
            ("batch-norm-scale", Criterion::BatchNormScale.title()),
            ("taylor-activation", Criterion::TaylorActivation.title()),
            ("taylor-weight", Criterion::TaylorWeight.title()),
        ];
        let place = Criterion::ALL.iter().position(|it| *it == by);
        let now = Signal::stored(names[place.unwrap_or_default()].0);
        let about = move || match by {
            Criterion::L1 => "Filters with small weights go first (Li et al. 2017).",
            Criterion::BatchNormScale => {
                "Channels that their batch norm scales little go first (Liu et al. 2017)."
            }
            Criterion::TaylorActivation => {
                "Channels whose removal changes the loss least, by a first-order estimate from \
                 activations (Molchanov et al. 2017)."
            }
            Criterion::TaylorWeight => {
                "Filters whose removal changes the loss least, by a first-order estimate from \
                 weights (Molchanov et al. 2019)."
            }
        };
        let choose = move |chosen: String| {
            let at = names.iter().position(|(name, _)| *name == chosen);
            let by = Criterion::ALL[at.unwrap_or_default()];
            edit(&move |prune| prune.what = What::Channels { by });
        };
        Some(select("prune-by", "Ranked by", &names, now, about, choose))
    };
    let of_share = move || {
        let slide = Slider {
            name: "prune-share",
            title: "Share pruned",
            sentence: "How much of each dimension, or of the weights, goes.",
            least: 0.0,
            most: 0.95,
            step: 0.05,
            shown: percent,
        };
        let set = move |value: f64| edit(&move |prune| prune.share = value);
        (what.get() != What::TwoOfFour).then(|| slider(slide, share, set))
    };
    let graph = lab.document.running();
    let now = Memo::new(move |_| graph.with(|graph| Forecast::of(graph, lab.stored())));
    let then = Memo::new(move |_| {
        let settings = settings.get();
        graph.with(|graph| forecast(graph, lab.stored(), &Step::Prune(&settings)))
    });
    let act = move || lab.make_smaller(Shrink::Prune(settings.get_untracked()));
    let keep = Memo::new(move |_| lab.train.task().with(|task| task.settings.keep_zeros));
    let gradual = Memo::new(move |_| lab.train.task().with(|it| it.settings.pruning.is_some()));
    let set_keep = move |on| lab.train.edit(|task| task.settings.keep_zeros = on);
    view! {
        {select(
            "prune-what",
            "What goes",
            &WHATS,
            Signal::derive(move || name(what.get())),
            move || sentence(what.get()),
            choose,
        )}
        {of_share}
        {by}
        {layers(lab, settings)}
        {costs(now, then)}
        {apply(lab, act)}
        {move || result(lab)}
        {toggle(
            "keep-zeros",
            "Keep pruned weights at zero while training",
            "Weights that are 0 stay 0 while the network is trained on.",
            keep,
            set_keep,
        )}
        {toggle(
            "prune-gradually",
            "Prune gradually while training",
            "The share above is reached step by step in the first three quarters of a training, \
             weights of all layers together (Zhu and Gupta 2017).",
            gradual,
            move |on| lab.prune_while_training(on.then(|| share.get_untracked())),
        )}
        <div class="shrink-more">
            <button
                type="button"
                data-testid="save-shrink"
                on:click=move |_| lab.save_shrink(&Shrink::Prune(settings.get_untracked()))
            >
                "Save settings"
            </button>
            <button type="button" data-testid="fine-tune" on:click=move |_| lab.go_to_training()>
                "Fine-tune in Train"
            </button>
            <button
                type="button"
                data-testid="prune-sensitivity"
                disabled=move || lab.shrink_job.under_way().get()
                on:click=move |_| {
                    lab.screen.open_dock(true);
                    lab.measure_sensitivity(Levels::tenths());
                }
            >
                "Measure each layer"
            </button>
        </div>
    }
    .into_any()
}

/// Which layers are pruned.
fn layers(lab: Lab, settings: Memo<Prune>) -> AnyView {
    let names = Memo::new(move |_| {
        lab.document.running().with(|graph| {
            let nodes = graph.nodes().iter().filter(|it| has_weights(&it.layer));
            nodes.map(|it| (it.id, it.name.clone())).collect::<Vec<_>>()
        })
    });
    let one = move |(id, name): (engine::NodeId, String)| {
        let on = move || settings.with(|it| it.layers.is_empty() || it.layers.contains(&id));
        let change = move |event| {
            let on = event_target_checked(&event);
            let all: Vec<_> = names.with_untracked(|all| all.iter().map(|it| it.0).collect());
            lab.shrink.edit(|held| {
                let chosen = &mut held.prune.layers;
                if chosen.is_empty() {
                    chosen.clone_from(&all);
                }
                chosen.retain(|it| *it != id && all.contains(it));
                if on {
                    chosen.push(id);
                }
                if chosen.len() == all.len() {
                    chosen.clear();
                }
            });
        };
        view! {
            <label>
                <input type="checkbox" prop:checked=on on:change=change />
                {name}
            </label>
        }
    };
    view! {
        <details class="shrink-layers">
            <summary>"Layers"</summary>
            <div role="group" aria-label="Layers that are pruned">
                {move || names.get().into_iter().map(one).collect_view()}
            </div>
        </details>
    }
    .into_any()
}

/// What the last step came to.
pub fn result(lab: Lab) -> Option<AnyView> {
    let report = lab.shrink.read(|held| held.report.clone())?;
    let share = |it: engine::compress::Accuracy| percent(it.right);
    let accuracy = report.before.accuracy.zip(report.after.accuracy);
    let line = accuracy.map(|(before, after)| {
        format!(
            "{}: accuracy {} → {} on {} randomly chosen test images.",
            report.shrink.title(),
            share(before),
            share(after),
            after.images
        )
    });
    let integer = report
        .integer
        .map(|it| format!("In whole numbers: {}.", share(it)));
    let times = report.times.map(|it| {
        format!(
            "A pass on the CPU: {} in floats, {} in whole numbers.",
            milliseconds(it.float_ms),
            milliseconds(it.integer_ms)
        )
    });
    let left = report
        .left
        .iter()
        .map(|it| view! { <li>{it.why.to_string()}</li> })
        .collect_view();
    let some_left = !report.left.is_empty();
    let view = view! {
        <div class="shrink-result" role="status" data-testid="shrink-result">
            <p>{line} " " {integer} " " {times}</p>
            {some_left.then(|| {
                view! {
                    <details>
                        <summary>"Layers that stay as they are"</summary>
                        <ul>{left}</ul>
                    </details>
                }
            })}
        </div>
    };
    Some(view.into_any())
}
