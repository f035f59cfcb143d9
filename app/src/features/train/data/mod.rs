//! The data to train on: which set, how it is divided, and how many images each class has.

mod choice;
mod classes;
mod collect;
mod kept;

use engine::Shape;
use engine::data::Split;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;

use self::choice::Choice;
use self::classes::ClassBars;
use self::collect::Collecting;
use crate::lab::Lab;
use crate::ui::format::{bytes, exact};
use crate::ui::lazy::{self, Part};

/// The section “Data” of the panel. `split` is that of the training.
#[component]
pub fn DataSection(
    #[prop(into, default = Signal::stored(Split::default()))] split: Signal<Split>,
) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let chosen = Memo::new(move |_| lab.data.chosen());
    Effect::new(move |_| {
        if let Some(id) = lab.data.chosen_id() {
            lab.count_set(id);
        }
    });
    let divided = Memo::new(move |_| lab.data.divided(chosen.get()?.id, &split.get()));
    let parts = move || {
        let info = chosen.get()?;
        Some(match divided.get() {
            Some(parts) => format!(
                "{} training · {} validation · {} test",
                exact(parts.training),
                exact(parts.validation),
                exact(parts.test)
            ),
            None => format!("{} images", exact(info.images)),
        })
    };
    let size = move || {
        let info = chosen.get()?;
        let Shape {
            channels,
            height,
            width,
        } = info.shape;
        let colour = if channels == 3 { "colour" } else { "grey" };
        Some(format!(
            "{width}×{height} pixels, {colour} · {}",
            bytes(info.bytes)
        ))
    };
    let progress = move || {
        let progress = lab.data.progress().get()?;
        let mine = chosen.with(|it| it.as_ref().is_some_and(|it| it.id == progress.set));
        mine.then(|| {
            let (done, total) = (progress.done, progress.total);
            view! {
                <p class="data-progress" data-testid="data-progress">
                    <progress
                        value=done.to_string()
                        max=total.max(1).to_string()
                        aria-label="Loading the images"
                    ></progress>
                    <span class="figures">{format!("{} of {}", exact(done), exact(total))}</span>
                </p>
            }
        })
    };
    let collecting = Memo::new(move |_| lab.data.editor.open().with(Option::is_some));
    let reading = move || reading(lab);
    lab.read_collections();
    view! {
        <section class="data-section" aria-label="Data">
            <h2 class="section-title">"Data"</h2>
            {move || {
                if collecting.get() {
                    return collection_view();
                }
                view! {
                    <Choice chosen />
                    <p class="data-parts figures" data-testid="data-parts">{parts}</p>
                    <p class="hint figures" data-testid="data-size">{size}</p>
                    {progress}
                    {reading}
                    <ClassBars chosen />
                    {kept::keep(lab, chosen)}
                }
                .into_any()
            }}
        </section>
    }
}

#[wasm_split(train, wasm_split_path = leptos::wasm_split, fallible, preload(collection_code))]
fn collection_part() -> Part {
    Ok(view! { <Collecting /> }.into_any())
}

/// The collection that is open.
fn collection_view() -> AnyView {
    lazy::on_demand("The collection", collection_code, collection_part)
}

/// How much of files is read.
fn reading(lab: Lab) -> Option<AnyView> {
    let (done, total) = lab.data.reading().get()?;
    Some(
        view! {
            <p class="data-progress" data-testid="data-reading">
                <progress
                    value=done.to_string()
                    max=total.max(1).to_string()
                    aria-label="Reading the files"
                ></progress>
                <span class="figures">
                    {format!("{} %", (100 * done).checked_div(total).unwrap_or_default())}
                </span>
            </p>
        }
        .into_any(),
    )
}
