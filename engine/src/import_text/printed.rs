//! What `print(model)` of PyTorch shows: one module a line, those within others further to the right.

use super::TextError;
use super::part::{Item, What};
use super::torch;
use super::value::{MAX_DEPTH, Value, statements};

/// Whether a text is one: a line of it is `(name): Class(`.
pub(super) fn is_printed(text: &str) -> bool {
    text.lines().any(|line| named(line.trim()).is_some())
}

/// `(name): rest`.
fn named(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix('(')?.split_once("): ")?;
    let is_name = |it: char| it.is_alphanumeric() || it == '_' || it == '-';
    let is_call = rest.contains('(');
    (!name.is_empty() && name.chars().all(is_name) && is_call).then_some((name, rest))
}

/// The modules of the outermost one.
pub(super) fn read(text: &str) -> Result<Vec<Item>, TextError> {
    let root = Item {
        line: 1,
        name: String::new(),
        what: What::Group {
            class: String::new(),
            items: Vec::new(),
        },
    };
    let mut stack = vec![root];
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim().trim_end_matches(',');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line == ")" {
            close(&mut stack);
            continue;
        }
        let (name, rest) = named(line).unwrap_or(("", line));
        let (times, rest) = repeated(rest);
        let group = rest.strip_suffix('(').filter(|class| {
            let mut letters = class.chars();
            !class.is_empty() && letters.all(|it| it.is_alphanumeric() || it == '_' || it == '.')
        });
        if let Some(class) = group {
            if stack.len() >= MAX_DEPTH {
                return Err(TextError::Deep { line: number });
            }
            stack.push(Item {
                line: number,
                name: name.to_owned(),
                what: What::Group {
                    class: class.to_owned(),
                    items: Vec::new(),
                },
            });
            if times.is_some() {
                let why = "it is printed once for several; print the whole module, or write it out";
                push(&mut stack, number, "", What::Unknown(why.to_owned()));
            }
            continue;
        }
        let what = leaf(rest, number)?;
        let names = match times {
            Some(times) => names_of(name, times),
            None => vec![name.to_owned()],
        };
        for name in names {
            push(&mut stack, number, &name, what.clone());
        }
    }
    while stack.len() > 1 {
        close(&mut stack);
    }
    let items = match stack.pop().map(|root| root.what) {
        Some(What::Group { items, .. }) => items,
        _ => Vec::new(),
    };
    Ok(opened(items))
}

/// The modules of the network itself: its class says no more than its name.
fn opened(mut items: Vec<Item>) -> Vec<Item> {
    match items.pop() {
        Some(Item {
            name,
            what: What::Group { items: inner, .. },
            ..
        }) if items.is_empty() && name.is_empty() => inner,
        Some(last) => {
            items.push(last);
            items
        }
        None => items,
    }
}

fn push(stack: &mut [Item], line: usize, name: &str, what: What) {
    let Some(Item {
        what: What::Group { items, .. },
        ..
    }) = stack.last_mut()
    else {
        return;
    };
    let name = match name {
        "" => items.len().to_string(),
        name => name.to_owned(),
    };
    items.push(Item { line, name, what });
}

fn close(stack: &mut Vec<Item>) {
    if stack.len() < 2 {
        return;
    }
    if let Some(Item { line, name, what }) = stack.pop() {
        let is_root = stack.len() == 1;
        if let Some(Item {
            what: What::Group { items, .. },
            ..
        }) = stack.last_mut()
        {
            let name = match name.is_empty() && !is_root {
                true => items.len().to_string(),
                false => name,
            };
            items.push(Item { line, name, what });
        }
    }
}

/// `3 x Linear(…)`.
fn repeated(text: &str) -> (Option<usize>, &str) {
    let Some((times, rest)) = text.split_once(" x ") else {
        return (None, text);
    };
    match times.parse() {
        Ok(times) => (Some(times), rest),
        Err(_) => (None, text),
    }
}

/// The names of a range such as `0-2`.
fn names_of(name: &str, times: usize) -> Vec<String> {
    const MOST: usize = 1000;
    let first = name
        .split('-')
        .next()
        .and_then(|it| it.parse::<usize>().ok());
    let first = first.unwrap_or(0);
    let names = (0..times.min(MOST)).map(|it| first.saturating_add(it).to_string());
    names.collect()
}

fn leaf(text: &str, line: usize) -> Result<What, TextError> {
    let read = statements(text).map_err(|_| TextError::Deep { line })?;
    let Some(Value::Call(call)) = read.into_iter().next().map(|it| it.value) else {
        return Ok(What::Unknown("it is no module".to_owned()));
    };
    Ok(What::of(&call, torch::layer(&call)))
}
