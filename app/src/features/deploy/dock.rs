//! The dock: the distribution of the measured times, batch sizes, and other devices.

use engine::deploy::DEVICES;
use leptos::prelude::*;
use state::deploy::{Measured, histogram};

use crate::lab::Lab;
use crate::platform::download::download;
use crate::ui::format::{count, milliseconds};
use crate::ui::icon::{Icon, icon};
use crate::ui::tabs::{Tab, tabs};

const TABS: [Tab; 4] = [
    Tab {
        title: "Latency",
        id: "deploy-latency",
    },
    Tab {
        title: "Several machines",
        id: "deploy-pipeline",
    },
    Tab {
        title: "All-reduce",
        id: "deploy-reduce",
    },
    Tab {
        title: "Versions",
        id: "deploy-versions",
    },
];

const BINS: usize = 48;
/// The picture's size in its own units.
const WIDE: f64 = 480.0;
const HIGH: f64 = 120.0;

pub fn dock(lab: Lab) -> AnyView {
    let chosen = RwSignal::new(0);
    view! {
        <div class="deploy-dock">
            <header class="dock-head">
                {tabs("Deploy", TABS, chosen.into(), move |place| chosen.set(place))}
                <span class="spring"></span>
                {move || (chosen.get() == 0).then(|| save(lab))}
                <button
                    type="button"
                    class="icon"
                    aria-label="Close the dock"
                    title="Close"
                    on:click=move |_| lab.screen.open_dock(false)
                >
                    {icon(Icon::Down)}
                </button>
            </header>
            <div
                class="deploy-body"
                role="tabpanel"
                aria-labelledby=move || TABS[chosen.get()].id
            >
                {move || match chosen.get() {
                    0 => details(lab),
                    1 => super::machines::machines(lab),
                    2 => super::reduce::reduce(lab),
                    _ => super::versions::versions(lab),
                }}
            </div>
        </div>
    }
    .into_any()
}

/// What the dock shows; on a phone a part of the panel.
pub fn details(lab: Lab) -> AnyView {
    let measured = lab.deploy.measured();
    let one = Memo::new(move |_| measured.with(|all| all.first().cloned()));
    let chart = move || match one.get() {
        Some(one) => plot(&one),
        None => {
            view! { <p class="hint">"Measure the latency to see how it spreads."</p> }.into_any()
        }
    };
    let rows = move || {
        let row = |it: &Measured| {
            view! {
                <tr data-batch=it.batch.to_string()>
                    <th scope="row">{it.batch.to_string()}</th>
                    <td>{milliseconds(it.latencies.p50)}</td>
                    <td>{milliseconds(it.latencies.p90)}</td>
                    <td>{milliseconds(it.latencies.p99)}</td>
                    <td>{milliseconds(it.first_ms)}</td>
                    <td>{count(it.rate().round() as u64)}</td>
                </tr>
            }
        };
        measured.with(|all| all.iter().map(row).collect_view())
    };
    let batches = move || {
        measured.with(|all| !all.is_empty()).then(|| {
            view! {
                <table class="deploy-table" data-testid="batches">
                    <thead>
                        <tr>
                            {["Batch", "p50", "p90", "p99", "First", "Pictures/s"]
                                .map(|it| view! { <th scope="col">{it}</th> })
                                .collect_view()}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            }
        })
    };
    let elsewhere = move || {
        let graph = lab.document.running();
        lab.document.analysis.with(|analysis| {
            let row = |device: &engine::deploy::Device| {
                let fit = graph.with(|graph| device.fit(graph, analysis));
                let fits = match (fit.fits, fit.fits_i8) {
                    (true, _) => "yes",
                    (false, true) => "in 8 bits",
                    (false, false) => "no",
                };
                view! {
                    <tr title=device.source>
                        <th scope="row">{device.name}</th>
                        <td>{milliseconds(fit.ms)}</td>
                        <td data-fits=fits>{fits}</td>
                    </tr>
                }
            };
            analysis
                .is_valid()
                .then(|| DEVICES.iter().map(row).collect_view())
        })
    };
    view! {
        <div class="deploy-details">
            <div class="deploy-chart">{chart} {batches}</div>
            <div>
                <table class="deploy-table deploy-devices" data-testid="devices">
                    <thead>
                        <tr>
                            <th scope="col">"Elsewhere"</th>
                            <th scope="col">"At least"</th>
                            <th scope="col">"Fits"</th>
                        </tr>
                    </thead>
                    <tbody>{elsewhere}</tbody>
                </table>
                <p class="hint">
                    "Roofline of the data sheet's peaks, 32-bit floats, one picture: a real program takes \
                     longer."
                </p>
            </div>
        </div>
    }
    .into_any()
}

/// The histogram with the percentiles.
fn plot(one: &Measured) -> AnyView {
    let (counts, end) = histogram(one, BINS);
    let most = counts.iter().copied().max().unwrap_or(1).max(1);
    let width = WIDE / BINS as f64;
    let bars = counts.iter().enumerate().map(|(at, &count)| {
        let high = HIGH * f64::from(count) / f64::from(most);
        format!(
            "M{:.1} {HIGH}V{:.1}h{:.1}V{HIGH}z",
            at as f64 * width + 0.5,
            HIGH - high,
            width - 1.0
        )
    });
    let bars: String = bars.collect();
    let all = one.latencies;
    let line = |name: &'static str, ms: f64| {
        let x = (ms / end * WIDE).min(WIDE);
        view! {
            <path class="deploy-mark" d=format!("M{x:.1} 0V{HIGH}")></path>
            <text x=format!("{:.1}", (x + 3.0).min(WIDE - 26.0)) y="10">{name}</text>
        }
    };
    let said = format!(
        "{} passes: half take at most {}, 90 % at most {}, 99 % at most {}",
        all.count,
        milliseconds(all.p50),
        milliseconds(all.p90),
        milliseconds(all.p99)
    );
    view! {
        <svg
            class="deploy-plot"
            viewBox=format!("0 0 {WIDE} {}", HIGH + 16.0)
            role="img"
            aria-label=said
            data-testid="latency-histogram"
        >
            <path class="deploy-bars" d=bars></path>
            {line("p50", all.p50)}
            {line("p99", all.p99)}
            <text x="0" y=(HIGH + 13.0).to_string()>"0"</text>
            <text x=WIDE.to_string() y=(HIGH + 13.0).to_string() text-anchor="end">
                {milliseconds(end)}
            </text>
        </svg>
    }
    .into_any()
}

/// All times as CSV.
fn save(lab: Lab) -> AnyView {
    let measured = lab.deploy.measured();
    let click = move |_| {
        let mut csv = String::from("device,batch,pass,ms\n");
        measured.with_untracked(|all| {
            for one in all {
                for (pass, ms) in one.times.iter().enumerate() {
                    csv.push_str(&format!("{},{},{},{ms}\n", one.device, one.batch, pass + 1));
                }
            }
        });
        if download("latency.csv", csv.as_bytes()).is_err() {
            lab.deploy
                .fail("The browser did not save the file.".to_owned());
        }
    };
    view! {
        <button
            type="button"
            data-testid="latency-csv"
            disabled=move || measured.with(Vec::is_empty)
            on:click=click
        >
            "Save CSV"
        </button>
    }
    .into_any()
}
