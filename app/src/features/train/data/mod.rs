//! The data to train on: which set, how it is divided, and how many images each class has.

mod choice;
mod classes;

use engine::data::Split;
use leptos::prelude::*;

use self::choice::Choice;
use self::classes::ClassBars;
use crate::lab::Lab;
use crate::ui::format::exact;

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
    view! {
        <section class="data-section" aria-label="Data">
            <h2 class="section-title">"Data"</h2>
            <Choice chosen />
            <p class="data-parts figures" data-testid="data-parts">{parts}</p>
            {progress}
            <ClassBars chosen />
        </section>
    }
}
