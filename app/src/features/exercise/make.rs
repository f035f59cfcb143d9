//! The exercise that a teacher makes: title, text, start and checks, as a link or a file.

use engine::exercise::Exercise;
use engine::format::{Control, Lock};
use leptos::prelude::*;
use state::document::title;
use state::exercise::{DraftCheck, Form, Kind};

use super::text::text;
use crate::lab::Lab;
use crate::storage::autosave::word;

/// The view.
pub fn make(lab: Lab) -> AnyView {
    let state = lab.exercise().state;
    let draft = state.draft();
    let link = RwSignal::new(String::new());
    let said = RwSignal::new(String::new());
    // A changed exercise has another link.
    Effect::new(move |_| {
        draft.track();
        link.set(String::new());
    });
    let keys = Memo::new(move |_| {
        draft.with(|it| it.checks.iter().map(|check| check.key).collect::<Vec<_>>())
    });
    let share = move |_| match made(lab).and_then(|it| lab.exercise_link(&it).map_err(capital)) {
        Ok(text) => {
            state.fail(None);
            link.set(text.clone());
            lab.copy_text(text, said);
        }
        Err(why) => state.fail(Some(why)),
    };
    let save = move |_| {
        let saved = made(lab).and_then(|it| lab.save_exercise(&it).map_err(capital));
        state.fail(saved.err());
    };
    view! {
        <section class="exercise-make" aria-label="Make an exercise">
            <label class="exercise-field">
                <span>"Title"</span>
                <input
                    type="text"
                    maxlength="120"
                    data-testid="draft-title"
                    prop:value=move || draft.with(|it| it.title.clone())
                    on:input=move |event| {
                        state.edit_draft(|it| it.title = event_target_value(&event));
                    }
                />
            </label>
            <label class="exercise-field">
                <span>"Task, in Markdown"</span>
                <textarea
                    rows="6"
                    data-testid="draft-text"
                    prop:value=move || draft.with(|it| it.text.clone())
                    // Not when it is left: what is below would move from under a click.
                    on:input=move |event| {
                        state.edit_draft(|it| it.text = event_target_value(&event));
                    }
                ></textarea>
            </label>
            {move || {
                let source = draft.with(|it| it.text.clone());
                (!source.trim().is_empty()).then(|| text(&source))
            }}
            <h3>"Checks"</h3>
            <ol class="exercise-checks">
                <For each=move || keys.get() key=|key| *key let:key>
                    {check(lab, key)}
                </For>
            </ol>
            {add(lab)}
            <h3>"Start"</h3>
            <p class="exercise-start" data-testid="draft-start">
                {move || {
                    let name = lab.document.graph().with(|graph| graph.name().to_owned());
                    let locks = lab.document.locks().with(|locks| locks.len());
                    format!("From what is on the screen: {name}, {locks} locks.")
                }}
            </p>
            {locks(lab)}
            <div class="exercise-tools">
                <button type="button" class="primary" data-testid="draft-link" on:click=share>
                    "Copy the link"
                </button>
                <button type="button" data-testid="draft-file" on:click=save>
                    "Save as a file"
                </button>
            </div>
            {move || {
                let text = link.get();
                (!text.is_empty())
                    .then(|| {
                        view! {
                            <label class="exercise-field">
                                <span>"Link"</span>
                                <input type="text" readonly data-testid="draft-link-text" value=text />
                            </label>
                            <p role="status" class="figures">{said}</p>
                        }
                    })
            }}
        </section>
    }
    .into_any()
}

/// The exercise with what is on the screen as its start.
fn made(lab: Lab) -> Result<Exercise, String> {
    let state = lab.exercise().state;
    let checks = state.draft_items()?;
    let (title, text) = state
        .draft()
        .with_untracked(|it| (it.title.trim().to_owned(), it.text.clone()));
    if title.is_empty() {
        return Err("Give the exercise a title first.".to_owned());
    }
    let mut start = untrack(|| lab.experiment());
    let locks = state.draft().with_untracked(|it| it.locks.clone());
    start.settings.locks.extend(locks);
    let exercise = Exercise {
        start,
        title,
        text,
        checks,
    };
    // What is written is what is read.
    let written = exercise
        .write()
        .map_err(|error| capital(error.to_string()))?;
    Exercise::read(written).map_err(|error| capital(error.to_string()))
}

/// As a sentence.
fn capital(why: String) -> String {
    let mut letters = why.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string());
    format!(
        "{}{}.",
        first.unwrap_or_default(),
        letters.as_str().trim_end_matches('.')
    )
}

