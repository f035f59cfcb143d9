//! The versions of the model: saved, measured, opened again, compared.

mod difference;

use leptos::prelude::*;
use state::deploy::versions::{Drift, Drifts, Version, Versions};

use crate::lab::Lab;
use crate::storage::library::when;
use crate::ui::JobProgress;
use crate::ui::format::{bytes, count, exact, percent};

pub fn versions(lab: Lab) -> AnyView {
    lab.keep_versions();
    let all = lab.deploy.versions();
    let [name, note] = [RwSignal::new(String::new()), RwSignal::new(String::new())];
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        lab.save_version(name.get_untracked(), note.get_untracked());
        name.set(String::new());
        note.set(String::new());
    };
    let job = lab.evaluation_job;
    let under_way = job.under_way();
    let failed = move || {
        let why = lab.deploy.version_failure().get()?;
        Some(view! { <p class="train-note" role="alert">{why}</p> })
    };
    let progress = move || {
        under_way.get().then(|| {
            view! { <JobProgress job label="The version's test" done=job.progress() /> }
        })
    };
    let numbers = Memo::new(move |_| {
        all.with(|all| all.all().iter().map(|it| it.number).collect::<Vec<_>>())
    });
    let rows = move || {
        let row = |number: &u64| row(lab, *number);
        numbers.with(|all| all.iter().map(row).collect_view())
    };
    let table = move || {
        if numbers.with(Vec::is_empty) {
            let hint = "A version is the network on the screen with its weights, under a name. Save one, \
                        change or train the network, save the next, and compare them.";
            return view! { <p class="hint">{hint}</p> }.into_any();
        }
        view! {
            <table class="deploy-table versions-table">
                <thead>
                    <tr>
                        {["Version", "Saved", "Parameters", "MACs", "Weights", "Accuracy", "Under drift", ""]
                            .map(|it| view! { <th scope="col">{it}</th> })
                            .collect_view()}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    let next = move || all.with(Versions::next_name);
    view! {
        <div class="deploy-details versions" data-testid="versions">
            <div>
                <form class="deploy-choices" on:submit=save>
                    <label>
                        "Name"
                        <input
                            type="text"
                            data-testid="version-name"
                            maxlength="80"
                            placeholder=next
                            prop:value=name
                            on:input=move |event| name.set(event_target_value(&event))
                        />
                    </label>
                    <label class="version-note">
                        "Note"
                        <input
                            type="text"
                            data-testid="version-note"
                            maxlength="500"
                            prop:value=note
                            on:input=move |event| note.set(event_target_value(&event))
                        />
                    </label>
                    <button type="submit" class="primary" data-testid="save-version">
                        "Save version"
                    </button>
                    <button
                        type="button"
                        data-testid="versions-csv"
                        disabled=move || numbers.with(Vec::is_empty)
                        on:click=move |_| lab.save_versions_table()
                    >
                        "CSV"
                    </button>
                </form>
                {failed}
                {progress}
                {table}
                {move || drifts(&all.get())}
            </div>
            {difference::difference(lab)}
        </div>
    }
    .into_any()
}

fn row(lab: Lab, number: u64) -> AnyView {
    let all = lab.deploy.versions();
    let version = Memo::new(move |_| all.with(|all| all.get(number).cloned()));
    let Some(first) = version.get_untracked() else {
        return ().into_any();
    };
    let open = Memo::new(move |_| {
        let version = version.get();
        version.is_some_and(|version| lab.is_version(&version))
    });
    let read = move |read: fn(&Version) -> String| {
        move || version.with(|it| it.as_ref().map(read).unwrap_or_default())
    };
    let accuracy = read(|it| {
        let tested = it.tested.as_ref();
        tested.map_or_else(
            || "–".to_owned(),
            |it| {
                format!(
                    "{} of {}",
                    percent(it.accuracy),
                    exact(it.answers.len() as u64)
                )
            },
        )
    });
    let under_drift = read(|it| {
        let worst = it.drifts.as_ref().and_then(|it| worst(it));
        worst.map_or_else(
            || "–".to_owned(),
            |(accuracy, _)| format!("{} at worst", percent(accuracy)),
        )
    });
    let busy = lab.evaluation_job.under_way();
    let closed = move || busy.get() || !open.get();
    let title = move || {
        if open.get() {
            ""
        } else {
            "Open this version first"
        }
    };
    let saved = when(first.saved);
    view! {
        <tr
            data-testid="version"
            data-version=first.name.clone()
            data-open=move || open.get().then_some("")
        >
            <th scope="row">
                <input
                    type="text"
                    aria-label="Name of the version"
                    maxlength="80"
                    prop:value=read(|it| it.name.clone())
                    on:change=move |event| {
                        lab.deploy.edit_versions(|all| all.rename(number, &event_target_value(&event)));
                    }
                />
                <input
                    type="text"
                    class="version-note"
                    aria-label="Note of the version"
                    maxlength="500"
                    placeholder="Note"
                    prop:value=read(|it| it.note.clone())
                    on:change=move |event| {
                        lab.deploy.edit_versions(|all| all.annotate(number, &event_target_value(&event)));
                    }
                />
            </th>
            <td>{saved}</td>
            <td>{count(first.parameters)}</td>
            <td>{count(first.macs)}</td>
            <td>{bytes(first.bytes)}</td>
            <td data-testid="version-accuracy">{accuracy}</td>
            <td>{under_drift}</td>
            <td class="version-actions">
                <button
                    type="button"
                    data-testid="restore-version"
                    disabled=move || open.get()
                    on:click=move |_| lab.restore_version(number)
                >
                    {move || if open.get() { "Is open" } else { "Open" }}
                </button>
                <button
                    type="button"
                    data-testid="test-version"
                    disabled=closed
                    title=title
                    on:click=move |_| lab.test_version()
                >
                    "Test"
                </button>
                <button
                    type="button"
                    data-testid="drift-version"
                    disabled=closed
                    title=title
                    on:click=move |_| lab.drift_version()
                >
                    "Drift"
                </button>
                <button
                    type="button"
                    data-testid="remove-version"
                    aria-label=move || format!("Delete {}", read(|it| it.name.clone())())
                    on:click=move |_| lab.remove_version(number)
                >
                    "Delete"
                </button>
            </td>
        </tr>
    }
    .into_any()
}

/// The lowest accuracy, and of which drift.
fn worst(drifts: &Drifts) -> Option<(f64, &Drift)> {
    let lowest = |it: &Drift| it.accuracy.iter().copied().fold(f64::INFINITY, f64::min);
    let all = drifts.all.iter().map(|it| (lowest(it), it));
    all.min_by(|one, other| one.0.total_cmp(&other.0))
}

/// Accuracy by severity, version by version.
fn drifts(all: &Versions) -> Option<AnyView> {
    let measured = |it: &Version| Some((it.name.clone(), it.drifts.clone()?));
    let measured: Vec<_> = all.all().iter().filter_map(measured).collect();
    let images = measured.first()?.1.images;
    let rows = measured.iter().flat_map(|(name, drifts)| {
        let clean = drifts.clean;
        drifts.all.iter().map(move |drift| {
            view! {
                <tr>
                    <th scope="row">{format!("{name}: {}", drift.shift)}</th>
                    <td>{percent(clean)}</td>
                    {drift.accuracy.map(|it| view! { <td>{percent(it)}</td> }).collect_view()}
                </tr>
            }
        })
    });
    let view = view! {
        <table class="deploy-table" data-testid="drift">
            <caption>
                {format!("Drift: accuracy on {images} test images that come in worse, by severity")}
            </caption>
            <thead>
                <tr>
                    {["", "As trained", "1", "2", "3", "4", "5"]
                        .map(|it| view! { <th scope="col">{it}</th> })
                        .collect_view()}
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    };
    Some(view.into_any())
}
