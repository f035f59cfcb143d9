//! Lines of code, with the nodes that they are of.

use super::Listing;
use crate::NodeId;

#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    listing: Listing,
}

impl Code {
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.line_of(&[], text);
    }

    /// One or more lines of these nodes.
    pub fn line_of(&mut self, nodes: &[NodeId], text: impl AsRef<str>) {
        for line in text.as_ref().split('\n') {
            self.listing.text.push_str(line.trim_end());
            self.listing.text.push('\n');
            self.listing.nodes.push(nodes.to_vec());
        }
    }

    /// The code; `class` is the network's.
    pub fn into_listing(mut self, class: &str) -> Listing {
        class.clone_into(&mut self.listing.class);
        self.listing
    }
}

/// A name as an identifier of Python and Rust; one that starts with a digit gets `prefix`.
pub(super) fn identifier(name: &str, prefix: &str) -> String {
    let plain = |it: char| if it.is_ascii_alphanumeric() { it } else { '_' };
    let name: String = name.chars().map(plain).collect();
    let starts = name
        .chars()
        .next()
        .is_some_and(|it| it.is_ascii_alphabetic() || it == '_');
    let name = if starts {
        name
    } else {
        format!("{prefix}{name}")
    };
    if RESERVED.contains(&name.as_str()) {
        format!("{name}_")
    } else {
        name
    }
}

/// Words of Python or Rust, and names that the code itself or a module has.
const RESERVED: [&str; 82] = [
    "False",
    "None",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "const",
    "continue",
    "crate",
    "def",
    "del",
    "dyn",
    "elif",
    "else",
    "enum",
    "except",
    "extern",
    "false",
    "finally",
    "fn",
    "for",
    "from",
    "global",
    "if",
    "impl",
    "import",
    "in",
    "is",
    "lambda",
    "let",
    "loop",
    "match",
    "mod",
    "move",
    "mut",
    "nonlocal",
    "not",
    "or",
    "pass",
    "pub",
    "raise",
    "ref",
    "return",
    "self",
    "Self",
    "static",
    "struct",
    "super",
    "trait",
    "true",
    "try",
    "type",
    "unsafe",
    "use",
    "where",
    "while",
    "with",
    "yield",
    "x",
    "y",
    "torch",
    "nn",
    "keras",
    "layers",
    "name",
    "training",
    "forward",
    "eval",
    "train",
    "apply",
    "half",
    "float",
    "double",
    "register_buffer",
    "modules",
    "parameters",
    "children",
    "to",
];

/// A name in capitals, as classes have it: `basic_block` is `BasicBlock`.
pub(super) fn class_name(name: &str) -> String {
    let mut class = String::new();
    let mut upper = true;
    for it in name.chars() {
        if !it.is_ascii_alphanumeric() {
            upper = true;
        } else if upper {
            class.push(it.to_ascii_uppercase());
            upper = false;
        } else {
            class.push(it);
        }
    }
    identifier(&class, "Network")
}

/// A number as Python writes it: 1e-05 stays short, 6 gets no point where it is whole.
pub(super) fn number(value: f64) -> String {
    let plain = format!("{value}");
    let short = format!("{value:e}");
    if plain.len() > 8 && short.len() < plain.len() {
        short
    } else {
        plain
    }
}
