//! Networks as text: source code of PyTorch's and Keras' `Sequential`, what `print(model)` shows, and
//! Keras' `model.summary()`. What is not understood is listed with its line.

mod build;
mod code;
pub(crate) mod keras;
pub(crate) mod part;
mod printed;
mod summary;
mod torch;
pub(crate) mod value;

use std::fmt;

use build::Draftsman;
use part::{Draft, Item, What};

use crate::graph::Edit;
use crate::layer::Layer;
use crate::{Analysis, Graph, Shape};

/// The longest text, in bytes.
pub const MAX_TEXT: usize = 1 << 20;
/// The most layers and groups.
const MAX_ITEMS: usize = 4000;

/// A network that was read.
#[derive(Clone, Debug)]
pub struct Import {
    pub graph: Graph,
    /// Lines that are not understood; the network is without them.
    pub unread: Vec<Unread>,
    /// What the text does not say, and what was taken for it, in sentences.
    pub assumed: Vec<String>,
}

impl Import {
    /// Whether all of the text was understood.
    pub const fn is_complete(&self) -> bool {
        self.unread.is_empty()
    }
}

/// A line that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// From 1.
    pub line: usize,
    /// What stands there, or its name.
    pub text: String,
    pub why: String,
}

impl Unread {
    fn new(line: usize, text: &str, why: &str) -> Self {
        const MOST: usize = 80;
        let mut short: String = text.chars().take(MOST).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        Self {
            line,
            text: short,
            why: why.to_owned(),
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, text, why } = self;
        write!(formatter, "line {line}: “{text}”: {why}")
    }
}

/// Why a text is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("it has {got} bytes; a text of a network has {MAX_TEXT} at most")]
    TooLarge { got: usize },
    #[error("it has more than {MAX_ITEMS} layers")]
    Long,
    #[error("line {line}: brackets lie too deeply within each other")]
    Deep { line: usize },
    #[error(
        "no layer was found in it: paste `nn.Sequential(…)`, what `print(model)` shows, Keras' \
         `Sequential([…])` or what `model.summary()` shows{}", unread(.0)
    )]
    Nothing(Vec<Unread>),
    #[error(
        "what `forward` does is not read: paste what `print(model)` shows, or export the model as ONNX \
         and open that"
    )]
    Forward,
    #[error("its layers make no network: {0}")]
    Graph(String),
}

fn unread(lines: &[Unread]) -> String {
    let shown = lines.iter().take(3).map(|it| format!("; {it}"));
    shown.collect()
}

/// Whether a file may be such a text: it is text, and no document of the lab.
pub fn is_text(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(4096)];
    if start.contains(&0) {
        return false;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let is_layer = |word: &str| text.contains(word);
    ["Conv2d(", "Conv2D", "Linear(", "Dense", "Sequential("]
        .into_iter()
        .any(is_layer)
        && !text.trim_start().starts_with(['{', '['])
}

/// Reads a text; `input` is the shape of the pictures where it is known.
///
/// # Errors
/// When it is too large, or has no layers.
pub fn read(text: &str, input: Option<Shape>) -> Result<Import, TextError> {
    if text.len() > MAX_TEXT {
        return Err(TextError::TooLarge { got: text.len() });
    }
    if summary::is_summary(text) {
        let mut made = None;
        let unread = summary::build(text, &mut made, input);
        return match made {
            Some(made) => finished(made, unread),
            None => Err(TextError::Nothing(unread)),
        };
    }
    let (items, unread) = if printed::is_printed(text) {
        (printed::read(text)?, Vec::new())
    } else if text.contains("def forward") || text.contains("def call") {
        return Err(TextError::Forward);
    } else {
        code::read(text)?
    };
    if code::count(&items) > MAX_ITEMS {
        return Err(TextError::Long);
    }
    if first(&items).is_none() {
        return Err(TextError::Nothing(unread));
    }
    finished(fitted(&items, input), unread)
}

fn finished(mut made: Draftsman, mut unread: Vec<Unread>) -> Result<Import, TextError> {
    if let Some(misfit) = made.misfit.take() {
        made.assume(misfit);
    }
    unread.append(&mut made.unread);
    unread.sort_by_key(|it| it.line);
    let assumed = std::mem::take(&mut made.assumed);
    let graph = made.finish().map_err(TextError::Graph)?;
    if graph.nodes().is_empty() {
        return Err(TextError::Nothing(unread));
    }
    Ok(Import {
        graph,
        unread,
        assumed,
    })
}

