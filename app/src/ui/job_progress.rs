//! A job's progress, and the button that cancels it.

use leptos::prelude::*;

use crate::lab::{Job, Lab};

/// A progress bar of completed and total parts, and a button that cancels the job.
#[component]
pub fn JobProgress(
    job: Job,
    /// The label for screen readers.
    #[prop(into)]
    label: String,
    /// Completed and total parts; `None` while unknown.
    #[prop(into)]
    done: Signal<Option<(u64, u64)>>,
) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let text = move || match done.get() {
        Some((done, of)) => format!("{done} of {of}"),
        None => "starting".to_owned(),
    };
    let value = move || done.get().map(|(done, _)| done.to_string());
    let max = move || done.get().map(|(_, of)| of.max(1).to_string());
    view! {
        <p class="job-progress" data-testid="job-progress">
            <progress value=value max=max aria-label=label></progress>
            <span class="figures">{text}</span>
            <button type="button" data-testid="cancel-job" on:click=move |_| lab.cancel_job(job)>
                "Cancel"
            </button>
        </p>
    }
}
