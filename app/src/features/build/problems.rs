//! Problems with their arithmetic, and repairs as buttons.

use engine::analysis::Repair;
use engine::graph::Edit;
use engine::{Graph, NodeId};
use leptos::prelude::*;
use state::document::{dangles, necessary};

use crate::lab::Lab;
use crate::ui::icon::{Icon, icon};

/// The most problems shown at once; the others follow when these are solved.
const MOST: usize = 6;

#[component]
pub fn Problems() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let noted = Memo::new(move |_| lab.document.noted());
    let shown = move || noted.with(|noted| noted.iter().copied().take(MOST).collect::<Vec<_>>());
    let more = move || {
        let more = noted.with(Vec::len).saturating_sub(MOST);
        (more > 0).then(|| view! { <p class="note">{format!("{more} more after these.")}</p> })
    };
    let fine = move || {
        noted.with(Vec::is_empty).then(|| {
            view! {
                <p class="no-problems" data-testid="no-problems">
                    {icon(Icon::Check)}
                    <span><b>"No problems."</b> " Every shape fits."</span>
                </p>
            }
        })
    };
    let valid = Memo::new(move |_| lab.document.analysis.with(|it| it.problems.is_empty()));
    let until = move || {
        (!valid.get()).then(|| {
            let words = if lab.engine.is_refused() {
                "The last valid network is too large to run here."
            } else {
                "Until then the last valid network keeps answering."
            };
            view! { <p class="note" data-testid="still-running">{words}</p> }
        })
    };
    view! {
        <section class="problems" aria-label="Problems">
            <div role="status">
                {fine}
                <For each=shown key=|node| *node let:node>
                    <Problem node />
                </For>
                {more}
                {until}
            </div>
        </section>
    }
}

/// What is wrong with this node, or why its last edit was refused. Repairs are computed when this
/// is shown.
#[component]
fn Problem(node: NodeId) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let problem = Memo::new(move |_| {
        lab.document.analysis.with(|analysis| {
            let mut all = analysis.problems.iter();
            let problem = all.find(|problem| problem.node == node)?;
            Some(sentence(&problem.error.to_string()))
        })
    });
    let refused = move || {
        let refused = lab.document.refusal().get()?;
        (refused.node == node).then_some(refused.text)
    };
    let name = move || {
        let name = |graph: &Graph| graph.node(node).map(|node| node.name.clone());
        let name = lab.document.graph().with(name);
        name.unwrap_or_else(|| "input".into())
    };
    Effect::new(move |_| {
        if problem.with(Option::is_some)
            && lab.document.repairs().with(|all| !all.contains_key(&node))
        {
            lab.find_repairs(node);
        }
    });
    let dangling = Memo::new(move |_| lab.document.graph().with(|graph| dangles(graph, node)));
    let repairs = move || {
        if problem.with(Option::is_none) {
            let edits = vec![Edit::Remove { node }];
            let title = "Delete it".to_owned();
            let delete = dangling
                .get()
                .then(|| repair(lab, node, Repair { title, edits }));
            return delete.into_any();
        }
        let found = lab.document.repairs();
        match found.with(|all| all.get(&node).cloned().flatten()) {
            None => view! { <p class="note">"Looking for repairs …"</p> }.into_any(),
            Some(found) if found.is_empty() => {
                view! { <p class="note">"No single repair was found."</p> }.into_any()
            }
            Some(found) => {
                let found = found.into_iter().map(|it| repair(lab, node, it));
                found.collect_view().into_any()
            }
        }
    };
    let untaken = move || {
        dangling.get().then(|| {
            "No layer takes this output, so it does not reach the answer: make it an input of \
             another layer, or delete it."
                .to_owned()
        })
    };
    let text = move || problem.get().or_else(refused).or_else(untaken);
    let title = move || {
        let what = if problem.with(Option::is_some) {
            "does not fit"
        } else if lab
            .document
            .refusal()
            .with(|it| it.as_ref().is_some_and(|it| it.node == node))
        {
            "was not changed"
        } else {
            "is not used"
        };
        format!("{} {what}", name())
    };
    view! {
        <div class="problem" data-testid="problem" data-node=name role="group" aria-label="Problem">
            <h3>
                {icon(Icon::Warn)}
                <button type="button" class="problem-title" on:click=move |_| lab.show_node(node)>
                    {title}
                </button>
            </h3>
            <p class="problem-text">{text}</p>
            <div class="repairs">{repairs}</div>
        </div>
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

fn repair(lab: Lab, node: NodeId, Repair { title, edits }: Repair) -> AnyView {
    let graph = lab.document.graph();
    let more = graph.with_untracked(|graph| necessary(graph, node, &edits));
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
