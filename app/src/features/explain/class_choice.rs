//! The choice of a class among those that the answer offers.

use leptos::prelude::*;
use state::explain::offered;

use crate::lab::Lab;

/// The choice; the value is the class by its number, `None` for the class that is answered.
pub fn class_choice(
    lab: Lab,
    label: &'static str,
    testid: &'static str,
    class: Signal<Option<u32>>,
    choose: impl Fn(Option<u32>) + Copy + Send + Sync + 'static,
) -> AnyView {
    let all = Memo::new(move |_| {
        let latest = lab.answer.latest();
        let answer = latest.with(|trace| trace.as_ref().map(|trace| trace.answer.clone()));
        offered(&answer.unwrap_or_default(), class.get())
    });
    let name = move |class: u32| {
        let names = lab.answer.names;
        names.with(|names| names.of(class as usize).into_owned())
    };
    let value = move || class.get().map_or_else(String::new, |it| it.to_string());
    let changed = move |event: leptos::ev::Event| choose(event_target_value(&event).parse().ok());
    view! {
        <label class="why-class">
            {label}
            <select data-testid=testid prop:value=value on:change=changed>
                <option value="">"as answered"</option>
                <For each=move || all.get() key=|class| *class let:one>
                    <option value=one.to_string() selected=move || class.get() == Some(one)>
                        {move || name(one)}
                    </option>
                </For>
            </select>
        </label>
    }
    .into_any()
}
