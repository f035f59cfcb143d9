//! Numbers that a text or a question asks the engine for, such as `macs /C3` or
//! `ratio parameters @vgg-16 | parameters @resnet-50`.
//!
//! A quantity is of a network (`@name`; without it the lesson's own, as the lesson begins) or of one
//! of its nodes (`/name`). Before it may stand:
//!
//! - `short`: in words, as 15.5 billion;
//! - `share`: a node's part of its network, in per cent;
//! - `ratio a | b`, `less a | b` (in per cent), `product a | b`: of two.

use engine::analysis::{OptimiserKind, Precision, grouped};
use engine::deploy::Queue;
use engine::distribute::bubble;
use engine::layer::Layer;
use engine::{Analysis, Graph, NodeId};

use super::start::{network, node};

/// A value with the way in which it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    pub value: f64,
    short: bool,
}

impl Number {
    const fn plain(value: f64) -> Self {
        Self {
            value,
            short: false,
        }
    }

    /// As a text has it: 61,706, 27.3, 15.5 billion.
    pub fn written(self) -> String {
        if self.short {
            for (from, name) in [(1e9, "billion"), (1e6, "million"), (1e3, "thousand")] {
                if self.value >= from {
                    return format!("{:.1} {name}", self.value / from);
                }
            }
        }
        let whole = self.value.round();
        if (self.value - whole).abs() < 1e-9 && whole >= 0.0 {
            grouped(whole as u64)
        } else if self.value < 1.0 {
            format!("{:.2}", self.value)
        } else {
            format!("{:.1}", self.value)
        }
    }
}

/// The value of an expression; `own` is the network that the lesson begins with.
///
/// # Errors
/// A sentence that names what is unknown.
pub fn evaluate(text: &str, own: &str) -> Result<Number, String> {
    let text = text.trim();
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let pair = || {
        let (a, b) = rest
            .split_once('|')
            .ok_or_else(|| format!("“{text}” needs two values with | between them"))?;
        Ok::<_, String>((evaluate(a, own)?.value, evaluate(b, own)?.value))
    };
    let arguments = || {
        let read = |it: &str| it.parse().map_err(|_| format!("“{it}” is not a number"));
        let all: Result<Vec<f64>, String> = rest.split_whitespace().map(read).collect();
        all
    };
    let two = || match arguments()?.as_slice() {
        &[a, b] => Ok((a, b)),
        _ => Err(format!("“{word}” needs two numbers")),
    };
    Ok(match word {
        "short" => Number {
            short: true,
            ..evaluate(rest, own)?
        },
        "ratio" => {
            let (a, b) = pair()?;
            Number::plain(a / b)
        }
        "less" => {
            let (a, b) = pair()?;
            Number::plain((1.0 - a / b) * 100.0)
        }
        "product" => {
            let (a, b) = pair()?;
            Number::plain(a * b)
        }
        "share" => {
            let (whole, _) = rest
                .split_once('/')
                .ok_or_else(|| format!("“{text}” names no node"))?;
            let part = evaluate(rest, own)?.value;
            Number::plain(part / evaluate(whole, own)?.value * 100.0)
        }
        // The share of time in which the workers of a pipeline wait: stages, micro-batches.
        "bubble" => {
            let (stages, batches) = two()?;
            Number::plain(bubble(stages as usize, batches as usize) * 100.0)
        }
        // Requests a second, milliseconds of each: the least number that keeps up.
        "machines" => {
            let (rate, ms) = two()?;
            let queue = Queue::new(rate, ms).map_err(|error| error.to_string())?;
            let most = 1e9;
            let capacity = queue.machines_for(most, 99.0);
            Number::plain(f64::from(
                capacity.map_err(|error| error.to_string())?.machines,
            ))
        }
        // Values that Adam keeps for each parameter beside it.
        "adam" => Number::plain(OptimiserKind::Adam.values_each() as f64),
        // Bytes of a 32-bit value for each of an 8-bit one.
        "eighth" => {
            let bytes = |it: Precision| it.bytes_each() as f64;
            Number::plain(bytes(Precision::F32) / bytes(Precision::I8))
        }
        // The Euclidean length of a noise that moves every input value by this much.
        "length" => {
            let step = arguments()?.first().copied().unwrap_or(0.0);
            let values = evaluate("values /input", own)?.value;
            Number::plain(step * values.sqrt())
        }
        _ => Number::plain(quantity(word, rest, own)?),
    })
}

