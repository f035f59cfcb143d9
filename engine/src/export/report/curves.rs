//! Curves of a training.

use super::escaped;

/// Lines over one horizontal axis.
#[derive(Clone, Debug, Default)]
pub struct Curve {
    pub title: String,
    /// Of the horizontal axis.
    pub axis: String,
    /// Each with its name and its points.
    pub series: Vec<(String, Vec<(f64, f64)>)>,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 60.0;
const BELOW: f64 = 40.0;

impl Curve {
    pub(super) fn figure(&self) -> String {
        let points = || self.series.iter().flat_map(|(_, points)| points);
        let finite = || points().filter(|(x, y)| x.is_finite() && y.is_finite());
        let range = |of: fn(&(f64, f64)) -> f64| {
            let values = finite().map(of);
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| {
                (low.min(it), high.max(it))
            })
        };
        let ((x0, x1), (y0, y1)) = (range(|it| it.0), range(|it| it.1));
        if x0 > x1 {
            return String::new();
        }
        let share = |value: f64, low: f64, high: f64| {
            if high > low {
                (value - low) / (high - low)
            } else {
                0.5
            }
        };
        let x = |value: f64| LEFT + share(value, x0, x1) * (WIDTH - LEFT - 10.0);
        let y = |value: f64| HEIGHT - BELOW - share(value, y0, y1) * (HEIGHT - BELOW - 10.0);
        let bottom = HEIGHT - BELOW;
        let right = WIDTH - 10.0;
        let mut svg = format!(
            "<h2>{title}</h2>\n<svg role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             width=\"{WIDTH}\" height=\"{HEIGHT}\">\n\
             <path class=\"axis\" fill=\"none\" d=\"M{LEFT} 10V{bottom}H{right}\"/>\n",
            title = escaped(&self.title)
        );
        let label = |at: (f64, f64), anchor: &str, text: &str| {
            format!(
                "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"{anchor}\">{}</text>\n",
                at.0,
                at.1,
                escaped(text)
            )
        };
        svg += &label((LEFT - 6.0, 18.0), "end", &format!("{y1:.4}"));
        svg += &label((LEFT - 6.0, bottom), "end", &format!("{y0:.4}"));
        svg += &label((LEFT, bottom + 16.0), "middle", &format!("{x0}"));
        svg += &label(
            (right, bottom + 16.0),
            "end",
            &format!("{x1} {}", self.axis),
        );
        for (place, (name, points)) in self.series.iter().enumerate() {
            svg += &label((LEFT + 110.0 * place as f64, HEIGHT - 6.0), "start", name);
            let steps = points
                .iter()
                .filter(|(x, y)| x.is_finite() && y.is_finite());
            let steps: Vec<String> = steps
                .map(|&(a, b)| format!("{:.1},{:.1}", x(a), y(b)))
                .collect();
            let class = place % 4;
            let at = LEFT + 110.0 * place as f64;
            let line = HEIGHT - 2.0;
            svg += &format!(
                "<polyline class=\"series s{class}\" points=\"{}\"/>\
                 <path class=\"series s{class}\" d=\"M{at} {line}h40\"/>\n",
                steps.join(" ")
            );
        }
        svg + "</svg>\n"
    }
}
