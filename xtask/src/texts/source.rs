//! The texts of one source file: string literals, and in `view!` the runs of text that a browser shows
//! as one.

use std::collections::BTreeSet;
use std::str::FromStr;

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::literal::{has_words, key, looks_read, value, with_places};

/// Macros whose text no person reads.
const SILENT: [&str; 14] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "panic",
    "unreachable",
    "matches",
    "include_str",
    "include_bytes",
    "env",
    "concat",
    "stringify",
];
/// Macros whose text has places.
const WITH_PLACES: [&str; 5] = ["format", "write", "writeln", "format_args", "bail"];
/// Functions that take names, not texts.
const SILENT_CALLS: [&str; 12] = [
    "expect",
    "query_selector",
    "query_selector_all",
    "get_element_by_id",
    "closest",
    "matches",
    "read",
    "forget",
    "set_attribute",
    "get_attribute",
    "create_element",
    "mark",
];
/// Attributes of HTML whose value is read.
const READ: [&str; 10] = [
    "title",
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "aria-valuetext",
    "placeholder",
    "alt",
    "label",
    "hint",
    "name",
];

/// All texts of a file.
pub fn texts(source: &str) -> Result<BTreeSet<String>> {
    let tokens = TokenStream::from_str(source).map_err(|error| anyhow!("{error}"))?;
    let mut found = BTreeSet::new();
    code(tokens, &mut found);
    Ok(found)
}

fn code(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match (&tokens[at], tokens.get(at + 1), tokens.get(at + 2)) {
            // An attribute of the file, such as its notes: `#![…]`.
            (TokenTree::Punct(hash), Some(TokenTree::Punct(mark)), Some(TokenTree::Group(_)))
                if hash.as_char() == '#' && mark.as_char() == '!' =>
            {
                at += 3;
            }
            // An attribute: `#[…]`; what a test has is not shown.
            (TokenTree::Punct(hash), Some(TokenTree::Group(group)), _)
                if hash.as_char() == '#' && group.delimiter() == Delimiter::Bracket =>
            {
                at += 2;
                message(group.stream(), found);
                if group.stream().to_string().replace(' ', "") == "cfg(test)" {
                    while at < tokens.len() && !is_body(&tokens[at]) {
                        at += 1;
                    }
                    at += 1;
                }
            }
            (
                TokenTree::Ident(name),
                Some(TokenTree::Punct(mark)),
                Some(TokenTree::Group(group)),
            ) if mark.as_char() == '!' => {
                let name = name.to_string();
                if name == "view" {
                    view(group.stream(), found);
                } else if WITH_PLACES.contains(&name.as_str()) {
                    formatted(group.stream(), found);
                } else if !SILENT.contains(&name.as_str()) {
                    code(group.stream(), found);
                }
                at += 3;
            }
            (TokenTree::Ident(name), Some(TokenTree::Group(group)), _)
                if group.delimiter() == Delimiter::Parenthesis
                    && SILENT_CALLS.contains(&name.to_string().as_str()) =>
            {
                at += 2;
            }
            (TokenTree::Group(group), ..) => {
                code(group.stream(), found);
                at += 1;
            }
            (TokenTree::Literal(literal), ..) => {
                if let Some(text) = value(&literal.to_string()) {
                    put_read(&key(&text), found);
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// The sentence of an error: `#[error("…")]` of thiserror.
fn message(attribute: TokenStream, found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = attribute.into_iter().collect();
    if let [TokenTree::Ident(name), TokenTree::Group(group)] = tokens.as_slice()
        && name == "error"
    {
        formatted(group.stream(), found);
    }
}

fn is_body(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
        || matches!(token, TokenTree::Punct(end) if end.as_char() == ';')
}

fn put_read(key: &str, found: &mut BTreeSet<String>) {
    if looks_read(key) {
        found.insert(key.to_owned());
    }
}

/// `format!(…)`: its first literal has places, its arguments are code.
fn formatted(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let mut first = true;
    let mut rest = TokenStream::new();
    for token in tokens {
        match &token {
            TokenTree::Literal(literal) if first => {
                if let Some(text) = value(&literal.to_string()) {
                    first = false;
                    put_read(&key(&with_places(&text)), found);
                    continue;
                }
            }
            _ => {}
        }
        rest.extend([token]);
    }
    code(rest, found);
}

/// A part of a run of text.
enum Part {
    Text(String),
    /// A value, with the name of its place.
    Value(String),
}

fn view(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut run = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Punct(open) if open.as_char() == '<' => {
                end(&mut run, found);
                at = tag(&tokens, at + 1, found);
                continue;
            }
            TokenTree::Literal(literal) => {
                if let Some(text) = value(&literal.to_string()) {
                    run.push(Part::Text(text));
                }
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                match value_name(group.stream()) {
                    Some(name) => run.push(Part::Value(name)),
                    None => end(&mut run, found),
                }
                code(group.stream(), found);
            }
            _ => {}
        }
        at += 1;
    }
    end(&mut run, found);
}

/// Goes through a tag from behind its `<`; where the next token is.
fn tag(tokens: &[TokenTree], from: usize, found: &mut BTreeSet<String>) -> usize {
    let mut depth = 1;
    let mut at = from;
    let mut name = String::new();
    // Behind `=`, until the next attribute.
    let mut inside = TokenStream::new();
    while at < tokens.len() && depth > 0 {
        let before = at.checked_sub(1).map(|before| tokens[before].to_string());
        match &tokens[at] {
            TokenTree::Punct(mark) => match mark.as_char() {
                '<' => depth += 1,
                '>' if !matches!(before.as_deref(), Some("-" | "=")) => depth -= 1,
                '-' | ':' => name.push(mark.as_char()),
                _ => {}
            },
            TokenTree::Ident(part) => {
                let joins = matches!(before.as_deref(), Some("-" | ":"));
                if joins {
                    name += &part.to_string();
                } else {
                    name = part.to_string();
                }
            }
            TokenTree::Literal(literal) => {
                if READ.contains(&name.as_str())
                    && let Some(text) = value(&literal.to_string())
                {
                    // An input has a name that nobody reads.
                    if if name == "name" {
                        looks_read(&text)
                    } else {
                        has_words(&text)
                    } {
                        found.insert(key(&text));
                    }
                } else if matches!(before.as_deref(), Some("=")) {
                    // The value of another attribute.
                } else {
                    inside.extend([tokens[at].clone()]);
                }
            }
            TokenTree::Group(_) => {
                // Of a macro, with its name.
                let start = if before.as_deref() == Some("!") {
                    at - 2
                } else {
                    at
                };
                inside.extend(tokens[start..=at].iter().cloned());
            }
        }
        at += 1;
    }
    code(inside, found);
    at
}

/// Ends a run of text: as one text where it has values between its texts, else each text.
fn end(run: &mut Vec<Part>, found: &mut BTreeSet<String>) {
    let parts = std::mem::take(run);
    let texts = || {
        parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text),
            Part::Value(_) => None,
        })
    };
    let worded = texts().filter(|text| has_words(text)).count();
    if worded == 0 {
        return;
    }
    if worded == texts().count() && parts.len() == worded {
        found.extend(texts().map(|text| key(text)));
        return;
    }
    let mut all = String::new();
    for part in &parts {
        match part {
            Part::Text(text) => all += text,
            Part::Value(name) => all += &format!("{{{name}}}"),
        }
    }
    found.insert(key(&all));
}

