//! The list of experiments: the name of the open one, files, and the other stored ones.

use engine::format::Locks;
use leptos::html;
use leptos::prelude::*;

use super::head;
use crate::lab::Lab;
use crate::platform::keys;
use crate::platform::schedule::soon;
use crate::storage::files::ENDING;
use crate::storage::library::when;
use state::library::Listed;
use state::notices::Failure;
use state::notices::Place;

/// The content of the list's dialog.
pub fn experiments(lab: Lab, close: Callback<()>) -> AnyView {
    // Here rather than where the dialog opens, because the code of the storage is not in the page's
    // start.
    lab.show_library();
    let failed = move || {
        let about = |it: &Failure| matches!(it.place, Place::File | Place::Storage);
        let failures = lab.notices.failures().get().into_iter().filter(about);
        let sentence = |it: Failure| view! { <p>{it.text}</p> };
        failures.map(sentence).collect_view()
    };
    let kept = move || lab.library.list().get().unwrap_or_default();
    let none = move || {
        lab.library
            .list()
            .with(|list| list.as_ref().is_some_and(Vec::is_empty))
            .then(|| view! { <li class="note">"Nothing is kept yet. The lab keeps what you do in this browser as you work."</li> })
    };
    view! {
        {head("Experiments", close)}
        <div class="dialog-tools">
            <button
                type="button"
                class="primary"
                data-testid="new-experiment"
                on:click=move |_| {
                    close.run(());
                    soon(move || lab.new_experiment());
                }
            >
                "New"
            </button>
            <button
                type="button"
                data-testid="save-file"
                title="The open experiment as a file, without its history and its weights"
                on:click=move |_| lab.save_file(Locks::new())
            >
                "Save as a file"
            </button>
            {open_file(lab)}
            {open_onnx(lab, close)}
            <button
                type="button"
                data-testid="import-paste"
                title="Code of PyTorch's or Keras' Sequential, what print(model) or model.summary() shows"
                on:click=move |_| {
                    close.run(());
                    soon(move || lab.ask_for_text());
                }
            >
                "Paste code"
            </button>
        </div>
        <div class="dialog-wrong" role="alert">{failed}</div>
        <ul class="experiments" data-testid="experiment-list">
            {none}
            <For each=kept key=row_key let:listed>
                {row(lab, listed, close)}
            </For>
        </ul>
    }
    .into_any()
}

fn open_file(lab: Lab) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let take = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            lab.open_file(file);
        }
        // The same file may be chosen again.
        input.set_value("");
    };
    view! {
        <label class="file-button">
            "Open a file"
            <input
                node_ref=input
                type="file"
                accept=format!("{ENDING},.json,application/json")
                class="visually-hidden"
                data-testid="open-file"
                on:change=take
            />
        </label>
    }
    .into_any()
}

/// A network of another program, with the files of weights that lie beside it.
fn open_onnx(lab: Lab, close: Callback<()>) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let take = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        let files = input.files();
        let files = files.map_or_else(Vec::new, |files| {
            (0..files.length())
                .filter_map(|place| files.get(place))
                .collect()
        });
        if !files.is_empty() {
            close.run(());
            soon(move || lab.open_onnx(files));
        }
        // The same file may be chosen again.
        input.set_value("");
    };
    view! {
        <label class="file-button">
            "Open ONNX, Keras or code"
            <input
                node_ref=input
                type="file"
                multiple
                accept=".onnx,.keras,.h5,.data,.bin,.weight,.txt,.py"
                class="visually-hidden"
                data-testid="import-file"
                on:change=take
            />
        </label>
    }
    .into_any()
}

/// The content of a row, as its key: an unchanged row is kept when the list is loaded again, with a
/// name that is being typed.
fn row_key(listed: &Listed) -> (String, String, String, String, Option<String>) {
    let Listed {
        id,
        name,
        network,
        edited: _,
        open: _,
        closed,
    } = listed.clone();
    (id, name, network, state(listed), closed)
}

