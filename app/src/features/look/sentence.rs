//! What a layer's map shows, in one plain sentence.

use engine::Layer;
use engine::layer::{Activation, GlobalPool, LayerNormAxes, Merge, PoolMode, UpsampleMode, Window};
use state::screen::Palette;

use super::subject::Subject;

/// A part of a sentence, in the colour that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Plain(String),
    /// In the colour of values above zero.
    Above(&'static str),
    /// In the colour of values below zero.
    Below(&'static str),
}

fn plain(text: impl Into<String>) -> Vec<Part> {
    vec![Part::Plain(text.into())]
}

/// “Orange where …, blue where …, white where neither.”
fn signed(above: &str, below: &str, dark: bool) -> Vec<Part> {
    let neither = if dark { "black" } else { "white" };
    vec![
        Part::Above("Orange"),
        Part::Plain(format!(" where {above}, ")),
        Part::Below("blue"),
        Part::Plain(format!(" where {below}, {neither} where neither.")),
    ]
}

/// The sentence of one channel of a layer; `palette` is that of its maps, `dark` the page's theme.
pub fn sentence(subject: &Subject, channel: u32, palette: Palette, dark: bool) -> Vec<Part> {
    let Some(layer) = &subject.layer else {
        return input(subject, channel);
    };
    let before = match subject.inputs.first() {
        Some(input) if input.id == engine::NodeId::INPUT => "the picture".to_owned(),
        Some(input) if input.shape.is_vector() => input.name.clone(),
        Some(input) => format!("the maps of {}", input.name),
        None => "its input".to_owned(),
    };
    let number = channel + 1;
    match layer {
        Layer::Conv(conv) => {
            let inputs = subject.inputs.first().map_or(1, |it| it.shape.channels);
            let read = inputs / conv.groups.max(1);
            match (conv.kernel, read) {
                ([1, 1], 1) => plain("The same map, times one learnt number."),
                ([1, 1], _) => signed(
                    &format!("mix {number} of {read} maps is positive at that place"),
                    "it is negative",
                    dark,
                ),
                (_, 1) if inputs > 1 => looks(
                    &format!(
                        "map {} of {}",
                        1 + channel * inputs / conv.channels.max(1),
                        name(subject)
                    ),
                    number,
                    false,
                    dark,
                ),
                (_, _) if read < inputs => {
                    looks(&format!("{read} of {before}"), number, true, dark)
                }
                _ => looks(&before, number, before != "the picture", dark),
            }
        }
        Layer::TableConv(conv) => {
            let read = conv.table.get(channel as usize).map_or(0, Vec::len);
            looks(&format!("{read} of {before}"), number, true, dark)
        }
        Layer::TransposedConv(_) => plain(format!(
            "Every value of {before} laid down as a small picture of filter {number}, all added."
        )),
        Layer::AdaptiveMaxPool(pool) => {
            let [rows, columns] = pool.output;
            plain(format!(
                "The largest value of each of {rows}×{columns} equal parts of the map."
            ))
        }
        Layer::GroupNorm(_) | Layer::LayerNorm(_) | Layer::InstanceNorm(_) => {
            let together = match layer {
                Layer::InstanceNorm(_) => "its own values",
                Layer::LayerNorm(norm) if norm.axes == LayerNormAxes::Channels => {
                    "the values of all maps at each place"
                }
                Layer::LayerNorm(_) => "the values of all maps",
                _ => "the values of its group of maps",
            };
            plain(format!(
                "Map {number} of {}, shifted and scaled by the mean and variance of {together}.",
                name(subject)
            ))
        }
        Layer::PRelu(_) => plain("Positive values stay; negative ones times a learnt number."),
        Layer::Upsample(up) => {
            let [rows, columns] = up.factor;
            let how = match up.mode {
                UpsampleMode::Nearest => "each value repeated",
                UpsampleMode::Bilinear => "with means between the values",
            };
            plain(format!(
                "The same map, {rows}×{columns} times as large, {how}."
            ))
        }
        Layer::MaxPool(pool) => pooled("The largest value", &pool.sliding()),
        Layer::AvgPool(pool) => pooled("The average", &pool.sliding()),
        Layer::Subsample(pool) => pooled(
            "The sum, times a learnt number and plus another,",
            &pool.sliding(),
        ),
        Layer::AdaptiveAvgPool(pool) => {
            let [rows, columns] = pool.output;
            plain(format!(
                "The average of each of {rows}×{columns} equal parts of the map."
            ))
        }
        Layer::GlobalPool(GlobalPool { mode }) => plain(match mode {
            PoolMode::Avg => "One number a map: its average.",
            PoolMode::Max => "One number a map: its largest value.",
        }),
        Layer::BatchNorm(_) => plain(format!(
            "Map {number} of {}, shifted and scaled so that its values stay near 0 and about as \
             far apart as those of other maps.",
            name(subject)
        )),
        Layer::Lrn(norm) => plain(format!(
            "Map {number} of {}, weakened where the {} maps around it are strong.",
            name(subject),
            norm.size
        )),
        Layer::Activation(function) => activation(*function, palette),
        Layer::Dropout(_) => plain(
            "Unchanged: dropout leaves values out in training only, not when the network answers.",
        ),
        Layer::Linear(_) if subject.scores => signed(
            "the values before speak for the class",
            "they speak against it",
            dark,
        ),
        Layer::Linear(_) => {
            let count = subject.inputs.first().map_or(0, |it| it.shape.channels);
            signed(
                &format!("a weighted sum of all {count} values before is positive"),
                "it is negative",
                dark,
            )
        }
        Layer::Rbf(_) => {
            plain("How far the values before are from the code of each class: the smallest wins.")
        }
        Layer::Merge(how) => merge(*how, subject),
        Layer::Flatten(_) => plain(format!("All values of {}, one after the other.", before)),
        Layer::Pad(_) => plain(format!("Map {number} of {}, with a border.", name(subject))),
        Layer::ChannelShuffle(_) => {
            plain("A map of another group, so that the next grouped convolution sees all groups.")
        }
        Layer::ChannelSlice(slice) => plain(format!(
            "Map {} of {}.",
            slice.start + number,
            name(subject)
        )),
    }
}

fn input(subject: &Subject, channel: u32) -> Vec<Part> {
    plain(match (subject.shape.channels, channel) {
        (1, _) => "The picture as the network gets it: ink is white.".to_owned(),
        (3, _) => format!(
            "Colour {} of 3 of the picture as the network gets it.",
            channel + 1
        ),
        (all, _) => format!("Channel {} of {all} of the picture.", channel + 1),
    })
}

fn name(subject: &Subject) -> &str {
    subject
        .inputs
        .first()
        .map_or("its input", |it| it.name.as_str())
}

/// What a convolution finds.
fn looks(what: &str, filter: u32, many: bool, dark: bool) -> Vec<Part> {
    let (look, they) = if many {
        ("look", "they look")
    } else {
        ("looks", "it looks")
    };
    signed(
        &format!("{what} {look} like filter {filter}"),
        &format!("{they} like the opposite"),
        dark,
    )
}

/// “The average of each 2×2 square: half the size.”
fn pooled(what: &str, window: &Window) -> Vec<Part> {
    let [height, width] = window.kernel;
    let shape = if height == width {
        "square"
    } else {
        "rectangle"
    };
    let size = match window.stride {
        [1, 1] => "the size stays".to_owned(),
        [2, 2] => "half the size".to_owned(),
        [3, 3] => "a third of the size".to_owned(),
        [rows, columns] => format!("1/{rows} of the height, 1/{columns} of the width"),
    };
    plain(format!("{what} of each {height}×{width} {shape}: {size}."))
}

fn activation(function: Activation, palette: Palette) -> Vec<Part> {
    plain(match function {
        Activation::Relu | Activation::Relu6 if palette == Palette::Positive => match function {
            Activation::Relu6 => {
                "Bright where a value was positive, at most 6; what was negative is 0, dark."
            }
            _ => "Bright where a value was positive; what was negative is 0, dark.",
        },
        Activation::Relu | Activation::Relu6 => "What was negative is 0.",
        Activation::LeakyRelu { .. } => "Positive values stay; negative ones become small.",
        Activation::Elu { .. } => "Positive values stay; negative ones end at a limit.",
        Activation::Tanh => "The same map, squeezed between −1 and 1.",
        Activation::ScaledTanh { .. } => "The same map, squeezed between two limits.",
        Activation::Sigmoid | Activation::HardSigmoid => "The same map, squeezed between 0 and 1.",
        Activation::Silu | Activation::HardSwish | Activation::Gelu => {
            "Positive values stay; negative ones fade to 0."
        }
        Activation::Softmax => "The scores as shares that add up to 100 %.",
        Activation::LogSoftmax => "The logarithms of the shares.",
    })
}

fn merge(how: Merge, subject: &Subject) -> Vec<Part> {
    let names: Vec<&str> = subject.inputs.iter().map(|it| it.name.as_str()).collect();
    let both = match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => "its inputs".to_owned(),
    };
    plain(match how {
        Merge::Add => format!("The sum of {both}, place by place."),
        Merge::Multiply => format!("{both} multiplied, place by place."),
        Merge::Concat => format!("The maps of {both}, one behind the other."),
    })
}