/// Functions that write a value as text.
const WRITERS: [&str; 12] = [
    "exact",
    "count",
    "percent",
    "percent_of",
    "bytes",
    "milliseconds",
    "value",
    "short",
    "digits",
    "shape",
    "to_string",
    "format",
];

/// The name of a value that is text for certain; nothing for what may be an element.
fn value_name(tokens: TokenStream) -> Option<String> {
    let all: Vec<String> = flat(tokens);
    if all
        .iter()
        .any(|it| it == "view" || it == "into_any" || it == "collect_view")
    {
        return None;
    }
    let name = |skip: &[&str]| {
        let mut names = all
            .iter()
            .filter(|it| it.chars().all(|it| it.is_alphanumeric() || it == '_'));
        names
            .find(|it| {
                let first = it.chars().next();
                first.is_some_and(char::is_lowercase) && !skip.contains(&it.as_str())
            })
            .cloned()
    };
    let writes = all.iter().any(|it| WRITERS.contains(&it.as_str()));
    let skip = [
        "move",
        "let",
        "get",
        "with",
        "state",
        "lab",
        "as",
        "self",
        "format",
        "exact",
        "count",
        "percent",
        "bytes",
        "milliseconds",
        "short",
        "to_string",
        "u64",
        "clone",
        "shape",
        "digits",
        "value",
    ];
    (writes || all.len() == 1 || all.ends_with(&[".".into(), "name".into()]))
        .then(|| name(&skip).unwrap_or_else(|| "value".into()))
}

fn flat(tokens: TokenStream) -> Vec<String> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => flat(group.stream()),
            other => vec![other.to_string()],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<String> {
        texts(source).unwrap().into_iter().collect()
    }

    #[test]
    fn texts_of_a_view_and_of_read_attributes_are_found_and_others_are_not() {
        let source = r#"//! Notes of a file are not.
            /// Notes are not texts.
            fn a() { view! {
                <p class="note more" title="What it is" data-testid="Some thing">
                    "accuracy " {percent(share)} " of " {exact(count)}
                </p>
                <button on:click=move |_| lab.say("Saved here.")>"delete"</button>
                <span>{move || if a { "label " } else { "Two words" }}</span>
            } }
            #[cfg(test)]
            mod tests { const A: &str = "Never shown here"; }
        "#;
        assert_eq!(
            found(source),
            [
                "Saved here.",
                "Two words",
                "What it is",
                "accuracy {share} of {value}",
                "delete"
            ]
        );
    }

    #[test]
    fn a_formatted_text_keeps_its_places_and_a_panic_is_not_read() {
        let source = r#"
        enum Error { #[error("{field} is 0; it must be at least {}", 1)] Zero }
        fn a() {
            let a = format!("“{name}” has {} channels", 3);
            panic!("never {a} here");
        }"#;
        assert_eq!(
            found(source),
            [
                "{field} is 0; it must be at least {1}",
                "“{name}” has {1} channels"
            ]
        );
    }
}
