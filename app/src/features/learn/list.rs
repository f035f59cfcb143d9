//! All lessons, with what is done of each.

use leptos::prelude::*;
use state::learn::Progress;
use state::learn::lessons::{ALL, Lesson};
use state::learn::text::Texts;

use crate::lab::Lab;
use crate::platform::language;
use crate::ui::icon::{Icon, icon};

pub fn view(lab: Lab, texts: &Texts) -> AnyView {
    let progress = lab.learn.progress();
    let one = |lesson: &'static Lesson| {
        let title = texts.title(lesson.id);
        let name = title.clone();
        let done = Memo::new(move |_| progress.with(|it| it.of(lesson.id)));
        let complete = move || done.get().answered && done.get().steps >= lesson.steps.len();
        let state = move || match done.get().steps {
            _ if complete() => "done".to_owned(),
            0 => String::new(),
            steps => format!("{steps} of {}", lesson.steps.len()),
        };
        view! {
            <li>
                <button
                    type="button"
                    class="lesson-link"
                    data-testid="lesson-link"
                    data-lesson=lesson.id
                    data-done=move || complete().to_string()
                    on:click=move |_| lab.begin_lesson(lesson, title.clone())
                >
                    <i aria-hidden="true">{move || complete().then(|| icon(Icon::Check))}</i>
                    <span lang=language::now()>{name}</span>
                    <small>{state}</small>
                </button>
            </li>
        }
    };
    let any = move || !progress.with(Progress::is_empty);
    let reset = move |_| {
        lab.learn.change_progress(Progress::reset);
    };
    view! {
        <p class="learn-about">
            "Each lesson has a network of its own. Your work comes back when you leave it."
        </p>
        <ol class="lesson-list">{ALL.iter().map(one).collect_view()}</ol>
        {move || {
            any()
                .then(|| {
                    view! {
                        <button type="button" data-testid="reset-lessons" on:click=reset>
                            "Begin all lessons anew"
                        </button>
                    }
                })
        }}
    }
    .into_any()
}