/// Whether it is open, or when it was edited.
fn state(listed: &Listed) -> String {
    if listed.open {
        "open".to_owned()
    } else {
        when(listed.edited)
    }
}

/// The state of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    Nothing,
    Naming,
    Deleting,
}

fn row(lab: Lab, listed: Listed, close: Callback<()>) -> AnyView {
    let state = state(&listed);
    let Listed {
        id,
        name,
        network,
        edited: _,
        open,
        closed,
    } = listed;
    let doing = RwSignal::new(Doing::Nothing);
    let key = name.clone();
    let beside = if name == network {
        state
    } else {
        format!("{network} · {state}")
    };
    let id = StoredValue::new(id);
    let shown_name = StoredValue::new(name.clone());
    let broken = closed.is_some();
    let act = move |name: &'static str, testid: &'static str, act: Callback<()>| {
        let label = format!("{name} “{}”", shown_name.get_value());
        view! {
            <button
                type="button"
                class="quiet"
                data-testid=testid
                aria-label=label
                on:click=move |_| act.run(())
            >
                {name}
            </button>
        }
        .into_any()
    };
    let show = Callback::new(move |()| {
        // The list may be older than the last opened experiment.
        if !lab.is_open(&id.get_value()) {
            lab.open_experiment(id.get_value());
        }
        close.run(());
    });
    let tools = move || match doing.get() {
        Doing::Naming => naming(lab, id, shown_name, doing),
        Doing::Deleting => {
            let delete = Callback::new(move |()| lab.delete_experiment(id.get_value()));
            let keep = Callback::new(move |()| doing.set(Doing::Nothing));
            view! {
                <span class="row-tools">
                    <span>"For good?"</span>
                    {act("Delete", "delete-for-good", delete)}
                    {act("Keep", "keep-it", keep)}
                </span>
            }
            .into_any()
        }
        Doing::Nothing => {
            let rename = Callback::new(move |()| doing.set(Doing::Naming));
            let copy = Callback::new(move |()| lab.duplicate_experiment(id.get_value()));
            let delete = Callback::new(move |()| doing.set(Doing::Deleting));
            view! {
                <span class="row-tools">
                    {(!broken).then(|| act("Rename", "rename", rename))}
                    {(!broken).then(|| act("Duplicate", "duplicate-experiment", copy))}
                    {(!open).then(|| act("Delete", "delete-experiment", delete))}
                </span>
            }
            .into_any()
        }
    };
    view! {
        <li data-testid="experiment" data-name=key data-open=open.then_some("true")>
            <button
                type="button"
                class="open"
                title=shown_name.get_value()
                data-testid="open-experiment"
                aria-current=open.then_some("true")
                disabled=broken
                on:click=move |_| show.run(())
            >
                <strong translate="no">{name}</strong>
                <span>{beside}</span>
            </button>
            {tools}
            {closed.map(|why| view! { <p class="note row-closed">{format!("It cannot be opened: {why}.")}</p> })}
        </li>
    }
    .into_any()
}

fn naming(
    lab: Lab,
    id: StoredValue<String>,
    name: StoredValue<String>,
    doing: RwSignal<Doing>,
) -> AnyView {
    let field = NodeRef::<html::Input>::new();
    let take = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get_untracked() {
            lab.rename_experiment(id.get_value(), field.value());
        }
        doing.set(Doing::Nothing);
    };
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            field.select();
        }
    });
    view! {
        <form class="row-tools" on:submit=take>
            <input
                node_ref=field
                class="value"
                data-testid="experiment-name"
                aria-label="Name of the experiment"
                maxlength="80"
                prop:value=name.get_value()
                on:keydown=move |event| {
                    if event.key() == "Escape" && !keys::composes(&event) {
                        event.prevent_default();
                        event.stop_propagation();
                        doing.set(Doing::Nothing);
                    }
                }
            />
            <button type="submit">"Rename"</button>
        </form>
    }
    .into_any()
}
