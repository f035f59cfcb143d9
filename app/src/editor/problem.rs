//! What is wrong at a node, with the arithmetic, and the repairs that a click makes.

use engine::NodeId;
use engine::analysis::Repair;
use leptos::prelude::*;

use crate::lab::Lab;

/// What is wrong at this node, or was just refused here; nothing where all is well. The repairs
/// are looked for when this is shown.
#[component]
pub fn ProblemNote(node: NodeId) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let problem = Memo::new(move |_| {
        lab.analysis.with(|analysis| {
            let mut all = analysis.problems.iter();
            all.find(|problem| problem.node == node)
                .map(|problem| problem.error.to_string())
        })
    });
    let refused = move || {
        let refused = lab.refused.get();
        refused
            .filter(|refusal| refusal.node == node)
            .map(|refusal| refusal.text)
    };
    let name = move || {
        let name = |graph: &engine::Graph| graph.node(node).map(|node| node.name.clone());
        lab.graph.with(name).unwrap_or_else(|| "input".into())
    };
    Effect::new(move |_| {
        if problem.with(Option::is_some) && lab.repairs.with(|all| !all.contains_key(&node)) {
            lab.find_repairs(node);
        }
    });
    let repairs = move || {
        problem.get()?;
        Some(
            match lab.repairs.with(|all| all.get(&node).cloned().flatten()) {
                None => view! { <p class="hint">"Looking for repairs …"</p> }.into_any(),
                Some(repairs) if repairs.is_empty() => {
                    view! { <p class="hint">"No single repair was found."</p> }.into_any()
                }
                Some(repairs) => repairs
                    .into_iter()
                    .map(|it| repair(lab, it))
                    .collect_view()
                    .into_any(),
            },
        )
    };
    move || {
        let text = problem.get().or_else(refused)?;
        Some(view! {
            <div class="problem" data-testid="problem" data-node=name role="group" aria-label="Problem">
                <p class="problem-text">{text}</p>
                <div class="repairs">{repairs}</div>
            </div>
        })
    }
}

fn repair(lab: Lab, Repair { title, edits }: Repair) -> AnyView {
    let more = edits.len().saturating_sub(1);
    let more = (more > 0).then(|| format!(", and {more} more where that makes it necessary"));
    view! {
        <button
            type="button"
            data-testid="repair"
            on:click=move |_| {
                lab.apply_all(&edits);
            }
        >
            {title}
            {more}
        </button>
    }
    .into_any()
}
