//! The images of the chosen class, of which some can be chosen to be moved or deleted.

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::html;
use leptos::prelude::*;

use super::of;
use crate::lab::Lab;
use crate::ui::maps::Resizing;
use crate::ui::rove;

/// The images shown at first; more on request, because each is a canvas.
const SHOWN: usize = 60;

#[component]
pub fn Thumbs() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let class = of(lab, |open| open.class);
    let shown = RwSignal::new(SHOWN);
    Effect::new(move |_| {
        class.track();
        shown.set(SHOWN);
    });
    let all = of(lab, |open| {
        // The latest first: it appears beside the button that added it.
        let mut all: Vec<u64> = open.collection.of_class(open.class).collect();
        all.reverse();
        all
    });
    let first = move || all.with(|all| all.iter().copied().take(shown.get()).collect::<Vec<_>>());
    let more = move || {
        let more = all.with(Vec::len).saturating_sub(shown.get());
        (more > 0).then(|| {
            view! {
                <button type="button" class="quiet" on:click=move |_| shown.update(|it| *it += 4 * SHOWN)>
                    {format!("Show more ({more})")}
                </button>
            }
        })
    };
    let keys = move |event: KeyboardEvent| {
        if matches!(event.key().as_str(), "Delete" | "Backspace") {
            event.prevent_default();
            return delete(lab);
        }
        rove(event);
    };
    let latest = Memo::new(move |_| all.with(|all| all.first().copied()));
    view! {
        <div
            class="collect-thumbs"
            role="group"
            aria-label="Images of this class"
            data-testid="collect-images"
            on:keydown=keys
        >
            <For each=first key=|number| *number let:number>
                <Thumb number latest />
            </For>
        </div>
        {more}
        {tools(lab)}
    }
    .into_any()
}

#[component]
fn Thumb(number: u64, latest: Memo<Option<u64>>) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let editor = lab.data.editor;
    let canvas = NodeRef::<html::Canvas>::new();
    Effect::new(move |_| {
        let (Some(canvas), Some(image)) = (canvas.get(), editor.image(number)) else {
            return;
        };
        // One that the browser does not draw stays empty; the image is there all the same.
        if let Ok(painter) = Resizing::default().fit(&canvas, image.shape.width, image.shape.height)
        {
            painter.put(&image.rgba());
        }
    });
    // Enlarged pixels of a drawing are seen as such; a photo is scaled down.
    let small = editor
        .image(number)
        .is_some_and(|image| image.shape.width <= 64);
    let chosen = of(lab, move |open| open.chosen.contains(&number));
    let choose = move |event: MouseEvent| {
        editor.choose(
            number,
            event.shift_key() || event.ctrl_key() || event.meta_key(),
        );
    };
    view! {
        <button
            type="button"
            class="thumb"
            data-testid="collect-image"
            aria-label=format!("Image {}", number + 1)
            aria-pressed=move || chosen.get().to_string()
            tabindex=move || if latest.get() == Some(number) { "0" } else { "-1" }
            on:click=choose
        >
            <canvas node_ref=canvas class=small.then_some("pixels") width="1" height="1"></canvas>
        </button>
    }
}

fn delete(lab: Lab) {
    let chosen = |open: &state::data::own::Editing| open.chosen.clone();
    let chosen = untrack(|| lab.data.editor.with(chosen)).unwrap_or_default();
    lab.data.editor.edit(|collection| {
        collection.delete(&chosen);
        Ok(())
    });
}

/// What is done with the chosen images.
fn tools(lab: Lab) -> AnyView {
    let editor = lab.data.editor;
    let chosen = of(lab, |open| open.chosen.clone());
    let class = of(lab, |open| open.class);
    let classes = of(lab, |open| {
        let classes = open.collection.classes().iter();
        (0..)
            .zip(classes.map(|class| class.name.clone()))
            .collect::<Vec<(u16, String)>>()
    });
    let others = move || {
        let mut classes = classes.get();
        classes.retain(|(place, _)| *place != class.get());
        classes
    };
    let relabel = move |event| {
        let Ok(class) = event_target_value(&event).parse() else {
            return;
        };
        let chosen = chosen.get_untracked();
        editor.edit(|collection| {
            collection.relabel(&chosen, class);
            Ok(())
        });
        let select: web_sys::HtmlSelectElement = event_target(&event);
        select.set_value("");
    };
    view! {
        <div class="collect-chosen" hidden=move || chosen.with(Vec::is_empty)>
            <span class="figures">{move || format!("{} chosen", chosen.with(Vec::len))}</span>
            <select aria-label="Move to class" data-testid="relabel" on:change=relabel>
                <option value="">"Move to…"</option>
                <For each=others key=|class| class.clone() let:item>
                    <option value=item.0.to_string()>{item.1.clone()}</option>
                </For>
            </select>
            <button type="button" data-testid="delete-images" on:click=move |_| delete(lab)>
                "Delete"
            </button>
        </div>
    }
    .into_any()
}
