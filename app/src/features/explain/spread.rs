//! How values are spread, as bars.

use engine::explain::Histogram;
use leptos::prelude::*;

use crate::ui::format::short;

/// The drawing's size, in its own units.
const WIDTH: f64 = 64.0;
const HEIGHT: f64 = 20.0;

/// Bars around 0, the highest as high as the drawing.
pub fn spread(histogram: &Histogram, what: &str) -> AnyView {
    let highest = histogram.counts.iter().copied().max().unwrap_or_default();
    let bar = WIDTH / histogram.counts.len().max(1) as f64;
    let mut path = String::new();
    for (at, &count) in histogram.counts.iter().enumerate() {
        // Roots, so that rare values are seen too.
        let share = (count as f64 / highest.max(1) as f64).sqrt();
        let (x, high) = (at as f64 * bar, share * HEIGHT);
        if count > 0 {
            let y = HEIGHT - high;
            path.push_str(&format!("M{x:.2} {y:.2}h{bar:.2}v{high:.2}h-{bar:.2}z"));
        }
    }
    let end = short(histogram.most);
    let label = format!("{what} from −{end} to {end}");
    let title = label.clone();
    let middle = (WIDTH / 2.0).to_string();
    view! {
        <svg class="spread" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=label>
            <title>{title}</title>
            <line x1=middle.clone() x2=middle y1="0" y2=HEIGHT.to_string()></line>
            <path d=path></path>
        </svg>
    }
    .into_any()
}
