//! The result of the rate finder as a chart: loss over the rate.

/// Rates with the losses of the steps before them, and the proposed rate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    pub rates: Vec<f64>,
    pub losses: Vec<f64>,
    pub proposed: Option<f64>,
}

impl Search {
    /// The rate to use, with two significant digits.
    pub fn rate(&self) -> Option<f64> {
        self.proposed.map(|rate| super::rate::rounded(rate, 2))
    }

    /// The first and last rate.
    fn ends(&self) -> Option<[f64; 2]> {
        let (first, last) = (*self.rates.first()?, *self.rates.last()?);
        (first > 0.0 && last > first).then_some([first, last])
    }

    /// Where a rate is from left to right, as a share of the width.
    pub fn at(&self, rate: f64) -> Option<f64> {
        let [first, last] = self.ends()?;
        let share = (rate / first).ln() / (last / first).ln();
        (0.0..=1.0).contains(&share).then_some(share)
    }

    /// The losses that the chart reaches from and to: an explosion is cut off.
    pub fn reach(&self) -> Option<[f64; 2]> {
        let finite = || self.losses.iter().copied().filter(|it| it.is_finite());
        let least = finite().reduce(f64::min)?;
        let first = finite().next()?;
        let most = finite()
            .reduce(f64::max)?
            .min(first + (first - least) / 2.0);
        Some([least, if most > least { most } else { least + 1.0 }])
    }

    /// The losses as points of an SVG polyline of this size.
    pub fn line(&self, [width, height]: [f64; 2]) -> String {
        let Some([least, most]) = self.reach() else {
            return String::new();
        };
        let pairs = self.rates.iter().zip(&self.losses);
        let point = |(rate, loss): (&f64, &f64)| {
            let x = self.at(*rate)? * width;
            let share = ((loss - least) / (most - least)).clamp(0.0, 1.0);
            loss.is_finite()
                .then(|| format!("{x:.1},{:.1}", (1.0 - share) * height))
        };
        pairs.filter_map(point).collect::<Vec<_>>().join(" ")
    }

    /// The powers of ten within the rates, with their places.
    pub fn decades(&self) -> Vec<(i32, f64)> {
        let Some([first, last]) = self.ends() else {
            return Vec::new();
        };
        let (from, to) = (first.log10().ceil() as i32, last.log10().floor() as i32);
        let one = |power: i32| Some((power, self.at(10_f64.powi(power))?));
        (from..=to).filter_map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search() -> Search {
        Search {
            rates: vec![1e-4, 1e-3, 1e-2, 1e-1],
            losses: vec![2.0, 2.0, 1.0, 40.0],
            proposed: Some(0.001_234),
        }
    }

    #[test]
    fn rates_are_spread_by_their_logarithm() {
        let search = search();
        assert_eq!(search.at(1e-4), Some(0.0));
        let third = search.at(1e-3).unwrap();
        assert!((third - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(search.at(1.0), None);
        assert_eq!(search.rate(), Some(0.0012));
    }

    #[test]
    fn an_explosion_does_not_flatten_the_rest() {
        // From the least loss to half the fall above the first one.
        assert_eq!(search().reach(), Some([1.0, 2.5]));
        assert_eq!(
            search().line([30.0, 15.0]),
            "0.0,5.0 10.0,5.0 20.0,15.0 30.0,0.0"
        );
    }

    #[test]
    fn losses_that_are_no_numbers_are_left_out() {
        let mut search = search();
        search.losses[3] = f64::NAN;
        assert_eq!(search.line([30.0, 15.0]).split(' ').count(), 3);
        assert_eq!(Search::default().line([1.0, 1.0]), "");
        assert!(Search::default().decades().is_empty());
    }

    #[test]
    fn every_power_of_ten_is_marked() {
        let wider = Search {
            rates: vec![5e-5, 2e-2],
            losses: vec![1.0, 1.0],
            proposed: None,
        };
        let powers: Vec<i32> = wider.decades().into_iter().map(|it| it.0).collect();
        assert_eq!(powers, [-4, -3, -2]);
    }
}
