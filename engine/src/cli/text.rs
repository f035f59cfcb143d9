//! Text of documents and files on a terminal: what would move the cursor, start an escape sequence,
//! break a line or turn the direction of writing is shown as an escape (`\n`, `\u{1b}`).

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write;

use serde::Serialize;

use super::CliError;

/// The text on one line, with such characters escaped as Rust writes them.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    escaped(text, |out, letter| out.extend(letter.escape_default()))
}

/// The lines of a message, each as by [`line`].
pub(super) fn lines(text: &str) -> String {
    let lines = text.lines().map(line);
    lines.collect::<Vec<_>>().join("\n")
}

/// The value as indented JSON, with such characters inside strings escaped as JSON writes them.
pub(super) fn write_json(value: &impl Serialize, out: &mut dyn Write) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value)?;
    Ok(writeln!(out, "{}", json(&text))?)
}

/// The text of a JSON document, which has line ends between its strings only.
pub(super) fn json(text: &str) -> String {
    let lines = text.lines().map(|line| {
        escaped(line, |out, letter| {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                let _infallible = write!(out, "\\u{unit:04x}");
            }
        })
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn escaped(text: &str, escape: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_active(letter) {
            escape(&mut out, letter);
        } else {
            out.push(letter);
        }
    }
    Cow::Owned(out)
}

/// Control characters, line and paragraph separators, marks of the direction of writing (“Trojan
/// Source”, CVE-2021-42574), and what is shown as nothing.
fn is_active(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{2028}' | '\u{2029}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{61c}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_escaped_and_nothing_else() {
        for (text, shown) in [
            ("conv1", "conv1"),
            ("畳み込み é 🙂", "畳み込み é 🙂"),
            ("a\\b \"c\" 'd'", "a\\b \"c\" 'd'"),
            ("a\nb", "a\\nb"),
            ("tab\tz", "tab\\tz"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("\u{9b}31m\u{7f}", "\\u{9b}31m\\u{7f}"),
            ("\u{202e}evil", "\\u{202e}evil"),
            ("\r\u{0}", "\\r\\u{0}"),
        ] {
            assert_eq!(line(text), shown);
        }
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({ "\u{202e}a\nb": ["\u{7f}\u{9b}\u{e0041}", "é"] });
        let text = json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(
            !text.contains(['\u{202e}', '\u{7f}', '\u{9b}', '\u{e0041}']),
            "{text}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }
}
