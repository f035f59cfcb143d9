//! Python's expressions as far as networks are written in them: calls, lists, names, numbers, texts.
//! Read with a stack of its own, so that no depth of brackets is too deep for the machine's.

/// A value with the line that it begins in, from 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Text(String),
    /// Also `True`, `False` and `None`.
    Name(String),
    /// In any brackets.
    List(Vec<Arg>),
    Call(Call),
    /// What is none of these, such as a comprehension.
    Unknown,
}

/// `name(arguments)`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    /// The last part of the name: `Conv2d` of `nn.Conv2d`.
    pub name: String,
    /// What stands before it: `nn`.
    pub before: String,
    pub args: Vec<Arg>,
    pub line: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Arg {
    pub key: Option<String>,
    pub value: Value,
}

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    pub line: usize,
    /// What it is assigned to.
    pub target: Option<String>,
    pub value: Value,
}

/// The deepest brackets.
pub(super) const MAX_DEPTH: usize = 64;

#[derive(Clone, Debug, PartialEq)]
enum Token<'t> {
    Word(&'t str),
    Number(f64),
    Text(String),
    Sign(char),
    End,
}

/// The statements of a text. The error is the line in which brackets are too deep.
pub(super) fn statements(text: &str) -> Result<Vec<Statement>, usize> {
    let tokens = tokens(text);
    let mut statements = Vec::new();
    let mut stack = vec![Frame::new(Open::Program, 1)];
    for (token, line) in tokens {
        let depth = stack.len();
        let Some(frame) = stack.last_mut() else { break };
        match token {
            Token::End if depth == 1 => {
                if let Some(statement) = frame.statement() {
                    statements.push(statement);
                }
                *frame = Frame::new(Open::Program, line + 1);
            }
            Token::End => {}
            Token::Word(word) => frame.value(Value::Name(word.to_owned()), line),
            Token::Number(number) => frame.value(Value::Number(number), line),
            Token::Text(text) => frame.text(text, line),
            Token::Sign('(' | '[' | '{') if depth >= MAX_DEPTH => return Err(line),
            Token::Sign('(') => {
                let open = frame.callee();
                stack.push(Frame::new(open, line));
            }
            Token::Sign('[') if frame.has_value() => {
                // An index.
                frame.broken = true;
                stack.push(Frame::new(Open::List, line));
            }
            Token::Sign('[' | '{') => stack.push(Frame::new(Open::List, line)),
            Token::Sign(')' | ']' | '}') if depth > 1 => {
                if let Some(mut inner) = stack.pop()
                    && let Some(outer) = stack.last_mut()
                {
                    inner.flush();
                    let at = inner.line;
                    outer.value(inner.closed(), at);
                }
            }
            Token::Sign(')' | ']' | '}') => frame.broken = true,
            Token::Sign(',') => {
                frame.comma = true;
                frame.flush();
            }
            Token::Sign('=') => frame.key(),
            Token::Sign(sign) => frame.operator(sign),
        }
    }
    Ok(statements)
}

#[derive(Debug)]
enum Open {
    Program,
    List,
    /// Its callee.
    Call(Option<String>),
}

/// An open bracket.
#[derive(Debug)]
struct Frame {
    open: Open,
    line: usize,
    args: Vec<Arg>,
    key: Option<String>,
    /// Values of the argument under way, with the operator before each.
    terms: Vec<(char, Value)>,
    operator: Option<char>,
    /// The argument is something that is not read.
    broken: bool,
    comma: bool,
}

impl Frame {
    const fn new(open: Open, line: usize) -> Self {
        Self {
            open,
            line,
            args: Vec::new(),
            key: None,
            terms: Vec::new(),
            operator: None,
            broken: false,
            comma: false,
        }
    }

    const fn has_value(&self) -> bool {
        !self.terms.is_empty() && self.operator.is_none()
    }

