//! Numbers as people type them, on any keyboard: full-width digits and those of other scripts,
//! any space of Unicode, the sign U+2212.

use crate::layer::{MAX_FIELD, grouped};

/// The digit 0 of the scripts whose digits are read; 1 to 9 follow it (Unicode's category Nd).
const ZEROS: [char; 8] = [
    '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{e50}', '\u{1040}', '\u{17e0}', '\u{ff10}',
];

/// Full-width forms of ASCII, and how far behind ASCII they are.
const FULL_WIDTH: std::ops::RangeInclusive<char> = '\u{ff01}'..='\u{ff5e}';
const FULL_WIDTH_FROM: u32 = 0xfee0;

/// The text in ASCII where that is the same number: digits, sign, point, comma, spaces. Marks without
/// width are left out, as are spaces at the ends.
pub fn plain(text: &str) -> String {
    let text: String = text.chars().filter_map(plain_letter).collect();
    text.trim().to_owned()
}

fn plain_letter(letter: char) -> Option<char> {
    match letter {
        // Zero-width marks and those of the direction of writing.
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' | '\u{61c}' => {
            None
        }
        _ if letter.is_whitespace() => Some(' '),
        '\u{2212}' => Some('-'),
        '\u{66b}' => Some('.'),
        '\u{66c}' => Some(','),
        _ if FULL_WIDTH.contains(&letter) => char::from_u32(u32::from(letter) - FULL_WIDTH_FROM),
        _ => {
            let digit = |&zero: &char| {
                let digit = u32::from(letter).checked_sub(zero.into())?;
                char::from_digit(digit, 10)
            };
            Some(ZEROS.iter().find_map(digit).unwrap_or(letter))
        }
    }
}

/// Parses a whole number. Commas and spaces are accepted between groups of three digits only,
/// because many write a comma before decimals.
///
/// # Errors
/// When it is not a whole number from 0 that fits in 32 bits.
pub fn whole(text: &str) -> Result<u32, String> {
    let text = plain(text);
    let digits = without_groups(&text, &[',', ' ']);
    match digits.parse::<i128>() {
        Ok(number) if number < 0 => Err(format!("{number} is below 0. Type a whole number.")),
        Ok(number) => u32::try_from(number).map_err(|_| {
            let most = grouped(MAX_FIELD.into());
            format!("{text} is too large; the limit is {most}.")
        }),
        Err(_) => Err(format!("“{text}” is not a whole number.")),
    }
}

/// Parses a number. Spaces are accepted between groups of three digits before the point.
///
/// # Errors
/// When it is not a finite number.
pub fn real(text: &str) -> Result<f64, String> {
    let text = plain(text);
    let end = text.find(['.', 'e', 'E']).unwrap_or(text.len());
    let (whole, behind) = text.split_at(end);
    let digits = without_groups(whole, &[' ']) + behind;
    match digits.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) | Err(_) => Err(format!("“{text}” is not a number.")),
    }
}

/// The text without these separators, where they stand before groups of three digits.
fn without_groups(text: &str, separators: &[char]) -> String {
    let mut groups = text.split(separators).skip(1);
    if groups.all(|group| group.len() == 3) {
        text.replace(separators, "")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_not_a_whole_number_is_rejected() {
        assert_eq!(whole(" 12 "), Ok(12));
        assert_eq!(whole("1,024"), Ok(1024));
        assert_eq!(whole("1 048 576"), Ok(1_048_576));
        for text in [
            "",
            "five",
            "2.5",
            "2,0",
            "1,5",
            "0,25,000",
            "-1",
            "−1",
            "1\u{a0}5",
            "３．５",
            "½",
            "²",
            "99999999999999999999",
        ] {
            assert!(whole(text).is_err(), "{text}");
        }
    }

    #[test]
    fn infinite_numbers_are_refused() {
        assert_eq!(real("1e-5"), Ok(1e-5));
        for text in ["inf", "nan", "1e999", "x", "", "1 5", "0.0 001"] {
            assert!(real(text).is_err(), "{text}");
        }
    }

    #[test]
    fn digits_of_other_keyboards_are_digits() {
        for text in ["６４", "٦٤", "۶۴", "६४", "৬৪", "๖๔", "６4", "６４\u{3000}"]
        {
            assert_eq!(whole(text), Ok(64), "{text}");
        }
        assert_eq!(whole("１，０２４"), Ok(1024));
        for text in ["０．５", "٠٫٥", "0.5\u{200e}"] {
            assert_eq!(real(text), Ok(0.5), "{text}");
        }
        assert_eq!(real("−１ｅ－５"), Ok(-1e-5));
    }

    #[test]
    fn every_space_of_unicode_is_a_space() {
        // No-break, thin, narrow no-break, figure, ideographic space; a tab from a spreadsheet.
        for space in [
            "\u{a0}", "\u{2009}", "\u{202f}", "\u{2007}", "\u{3000}", "\t",
        ] {
            let grouped = format!("{space}1{space}024{space}");
            assert_eq!(whole(&grouped), Ok(1024), "{space:?}");
            assert_eq!(real(&grouped), Ok(1024.0), "{space:?}");
            assert_eq!(real(&format!("1{space}024.5")), Ok(1024.5), "{space:?}");
        }
    }
}
