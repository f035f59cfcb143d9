//! Source code: `Sequential(…)` of PyTorch and Keras, layers added one by one, or a list of them.

use std::collections::HashMap;

use super::part::{Args, Item, What};
use super::value::{Arg, Call, Statement, Value, statements};
use super::{MAX_ITEMS, TextError, Unread, keras, torch};

/// Lines that begin so are no layers.
const OTHER: [&str; 14] = [
    "import ", "from ", "def ", "class ", "return", "super", "if ", "for ", "@", "print", "with ",
    "else", "assert", "#",
];

/// What calls make, and lines that say nothing that is read.
pub(super) fn read(text: &str) -> Result<(Vec<Item>, Vec<Unread>), TextError> {
    let all = statements(text).map_err(|line| TextError::Deep { line })?;
    let is_keras = text.contains("keras")
        || keras::NAMES
            .iter()
            .any(|name| text.contains(&format!("{name}(")));
    let mut reader = Reader {
        is_keras,
        variables: HashMap::new(),
        objects: HashMap::new(),
        made: 0,
        last: None,
        plain: Vec::new(),
        unread: Vec::new(),
    };
    let lines: Vec<&str> = text.lines().collect();
    for statement in all {
        let line = statement.line.saturating_sub(1);
        reader.statement(statement, lines.get(line).copied().unwrap_or(""))?;
    }
    let items = match reader.last.and_then(|last| reader.variables.remove(&last)) {
        Some(items) => items,
        None => reader.plain,
    };
    Ok((items, reader.unread))
}

struct Reader {
    is_keras: bool,
    /// What each `Sequential` has.
    variables: HashMap<String, Vec<Item>>,
    /// The number of what each name was given last.
    objects: HashMap<String, usize>,
    made: usize,
    /// The one that was made or changed last.
    last: Option<String>,
    /// Layers that stand by themselves.
    plain: Vec<Item>,
    unread: Vec<Unread>,
}

impl Reader {
    fn statement(&mut self, statement: Statement, text: &str) -> Result<(), TextError> {
        let Statement {
            line,
            target,
            value,
        } = statement;
        let Value::Call(call) = value else {
            let text = text.trim();
            let is_other = OTHER.iter().any(|it| text.starts_with(it)) || !text.contains('(');
            if !is_other {
                self.unread.push(Unread::new(line, text, "it is not read"));
            }
            return Ok(());
        };
        match call.name.as_str() {
            "Sequential" => {
                let items = self.sequence(&call)?;
                let name = target.unwrap_or_default();
                self.name_object(&name);
                self.variables.insert(name.clone(), items);
                self.last = Some(name);
            }
            "add" if call.args.len() == 1 => {
                let name = call.before.clone();
                let mut items = self.variables.remove(&name).unwrap_or_default();
                for arg in &call.args {
                    self.item(&mut items, None, &arg.value, line)?;
                }
                self.variables.insert(name.clone(), items);
                self.last = Some(name);
            }
            // Lists of names and layers, training: no layers.
            _ if OTHER.iter().any(|it| text.trim().starts_with(it)) => {}
            "summary" | "compile" | "fit" | "Model" | "evaluate" | "eval" | "train" | "build" => {}
            _ => {
                let name = target.as_deref().map(|it| it.trim_start_matches("self."));
                let name = name.map(str::to_owned);
                if let Some(name) = &name {
                    self.name_object(name);
                }
                let mut plain = std::mem::take(&mut self.plain);
                self.item(&mut plain, name, &Value::Call(call), line)?;
                self.plain = plain;
            }
        }
        Ok(())
    }

    /// From now on this name means something new.
    fn name_object(&mut self, name: &str) {
        self.made += 1;
        self.objects.insert(name.to_owned(), self.made);
    }

