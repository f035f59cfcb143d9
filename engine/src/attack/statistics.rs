//! The statistics of randomised smoothing: the exact lower bound of a share, and the quantiles of the
//! normal distribution.

use libm::{erfc, exp, lgamma, log, log1p};

/// The quantile of the standard normal distribution: the x below which the share `p` lies.
pub fn normal_quantile(p: f64) -> f64 {
    if p.is_nan() || p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    // The lower half, where the distribution function keeps its relative precision.
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    let below = |x: f64| 0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
    bisect(-40.0, 0.0, |x| below(x) < p)
}

/// The lower end of the one-sided Clopper–Pearson interval: at most with the chance `alpha` is the
/// true share below it, when `count` of `samples` were seen.
pub fn lower_bound(count: u64, samples: u64, alpha: f64) -> f64 {
    if count == 0 || samples == 0 {
        return 0.0;
    }
    let (a, b) = (count as f64, (samples - count.min(samples)) as f64 + 1.0);
    bisect(0.0, 1.0, |p| incomplete_beta(a, b, p) < alpha)
}

/// The L2 distance within which a smoothed answer does not change (Cohen et al. 2019, theorem 1 with
/// the share of all other classes at most `1 − share`); 0 where no certificate is possible.
pub fn certified_radius(share: f64, sigma: f64) -> f64 {
    if share > 0.5 {
        sigma * normal_quantile(share)
    } else {
        0.0
    }
}

/// Where `is_low` turns false.
fn bisect(mut low: f64, mut high: f64, is_low: impl Fn(f64) -> bool) -> f64 {
    loop {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high {
            return middle;
        }
        if is_low(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// The regularised incomplete beta function, by its continued fraction (DLMF 8.17.22) after Lentz.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast below the mean.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x);
    let small = |it: f64| if it.abs() < 1e-300 { 1e-300 } else { it };
    let mut d = 1.0 / small(1.0 - (a + b) * x / (a + 1.0));
    let (mut c, mut fraction) = (1.0, d);
    for m in 1..10_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / small(1.0 + term * d);
            c = small(1.0 + term / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    exp(front) * fraction / a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_published_tables() {
        // Abramowitz and Stegun 1964, table 26.5; Wichura 1988 (AS 241), which names the last two.
        for (p, x) in [
            (0.5, 0.0),
            (0.75, 0.674_489_750_196_081_7),
            (0.975, 1.959_963_984_540_054),
            (0.999, 3.090_232_306_167_813_5),
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_813_5),
            (1e-20, -9.262_340_089_798_408),
        ] {
            let got = normal_quantile(p);
            assert!((got - x).abs() < 1e-13 * x.abs().max(1.0), "{p}: {got}");
        }
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
    }

    #[test]
    fn the_bound_has_its_closed_forms() {
        // All of n seen: p^n = α. One seen: 1 − (1 − p)^n = α.
        for n in [1_u64, 10, 100, 100_000] {
            let (alpha, count) = (0.001_f64, n as f64);
            let got = lower_bound(n, n, alpha);
            assert!((got - alpha.powf(1.0 / count)).abs() < 1e-12, "{n}: {got}");
            let got = lower_bound(1, n, alpha);
            let wanted = -(((-alpha).ln_1p() / count).exp_m1());
            assert!((got / wanted - 1.0).abs() < 1e-9, "{n}: {got} {wanted}");
        }
        assert_eq!(lower_bound(0, 10, 0.05), 0.0);
    }

    #[test]
    fn the_bound_cuts_off_the_chance_that_the_binomial_sum_gives() {
        // P(at least k of n) at the bound is α: summed directly.
        for (k, n, alpha) in [(3_u64, 10_u64, 0.05), (45, 50, 0.001), (60, 100, 0.01)] {
            let p = lower_bound(k, n, alpha);
            let mut term = (1.0 - p).powi(n as i32);
            let mut tail = 0.0;
            for i in 0..=n {
                if i >= k {
                    tail += term;
                }
                term *= (n - i) as f64 / (i + 1) as f64 * p / (1.0 - p);
            }
            assert!((tail / alpha - 1.0).abs() < 1e-9, "{k} of {n}: {tail}");
        }
    }

    #[test]
    fn no_majority_has_no_radius() {
        assert_eq!(certified_radius(0.5, 0.25), 0.0);
        assert!((certified_radius(0.975, 0.5) - 0.979_981_992_270_027).abs() < 1e-12);
    }
}
