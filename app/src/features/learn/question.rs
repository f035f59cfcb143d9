//! The question at the end of a lesson. The engine computes what is right.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use state::learn::lessons::Lesson;
use state::learn::question::{Reply, typed};
use state::learn::text::QuestionText;

use crate::lab::Lab;
use crate::platform::language;

pub fn view(
    lab: Lab,
    lesson: &'static Lesson,
    text: QuestionText,
    answered: Memo<bool>,
    said: RwSignal<String>,
) -> AnyView {
    let question = lesson.question;
    let number = RwSignal::new(String::new());
    let option = RwSignal::new(None::<usize>);
    let told = RwSignal::new(None::<String>);
    let check = move |event: SubmitEvent| {
        event.prevent_default();
        let replies: Vec<Reply> = match question.options() {
            Some(_) => option
                .get_untracked()
                .map(Reply::Option)
                .into_iter()
                .collect(),
            None => {
                let numbers = typed(&number.get_untracked());
                numbers.into_iter().map(Reply::Number).collect()
            }
        };
        if replies.is_empty() {
            return told.set(Some(match question.options() {
                Some(_) => "Choose an answer.".to_owned(),
                None => "Type a number, such as 1,024.".to_owned(),
            }));
        }
        let mut right = replies
            .into_iter()
            .map(|reply| question.accepts(reply, lesson.start.network));
        let right = right.try_fold(false, |any, right| right.map(|right| any || right));
        match right {
            Ok(true) => {
                told.set(None);
                lab.learn
                    .change_progress(|progress| progress.answer(lesson.id));
                said.set("Right. The lesson is done.".to_owned());
            }
            Ok(false) => told.set(Some("Not that. Look again and count.".to_owned())),
            Err(why) => told.set(Some(format!("The lab cannot compute the answer: {why}."))),
        }
    };
    let QuestionText { text, options, why } = text;
    let field = match question.options() {
        None => view! {
            <input
                type="text"
                inputmode="decimal"
                autocomplete="off"
                aria-labelledby="lesson-question"
                data-testid="lesson-number"
                prop:value=number
                on:input=move |event| number.set(event_target_value(&event))
            />
        }
        .into_any(),
        Some(count) => {
            let one = |(at, text): (usize, String)| {
                view! {
                    <label>
                        <input
                            type="radio"
                            name="lesson-option"
                            data-testid="lesson-option"
                            value=at.to_string()
                            prop:checked=move || option.get() == Some(at)
                            on:change=move |_| option.set(Some(at))
                        />
                        <span lang=language::now()>{text}</span>
                    </label>
                }
            };
            let all = options.into_iter().enumerate().take(count);
            view! {
                <div class="lesson-options" role="radiogroup" aria-labelledby="lesson-question">
                    {all.map(one).collect_view()}
                </div>
            }
            .into_any()
        }
    };
    view! {
        <form class="lesson-question" data-testid="lesson-question" data-done=move || answered.get().to_string() on:submit=check>
            <p id="lesson-question" lang=language::now()>{text}</p>
            {field}
            <button type="submit" data-testid="check-answer">"Check"</button>
            {move || told.get().map(|why| view! { <p class="lesson-told" role="alert">{why}</p> })}
            {move || answered.get().then(|| view! { <p class="lesson-right" data-testid="lesson-right"><b>"Right. "</b><span lang=language::now()>{why.clone()}</span></p> })}
        </form>
    }
    .into_any()
}