    fn value(&mut self, value: Value, line: usize) {
        if self.terms.is_empty() && matches!(self.open, Open::Program) {
            self.line = line;
        }
        if self.has_value() {
            // Two values beside each other: a comprehension, a keyword.
            self.broken = true;
        }
        self.terms
            .push((self.operator.take().unwrap_or('+'), value));
    }

    /// Texts beside each other are one.
    fn text(&mut self, text: String, line: usize) {
        if self.has_value()
            && let Some((_, Value::Text(before))) = self.terms.last_mut()
        {
            before.push_str(&text);
            return;
        }
        self.value(Value::Text(text), line);
    }

    fn operator(&mut self, sign: char) {
        match sign {
            '-' | '+' if self.terms.is_empty() => self.terms.push(('+', Value::Number(0.0))),
            '*' | '/' | '-' | '+' if self.has_value() => {}
            // `//` divides whole numbers.
            '/' if self.operator == Some('/') => {}
            _ => self.broken = true,
        }
        self.operator = Some(sign);
    }

    fn key(&mut self) {
        match self.terms.pop() {
            Some((_, Value::Name(name))) if self.terms.is_empty() && self.key.is_none() => {
                self.key = Some(name);
            }
            _ => self.broken = true,
        }
    }

    /// What a bracket after this is.
    fn callee(&mut self) -> Open {
        if !self.has_value() {
            return Open::List;
        }
        match self.terms.pop() {
            Some((operator, Value::Name(name))) => {
                self.operator = (!self.terms.is_empty()).then_some(operator);
                Open::Call(Some(name))
            }
            // The result of a call is called.
            _ => {
                self.broken = true;
                Open::Call(None)
            }
        }
    }

    /// Ends an argument.
    fn flush(&mut self) {
        let key = self.key.take();
        let terms = std::mem::take(&mut self.terms);
        let hanging = self.operator.take().is_some();
        let broken = std::mem::take(&mut self.broken) || hanging;
        if terms.is_empty() && !broken {
            return;
        }
        let value = if broken {
            Value::Unknown
        } else {
            computed(terms)
        };
        self.args.push(Arg { key, value });
    }

    fn closed(self) -> Value {
        match self.open {
            Open::Call(Some(name)) => {
                let (before, name) = name.rsplit_once('.').unwrap_or(("", &name));
                Value::Call(Call {
                    name: name.to_owned(),
                    before: before.to_owned(),
                    args: self.args,
                    line: self.line,
                })
            }
            Open::Call(None) => Value::Unknown,
            Open::Program | Open::List => {
                let mut args = self.args;
                match args.pop() {
                    // A value in brackets.
                    Some(Arg { key: None, value }) if args.is_empty() && !self.comma => {
                        if matches!(value, Value::Number(_)) {
                            value
                        } else {
                            Value::List(vec![Arg { key: None, value }])
                        }
                    }
                    Some(last) => {
                        args.push(last);
                        Value::List(args)
                    }
                    None => Value::List(args),
                }
            }
        }
    }

    fn statement(&mut self) -> Option<Statement> {
        let line = self.line;
        self.flush();
        let Arg { key, value } = self.args.pop()?;
        let value = if self.args.is_empty() {
            value
        } else {
            Value::Unknown
        };
        Some(Statement {
            line,
            target: key,
            value,
        })
    }
}

/// Sums of products of numbers; a single value of another kind stays.
fn computed(mut terms: Vec<(char, Value)>) -> Value {
    if terms.len() == 1 {
        return terms.pop().map_or(Value::Unknown, |(_, value)| value);
    }
    let mut sums: Vec<f64> = Vec::new();
    for (operator, value) in terms {
        let Value::Number(number) = value else {
            return Value::Unknown;
        };
        match (operator, sums.last_mut()) {
            ('*', Some(last)) => *last *= number,
            ('/', Some(last)) => *last /= number,
            ('-', _) => sums.push(-number),
            _ => sums.push(number),
        }
    }
    Value::Number(sums.iter().sum())
}

