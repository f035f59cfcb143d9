//! Which set is trained on, files of one's own, and the way to collect images.

use leptos::html;
use leptos::prelude::*;
use state::data::{Origin, SetId, SetInfo};
use web_sys::{File, HtmlInputElement};

use crate::lab::Lab;
use crate::ui::icon::{Icon, icon};

#[component]
pub fn Choice(chosen: Memo<Option<SetInfo>>) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let id = Memo::new(move |_| chosen.with(|info| info.as_ref().map(|info| info.id)));
    let name = move || chosen.with(|info| info.as_ref().map(|info| info.name.clone()));
    let sets = Memo::new(move |_| {
        let sets = lab.data.sets();
        sets.with(|sets| {
            let named = sets.iter().map(|info| (info.id, info.name.clone()));
            named.collect::<Vec<_>>()
        })
    });
    let option = move |(set, name): (SetId, String)| {
        view! {
            <option value=set.0.to_string() prop:selected=move || id.get() == Some(set)>
                {name}
            </option>
        }
    };
    let none = move || {
        let none = id.get().is_none();
        none.then(|| view! { <option value="" selected=true>"Choose a data set"</option> })
    };
    let choose = move |event| {
        if let Ok(id) = event_target_value(&event).parse() {
            lab.data.choose(SetId(id));
        }
    };
    let key = Memo::new(move |_| {
        chosen.with(|info| match info.as_ref().map(|info| &info.origin) {
            Some(Origin::Own(key)) => Some(key.clone()),
            _ => None,
        })
    });
    let edit = move |_| {
        if let Some(key) = key.get_untracked() {
            lab.open_collection(key);
        }
    };
    let dropped = Memo::new(move |_| {
        chosen.with(|info| {
            info.as_ref()
                .is_some_and(|info| info.origin == Origin::Dropped)
        })
    });
    let remove = move |_| {
        if let Some(id) = id.get_untracked() {
            lab.remove_set(id);
        }
    };
    view! {
        <div class="data-choice">
            <select
                aria-label="Data set"
                data-testid="dataset"
                data-name=name
                on:change=choose
            >
                {none}
                <For each=move || sets.get() key=|set| set.clone() let:set>
                    {option(set)}
                </For>
            </select>
            <FilesButton
                name="Open a data set"
                hint="A zip of class folders, a pair of IDX files or CIFAR-10’s binary files; or drop them anywhere."
                testid="open-data"
                take=Callback::new(move |files| lab.open_data(files))
            />
        </div>
        <div class="data-own">
            <button type="button" data-testid="collect" on:click=move |_| lab.new_collection()>
                "Collect your own…"
            </button>
            <button
                type="button"
                data-testid="edit-collection"
                hidden=move || key.with(Option::is_none)
                on:click=edit
            >
                "Edit images"
            </button>
            <button
                type="button"
                class="quiet"
                data-testid="remove-data"
                title="Take this set off the list; the files stay as they are"
                hidden=move || !dropped.get()
                on:click=remove
            >
                "Remove"
            </button>
        </div>
    }
}

/// A button that opens files, as an icon.
#[component]
pub fn FilesButton(
    name: &'static str,
    hint: &'static str,
    testid: &'static str,
    /// Not set where the names of the files have no endings that tell.
    #[prop(optional)]
    accept: Option<&'static str>,
    take: Callback<Vec<File>>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        if let Some(input) = input.get_untracked() {
            take.run(taken(&input));
        }
    };
    view! {
        <label class="icon-file" title=hint>
            {icon(Icon::Folder)}
            <input
                node_ref=input
                type="file"
                multiple
                accept=accept
                class="visually-hidden"
                aria-label=name
                data-testid=testid
                on:change=chosen
            />
        </label>
    }
}

/// The files of an input, which can then be chosen again.
fn taken(input: &HtmlInputElement) -> Vec<File> {
    let files = input.files();
    let all = files.iter().flat_map(|files| {
        let places = 0..files.length();
        places.filter_map(|place| files.get(place))
    });
    let all = all.collect();
    input.set_value("");
    all
}
