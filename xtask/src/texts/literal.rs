//! What a string literal says, and whether a person reads it.

/// The value of a string literal as it stands in the source; nothing for other literals.
pub fn value(source: &str) -> Option<String> {
    if let Some(raw) = source.strip_prefix('r') {
        let bare = raw.trim_matches('#');
        return Some(bare.strip_prefix('"')?.strip_suffix('"')?.to_owned());
    }
    let inner = source.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner.chars().peekable();
    while let Some(next) = rest.next() {
        if next != '\\' {
            text.push(next);
            continue;
        }
        match rest.next()? {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            '0' => text.push('\0'),
            'x' => {
                let code: String = rest.by_ref().take(2).collect();
                text.push(char::from(u8::from_str_radix(&code, 16).ok()?));
            }
            'u' => {
                let code: String = rest.by_ref().skip(1).take_while(|it| *it != '}').collect();
                text.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?)?);
            }
            // The line goes on.
            '\n' => while rest.next_if(|it| it.is_whitespace()).is_some() {},
            other => text.push(other),
        }
    }
    Some(text)
}

/// A text of `format!` with its places as a key has them: `{name}`, or `{1}`, `{2}` for those that the
/// arguments fill.
pub fn with_places(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    let mut place = 0;
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '{' if rest.next_if_eq(&'{').is_some() => key.push('{'),
            '}' if rest.next_if_eq(&'}').is_some() => key.push('}'),
            '{' => {
                let inner: String = rest.by_ref().take_while(|it| *it != '}').collect();
                let name = inner.split(':').next().unwrap_or_default().trim();
                let name = if name.is_empty() {
                    place += 1;
                    place.to_string()
                } else if let Ok(at) = name.parse::<usize>() {
                    (at + 1).to_string()
                } else {
                    name.to_owned()
                };
                key += &format!("{{{name}}}");
            }
            other => key.push(other),
        }
    }
    key
}

/// The key of a text: without what is around it, in one line.
pub fn key(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a key, without its places.
fn words(key: &str) -> Vec<String> {
    let mut bare = String::new();
    let mut inside = false;
    for letter in key.chars() {
        match letter {
            '{' => inside = true,
            '}' if inside => {
                inside = false;
                bare.push(' ');
            }
            _ if inside => {}
            other => bare.push(other),
        }
    }
    let words = bare.split(|it: char| !it.is_alphabetic());
    words
        .filter(|word| word.chars().count() > 1)
        .map(ToOwned::to_owned)
        .collect()
}

/// Whether a person may read this where it is a text of the page for certain.
pub fn has_words(key: &str) -> bool {
    !words(key).is_empty()
}

/// Signs that only code, addresses and styles have.
const CODE: [&str; 25] = [
    "://",
    "[data-",
    "::",
    "();",
    "px ",
    "</",
    "/>",
    "application/",
    "image/",
    "text/",
    "import ",
    "torch.",
    "self.",
    " = ",
    "==",
    "=\"",
    "@",
    "\\",
    "cnn-lab/",
    ":not(",
    "()",
    "--",
    "<!",
    "[contenteditable]",
    "__",
];

/// Names of keys and of Web interfaces.
const NAMES: [&str; 24] = [
    "Enter",
    "Escape",
    "Home",
    "End",
    "Tab",
    "Delete",
    "Backspace",
    "Control",
    "Shift",
    "Meta",
    "Alt",
    "Space",
    "Insert",
    "None",
    "Some",
    "Ok",
    "Err",
    "True",
    "False",
    "Self",
    "Function",
    "Object",
    "Error",
    "Uint",
];

/// Whether a text is an expression of a lesson: `parameters /C1`.
fn names_a_node(key: &str) -> bool {
    key.split(' ').any(|word| {
        word.strip_prefix('/')
            .is_some_and(|rest| rest.starts_with(char::is_alphabetic))
    })
}

/// Whether a text is a publication: names, a title and a year.
fn is_source(key: &str) -> bool {
    let bare = key.trim_end_matches(|it: char| !it.is_alphanumeric());
    let year = bare.get(bare.len().saturating_sub(4)..).is_some_and(|end| {
        (end.starts_with("19") || end.starts_with("20"))
            && end.bytes().all(|it| it.is_ascii_digit())
    });
    (year
        && !(key.contains('(') && key.ends_with('.'))
        && !key.contains(" the ")
        && (key.contains(": ") || key.contains(" et al")))
        || bare.ends_with(|it: char| it.is_ascii_digit())
            && key.contains(": ")
            && key.contains("arXiv:")
}

/// Whether a text that stands anywhere in the source looks as if a person reads it.
pub fn looks_read(key: &str) -> bool {
    let words = words(key);
    if words.is_empty()
        || is_source(key)
        || CODE.iter().any(|sign| key.contains(sign))
        || key.starts_with('#')
        || names_a_node(key)
    {
        return false;
    }
    // Path data of SVG, selectors, names with dashes or underscores.
    if key.starts_with('M') && key.chars().nth(1).is_some_and(|it| it.is_ascii_digit()) {
        return false;
    }
    let is_long = |word: &&String| word.chars().count() > 2;
    if key.contains(' ') {
        let letters = key
            .chars()
            .filter(|it| it.is_alphabetic() || *it == ' ')
            .count();
        return words.iter().any(|word| is_long(&word)) && 2 * letters > key.chars().count();
    }
    // One word alone: as titles are written.
    let [word] = words.as_slice() else {
        let first = key.chars().next().is_some_and(char::is_uppercase);
        return first && !key.contains(['_', '.', '/', '{', '=']) && key.contains('-');
    };
    let mut letters = word.chars();
    let capital = letters.next().is_some_and(char::is_uppercase);
    capital
        && is_long(&word)
        && letters.all(char::is_lowercase)
        && !key.contains(['_', '/', '=', '{', '<', '#', '['])
        && !NAMES.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_says_what_rust_says_that_it_says() {
        for (source, text) in [
            (
                stringify!("a \"b\" \u{2212} \x41\n"),
                "a \"b\" \u{2212} \x41\n",
            ),
            (stringify!(r#"a "b" \n"#), r#"a "b" \n"#),
            ("\"one \\\n   line\"", "one line"),
        ] {
            assert_eq!(value(source).as_deref(), Some(text));
        }
        assert_eq!(value("b'a'"), None);
        assert_eq!(value("12"), None);
    }

    #[test]
    fn places_have_names_or_numbers() {
        assert_eq!(
            with_places("{a} of {b:.1}, {} {{x}}, {:>3}"),
            "{a} of {b}, {1} {x}, {2}"
        );
    }

    #[test]
    fn code_is_not_read_and_sentences_are() {
        for text in [
            "Automatic",
            "no network is loaded yet",
            "{n} images",
            "Kernel size",
            "Max-pooling",
        ] {
            assert!(
                looks_read(text) || !text.contains(' ') && has_words(text),
                "{text}"
            );
        }
        for text in [
            "automatic",
            "M0 0h5v5",
            "ArrowDown",
            "data-theme",
            "{a}{b}",
            "2px solid",
            "Enter",
            "LeCun et al. 1998",
        ] {
            assert!(!looks_read(text), "{text}");
        }
    }
}