/// The first layer.
fn first(items: &[Item]) -> Option<&Draft> {
    items.iter().find_map(|item| match &item.what {
        What::Layers { drafts, .. } => drafts.first(),
        What::Group { items, .. } => first(items),
        What::Called { item, .. } => first(std::slice::from_ref(&**item)),
        What::Unknown(_) => None,
    })
}

/// The first that says what it takes.
fn first_taking(items: &[Item]) -> Option<(&Layer, u32)> {
    items.iter().find_map(|item| match &item.what {
        What::Layers { drafts, .. } => drafts.iter().find_map(|draft| match draft {
            Draft::Layer {
                layer,
                takes: Some(takes),
            } => Some((layer, *takes)),
            _ => None,
        }),
        What::Group { items, .. } => first_taking(items),
        What::Called { item, .. } => first_taking(std::slice::from_ref(&**item)),
        What::Unknown(_) => None,
    })
}

fn stated(items: &[Item]) -> Option<Shape> {
    items.iter().find_map(|item| match &item.what {
        What::Layers { drafts, .. } => drafts.iter().find_map(|draft| match draft {
            Draft::Input(shape) => Some(*shape),
            _ => None,
        }),
        What::Group { items, .. } => stated(items),
        What::Called { item, .. } => stated(std::slice::from_ref(&**item)),
        What::Unknown(_) => None,
    })
}

/// Sides of pictures, the usual ones of photos first.
const USUAL: [u32; 14] = [
    224, 32, 227, 299, 28, 64, 96, 128, 160, 192, 240, 256, 384, 512,
];
/// And those of drawings.
const OF_DRAWINGS: [u32; 3] = [28, 32, 64];
/// The largest side that is tried.
const LARGEST: u32 = 600;

/// The network with pictures of the size that its linear layers say.
fn fitted(items: &[Item], input: Option<Shape>) -> Draftsman {
    let made = |input: Shape| {
        let mut made = Draftsman::new(input);
        made.items(items, "");
        made
    };
    if let Some(input) = input.or_else(|| stated(items)) {
        return made(input);
    }
    let (channels, features) = match first_taking(items) {
        Some((Layer::Linear(_), features)) => (1, Some(features)),
        Some((_, channels)) => (channels, None),
        None => (3, None),
    };
    // Without convolutions it takes a vector, or a picture that is flattened.
    if let Some(features) = features {
        let is_flattened = matches!(
            first(items),
            Some(Draft::Layer {
                layer: Layer::Flatten(_),
                ..
            })
        );
        let square = |of: u32| (1..=LARGEST).find(|side| side * side == of);
        let side = |channels: u32| square(features / channels).filter(|_| features % channels == 0);
        let shape = [1, 3]
            .into_iter()
            .find_map(|it| Some(Shape::new(it, side(it)?, side(it)?)));
        return match shape.filter(|_| is_flattened) {
            Some(shape) => {
                let mut made = made(shape);
                made.assume(format!(
                    "the pictures are {shape}, which are {features} values"
                ));
                made
            }
            None => made(Shape::vector(features)),
        };
    }
    let usual = if channels == 1 {
        &OF_DRAWINGS[..]
    } else {
        &USUAL[..]
    };
    let others = (1..=LARGEST).filter(|side| !usual.contains(side));
    let sides = usual.iter().copied().chain(others);
    let mut fits: Option<Draftsman> = None;
    for side in sides {
        let tried = made(Shape::new(channels, side, side));
        if tried.misfit.is_some() {
            continue;
        }
        match &mut fits {
            None => {
                let mut found = tried;
                found.assume(format!("the pictures are {channels}×{side}×{side}"));
                fits = Some(found);
            }
            Some(found) => {
                if let Some(told) = found.assumed.last_mut() {
                    *told += ", which is not the only size that fits";
                }
                break;
            }
        }
    }
    // Where none fits, the one whose misfit is told.
    fits.unwrap_or_else(|| {
        let side = if channels == 1 { 28 } else { 224 };
        let mut made = made(Shape::new(channels, side, side));
        made.assume(format!("the pictures are {channels}×{side}×{side}"));
        made
    })
}

/// The network under another name.
#[must_use]
pub fn named(graph: &Graph, name: &str) -> Graph {
    let name = name.to_owned();
    let edit = Edit::RenameGraph { name };
    graph.apply(&edit).unwrap_or_else(|_| graph.clone())
}

/// Whether the network's shapes fit.
pub fn problems(graph: &Graph) -> Vec<String> {
    let problems = Analysis::of(graph).problems;
    problems.iter().map(|it| it.error.to_string()).collect()
}
