//! Workers, the pieces that each has, and the messages on their way.

use std::f64::consts::TAU;

use engine::distribute::Reduction;
use leptos::prelude::*;
use state::deploy::reduce::{Message, Reduced};

use crate::ui::format::bytes;

/// The picture's size in its own units, and that of a worker's box.
const WIDE: f64 = 420.0;
const HIGH: f64 = 300.0;
const BOX: [f64; 2] = [84.0, 30.0];

/// The middle of a worker's box: all in a ring, or the server among the others.
fn middle(how: Reduction, worker: usize, workers: usize) -> [f64; 2] {
    let centre = [WIDE / 2.0, HIGH / 2.0];
    let (number, of) = match (how, worker) {
        (Reduction::Server, 0) => return centre,
        (Reduction::Server, _) => (worker - 1, workers - 1),
        (Reduction::Ring, _) => (worker, workers),
    };
    let turn = TAU * number as f64 / of.max(1) as f64 - TAU / 4.0;
    [
        centre[0] + (WIDE - BOX[0] - 12.0) / 2.0 * turn.cos(),
        centre[1] + (HIGH - BOX[1] - 28.0) / 2.0 * turn.sin(),
    ]
}

fn between([x, y]: [f64; 2], [to_x, to_y]: [f64; 2], share: f64) -> [f64; 2] {
    [x + share * (to_x - x), y + share * (to_y - y)]
}

pub fn picture(one: Reduced, at: RwSignal<f64>) -> AnyView {
    let (how, workers) = (one.how, one.workers);
    let rounds = one.rounds();
    let place = move |worker: usize| middle(how, worker, workers);
    // How many rounds have passed, and how far the next one is.
    let whole = Memo::new(move |_| (at.get().max(0.0) as usize).min(rounds));
    let share = Memo::new(move |_| (at.get() - whole.get() as f64).clamp(0.0, 1.0));
    let mut links: Vec<(usize, usize)> = Vec::new();
    for it in &one.messages {
        let ends = (it.transfer.from, it.transfer.to);
        if !links.contains(&ends) {
            links.push(ends);
        }
    }
    let one = StoredValue::new(one);
    let lines = links.clone().into_iter().map(move |(from, to)| {
        let ([x1, y1], [x2, y2]) = (place(from), place(to));
        let busy = move || {
            let round = whole.get();
            one.with_value(|one| {
                let mut of_round = one.of_round(round);
                of_round.any(|it| (it.transfer.from, it.transfer.to) == (from, to))
            })
        };
        view! {
            <line
                class="reduce-link"
                data-busy=move || busy().then_some("")
                x1=format!("{x1:.1}")
                y1=format!("{y1:.1}")
                x2=format!("{x2:.1}")
                y2=format!("{y2:.1}")
            ></line>
        }
    });
    let counts = links.into_iter().map(move |(from, to)| {
        // Beside the middle, so that both ways of a line have a place of their own.
        let [x, y] = between(place(from), place(to), 0.4);
        let sent = move || {
            let before = whole.get();
            one.with_value(|one| match one.on_link(from, to, before) {
                0 => String::new(),
                sent => bytes(sent),
            })
        };
        view! {
            <text class="reduce-sent" x=format!("{x:.1}") y=format!("{:.1}", y - 4.0)>{sent}</text>
        }
    });
    let boxes = (0..workers).map(move |worker| {
        let [x, y] = place(worker);
        let (left, top) = (x - BOX[0] / 2.0, y - BOX[1] / 2.0);
        let cell = BOX[0] / workers as f64;
        let cells = (0..workers).map(move |piece| {
            let full = move || {
                let before = whole.get();
                let summed = one.with_value(|one| one.summed(before));
                let count = summed.get(worker).and_then(|it| it.get(piece)).copied();
                count.unwrap_or(1) as f64 / workers as f64
            };
            view! {
                <rect
                    data-series=piece.to_string()
                    x=format!("{:.1}", left + piece as f64 * cell)
                    y=format!("{top:.1}")
                    width=format!("{cell:.1}")
                    height=format!("{:.1}", BOX[1])
                    fill-opacity=move || format!("{:.2}", 0.15 + 0.85 * full())
                ></rect>
            }
        });
        let title = match (how, worker) {
            (Reduction::Server, 0) => "Server".to_owned(),
            _ => format!("Worker {}", worker + 1),
        };
        view! {
            <g>
                {cells.collect_view()}
                <rect
                    class="reduce-box"
                    x=format!("{left:.1}")
                    y=format!("{top:.1}")
                    width=format!("{:.1}", BOX[0])
                    height=format!("{:.1}", BOX[1])
                ></rect>
                <text class="reduce-name" x=format!("{x:.1}") y=format!("{:.1}", top + BOX[1] + 12.0)>
                    {title}
                </text>
            </g>
        }
    });
    let moving = move || {
        let (round, share) = (whole.get(), share.get());
        let of_round = one.with_value(|one| one.of_round(round).copied().collect::<Vec<_>>());
        let dot = |it: &Message| {
            let way = one.with_value(|one| one.way(it, share));
            let [x, y] = between(place(it.transfer.from), place(it.transfer.to), way);
            view! {
                <circle
                    class="reduce-message"
                    data-series=it.transfer.piece.map(|it| it.to_string())
                    cx=format!("{x:.1}")
                    cy=format!("{y:.1}")
                    r="7"
                ></circle>
            }
        };
        of_round.iter().map(dot).collect_view()
    };
    let said = move || {
        let before = whole.get();
        let summed = one.with_value(|one| one.summed(before));
        let whole = summed
            .iter()
            .filter(|it| it.iter().all(|count| *count == workers));
        format!(
            "{workers} workers after {before} of {rounds} rounds; {} have the whole sum",
            whole.count()
        )
    };
    view! {
        <svg
            class="reduce-picture"
            viewBox=format!("0 0 {WIDE} {HIGH}")
            role="img"
            aria-label=said
            data-testid="reduce-picture"
            data-workers=workers.to_string()
            data-passed=move || whole.get().to_string()
        >
            {lines.collect_view()}
            {boxes.collect_view()}
            {counts.collect_view()}
            {moving}
        </svg>
    }
    .into_any()
}
