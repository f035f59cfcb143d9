//! Numbers for people: 61,706 · 416.5 k · 4.2 G · 246.8 kB · 97.3 %.

use engine::Shape;

/// Counts up to here are written out in full.
const IN_FULL: u64 = 100_000;

/// A whole number with a comma between thousands: 61,706.
pub fn exact(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count as people say it: in full below 100,000, else with one decimal and k, M, G or T.
pub fn count(count: u64) -> String {
    if count < IN_FULL {
        return exact(count);
    }
    scaled(count, ["k", "M", "G", "T"])
}

/// A size in decimal units: 246.8 kB.
pub fn bytes(count: u64) -> String {
    if count < 1000 {
        return format!("{count} B");
    }
    scaled(count, ["kB", "MB", "GB", "TB"])
}

/// `count` in the largest of four units, a thousand apart, that leaves at least 1.
fn scaled(count: u64, units: [&str; 4]) -> String {
    let mut value = count as f64 / 1000.0;
    let mut unit = units[0];
    for larger in &units[1..] {
        // Rounded to one decimal, 999.95 would read 1000.0.
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = larger;
    }
    format!("{value:.1} {unit}")
}

/// Milliseconds with one decimal, or as many as a short time needs. 0 is what no clock here can tell.
pub fn milliseconds(ms: f64) -> String {
    if ms <= 0.0 {
        "below the clock".to_owned()
    } else if ms < 0.0005 {
        "< 0.001 ms".to_owned()
    } else if ms < 0.01 {
        format!("{ms:.3} ms")
    } else if ms < 0.1 {
        format!("{ms:.2} ms")
    } else {
        format!("{ms:.1} ms")
    }
}

/// Channels × height × width; a vector's length.
pub fn shape(shape: Shape) -> String {
    if shape.is_vector() {
        return shape.channels.to_string();
    }
    shape.to_string().replace('x', "×")
}

/// A share of 1 in percent with one decimal.
pub fn percent(share: impl Into<f64>) -> String {
    format!("{:.1} %", share.into() * 100.0)
}

/// A part of a whole in percent with one decimal, rounded once, half up; 0 of 0 is 0.
pub fn percent_of(part: u64, whole: u64) -> String {
    let (part, whole) = (u128::from(part), u128::from(whole.max(1)));
    let tenths = (2000 * part + whole) / (2 * whole);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A feature map's value, with a real minus sign so that columns line up.
pub fn value(value: f32) -> String {
    format!("{value:.4}").replace('-', "−")
}

/// A value in about three digits: 5.86, 0.478, −12.3, 1.2e−5, 1.1e10.
pub fn short(value: f32) -> String {
    digits(value, 3)
}

/// A value in about this many digits.
pub fn digits(value: f32, count: usize) -> String {
    let size = value.abs();
    let text = if size == 0.0 {
        "0".to_owned()
    } else if !(1e-3..1e5).contains(&size) {
        format!("{value:.1e}")
    } else {
        // Digits before the point beyond the first.
        let before = if size >= 10.0 {
            size.log10() as usize
        } else {
            0
        };
        let places = if size < 1.0 {
            count
        } else {
            count.saturating_sub(1 + before)
        };
        format!("{value:.places$}")
    };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated_by_commas() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (61_706, "61,706"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(exact(number), text);
        }
    }

    #[test]
    fn counts_have_one_decimal_and_a_unit() {
        for (number, text) in [
            (61_706, "61,706"),
            (416_520, "416.5 k"),
            (4_200_000_000, "4.2 G"),
            (156, "156"),
        ] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn rounding_never_gives_a_thousand_of_a_unit() {
        assert_eq!(count(999_999), "1.0 M");
        assert_eq!(count(999_949), "999.9 k");
        assert_eq!(count(999_999_999_999), "1.0 T");
    }

    #[test]
    fn bytes_are_decimal() {
        assert_eq!(bytes(4 * 61_706), "246.8 kB");
        assert_eq!(bytes(528_000_000), "528.0 MB");
        assert_eq!(bytes(12), "12 B");
    }

    #[test]
    fn shares_end_in_a_percent_sign() {
        assert_eq!(percent(0.973), "97.3 %");
        assert_eq!(percent(1.0), "100.0 %");
    }

    #[test]
    fn a_part_of_a_whole_is_rounded_once() {
        assert_eq!(percent_of(1, 3), "33.3 %");
        assert_eq!(percent_of(2, 3), "66.7 %");
        assert_eq!(percent_of(0, 0), "0.0 %");
        assert_eq!(percent_of(7, 7), "100.0 %");
        // 0.9495 % to hundredths would be 0.95 %, and that to tenths 1.0 %.
        assert_eq!(percent_of(9_495, 1_000_000), "0.9 %");
        assert_eq!(percent_of(9_500, 1_000_000), "1.0 %");
        assert_eq!(percent_of(u64::MAX, u64::MAX), "100.0 %");
    }

    #[test]
    fn small_times_keep_their_digits() {
        assert_eq!(milliseconds(0.0), "below the clock");
        assert_eq!(milliseconds(0.0001), "< 0.001 ms");
        assert_eq!(milliseconds(0.004), "0.004 ms");
        assert_eq!(milliseconds(0.04), "0.04 ms");
        assert_eq!(milliseconds(1.84), "1.8 ms");
    }

    #[test]
    fn short_values_have_about_three_digits() {
        for (value, text) in [
            (5.8644, "5.86"),
            (0.4781, "0.478"),
            (-12.34, "−12.3"),
            (1234.6, "1235"),
            (0.0, "0"),
            (-0.000_012, "−1.2e−5"),
            (99_999.0, "99999"),
            (1.14e10, "1.1e10"),
            (f32::INFINITY, "inf"),
            (f32::NAN, "NaN"),
        ] {
            assert_eq!(short(value), text);
        }
        assert_eq!(digits(1.3432, 4), "1.343");
    }
}
