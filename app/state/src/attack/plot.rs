//! Accuracy against ε as lines of a drawing.

use engine::attack::{Curve, Norm};

use super::Named;
use crate::scale::Scale;

/// Words and their place.
pub type Label = ([f64; 2], String);

/// A drawing of several curves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plot {
    /// The horizontal lines.
    pub grid: String,
    /// Numbers at the axes: of ε, then of accuracy, with their places.
    pub across: Vec<Label>,
    pub up: Vec<Label>,
    pub lines: Vec<Line>,
}

/// One attack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    pub name: String,
    pub path: String,
    /// Each ε with its accuracy and place.
    pub dots: Vec<([f64; 2], [f64; 2])>,
}

/// Room for the axes' numbers: left, top, right, bottom.
const ROOM: [f64; 4] = [44.0, 8.0, 12.0, 22.0];

/// The name of a curve's attack.
pub fn name(curve: &Curve) -> String {
    let settings = &curve.settings;
    let method = settings.method.name();
    if settings.method.has_steps() && settings.method.has_epsilon() {
        format!("{method}-{}", settings.steps)
    } else {
        method.to_owned()
    }
}

/// The curves in a drawing of this size.
pub fn plot(lines: &[Named], size: [f64; 2]) -> Plot {
    let lines = lines.iter();
    let lines = lines.map(|it| (it.name.as_str(), it.curve.points.as_slice()));
    plot_points(&lines.collect::<Vec<_>>(), size)
}

/// Lines with these names through these points, each a cost and a share, in a drawing of this size.
pub fn plot_points(lines: &[(&str, &[[f64; 2]])], [width, height]: [f64; 2]) -> Plot {
    let [left, top, right, bottom] = ROOM;
    let points = || lines.iter().flat_map(|it| it.1);
    let most = points().map(|it| it[0]).fold(0.0, f64::max);
    if most <= 0.0 || width <= left + right {
        return Plot::default();
    }
    let place = |[epsilon, accuracy]: [f64; 2]| {
        [
            left + epsilon / most * (width - left - right),
            height - bottom - accuracy * (height - top - bottom),
        ]
    };
    let mut plot = Plot::default();
    for quarter in 0..=4 {
        let share = f64::from(quarter) / 4.0;
        let [x, y] = place([0.0, share]);
        plot.grid += &format!("M{x:.1} {y:.1}H{:.1}", width - right);
        plot.up
            .push(([x - 6.0, y + 4.0], format!("{:.0} %", 100.0 * share)));
    }
    for tick in Scale::linear([most].into_iter()).ticks() {
        if tick <= most * (1.0 + 1e-9) {
            let [x, _] = place([tick, 0.0]);
            plot.across.push(([x, height - 6.0], short(tick)));
        }
    }
    for (name, points) in lines {
        let mut line = Line {
            name: (*name).to_owned(),
            ..Line::default()
        };
        for &point in *points {
            let [x, y] = place(point);
            let letter = if line.path.is_empty() { 'M' } else { 'L' };
            line.path += &format!("{letter}{x:.1} {y:.1}");
            line.dots.push((point, [x, y]));
        }
        plot.lines.push(line);
    }
    plot
}

/// ε in a few digits.
pub fn short(epsilon: f64) -> String {
    let text = format!("{epsilon:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// What ε is measured in.
pub const fn axis(norm: Norm) -> &'static str {
    match norm {
        Norm::Linf => "ε (L∞)",
        Norm::L2 => "ε (L2)",
    }
}

#[cfg(test)]
mod tests {
    use engine::attack::{Method, Settings};

    use super::*;

    fn curve(points: &[[f64; 2]]) -> Named {
        let curve = Curve {
            settings: Settings::of(Method::Pgd),
            points: points.to_vec(),
        };
        Named {
            name: name(&curve),
            curve,
        }
    }

    #[test]
    fn numbers_stand_where_the_axes_say() {
        let drawn = plot(
            &[curve(&[[0.0, 1.0], [0.2, 0.5], [0.4, 0.0]])],
            [256.0, 130.0],
        );
        // 44 left and 12 right of 200 pixels; 8 above and 22 below 100.
        assert_eq!(drawn.lines[0].path, "M44.0 8.0L144.0 58.0L244.0 108.0");
        assert_eq!(drawn.lines[0].name, "PGD-10");
        assert_eq!(drawn.up.first().unwrap().1, "0 %");
        assert_eq!(
            drawn.up.last().unwrap(),
            &([38.0, 12.0], "100 %".to_owned())
        );
        assert_eq!(
            drawn.across.first().unwrap(),
            &([44.0, 124.0], "0".to_owned())
        );
    }

    #[test]
    fn nothing_is_drawn_of_no_curve() {
        assert_eq!(plot(&[], [256.0, 130.0]), Plot::default());
        assert_eq!(
            plot(&[curve(&[[0.0, 1.0]])], [256.0, 130.0]),
            Plot::default()
        );
    }

    #[test]
    fn an_epsilon_has_as_many_digits_as_it_needs() {
        assert_eq!(
            [0.0, 0.1, 0.05, 3.0, 0.001].map(short),
            ["0", "0.1", "0.05", "3", "0.001"]
        );
    }
}
