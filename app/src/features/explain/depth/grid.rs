//! The pixels that reach one value, as a small grid.

use engine::analysis::{Reach, reach};
use engine::zoo::dilated;
use engine::{Graph, Shape};
use leptos::prelude::*;

use crate::lab::Lab;

/// Pixels across at most; of a larger window each is too small to be seen.
const MOST: u32 = 96;

/// What reaches the middle of the last map of such a stack.
pub fn of_stack(rates: &[u32]) -> AnyView {
    let stack = dilated(Shape::new(1, 28, 28), rates);
    let reached = stack.ok().and_then(|graph| {
        let last = graph.named(&format!("relu{}", rates.len()))?.id;
        reach(&graph, last, [14, 14])
    });
    reached.map_or_else(|| ().into_any(), |it| drawn(&it))
}

/// What reaches the chosen value of the network on the screen.
pub fn of_chosen(lab: Lab) -> AnyView {
    let shown = move || {
        let pixel = lab.look.chosen().get()?;
        let running = lab.document.running();
        running.with(|graph: &Graph| {
            let name = graph.node(pixel.node)?.name.clone();
            let reached = reach(graph, pixel.node, [pixel.row, pixel.column])?;
            Some(view! {
                <figure data-testid="gridding" data-rates="chosen">
                    {drawn(&reached)}
                    <figcaption>{format!("The chosen value of {name}")}</figcaption>
                </figure>
            })
        })
    };
    view! { {shown} }.into_any()
}

fn drawn(reached: &Reach) -> AnyView {
    let Some([rows, columns]) = reached.bounds() else {
        return view! { <p class="say">"No pixel reaches it."</p> }.into_any();
    };
    let [height, width] = [rows[1] - rows[0], columns[1] - columns[0]];
    let count = reached.count();
    let all = u64::from(height) * u64::from(width);
    let says = format!("{count} of {all} pixels, {height}×{width}");
    let picture = (height.max(width) <= MOST).then(|| {
        // One path: a square a pixel.
        let on = |row: u32, column: u32| {
            let place = (row * reached.width + column) as usize;
            reached.pixels.get(place) == Some(&true)
        };
        let mut path = String::new();
        for row in rows[0]..rows[1] {
            for column in (columns[0]..columns[1]).filter(|&column| on(row, column)) {
                let (x, y) = (column - columns[0], row - rows[0]);
                path.push_str(&format!("M{x}.1 {y}.1h.8v.8h-.8z"));
            }
        }
        view! {
            <svg class="reach" viewBox=format!("0 0 {width} {height}") role="img" aria-label=says.clone()>
                <path d=path></path>
            </svg>
        }
    });
    view! {
        {picture}
        <p class="say" data-count=count.to_string() data-testid="reach-count">{says}</p>
    }
    .into_any()
}
