//! The open collection: its classes, images added to the chosen one, and its files.

mod add;
mod classes;
mod more;
mod thumbs;

use leptos::prelude::*;
use state::data::own::{Editing, Kind};

use self::add::Add;
use self::classes::Classes;
use self::more::More;
use self::thumbs::Thumbs;
use crate::lab::Lab;
use crate::ui::fields::{Input, Take, text_field};
use crate::ui::format::exact;
use crate::ui::icon::{Icon, icon};
use state::data::imbalance;

/// Something of the open collection; a default once it is closed.
fn of<T>(lab: Lab, read: impl Fn(&Editing) -> T + Send + Sync + 'static) -> Memo<T>
where
    T: Default + PartialEq + Send + Sync + 'static,
{
    Memo::new(move |_| lab.data.editor.with(&read).unwrap_or_default())
}

#[component]
pub fn Collecting() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let editor = lab.data.editor;
    let name = of(lab, |open| open.collection.name().to_owned());
    let error = RwSignal::new(None);
    let rename = Take::new(move |name: String| {
        if name.trim().is_empty() {
            return Err("A collection needs a name: type one.".to_owned());
        }
        editor.edit(|collection| {
            collection.rename(&name);
            Ok(())
        });
        Ok(())
    });
    let field = Input {
        step: None,
        least: 0.0,
        field: "collection",
    };
    let undo = of(lab, Editing::can_undo);
    let wrong = move || {
        let field = error.get();
        field.or_else(|| editor.error().get())
    };
    let reading = move || {
        let (done, total) = lab.data.reading().get()?;
        Some(view! {
            <p class="data-progress">
                <progress
                    value=done.to_string()
                    max=total.max(1).to_string()
                    aria-label="Reading the pictures"
                ></progress>
                <span class="figures">{format!("{} of {}", exact(done), exact(total))}</span>
            </p>
        })
    };
    view! {
        <div class="collect" data-testid="collection" data-name=move || name.get()>
            <div class="collect-head">
                {text_field("Name of the collection".into(), name.into(), error, field, rename)}
                <button
                    type="button"
                    class="icon"
                    aria-label="Undo in the collection"
                    title="Undo in the collection"
                    data-testid="collect-undo"
                    disabled=move || !undo.get()
                    on:click=move |_| editor.undo()
                >
                    {icon(Icon::Undo)}
                </button>
                <button
                    type="button"
                    class="primary"
                    data-testid="collect-done"
                    on:click=move |_| lab.close_collection()
                >
                    "Done"
                </button>
            </div>
            {kinds(lab)}
            <Classes />
            <Add />
            {reading}
            <p class="collect-wrong" role="alert" data-testid="collect-error">{wrong}</p>
            <Thumbs />
            {balance(lab)}
            <More />
        </div>
    }
}

/// What the images are, while there are none.
fn kinds(lab: Lab) -> AnyView {
    let editor = lab.data.editor;
    let empty = of(lab, |open| open.collection.items().is_empty());
    let kind = of(lab, |open| open.collection.kind());
    let one = move |of: Kind, name: &'static str| {
        let choose = move |_| {
            editor.edit(|collection| {
                collection.set_kind(of);
                Ok(())
            });
        };
        view! {
            <button
                type="button"
                aria-pressed=move || (kind.get() == of).to_string()
                on:click=choose
            >
                {name}
            </button>
        }
    };
    view! {
        <div class="choices" role="group" aria-label="What the images are" hidden=move || !empty.get()>
            {one(Kind::Drawings, "Drawings")}
            {one(Kind::Photos, "Photos")}
        </div>
    }
    .into_any()
}

/// That classes differ much.
fn balance(lab: Lab) -> AnyView {
    let text = of(lab, |open| {
        let counts = open.collection.counts();
        let (smallest, largest) = imbalance(&counts)?;
        let name = |class: usize| {
            let class = open.collection.classes().get(class);
            class.map_or_else(String::new, |class| class.name.clone())
        };
        Some(format!(
            "Out of balance: add to “{}”, which has {} images; “{}” has {}.",
            name(smallest),
            exact(counts[smallest]),
            name(largest),
            exact(counts[largest])
        ))
    });
    view! {
        <p class="data-uneven" data-testid="collect-uneven" hidden=move || text.with(Option::is_none)>
            {move || text.get()}
        </p>
    }
    .into_any()
}