fn quantity(word: &str, rest: &str, own: &str) -> Result<f64, String> {
    let (mut of, mut place) = (own, None);
    for part in rest.split_whitespace() {
        match part.split_at_checked(1) {
            Some(("@", name)) => of = name,
            Some(("/", name)) => place = Some(name),
            _ => return Err(format!("“{part}” is neither @network nor /node")),
        }
    }
    let graph = network(of).map_err(|error| error.to_string())?;
    let analysis = Analysis::of(&graph);
    match place {
        Some(name) => {
            let id = node(&graph, name).ok_or_else(|| format!("{of} has no node “{name}”"))?;
            of_node(word, &graph, &analysis, id)
        }
        None => of_network(word, &graph, &analysis),
    }
    .ok_or_else(|| format!("“{word} {rest}” is not known"))
}

fn of_network(word: &str, graph: &Graph, analysis: &Analysis) -> Option<f64> {
    let count = |value: u64| Some(value as f64);
    match word {
        "parameters" => count(analysis.total.params()),
        "macs" => count(analysis.total.macs),
        "depth" => count(analysis.depth.into()),
        "layers" => count(graph.nodes().len() as u64),
        "field" => count(analysis.last_receptive_field()?.size[0]),
        "bytes" => count(analysis.weight_bytes(Precision::F32)),
        "memory" => count(analysis.inference.bytes(Precision::F32)),
        "training-memory" => count(analysis.training.bytes(Precision::F32)),
        "outputs" => count(analysis.node(graph.output())?.elements()),
        "convolutions" => {
            let all = graph.nodes().iter();
            count(all.filter(|it| matches!(it.layer, Layer::Conv(_))).count() as u64)
        }
        _ => None,
    }
}

fn of_node(word: &str, graph: &Graph, analysis: &Analysis, id: NodeId) -> Option<f64> {
    let count = |value: u64| Some(value as f64);
    let shape = crate::document::shape_of(graph, analysis, id)?;
    match word {
        "side" => return count(shape.height.into()),
        "channels" => return count(shape.channels.into()),
        "values" => return count(shape.elements()),
        _ => {}
    }
    let node = graph.node(id)?;
    let facts = analysis.node(id)?;
    let input = node.inputs.first();
    let input = input.and_then(|&id| crate::document::shape_of(graph, analysis, id))?;
    let window = node.layer.rule().window(input);
    match word {
        "parameters" => count(facts.cost.params()),
        "macs" => count(facts.cost.macs),
        "field" => count(facts.receptive_field?.size[0]),
        "kernel" => count(window?.kernel[0].into()),
        "stride" => count(window?.stride[0].into()),
        "dilation" => count(window?.dilation[0].into()),
        // The products in one value.
        "taps" => count(facts.cost.macs.checked_div(shape.elements())?),
        "groups" => match &node.layer {
            Layer::Conv(conv) => count(conv.groups.into()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        evaluate(text, "lenet-5").unwrap().written()
    }

    #[test]
    fn expressions_give_the_published_counts() {
        // LeNet-5 as the article's code counts it, and its layers by (5·5·in + 1)·out.
        assert_eq!(written("parameters"), "61,706");
        assert_eq!(written("macs"), "416,520");
        assert_eq!(written("parameters /C1"), "156");
        assert_eq!(written("taps /C3"), "150");
        // MobileNet of the article and of Keras; ResNet-50 as torchvision counts it.
        assert_eq!(written("parameters @mobilenet-article"), "4,264,808");
        assert_eq!(written("parameters @mobilenet"), "4,253,864");
        assert_eq!(written("short macs @vgg-16"), "15.5 billion");
    }

    #[test]
    fn combinations_are_computed_from_both() {
        assert_eq!(written("ratio parameters | parameters"), "1");
        assert_eq!(written("less parameters | parameters"), "0");
        // 48,120 of 61,706.
        assert_eq!(written("share parameters /F5"), "78.0");
        // GPipe: (4 − 1) / (8 + 4 − 1).
        assert_eq!(written("bubble 4 8"), "27.3");
        // 200 requests a second of 20 ms are 4 Erlang, which need more than 4 machines.
        assert_eq!(written("machines 200 20"), "5");
    }

    #[test]
    fn what_is_unknown_is_named() {
        for (text, named) in [
            ("parameters @nowhere", "nowhere"),
            ("macs /C9", "C9"),
            ("colour", "colour"),
            ("ratio macs", "|"),
            ("share macs", "node"),
        ] {
            let error = evaluate(text, "lenet-5").unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
