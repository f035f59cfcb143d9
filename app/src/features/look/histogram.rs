//! The histogram of a picture's values.

use std::fmt::Write as _;

use leptos::prelude::*;

use super::looking::Looking;
use super::more::Fold;
use crate::ui::format::{exact, value};
use crate::ui::maps::Range;

/// Bars of a histogram.
const BINS: usize = 32;

/// The number of values in each of equally wide bins.
#[derive(Clone, Debug, PartialEq)]
struct Histogram {
    range: Range,
    counts: [u32; BINS],
}

impl Histogram {
    /// The largest value is in the last bin; values that are not finite are left out.
    fn of(values: &[f32]) -> Option<Self> {
        let range = Range::of(values)?;
        let mut counts = [0; BINS];
        let scale = BINS as f32 / (range.max - range.min).max(f32::MIN_POSITIVE);
        for value in values.iter().filter(|value| value.is_finite()) {
            counts[(((value - range.min) * scale) as usize).min(BINS - 1)] += 1;
        }
        Some(Self { range, counts })
    }

    /// The lower edge of a bin; the upper edge of the last one for [`BINS`].
    fn edge(&self, bin: usize) -> f32 {
        let Range { min, max } = self.range;
        min + (max - min) * bin as f32 / BINS as f32
    }

    /// The outline of all bars, in a box of 32 × 1.
    fn outline(&self) -> String {
        let most = self.counts.iter().copied().max().unwrap_or(1).max(1) as f32;
        let mut path = String::from("M0 1");
        for (bin, &count) in self.counts.iter().enumerate() {
            let top = 1.0 - count as f32 / most;
            // Writing to a string does not fail.
            let _written = write!(path, "V{top:.3}H{}", bin + 1);
        }
        path.push_str("V1Z");
        path
    }
}

#[component]
pub fn HistogramView(
    looking: Looking,
    /// Whether the table is open; owned outside the view.
    open: RwSignal<bool>,
) -> impl IntoView {
    let histogram = Memo::new(move |_| {
        let trace = looking.trace()?;
        let own = looking.own.get();
        let vector = own.shape.is_vector();
        let values = if vector {
            own.values(&trace)
        } else {
            own.channel(&trace, looking.chosen.get().channel)
        };
        Histogram::of(values?)
    });
    let outline =
        move || histogram.with(|it| it.as_ref().map(Histogram::outline).unwrap_or_default());
    let edge = move |bin: usize| {
        histogram.with(|it| {
            it.as_ref()
                .map_or_else(String::new, |it| value(it.edge(bin)))
        })
    };
    let rows = move || {
        let histogram = histogram.get()?;
        let row = |(bin, &count): (usize, &u32)| {
            let (from, to) = (value(histogram.edge(bin)), value(histogram.edge(bin + 1)));
            view! {
                <tr data-testid="histogram-row">
                    <td>{from}</td>
                    <td>{to}</td>
                    <td>{exact(count.into())}</td>
                </tr>
            }
        };
        Some(histogram.counts.iter().enumerate().map(row).collect_view())
    };
    view! {
        <figure class="histogram">
            <svg
                viewBox="0 0 32 1"
                preserveAspectRatio="none"
                role="img"
                aria-label="How often each value occurs in this map"
                data-testid="histogram"
            >
                <path d=outline></path>
            </svg>
            <figcaption class="figures">
                <span>{move || edge(0)}</span>
                <span>{move || (!looking.own.get().shape.is_vector()).then_some("values of this map")}</span>
                <span>{move || edge(BINS)}</span>
            </figcaption>
        </figure>
        <Fold title="Counts as a table" testid="histogram-counts" open>
            <table class="figures">
                <thead>
                    <tr>
                        <th scope="col">"from"</th>
                        <th scope="col">"to"</th>
                        <th scope="col">"values"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Fold>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_value_is_counted_once() {
        let values = [0.0, 1.0, 32.0, 31.9, f32::NAN];
        let histogram = Histogram::of(&values).unwrap();
        // Bins of width 1: 0 in the first, 1 in the second, 31.9 and the largest in the last.
        assert_eq!(histogram.counts[0], 1);
        assert_eq!(histogram.counts[1], 1);
        assert_eq!(histogram.counts[31], 2);
        assert_eq!(histogram.counts.iter().sum::<u32>(), 4);
        assert_eq!(histogram.edge(1), 1.0);
    }

    #[test]
    fn equal_values_are_one_bar() {
        let histogram = Histogram::of(&[2.5; 10]).unwrap();
        assert_eq!(
            histogram.counts.iter().filter(|&&count| count > 0).count(),
            1
        );
        assert_eq!(Histogram::of(&[]), None);
    }
}
