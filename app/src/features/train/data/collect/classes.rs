//! The classes of the open collection: the chosen one gets new images.

use leptos::prelude::*;

use super::of;
use crate::lab::Lab;
use crate::ui::fields::{Input, Take, text_field};
use crate::ui::format::exact;
use crate::ui::icon::{Icon, icon};
use crate::ui::rove;

#[component]
pub fn Classes() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let editor = lab.data.editor;
    let rows = of(lab, |open| {
        let counts = open.collection.counts();
        let classes = open.collection.classes().iter().zip(counts);
        let rows = classes.map(|(class, count)| (class.name.clone(), count));
        (0..).zip(rows).collect::<Vec<(u16, _)>>()
    });
    let chosen = of(lab, |open| open.class);
    let row = move |(class, (name, count)): (u16, (String, u64))| {
        let is_chosen = move || chosen.get() == class;
        view! {
            <button
                type="button"
                data-testid="collect-class"
                data-name=name.clone()
                data-count=count.to_string()
                aria-pressed=move || is_chosen().to_string()
                tabindex=move || if is_chosen() { "0" } else { "-1" }
                on:click=move |_| editor.choose_class(class)
            >
                <span class="collect-name">{name.clone()}</span>
                <span class="figures">{exact(count)}</span>
            </button>
        }
    };
    let name = of(lab, |open| {
        let class = open.collection.classes().get(usize::from(open.class));
        class.map_or_else(String::new, |class| class.name.clone())
    });
    let error = RwSignal::new(None);
    let rename = Take::new(move |name: String| {
        let class = chosen.get_untracked();
        if editor.edit(|collection| collection.rename_class(class, &name)) {
            return Ok(());
        }
        // Said once, at the bottom of the form.
        Err(editor.error().get_untracked().unwrap_or_default())
    });
    let field = Input {
        step: None,
        least: 0.0,
        field: "class",
    };
    let add = move |_| {
        let mut place = None;
        let added = editor.edit(|collection| {
            place = Some(collection.add_class(None)?);
            Ok(())
        });
        if let Some(place) = place.filter(|_| added) {
            editor.choose_class(place);
        }
    };
    let delete = move |_| {
        let class = chosen.get_untracked();
        editor.edit(|collection| collection.delete_class(class));
    };
    view! {
        <div class="collect-classes" role="group" aria-label="Classes" on:keydown=rove>
            <For each=move || rows.get() key=|row| row.clone() let:item>
                {row(item)}
            </For>
        </div>
        <div class="collect-class-tools">
            {text_field("Name of the class".into(), name.into(), error, field, rename)}
            <button
                type="button"
                class="icon"
                aria-label="Delete this class with its images"
                title="Delete this class with its images"
                data-testid="delete-class"
                on:click=delete
            >
                {icon(Icon::Bin)}
            </button>
            <button type="button" data-testid="add-class" on:click=add>
                {icon(Icon::Plus)}
                "Class"
            </button>
        </div>
    }
}