#[cfg(test)]
mod tests {
    use engine::Analysis;

    use super::*;

    fn text(network: &str, node: &str) -> String {
        let graph = engine::zoo::build(network, &engine::zoo::Options::default()).unwrap();
        let analysis = Analysis::of(&graph);
        let id = graph
            .named(node)
            .map_or(engine::NodeId::INPUT, |node| node.id);
        let subject = Subject::of(&graph, &analysis, id).unwrap();
        let parts = sentence(&subject, 0, state::screen::palettes(&graph)[&id], false);
        let words = parts.iter().map(|part| match part {
            Part::Plain(text) => text.as_str(),
            Part::Above(word) | Part::Below(word) => word,
        });
        words.collect()
    }

    #[test]
    fn lenets_layers_are_told_in_plain_words() {
        for (node, words) in [
            ("input", "The picture as the network gets it: ink is white."),
            (
                "C1",
                "Orange where the picture looks like filter 1, blue where it looks like the \
                 opposite, white where neither.",
            ),
            ("S2", "The average of each 2×2 square: half the size."),
            (
                "C3",
                "Orange where the maps of S2 look like filter 1, blue where they look like the \
                 opposite, white where neither.",
            ),
            ("tanh1", "The same map, squeezed between −1 and 1."),
            ("softmax", "The scores as shares that add up to 100 %."),
        ] {
            assert_eq!(text("lenet-5", node), words, "{node}");
        }
    }

    #[test]
    fn every_layer_of_the_zoo_has_a_sentence() {
        for network in engine::zoo::NAMES {
            let graph = engine::zoo::build(network, &engine::zoo::Options::default()).unwrap();
            let analysis = Analysis::of(&graph);
            for node in graph.nodes() {
                let subject = Subject::of(&graph, &analysis, node.id).unwrap();
                let parts = sentence(&subject, 0, Palette::Signed, true);
                let Some(Part::Plain(last)) = parts.last() else {
                    panic!("{network}: {}", node.name)
                };
                assert!(last.ends_with('.'), "{network}, {}: {last}", node.name);
            }
        }
    }
}
