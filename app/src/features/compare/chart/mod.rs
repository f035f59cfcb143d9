//! Charts as plain data, and the view that draws them. Every chart has a table and
//! keyboard-focusable points.

mod mark;
mod scale;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::ui::growth::{Turn, late};

pub use self::mark::Mark;
pub use self::scale::Scale;

/// The size of the drawing in its own units.
pub const WIDTH: f64 = 400.0;
/// Of the drawing in [`Chart::new`]; bars are as high as they need.
pub const HEIGHT: f64 = 270.0;
/// Room for the axes' numbers and titles: left, top, right, bottom.
const LEFT: f64 = 58.0;
const TOP: f64 = 14.0;
const RIGHT: f64 = 16.0;
const BOTTOM: f64 = 42.0;

/// A drawing and the table behind it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    pub height: f64,
    pub marks: Vec<Mark>,
    pub heading: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// The axes of a chart: where numbers stand.
#[derive(Clone, Copy, Debug)]
pub struct Axes {
    pub x: Scale,
    pub y: Scale,
}

impl Axes {
    pub fn place(&self, x: f64, y: f64) -> [f64; 2] {
        let (width, height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
        let (right, up) = (self.x.place(x), self.y.place(y));
        [LEFT + right * width, HEIGHT - BOTTOM - up * height]
    }

    /// Grid lines, ticks and titles.
    pub fn marks(
        &self,
        [x_title, y_title]: [&str; 2],
        x_ticks: Vec<(f64, String)>,
        y_ticks: Vec<(f64, String)>,
    ) -> Vec<Mark> {
        let [left, bottom] = [LEFT, HEIGHT - BOTTOM];
        let [right, top] = [WIDTH - RIGHT, TOP];
        let mut marks = Vec::new();
        for (tick, text) in x_ticks {
            let x = LEFT + self.x.place(tick) * (right - left);
            marks.push(Mark::line("grid", &[[x, bottom], [x, top]]));
            marks.push(Mark::words("tick tick-x", [x, bottom + 15.0], text));
        }
        for (tick, text) in y_ticks {
            let y = bottom - self.y.place(tick) * (bottom - top);
            marks.push(Mark::line("grid", &[[left, y], [right, y]]));
            marks.push(Mark::words("tick tick-y", [left - 6.0, y + 4.0], text));
        }
        marks.push(Mark::line(
            "axis",
            &[[left, top], [left, bottom], [right, bottom]],
        ));
        let middle = f64::midpoint(left, right);
        marks.push(Mark::words(
            "axis-title tick-x",
            [middle, HEIGHT - 6.0],
            x_title,
        ));
        marks.push(Mark::words("axis-title", [2.0, TOP - 4.0], y_title));
        marks
    }
}

/// A chart with its title, a description of the hovered point, and its table.
pub fn figure(title: &'static str, testid: &'static str, chart: Memo<Chart>) -> AnyView {
    let description = RwSignal::new(String::new());
    let open = RwSignal::new(false);
    // Hundreds of marks each: charts that change together are drawn one after another.
    let shown = late(chart, Chart::default(), Turn::InLine);
    let count = move || shown.with(|it| it.marks.iter().filter(|it| it.label.is_some()).count());
    let name = move || {
        format!(
            "{title}: {} points; arrow keys go from one to the next",
            count()
        )
    };
    // Listening here, not at each of hundreds of points.
    let say = move |event: web_sys::Event| {
        let point: web_sys::Element = event_target(&event);
        if let Some(words) = point
            .get_attribute("aria-label")
            .filter(|_| is_point(&point))
        {
            description.set(words);
        }
    };
    let marks = move || {
        let mut first = true;
        let marks = shown.with(|chart| chart.marks.clone());
        let one = |mark: Mark| {
            let reached = mark.label.is_some() && std::mem::take(&mut first);
            drawn(mark, reached)
        };
        marks.into_iter().map(one).collect_view()
    };
    view! {
        <figure class="chart" data-testid=testid>
            <figcaption class="section-title">{title}</figcaption>
            <svg
                role="group"
                aria-label=name
                viewBox=move || format!("0 0 {WIDTH} {}", chart.with(|it| it.height))
                on:keydown=step
                on:focusin=move |event| say(event.into())
                on:pointerover=move |event| say(event.into())
            >
                {marks}
            </svg>
            <p class="hint chart-description" aria-hidden="true">{move || description.get()}</p>
            <details class="table-behind" on:toggle=move |event| open.set(is_open(&event))>
                <summary class="hint">"As a table"</summary>
                {move || open.get().then(|| chart.with(table))}
            </details>
        </figure>
    }
    .into_any()
}

/// Whether this is one of the drawing's points.
fn is_point(element: &web_sys::Element) -> bool {
    element.class_list().contains("point")
}

fn drawn(mark: Mark, first: bool) -> AnyView {
    let Mark {
        class,
        path,
        series,
        family,
        words,
        label,
    } = mark;
    if let Some((x, y, words)) = words {
        return view! { <text class=class x=x y=y data-series=series data-family=family>{words}</text> }
            .into_any();
    }
    let Some(label) = label else {
        return view! { <path class=class d=path data-series=series data-family=family /> }
            .into_any();
    };
    view! {
        <path
            class=format!("{class} point")
            d=path
            data-series=series
            data-family=family
            role="img"
            tabindex=if first { "0" } else { "-1" }
            aria-label=label
        />
    }
    .into_any()
}

/// Whether the details element of a toggle event is open now.
fn is_open(event: &web_sys::Event) -> bool {
    let element: web_sys::Element = event_target(event);
    element.has_attribute("open")
}

/// Arrow keys go from point to point, as in a list.
fn step(event: leptos::ev::KeyboardEvent) {
    let here: Option<web_sys::Element> = event.target().and_then(|it| it.dyn_into().ok());
    let Some(here) = here else { return };
    let Ok(Some(svg)) = here.closest("svg") else {
        return;
    };
    let Ok(points) = svg.query_selector_all(".point") else {
        return;
    };
    let at = |place: u32| {
        points
            .item(place)
            .and_then(|it| it.dyn_into::<web_sys::Element>().ok())
    };
    let count = points.length();
    let Some(now) = (0..count).find(|&place| at(place).as_ref() == Some(&here)) else {
        return;
    };
    let next = match event.key().as_str() {
        "ArrowRight" | "ArrowDown" => (now + 1).min(count - 1),
        "ArrowLeft" | "ArrowUp" => now.saturating_sub(1),
        "Home" => 0,
        "End" => count - 1,
        _ => return,
    };
    event.prevent_default();
    if let Some(next) = at(next) {
        // An SVG element takes the focus as an HTML one does; web-sys has it on that only.
        let focused = next.unchecked_ref::<HtmlElement>().focus();
        debug_assert!(focused.is_ok());
    }
}

/// Rows under a heading; the first cell of each names it.
fn table(chart: &Chart) -> AnyView {
    plain_table(chart.heading.clone(), chart.rows.clone())
}

/// A table of words, the first column its rows' names.
pub fn plain_table(heading: Vec<String>, rows: Vec<Vec<String>>) -> AnyView {
    let heading = heading
        .into_iter()
        .map(|it| view! { <th scope="col">{it}</th> });
    let row = |cells: Vec<String>| {
        let cells = cells.into_iter().enumerate().map(|(at, cell)| {
            if at == 0 {
                view! { <th scope="row">{cell}</th> }.into_any()
            } else {
                view! { <td>{cell}</td> }.into_any()
            }
        });
        view! { <tr>{cells.collect_view()}</tr> }
    };
    view! {
        <div class="table-scroll" tabindex="0" role="group" aria-label="Table">
            <table class="figures compare-table">
                <thead><tr>{heading.collect_view()}</tr></thead>
                <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
