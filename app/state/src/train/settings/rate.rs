//! The learning rate on a logarithmic slider.

/// The slider's last place; the first is 0.
pub const PLACES: u32 = 100;
/// The decades of the slider: from 10⁻⁵ to 1.
const DECADES: f64 = 5.0;

/// The rate at a place of the slider, with two significant digits.
pub fn rate_at(place: u32) -> f64 {
    let exponent = DECADES * (f64::from(place.min(PLACES)) / f64::from(PLACES) - 1.0);
    rounded(10_f64.powf(exponent), 2)
}

/// The slider's place for a rate: the nearest one.
pub fn place(rate: f64) -> u32 {
    if rate.is_nan() || rate <= 0.0 {
        return 0;
    }
    let share = rate.log10() / DECADES + 1.0;
    (share * f64::from(PLACES))
        .round()
        .clamp(0.0, f64::from(PLACES)) as u32
}

/// With so many significant digits.
pub(super) fn rounded(value: f64, digits: usize) -> f64 {
    let text = format!("{value:.*e}", digits.saturating_sub(1));
    text.parse().unwrap_or(value)
}

/// A number as a field shows it: with at most six significant digits, small ones by their exponent.
pub fn shown(value: f64) -> String {
    let value = rounded(value, 6);
    if value == 0.0 {
        return "0".to_owned();
    }
    if value.abs() < 1e-3 || value.abs() >= 1e9 {
        return format!("{value:e}");
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_the_slider_has_its_own_rate_and_is_found_by_it() {
        for at in 0..=PLACES {
            assert_eq!(place(rate_at(at)), at, "{}", rate_at(at));
        }
        assert_eq!(rate_at(0), 1e-5);
        assert_eq!(rate_at(20), 1e-4);
        assert_eq!(rate_at(PLACES), 1.0);
    }

    #[test]
    fn rates_beyond_the_slider_are_at_its_ends() {
        assert_eq!(place(1e-9), 0);
        assert_eq!(place(30.0), PLACES);
        assert_eq!(place(0.0), 0);
        assert_eq!(place(f64::NAN), 0);
    }

    #[test]
    fn numbers_are_shown_without_noise() {
        assert_eq!(shown(0.002), "0.002");
        assert_eq!(shown(1e-5), "1e-5");
        assert_eq!(shown(f64::from(0.15_f32)), "0.15");
        assert_eq!(shown(0.1 + 0.2), "0.3");
        assert_eq!(shown(0.0), "0");
        assert_eq!(shown(10_000.0), "10000");
    }
}
