//! The curves of a race as paths.

use super::result::{Band, Outcome};
use crate::scale::Scale;

/// The lines of one entrant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// From the worst seed to the best, as an area.
    pub band: String,
    pub mean: String,
    /// At each mean.
    pub dots: String,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawing {
    /// In the order of the entrants.
    pub curves: Vec<Curve>,
    pub grid: String,
    /// Ticks with their places.
    pub x: Vec<(f64, f64)>,
    pub y: Vec<(f64, f64)>,
}

const DOT: f64 = 2.5;

/// The curves between these edges: left and right, top and bottom.
pub fn draw(outcome: &Outcome, across: [f64; 2], down: [f64; 2]) -> Drawing {
    let entries = outcome.entries.iter();
    let bands: Vec<Vec<Band>> = entries.map(|entry| outcome.bands(entry)).collect();
    let all = || bands.iter().flatten();
    let x = Scale::linear(all().map(|it| it.at));
    let low = all().map(|it| it.low).fold(1.0, f64::min);
    // From a tenth below the worst.
    let y = Scale::between((low * 10.0 - 0.5).floor().clamp(0.0, 9.0) / 10.0, 1.0);
    let ([left, right], [top, bottom]) = (across, down);
    let place_x = |value: f64| left + x.place(value) * (right - left);
    let place_y = |value: f64| bottom - y.place(value) * (bottom - top);
    let line = |points: &mut dyn Iterator<Item = (f64, f64)>| {
        let mut path = String::new();
        for (at, value) in points {
            let letter = if path.is_empty() { 'M' } else { 'L' };
            path += &format!("{letter}{:.1} {:.1}", place_x(at), place_y(value));
        }
        path
    };
    let dot = |it: &Band| {
        let (x, y) = (place_x(it.at), place_y(it.mean));
        let arc = format!("a{DOT} {DOT} 0 1 0");
        let (start, width) = (x - DOT, 2.0 * DOT);
        format!("M{start:.1} {y:.1}{arc} {width} 0{arc} -{width} 0Z")
    };
    let curve = |bands: &Vec<Band>| {
        let mut edge = bands
            .iter()
            .map(|it| (it.at, it.high))
            .chain(bands.iter().rev().map(|it| (it.at, it.low)));
        Curve {
            band: if bands.is_empty() {
                String::new()
            } else {
                line(&mut edge) + "Z"
            },
            mean: line(&mut bands.iter().map(|it| (it.at, it.mean))),
            dots: bands.iter().map(dot).collect(),
        }
    };
    let ticks_y: Vec<(f64, f64)> = y.ticks().into_iter().map(|it| (it, place_y(it))).collect();
    let grid = ticks_y
        .iter()
        .map(|(_, y)| format!("M{left:.1} {y:.1}H{right:.1}"))
        .collect();
    Drawing {
        curves: bands.iter().map(curve).collect(),
        grid,
        x: x.ticks().into_iter().map(|it| (it, place_x(it))).collect(),
        y: ticks_y,
    }
}

#[cfg(test)]
mod tests {
    use super::super::result::{Entry, Mark, Trial};
    use super::super::rule::{Measure, Rule};
    use super::*;

    #[test]
    fn a_band_goes_from_the_worst_seed_to_the_best_around_the_mean() {
        let trial = |seed, accuracies: [f64; 2]| Trial {
            seed,
            marks: (1..)
                .zip(accuracies)
                .map(|(at, accuracy)| Mark {
                    examples: at * 100,
                    seconds: 1.0,
                    accuracy,
                })
                .collect(),
            failure: None,
        };
        let entry = |trials| Entry {
            number: 1,
            name: "X".to_owned(),
            parameters: 1,
            macs: 1,
            notes: Vec::new(),
            trials,
        };
        let outcome = Outcome {
            rule: Rule {
                measure: Measure::Examples,
                amount: 200.0,
            },
            on: "MNIST".to_owned(),
            examples: 1000,
            entries: vec![
                entry(vec![trial(1, [0.2, 0.8]), trial(2, [0.4, 1.0])]),
                entry(Vec::new()),
            ],
            cancelled: false,
        };
        let drawn = draw(&outcome, [0.0, 200.0], [0.0, 100.0]);
        // From 0.1, a tenth below the worst, at 100, to 1 at 0.
        let y = |value: f64| format!("{:.1}", 100.0 - (value - 0.1) / 0.9 * 100.0);
        let mean = format!("M100.0 {}L200.0 {}", y(0.3), y(0.9));
        assert_eq!(drawn.curves[0].mean, mean);
        let band = format!(
            "M100.0 {}L200.0 {}L200.0 {}L100.0 {}Z",
            y(0.4),
            y(1.0),
            y(0.8),
            y(0.2)
        );
        assert_eq!(drawn.curves[0].band, band);
        assert_eq!(drawn.curves[1], Curve::default());
    }
}
