//! Shares against a bound, as lines.

use leptos::html;
use leptos::prelude::*;
use state::attack::{Label, Line, Plot, plot_points, short};

use crate::ui::format::percent;
use crate::ui::width_of;

const HEIGHT: f64 = 150.0;

/// The points of each line.
pub fn chart(
    lines: Vec<(String, Vec<[f64; 2]>)>,
    title: &'static str,
    axis: &'static str,
) -> AnyView {
    let place = NodeRef::<html::Figure>::new();
    let width = width_of(place);
    let names: Vec<String> = lines.iter().map(|it| it.0.clone()).collect();
    let label = format!("{title} against {axis} for {}", names.join(", "));
    let drawn = Memo::new(move |_| {
        let lines = lines.iter();
        let lines = lines.map(|(name, points)| (name.as_str(), points.as_slice()));
        plot_points(&lines.collect::<Vec<_>>(), [width.get(), HEIGHT])
    });
    let line = move |(at, line): (usize, Line)| {
        let dots = line.dots.iter().map(|([bound, share], [x, y])| {
            let title = format!(
                "{}, {axis} {}: {}",
                line.name,
                short(*bound),
                percent(*share)
            );
            view! { <circle class="dot" cx=*x cy=*y r="3"><title>{title}</title></circle> }
        });
        let dots = dots.collect_view();
        view! {
            <g data-series=at.to_string()>
                <path class="checks" d=line.path />
                {dots}
            </g>
        }
    };
    let texts = move |class: &'static str, of: fn(&Plot) -> &Vec<Label>| {
        let texts = drawn.with(|it| of(it).clone()).into_iter();
        let one = |([x, y], words): Label| {
            view! { <text class=class x=x y=y>{words}</text> }
        };
        texts.map(one).collect_view()
    };
    let key = |(at, name): (usize, String)| view! { <li data-series=at.to_string()>{name}</li> };
    view! {
        <figure class="plot robustness-plot" node_ref=place>
            <figcaption>
                <h3>{title}</h3>
                <ul class="robustness-key">{names.into_iter().enumerate().map(key).collect_view()}</ul>
            </figcaption>
            <svg role="img" aria-label=label width=move || width.get() height=HEIGHT>
                <path class="grid" d=move || drawn.with(|it| it.grid.clone()) />
                {move || texts("tick tick-y", |it| &it.up)}
                {move || texts("tick tick-x", |it| &it.across)}
                {move || drawn.with(|it| it.lines.clone()).into_iter().enumerate().map(line).collect_view()}
            </svg>
            <p class="robustness-axis">{axis}</p>
        </figure>
    }
    .into_any()
}
