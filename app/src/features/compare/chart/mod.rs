//! Charts as plain data, and the view that draws them as wide as their place. Every chart has a table
//! and points that the keyboard reaches.

mod mark;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::ui::width_of;

pub use self::mark::Mark;
pub use state::scale::Scale;

/// Room for the axes' numbers: left, top, right, bottom.
const LEFT: f64 = 48.0;
const TOP: f64 = 8.0;
const RIGHT: f64 = 14.0;
const BOTTOM: f64 = 24.0;

/// A drawing and the table behind it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    pub height: f64,
    pub marks: Vec<Mark>,
    /// Families of layers whose colours it uses.
    pub legend: Vec<&'static str>,
    /// What it shows, in a sentence.
    pub finding: String,
    pub heading: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// The axes of a chart: where numbers stand.
#[derive(Clone, Copy, Debug)]
pub struct Axes {
    pub x: Scale,
    pub y: Scale,
    pub size: [f64; 2],
}

impl Axes {
    pub fn place(&self, x: f64, y: f64) -> [f64; 2] {
        let [width, height] = self.size;
        let (wide, high) = (width - LEFT - RIGHT, height - TOP - BOTTOM);
        [
            LEFT + self.x.place(x) * wide,
            height - BOTTOM - self.y.place(y) * high,
        ]
    }

    /// Lines at the vertical axis' numbers, and the numbers.
    pub fn marks(&self, x_ticks: Vec<(f64, String)>, y_ticks: Vec<(f64, String)>) -> Vec<Mark> {
        let [width, height] = self.size;
        let mut marks = Vec::new();
        for (tick, text) in y_ticks {
            let [_, y] = self.place(0.0, tick);
            marks.push(Mark::line("grid", &[[LEFT, y], [width - RIGHT, y]]));
            marks.push(Mark::words("tick tick-y", [LEFT - 6.0, y + 4.0], text));
        }
        for (tick, text) in x_ticks {
            let [x, _] = self.place(tick, 0.0);
            marks.push(Mark::words("tick tick-x", [x, height - 6.0], text));
        }
        marks
    }

    /// What the horizontal axis shows, above its right end.
    pub fn title(&self, words: &str) -> Mark {
        let [width, height] = self.size;
        let place = [width - RIGHT, height - BOTTOM - 6.0];
        Mark::words("tick tick-y", place, words)
    }

    /// What the vertical axis shows, below its upper end.
    pub fn y_title(&self, words: &str) -> Mark {
        Mark::words("tick", [LEFT + 4.0, TOP + 14.0], words)
    }
}

/// A chart, drawn for the width of its place: its title, what the point under the pointer or the
/// focus says, and its table.
pub fn figure(
    title: &'static str,
    testid: &'static str,
    draw: impl Fn(f64) -> Chart + Send + Sync + 'static,
) -> AnyView {
    let place = NodeRef::<html::Figure>::new();
    let width = width_of(place);
    let chart = Memo::new(move |_| match width.get() {
        // Not laid out yet.
        0.0 => Chart::default(),
        width => draw(width),
    });
    let told = RwSignal::new(String::new());
    let open = RwSignal::new(false);
    let name = move || {
        let points = chart.with(|it| it.marks.iter().filter(|it| it.label.is_some()).count());
        format!("{title}: {points} points; arrow keys go from one to the next")
    };
    // Listening here, not at each of hundreds of points.
    let say = move |event: web_sys::Event| {
        let point: web_sys::Element = event_target(&event);
        told.set(
            point
                .get_attribute("aria-label")
                .filter(|_| is_point(&point))
                .unwrap_or_default(),
        );
    };
    let marks = move || {
        let mut first = true;
        let one = |mark: Mark| {
            let reached = mark.label.is_some() && std::mem::take(&mut first);
            drawn(mark, reached)
        };
        chart.get().marks.into_iter().map(one).collect_view()
    };
    let legend = move || {
        let one = |family: &'static str| view! { <span data-family=family>{family}</span> };
        chart
            .with(|it| it.legend.clone())
            .into_iter()
            .map(one)
            .collect_view()
    };
    view! {
        <figure class="chart" data-testid=testid node_ref=place>
            <figcaption>
                <h3>{title}</h3>
                <span class="legend" aria-hidden="true">{legend}</span>
                <button
                    type="button"
                    class="quiet"
                    data-testid="chart-table"
                    aria-label=format!("{title} as a table")
                    aria-expanded=move || open.get().to_string()
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    "Table"
                </button>
            </figcaption>
            <p class="finding" data-testid="finding" hidden=move || chart.with(|it| it.finding.is_empty())>
                {move || chart.with(|it| it.finding.clone())}
            </p>
            <svg
                role="group"
                aria-label=name
                width=move || width.get()
                height=move || chart.with(|it| it.height)
                on:keydown=step
                on:focusin=move |event| say(event.into())
                on:pointerover=move |event| say(event.into())
                on:pointerleave=move |_| told.set(String::new())
                on:focusout=move |_| told.set(String::new())
            >
                {marks}
            </svg>
            <p class="chart-description" aria-hidden="true" hidden=move || told.with(String::is_empty)>{told}</p>
            {move || open.get().then(|| chart.with(|it| plain_table(it.heading.clone(), it.rows.clone())))}
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
            <table class="compare-table">
                <thead><tr>{heading.collect_view()}</tr></thead>
                <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