    /// What this name was given, if it is a layer or a `Sequential`.
    fn named(&self, variable: &str, line: usize) -> Option<What> {
        let object = *self.objects.get(variable)?;
        let item = match self.variables.get(variable) {
            Some(items) => Item {
                line,
                name: String::new(),
                what: What::Group {
                    class: "Sequential".to_owned(),
                    items: items.clone(),
                },
            },
            None => {
                let mut plain = self.plain.iter().rev();
                let item = plain.find(|item| item.name == variable)?.clone();
                Item {
                    name: String::new(),
                    ..item
                }
            }
        };
        let item = Box::new(item);
        Some(What::Called { object, item })
    }

    /// The items of `Sequential(…)`.
    fn sequence(&mut self, call: &Call) -> Result<Vec<Item>, TextError> {
        let mut items = Vec::new();
        for arg in plain(&call.args) {
            match &arg.value {
                // Keras takes a list.
                Value::List(list) => {
                    for arg in list {
                        self.item(&mut items, None, &arg.value, call.line)?;
                    }
                }
                Value::Call(inner) if inner.name == "OrderedDict" => {
                    self.dictionary(&mut items, inner)?;
                }
                value => self.item(&mut items, None, value, call.line)?,
            }
        }
        Ok(items)
    }

    /// `OrderedDict([("name", layer), …])`.
    fn dictionary(&mut self, items: &mut Vec<Item>, call: &Call) -> Result<(), TextError> {
        let Some(Value::List(list)) = call.args.first().map(|it| &it.value) else {
            return Ok(());
        };
        for entry in list {
            match &entry.value {
                Value::List(entry) => match entry.as_slice() {
                    [
                        Arg {
                            value: Value::Text(name),
                            ..
                        },
                        Arg { value, .. },
                    ] => self.item(items, Some(name.clone()), value, call.line)?,
                    _ => self.unknown(items, call.line),
                },
                _ => self.unknown(items, call.line),
            }
        }
        Ok(())
    }

    fn unknown(&self, items: &mut Vec<Item>, line: usize) {
        items.push(Item {
            line,
            name: items.len().to_string(),
            what: What::Unknown("it is no layer, and no name of one".to_owned()),
        });
    }

    fn item(
        &mut self,
        items: &mut Vec<Item>,
        name: Option<String>,
        value: &Value,
        line: usize,
    ) -> Result<(), TextError> {
        let place = items.len().to_string();
        let what = match value {
            Value::Call(call) if call.name == "Sequential" => What::Group {
                class: call.name.clone(),
                items: self.sequence(call)?,
            },
            Value::Call(call) => {
                let read = if self.is_keras {
                    keras::layer(call)
                } else {
                    torch::layer(call)
                };
                let named = Args { call };
                let name = match named.text(usize::MAX, &["name"]) {
                    Some(name) if self.is_keras => Some(name.to_owned()),
                    _ => name,
                };
                let usual = if self.is_keras { String::new() } else { place };
                items.push(Item {
                    line: call.line,
                    name: name.unwrap_or(usual),
                    what: What::of(call, read),
                });
                return Ok(());
            }
            // One that was made before.
            Value::Name(variable) => match self.named(variable, line) {
                Some(What::Called { object, item }) => {
                    if count(std::slice::from_ref(&*item)) + count(items) > MAX_ITEMS {
                        return Err(TextError::Long);
                    }
                    What::Called { object, item }
                }
                _ => {
                    self.unknown(items, line);
                    return Ok(());
                }
            },
            _ => {
                self.unknown(items, line);
                return Ok(());
            }
        };
        items.push(Item {
            line,
            name: name.unwrap_or(place),
            what,
        });
        Ok(())
    }
}

/// How many items there are, with those of groups.
pub(super) fn count(items: &[Item]) -> usize {
    let of = |item: &Item| match &item.what {
        What::Group { items, .. } => 1 + count(items),
        What::Called { item, .. } => count(std::slice::from_ref(&**item)),
        _ => 1,
    };
    items.iter().map(of).sum()
}

/// Those without a key.
fn plain(args: &[Arg]) -> impl Iterator<Item = &Arg> {
    let named = |arg: &Arg| arg.key.as_deref() == Some("layers");
    args.iter()
        .filter(move |arg| arg.key.is_none() || named(arg))
}
