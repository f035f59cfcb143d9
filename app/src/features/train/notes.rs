//! What stands in the way of a training, and why the last one ended early.

use engine::Analysis;
use engine::train::check_head;
use leptos::prelude::*;

use crate::lab::Lab;

/// Why the network's last layer does not fit the data, and what repairs it.
pub fn head_problem(lab: Lab) -> Option<engine::train::TaskError> {
    let classes = lab.data.chosen()?.classes.len() as u32;
    lab.document
        .graph()
        .with(|graph| check_head(graph, classes))
        .err()
}

/// What stands in the way of a training, each with the way out.
#[component]
pub fn Notes() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let failure = lab.train.failure();
    let head = move || {
        use engine::train::TaskError::Head;
        let Some(Head {
            outputs,
            classes,
            repair,
        }) = head_problem(lab)
        else {
            return ().into_any();
        };
        let name = lab.data.chosen().map(|it| it.name).unwrap_or_default();
        let text = format!("This network tells {outputs} classes apart; {name} has {classes}.");
        let can = !repair.is_empty();
        let act = move |_| {
            lab.apply_all(&repair);
        };
        view! {
            <div class="train-note" role="status" data-testid="train-head">
                <p>{text}</p>
                {if can {
                    view! {
                        <button type="button" data-testid="repair-head" on:click=act>
                            {format!("Give the last layer {classes} outputs")}
                        </button>
                    }
                    .into_any()
                } else {
                    view! { <p>{format!("Give its last layer {classes} outputs in Build.")}</p> }.into_any()
                }}
            </div>
        }
        .into_any()
    };
    let problem = move || {
        (!lab.document.analysis.with(Analysis::is_valid)).then(|| {
            view! {
                <p class="train-note" role="status">
                    "The network has a problem; repair it in Build first."
                </p>
            }
        })
    };
    let no_data = Memo::new(move |_| {
        let collecting = lab.data.editor.open().with(Option::is_some);
        lab.data.chosen_id().is_none() && !collecting
    });
    let data = move || {
        no_data.get().then(|| {
            view! {
                <div class="train-note" role="status" data-testid="train-no-data">
                    <p>
                        "This network takes colour images, and there is no data set of them here. \
                         Collect your own, or open one under Data."
                    </p>
                    <button
                        type="button"
                        data-testid="collect-photos"
                        on:click=move |_| lab.new_collection()
                    >
                        "Collect images"
                    </button>
                </div>
            }
        })
    };
    view! {
        {problem}
        {data}
        {head}
        {move || {
            failure
                .get()
                .map(|why| view! { <p class="train-note" role="alert" data-testid="train-failure">{why}</p> })
        }}
    }
}
