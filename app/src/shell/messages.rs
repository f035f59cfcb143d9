//! Failure messages and notices.

use leptos::prelude::*;

use super::offline;
use crate::lab::Lab;
use state::notices::Failure;

/// Lists that a failure's text names the first of, folded.
fn lists(lists: Vec<(String, Vec<String>)>) -> Option<AnyView> {
    let list = |(title, entries): (String, Vec<String>)| {
        let entry = |entry: String| view! { <li>{entry}</li> };
        view! {
            <p><strong>{title}</strong></p>
            <ul>{entries.into_iter().map(entry).collect_view()}</ul>
        }
    };
    let there = !lists.is_empty();
    there.then(|| {
        view! {
            <details class="failure-lists" data-testid="failure-lists">
                <summary>"Show all"</summary>
                <div tabindex="0" role="group" aria-label="All of them">
                    {lists.into_iter().map(list).collect_view()}
                </div>
            </details>
        }
        .into_any()
    })
}

/// Failures, which stay until they are resolved or dismissed, and one notice.
#[component]
pub fn Messages() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let failure = move |failure: Failure| {
        let place = failure.place;
        let again = failure.can_start_again().map(|device| {
            view! {
                <button type="button" on:click=move |_| lab.start_again(device)>
                    "Start again"
                </button>
            }
        });
        view! {
            <li>
                <p>{failure.text}</p>
                {lists(failure.lists)}
                {again}
                <button type="button" class="quiet" on:click=move |_| lab.notices.dismiss(place)>
                    "Dismiss"
                </button>
            </li>
        }
    };
    let failures = move || {
        let failures = lab.notices.failures().get();
        (!failures.is_empty()).then(|| {
            view! {
                <div class="message failure" role="alert" data-testid="error">
                    <ul>{failures.into_iter().map(failure).collect_view()}</ul>
                </div>
            }
        })
    };
    let notice = move || {
        lab.notices.notice().get().map(|text| {
            view! {
                <p class="message notice" data-testid="notice">{text}</p>
            }
        })
    };
    view! {
        <div class="messages" role="region" aria-label="Messages">
            {failures}
            // Mounted from the start, because screen readers announce changes of existing live
            // regions only.
            <div role="status">{notice}</div>
            {offline::newer(lab)}
        </div>
    }
}
