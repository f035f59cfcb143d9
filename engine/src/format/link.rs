//! The text of a link as people and programs pass it on: with the sentence's full stop behind it,
//! wrapped by a mail program, percent-encoded, with its key in capitals, or as a whole address.

use std::borrow::Cow;

/// The key of a link in the fragment of the page's address: `#lab=1…`.
const KEY: &str = "lab";

/// What people and programs write before a link.
const OPENING: [char; 10] = ['<', '(', '"', '\'', '`', '*', '“', '‘', '«', '‹'];

/// How often programs one after the other have percent-encoded a link, at most.
const ENCODED: usize = 3;

/// How many characters of a fragment, from its `#` on, stand before the text of the link; `None`
/// when it is not a link. The key may be in capitals and its `=` percent-encoded. A beginning of the
/// fragment of 16 characters is enough.
pub fn key_length(fragment: &str) -> Option<usize> {
    let behind = fragment.strip_prefix('#')?;
    let key = behind.get(..KEY.len())?;
    if !key.eq_ignore_ascii_case(KEY) {
        return None;
    }
    let behind = behind.get(KEY.len()..)?;
    let sign = ["=", "%3d", "%253d"].into_iter().find(|sign| {
        let start = behind.get(..sign.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(sign))
    })?;
    Some(1 + KEY.len() + sign.len())
}

/// Whether this text is that of a link or an address with one, rather than a document.
pub fn is_link(text: &str) -> bool {
    let text = plain(text);
    text.starts_with([super::share::VERSION, super::share::EXPERIMENT])
}

/// The text of the link alone: from its version's digit to its last letter. What is inside and does
/// not belong there stays, so that reading it fails.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if text.bytes().all(is_letter) {
        return Cow::Borrowed(text);
    }
    let mut text = text.to_owned();
    for _ in 0..ENCODED {
        match percent_decoded(&text) {
            Some(decoded) => text = decoded,
            None => break,
        }
    }
    // A mail's line that is quoted begins with one.
    text = text.replace("\n>", "\n");
    text.retain(|letter| !is_blank(letter));
    let address = text.match_indices('#').rev().find_map(|(at, _)| {
        let length = key_length(&text[at..])?;
        Some(at + length)
    });
    let mut text = text.split_off(address.unwrap_or(0));
    // Other programs' parameters.
    if let Some(end) = text.find('&') {
        text.truncate(end);
    }
    let is_letter = |letter: char| u8::try_from(letter).is_ok_and(is_letter);
    let text = text.trim_start_matches(OPENING);
    let text = text.trim_end_matches(|letter| !is_letter(letter));
    Cow::Owned(text.to_owned())
}

/// Whether base64url has this letter.
pub(super) const fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// White space and what is as wide as nothing: soft hyphen, zero-width and byte-order marks.
fn is_blank(letter: char) -> bool {
    let wide = letter.is_whitespace() || letter.is_control();
    wide || matches!(
        letter,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
    )
}

/// The text with each `%20` or the like as its character; `None` where there is none.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut rest, mut found) = (text.as_bytes(), false);
    while let Some((&first, behind)) = rest.split_first() {
        let digit = |at: usize| {
            behind
                .get(at)
                .and_then(|&byte| char::from(byte).to_digit(16))
        };
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.extend(u8::try_from(high * 16 + low));
                (rest, found) = (&behind[2..], true);
            }
            _ => {
                bytes.push(first);
                rest = behind;
            }
        }
    }
    found.then(|| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_whatever_its_case_and_encoding() {
        for (fragment, length) in [
            ("#lab=1abc", Some(5)),
            ("#LAB=1abc", Some(5)),
            ("#Lab%3D1abc", Some(7)),
            ("#lab%3d1abc", Some(7)),
            ("#lab%253D1abc", Some(9)),
            ("#lab", None),
            ("#label=1", None),
            ("#part", None),
            ("lab=1", None),
            ("", None),
            ("#läb=", None),
        ] {
            assert_eq!(key_length(fragment), length, "{fragment}");
        }
    }

    #[test]
    fn a_document_and_a_word_are_no_links() {
        assert!(is_link("1abc") && is_link(" <https://a.b/lab/#lab=2abc>."));
        for text in ["", "{\"cnn-lab\": 1}", "3abc", "https://a.b/lab/", "[1]"] {
            assert!(!is_link(text), "{text}");
        }
    }
}
