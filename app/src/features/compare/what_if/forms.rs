//! The costs of one convolution of the network in three forms.

use engine::analysis::{Form, forms, separable_share};
use engine::layer::Conv;
use engine::{Analysis, Graph, Layer, NodeId, Shape};
use leptos::prelude::*;

use super::super::{choice, empty};
use crate::lab::Lab;

/// A convolution of the network with the shapes around it.
#[derive(Clone, Debug, PartialEq)]
struct Found {
    id: NodeId,
    name: String,
    conv: Conv,
    input: Shape,
    output: Shape,
    macs: u64,
}

/// The network's convolutions that are not depthwise or 1×1 already: those that could be split.
fn convolutions(graph: &Graph, analysis: &Analysis) -> Vec<Found> {
    let found = graph
        .nodes()
        .iter()
        .zip(&analysis.nodes)
        .filter_map(|(node, facts)| {
            let Layer::Conv(conv) = &node.layer else {
                return None;
            };
            let source = *node.inputs.first()?;
            let input = match source {
                NodeId::INPUT => graph.input(),
                id => analysis.node(id)?.shape?,
            };
            let splits = conv.kernel != [1, 1] && conv.groups < input.channels.max(2);
            splits.then_some(Found {
                id: node.id,
                name: format!("{}: {}", node.name, node.layer.title()),
                conv: conv.clone(),
                input,
                output: facts.shape?,
                macs: facts.cost.macs,
            })
        });
    found.collect()
}

pub fn view(lab: Lab) -> AnyView {
    let all = Memo::new(move |_| {
        lab.document.graph().with(|graph| {
            lab.document
                .analysis
                .with(|analysis| convolutions(graph, analysis))
        })
    });
    // By default the selected one, or the most expensive one.
    let chosen = RwSignal::new(None::<NodeId>);
    let place = Memo::new(move |_| {
        let wanted = chosen.get().or(Some(lab.selection.node().get()));
        all.with(|all| {
            let looked_at = all.iter().position(|it| Some(it.id) == wanted);
            let costliest = all.iter().enumerate().max_by_key(|(_, it)| it.macs);
            looked_at.or(costliest.map(|(place, _)| place)).unwrap_or(0)
        })
    });
    let here = Memo::new(move |_| all.with(|all| all.get(place.get()).cloned()));
    // Groups that divide both sides' channels.
    let groups = Memo::new(move |_| {
        let Some(Found { conv, input, .. }) = here.get() else {
            return Vec::new();
        };
        let divides = |number: &u32| {
            input.channels.is_multiple_of(*number) && conv.channels.is_multiple_of(*number)
        };
        (1..=input.channels.min(conv.channels))
            .filter(divides)
            .collect::<Vec<_>>()
    });
    let group = RwSignal::new(1_usize);
    let names = Signal::derive(move || {
        all.with(|all| all.iter().map(|it| it.name.clone()).collect::<Vec<_>>())
    });
    let numbers = Signal::derive(move || {
        groups.with(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>())
    });
    let at = Signal::derive(move || group.get().min(groups.with(Vec::len).saturating_sub(1)));
    let choose = Callback::new(move |place: usize| {
        chosen.set(all.with_untracked(|all| all.get(place).map(|it| it.id)));
    });
    let body = move || match here.get() {
        None => empty("There is no convolution here that could be split."),
        Some(found) => {
            let groups = groups.with(|all| all.get(at.get()).copied()).unwrap_or(1);
            written(&found, groups)
        }
    };
    view! {
        <section class="forms" aria-label="Cost of a convolution in its forms" data-testid="forms">
            <h3>"One convolution in its three forms"</h3>
            <div class="compare-row-tools">
                {choice("Convolution", "forms-convolution", names, place.into(), choose)}
                {choice(
                    "Number of groups",
                    "forms-groups",
                    numbers,
                    at,
                    Callback::new(move |place| group.set(place)),
                )}
            </div>
            {body}
        </section>
    }
    .into_any()
}

fn written(found: &Found, groups: u32) -> AnyView {
    let Found {
        conv,
        input,
        output,
        ..
    } = found;
    let all = forms(conv, *input, *output, groups);
    let standard = all[0].count.max(1) as f64;
    let row = |form: Form| {
        let share = form.count as f64 / standard;
        view! {
            <tr data-testid="form" data-form=form.name data-macs=form.count.to_string()>
                <th scope="row">{form.name}</th>
                <td>{form.macs.formula}</td>
                <td>{form.macs.with_values}</td>
                <td>{form.macs.result}</td>
                <td>{format!("{share:.4}")}</td>
            </tr>
        }
    };
    let [height, width] = conv.kernel;
    let channels = conv.channels;
    let ratio = separable_share(conv);
    view! {
        <div class="table-scroll" tabindex="0" role="group" aria-label="Formulas">
            <table class="compare-table forms-table">
                <thead>
                    <tr>
                        <th scope="col">"form"</th>
                        <th scope="col">"MACs"</th>
                        <th scope="col">"with this layer's numbers"</th>
                        <th scope="col">"is"</th>
                        <th scope="col">"of standard"</th>
                    </tr>
                </thead>
                <tbody>{all.map(row).into_iter().collect_view()}</tbody>
            </table>
        </div>
        <p class="compare-words" data-testid="form-ratio">
            {format!(
                "Separable of standard: 1 ÷ output channels + 1 ÷ kernel area = 1 ÷ {channels} + \
                 1 ÷ ({height} × {width}) = {ratio:.4} (Howard et al. 2017)."
            )}
        </p>
    }
    .into_any()
}
