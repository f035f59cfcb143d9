//! A table with one row for each number, whose last column has buttons.

use leptos::prelude::*;

pub fn numbered(
    heading: &'static [&'static str],
    numbers: Memo<Vec<u64>>,
    row: impl Fn(u64) -> AnyView + Copy + Send + Sync + 'static,
) -> AnyView {
    view! {
        <div class="training-table">
            <table>
                <thead>
                    <tr>
                        {heading.iter().map(|it| view! { <th scope="col">{*it}</th> }).collect_view()}
                        <td></td>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || numbers.get() key=|number| *number let:number>
                        {row(number)}
                    </For>
                </tbody>
            </table>
        </div>
    }
    .into_any()
}