/// What students cannot operate.
fn locks(lab: Lab) -> AnyView {
    let state = lab.exercise().state;
    let all = Control::ALL.into_iter().filter(|it| it.can_be_locked());
    let boxes = all.map(|control| {
        let locked = move || state.draft().with(|it| it.locks.contains_key(&control));
        view! {
            <label>
                <input
                    type="checkbox"
                    data-testid=format!("draft-lock-{control:?}").to_lowercase()
                    prop:checked=locked
                    on:change=move |event| {
                        let on = event_target_checked(&event);
                        state.edit_draft(|draft| {
                            if on {
                                draft.locks.insert(control, Lock::Locked);
                            } else {
                                draft.locks.remove(&control);
                            }
                        });
                    }
                />
                {title(control)}
            </label>
        }
    });
    view! {
        <details>
            <summary>"Locked for students"</summary>
            <fieldset class="exercise-choice">
                <legend class="visually-hidden">"Locked for students"</legend>
                {boxes.collect_view()}
            </fieldset>
        </details>
    }
    .into_any()
}

fn add(lab: Lab) -> AnyView {
    let state = lab.exercise().state;
    let chosen = RwSignal::new(0);
    let add = move |_| {
        let kind = Kind::ALL[chosen.get_untracked().min(Kind::ALL.len() - 1)];
        let drawing = kind.draws().then(|| lab.drawing()).flatten();
        if kind.draws() && drawing.is_none() {
            let why = "There is no drawing on the pad. Draw one, then add the check.";
            return state.fail(Some(why.to_owned()));
        }
        state.fail(None);
        let check = DraftCheck::new(state.next_key(), kind, drawing, word());
        state.edit_draft(|draft| draft.checks.push(check));
    };
    let options = Kind::ALL.iter().enumerate();
    let options = options.map(|(place, kind)| {
        view! { <option value=place.to_string()>{kind.title()}</option> }
    });
    view! {
        <div class="exercise-tools">
            <select
                aria-label="Kind of check"
                data-testid="draft-kind"
                on:change=move |event| {
                    chosen.set(event_target_value(&event).parse().unwrap_or(0));
                }
            >
                {options.collect_view()}
            </select>
            <button type="button" data-testid="draft-add" on:click=add>
                "Add check"
            </button>
        </div>
    }
    .into_any()
}

fn check(lab: Lab, key: u32) -> AnyView {
    let state = lab.exercise().state;
    let edit = move |change: &dyn Fn(&mut DraftCheck)| {
        state.edit_draft(|draft| {
            if let Some(check) = draft.checks.iter_mut().find(|it| it.key == key) {
                change(check);
            }
        });
    };
    let of =
        move |draft: &state::exercise::Draft| draft.checks.iter().find(|it| it.key == key).cloned();
    let Some(made) = state.draft().with_untracked(of) else {
        return ().into_any();
    };
    let title = made.kind.title();
    let fields = made.fields.iter().enumerate().map(|(place, field)| {
        let put = move |value: String| {
            edit(&|check| {
                if let Some(field) = check.fields.get_mut(place) {
                    field.value.clone_from(&value);
                }
            });
        };
        let name = field.title;
        let testid = format!("draft-field-{place}");
        let control = match &field.form {
            Form::Select(options) => {
                let now = field.value.clone();
                let options = options.clone().into_iter().map(move |option| {
                    let selected = option == now;
                    view! { <option value=option.clone() selected=selected>{option.clone()}</option> }
                });
                view! {
                    <select
                        data-testid=testid
                        on:change=move |event| put(event_target_value(&event))
                    >
                        {options.collect_view()}
                    </select>
                }
                .into_any()
            }
            Form::Area => view! {
                <textarea
                    rows="4"
                    data-testid=testid
                    prop:value=field.value.clone()
                    on:change=move |event| put(event_target_value(&event))
                ></textarea>
            }
            .into_any(),
            Form::Number | Form::Text => {
                let mode = match field.form {
                    Form::Number => "decimal",
                    _ => "text",
                };
                view! {
                    <input
                        type="text"
                        inputmode=mode
                        data-testid=testid
                        prop:value=field.value.clone()
                        on:change=move |event| put(event_target_value(&event))
                    />
                }
                .into_any()
            }
        };
        view! {
            <label class="exercise-field">
                <span>{name}</span>
                {control}
            </label>
        }
    });
    let why = move || {
        let check = state.draft().with(of)?;
        let why = check.item().err()?;
        Some(view! { <p class="exercise-why" data-testid="draft-why">{why}</p> })
    };
    view! {
        <li class="exercise-check" data-testid="draft-check">
            <div class="exercise-line">
                <span class="exercise-name">{title}</span>
                <button
                    type="button"
                    aria-label=format!("Remove the check: {title}")
                    data-testid="draft-remove"
                    on:click=move |_| {
                        state.edit_draft(|draft| draft.checks.retain(|it| it.key != key));
                    }
                >
                    "Remove"
                </button>
            </div>
            {fields.collect_view()}
            <label class="exercise-field">
                <span>"Points"</span>
                <input
                    type="text"
                    inputmode="numeric"
                    data-testid="draft-points"
                    prop:value=made.points.clone()
                    on:change=move |event| {
                        let value = event_target_value(&event);
                        edit(&|check| check.points.clone_from(&value));
                    }
                />
            </label>
            {why}
        </li>
    }
    .into_any()
}