/// The tokens of a text with their lines; comments are left out.
fn tokens(text: &str) -> Vec<(Token<'_>, usize)> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |it: char| it.is_alphanumeric() || it == '_' || it == '.';
        let length = match first {
            '\n' => {
                tokens.push((Token::End, line));
                line += 1;
                1
            }
            // A line that goes on in the next.
            '\\' if rest[1..].starts_with('\n') => {
                line += 1;
                2
            }
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' => {
                let (text, length) = quoted(rest, first);
                line += rest[..length].matches('\n').count();
                tokens.push((Token::Text(text), line));
                length
            }
            it if it.is_ascii_digit() => {
                let (number, length) = number(rest);
                tokens.push((Token::Number(number), line));
                length
            }
            it if it.is_alphabetic() || it == '_' => {
                let end = rest.find(|it| !is_word(it)).unwrap_or(rest.len());
                tokens.push((Token::Word(&rest[..end]), line));
                end
            }
            '.' if rest[1..].starts_with(|it: char| it.is_ascii_digit()) => {
                let (number, length) = number(rest);
                tokens.push((Token::Number(number), line));
                length
            }
            it if it.is_whitespace() => it.len_utf8(),
            // A statement may end in the middle of a line.
            ';' => {
                tokens.push((Token::End, line));
                1
            }
            it => {
                tokens.push((Token::Sign(it), line));
                it.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    tokens.push((Token::End, line));
    tokens
}

/// A quoted text and how many bytes it takes.
fn quoted(text: &str, quote: char) -> (String, usize) {
    let triple: String = [quote; 3].iter().collect();
    if text.starts_with(&triple) {
        let inner = &text[3..];
        return match inner.find(&triple) {
            Some(end) => (inner[..end].to_owned(), end + 6),
            None => (inner.to_owned(), text.len()),
        };
    }
    let inner = &text[1..];
    let end = inner.find([quote, '\n']).unwrap_or(inner.len());
    let closed = usize::from(inner[end..].starts_with(quote));
    (inner[..end].to_owned(), 1 + end + closed)
}

/// A number and how many bytes it takes.
fn number(text: &str) -> (f64, usize) {
    let mut end = 0;
    let mut before = ' ';
    for (place, it) in text.char_indices() {
        let signs = matches!(it, '+' | '-') && matches!(before, 'e' | 'E');
        if !(it.is_ascii_alphanumeric() || it == '.' || it == '_' || signs) {
            break;
        }
        before = it;
        end = place + it.len_utf8();
    }
    let plain = text[..end].replace('_', "");
    (plain.parse().unwrap_or(f64::NAN), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_a_call_with_its_arguments() {
        let text = "model = nn.Conv2d(1, 2 * 3, kernel_size=(5, 5),  # comment\n    bias=False)";
        let read = statements(text).unwrap();
        assert_eq!(read[0].target.as_deref(), Some("model"));
        let Value::Call(call) = &read[0].value else {
            panic!("{read:?}");
        };
        assert_eq!((call.name.as_str(), call.before.as_str()), ("Conv2d", "nn"));
        assert_eq!(call.args[1].value, Value::Number(6.0));
        assert_eq!(call.args[2].key.as_deref(), Some("kernel_size"));
        let side = || Arg {
            key: None,
            value: Value::Number(5.0),
        };
        assert_eq!(call.args[2].value, Value::List(vec![side(), side()]));
        assert_eq!(call.args[3].value, Value::Name("False".to_owned()));
    }

    #[test]
    fn a_comprehension_is_unknown_and_deep_brackets_are_refused() {
        let read = statements("f([g(x) for x in range(3)], -1e-3)").unwrap();
        let Value::Call(call) = &read[0].value else {
            panic!("{read:?}");
        };
        let Value::List(inner) = &call.args[0].value else {
            panic!("{call:?}");
        };
        assert_eq!(inner[0].value, Value::Unknown);
        assert_eq!(call.args[1].value, Value::Number(-1e-3));
        assert_eq!(statements(&"(".repeat(100_000)), Err(1));
    }
}
