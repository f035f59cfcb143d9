//! The lesson that is open: its steps, each done when the lab is as it asks, and its question.

use leptos::prelude::*;
use state::State;
use state::learn::check::Began;
use state::learn::lessons::{ALL, Lesson};
use state::learn::text::Texts;

use super::{question, step};
use crate::lab::Lab;
use crate::platform::language;
use crate::ui::icon::{Icon, icon};

pub fn view(lab: Lab, lesson: &'static Lesson, texts: &Texts) -> AnyView {
    let text = texts.raw(lesson.id).unwrap_or_default();
    let rate = lab
        .train
        .task()
        .with_untracked(|task| task.settings.schedule.rate);
    let began = Began::with(&lesson.start, rate).map_err(|error| error.to_string());
    let (text, began) = match (text.filled(lesson.start.network), began) {
        (Ok(text), Ok(began)) => (text, began),
        (Err(why), _) | (_, Err(why)) => return broken(lab, &why),
    };
    let said = RwSignal::new(String::new());
    let count = lesson.steps.len();
    let done = Memo::new(move |_| {
        let done = lab.learn.progress().with(|it| it.of(lesson.id));
        done.steps.min(count)
    });
    let steps_text = StoredValue::new(text.steps.clone());
    follow(lab, lesson, began, done, move |step| {
        let next = steps_text.with_value(|all| all.get(step + 1).map(|it| it.text.clone()));
        let next = next.unwrap_or_else(|| "The question is next.".to_owned());
        said.set(format!("Step {} of {count} is done. {next}", step + 1));
    });
    let steps = text.steps.into_iter().enumerate().take(count);
    let steps = steps.map(|(at, text)| step::view(text, at, done));
    let at = ALL.iter().position(|it| it.id == lesson.id).unwrap_or(0);
    let answered = Memo::new(move |_| lab.learn.progress().with(|it| it.of(lesson.id)).answered);
    let finished = move || answered.get() && done.get() == count;
    let next = ALL.get(at + 1).map(|next| {
        let title = texts.title(next.id);
        let name = title.clone();
        view! {
            <button
                type="button"
                class:primary=finished
                data-testid="next-lesson"
                on:click=move |_| lab.begin_lesson(next, title.clone())
            >
                "Next: " <span lang=language::now()>{name}</span>
            </button>
        }
    });
    let title = text.title.clone();
    let anew = move |_| {
        lab.learn
            .change_progress(|progress| progress.forget(lesson.id));
        lab.begin_lesson(lesson, title.clone());
    };
    let sources = text.sources;
    view! {
        <article
            class="lesson"
            data-testid="lesson"
            data-lesson=lesson.id
            data-done=move || finished().to_string()
            aria-labelledby="lesson-title"
        >
            <p class="lesson-kick">
                <span>{format!("Lesson {} of {}", at + 1, ALL.len())}</span>
                <button type="button" data-testid="leave-lesson" on:click=move |_| lab.leave_lesson()>
                    "Back to my work"
                </button>
            </p>
            <h3 id="lesson-title" lang=language::now()>{text.title}</h3>
            <p class="lesson-goal" lang=language::now()>{text.goal}</p>
            <ol class="lesson-steps">{steps.collect_view()}</ol>
            {move || {
                (done.get() == count).then(|| question::view(lab, lesson, text.question.clone(), answered, said))
            }}
            <footer class="lesson-foot">
                {next}
                <button type="button" data-testid="lesson-anew" on:click=anew>"Begin anew"</button>
                <details>
                    <summary>"Sources"</summary>
                    <ul translate="no">{sources.into_iter().map(|it| view! { <li>{it}</li> }).collect_view()}</ul>
                </details>
            </footer>
            <p class="visually-hidden" role="status">{said}</p>
        </article>
    }
    .into_any()
}

/// Completes each step when the lab is as it asks. What a lesson begins with completes nothing: a
/// step's check must have been seen to fail since the lesson was opened.
fn follow(
    lab: Lab,
    lesson: &'static Lesson,
    mut began: Began,
    done: Memo<usize>,
    tell: impl Fn(usize) + 'static,
) {
    let state: State = *lab;
    // The first step whose check has failed, or that was reached by doing the one before.
    let armed = StoredValue::new(None::<usize>);
    Effect::new(move |before: Option<usize>| {
        let at = done.get();
        began.follow(state, before != Some(at));
        let Some(check) = lesson.steps.get(at) else {
            return at;
        };
        if !check.holds(state, &began) {
            armed.set_value(Some(at));
        } else if armed.get_value().is_some_and(|armed| armed <= at) {
            lab.learn
                .change_progress(|progress| progress.complete(lesson.id, at));
            tell(at);
        }
        at
    });
}

fn broken(lab: Lab, why: &str) -> AnyView {
    view! {
        <div role="alert" data-testid="error">
            <p>{format!("The texts of this lesson cannot be shown: {why}.")}</p>
            <button type="button" on:click=move |_| lab.leave_lesson()>
                {icon(Icon::Previous)}
                "Back to my work"
            </button>
        </div>
    }
    .into_any()
}
