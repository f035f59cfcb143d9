//! Accuracy against what a variant costs, and which variants none is better than.

use super::{Variant, VariantId};

/// What a variant costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cost {
    #[default]
    Bytes,
    Macs,
    Milliseconds,
}

impl Cost {
    pub const ALL: [Self; 3] = [Self::Bytes, Self::Macs, Self::Milliseconds];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Bytes => "Bytes",
            Self::Macs => "MACs",
            Self::Milliseconds => "Milliseconds",
        }
    }

    /// The variant's; bytes are those of the smallest form.
    pub fn of(self, variant: &Variant) -> Option<f64> {
        let bytes = variant.figures.bytes;
        match self {
            Self::Bytes => Some(bytes.deflated.min(bytes.sparse).min(bytes.dense) as f64),
            Self::Macs => Some(variant.figures.macs as f64),
            Self::Milliseconds => variant.ms,
        }
    }
}

/// A variant as a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub id: VariantId,
    pub cost: f64,
    pub accuracy: f64,
    /// No variant is as cheap and as accurate, and better in one of the two.
    pub frontier: bool,
}

/// The variants of which both are known.
pub fn points<'a>(variants: impl IntoIterator<Item = &'a Variant>, cost: Cost) -> Vec<Point> {
    let known = |it: &Variant| Some((it.id, cost.of(it)?, it.accuracy()?));
    let all: Vec<(VariantId, f64, f64)> = variants.into_iter().filter_map(known).collect();
    let beaten = |&(_, cost, accuracy): &(VariantId, f64, f64)| {
        all.iter().any(|&(_, other, better)| {
            other <= cost && better >= accuracy && (other < cost || better > accuracy)
        })
    };
    let point = |it: &(VariantId, f64, f64)| Point {
        id: it.0,
        cost: it.1,
        accuracy: it.2,
        frontier: !beaten(it),
    };
    all.iter().map(point).collect()
}

/// The chart: costs on a logarithmic axis, accuracies on a linear one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plot {
    /// The least and greatest power of ten of the costs.
    costs: [f64; 2],
    accuracies: [f64; 2],
    /// Left, top, right and bottom in pixels.
    frame: [f64; 4],
}

impl Plot {
    /// Of these points, within this frame; `None` without points.
    pub fn of(points: &[Point], frame: [f64; 4]) -> Option<Self> {
        let mut costs = [f64::INFINITY, f64::NEG_INFINITY];
        let mut accuracies = [f64::INFINITY, f64::NEG_INFINITY];
        for point in points {
            let cost = point.cost.max(1e-9).log10();
            costs = [costs[0].min(cost), costs[1].max(cost)];
            let it = point.accuracy;
            accuracies = [accuracies[0].min(it), accuracies[1].max(it)];
        }
        if points.is_empty() {
            return None;
        }
        // A tenth of room, and some where all are equal.
        let room = |[least, most]: [f64; 2], at_least: f64| {
            let room = (0.1 * (most - least)).max(at_least);
            [least - room, most + room]
        };
        let [least, most] = room(accuracies, 0.005);
        Some(Self {
            costs: room(costs, 0.05),
            accuracies: [least.max(0.0), most.min(1.0)],
            frame,
        })
    }

    /// Where a cost and an accuracy are.
    pub fn place(&self, cost: f64, accuracy: f64) -> [f64; 2] {
        let [left, top, right, bottom] = self.frame;
        let share = |value: f64, [least, most]: [f64; 2]| {
            if most > least {
                (value - least) / (most - least)
            } else {
                0.5
            }
        };
        let x = share(cost.max(1e-9).log10(), self.costs);
        let y = share(accuracy, self.accuracies);
        [left + x * (right - left), bottom - y * (bottom - top)]
    }

    /// The frontier from the cheapest on, as a path of steps.
    pub fn frontier(&self, points: &[Point]) -> String {
        let mut all: Vec<&Point> = points.iter().filter(|it| it.frontier).collect();
        all.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        let mut path = String::new();
        for (number, point) in all.iter().enumerate() {
            let [x, y] = self.place(point.cost, point.accuracy);
            path += &match number {
                0 => format!("M{x:.1} {y:.1}"),
                _ => format!("H{x:.1}V{y:.1}"),
            };
        }
        path
    }

    /// The accuracies at the axis: least, middle, greatest.
    pub fn ticks(&self) -> [f64; 3] {
        let [least, most] = self.accuracies;
        [least, f64::midpoint(least, most), most]
    }

    /// The costs at the axis: least and greatest.
    pub fn ends(&self) -> [f64; 2] {
        self.costs.map(|it| 10.0_f64.powf(it))
    }
}
