//! The network of what was read.

use std::collections::{HashMap, HashSet};

use super::Unread;
use super::part::{Draft, Item, What};
use crate::graph::MAX_NAME;
use crate::layer::{Activation, Conv, Flatten, FlattenOrder, Layer, Linear, Merge};
use crate::{Graph, GraphBuilder, NodeId, Shape};

/// Groups whose modules follow each other.
const CHAINS: [&str; 8] = [
    "",
    "Sequential",
    "ModuleList",
    "Conv2dNormActivation",
    "ConvNormActivation",
    "ConvBNReLU",
    "ConvBNActivation",
    "BasicConv2d",
];

/// Adds layers one after the other.
#[derive(Debug)]
pub(super) struct Draftsman {
    net: GraphBuilder,
    names: HashSet<String>,
    /// By the names of the text.
    made: HashMap<String, NodeId>,
    /// The object of the text that is called, and how many of its layers were added in this call.
    calling: Option<(usize, usize)>,
    /// The nodes of the first call of each.
    called: HashMap<(usize, usize), NodeId>,
    /// What the next layer takes.
    inputs: Vec<NodeId>,
    pub assumed: Vec<String>,
    pub unread: Vec<Unread>,
    /// The first layer that says that it takes something else than it gets.
    pub misfit: Option<String>,
    /// How many layers said what they take, and do.
    pub fits: usize,
    /// Lines of the text.
    pub lines: usize,
}

impl Draftsman {
    pub fn new(input: Shape) -> Self {
        Self {
            net: GraphBuilder::new("network", input),
            names: HashSet::new(),
            made: HashMap::new(),
            calling: None,
            called: HashMap::new(),
            inputs: vec![NodeId::INPUT],
            assumed: Vec::new(),
            unread: Vec::new(),
            misfit: None,
            fits: 0,
            lines: 0,
        }
    }

    pub fn assume(&mut self, told: String) {
        self.assumed.push(told);
    }

    /// The shape of what the next layer takes.
    pub fn shape(&self) -> Option<Shape> {
        self.inputs.first().and_then(|&it| self.net.shape(it))
    }

    /// The next layer takes these, where they are known; else the last one.
    pub fn from(&mut self, names: &[String]) {
        let known: Vec<NodeId> = names
            .iter()
            .filter_map(|name| self.made.get(name).copied())
            .collect();
        if !known.is_empty() && known.len() == names.len() {
            self.inputs = known;
        }
    }

    /// A layer of this name that does nothing.
    pub fn pass(&mut self, name: &str) {
        if let Some(&input) = self.inputs.first() {
            self.made.insert(name.to_owned(), input);
        }
    }

    /// Whether the text ends with this line or soon after it: the totals of a table follow.
    pub const fn is_last(&self, line: usize) -> bool {
        line + 8 > self.lines && self.lines > 0
    }

    pub fn add(&mut self, name: &str, layer: Layer) {
        let wanted = match name.trim() {
            "" => layer.rule().name_stem().to_owned(),
            name => name.chars().take(MAX_NAME / 4).collect(),
        };
        let mut unique = wanted.clone();
        let mut number = 2;
        while !self.names.insert(unique.clone()) {
            unique = format!("{wanted}_{number}");
            number += 1;
        }
        let takes_several = matches!(layer, Layer::Merge(_));
        let inputs = match takes_several {
            true => self.inputs.clone(),
            false => self.inputs.first().copied().into_iter().collect(),
        };
        let of_call = self.calling.as_mut().map(|(object, count)| {
            *count += 1;
            (*object, *count)
        });
        let source = of_call.and_then(|it| self.called.get(&it).copied());
        let same = source.filter(|&it| self.net.layer(it) == Some(&layer));
        let node = match same.filter(|_| layer.has_parameters()) {
            Some(source) => self.net.again_from(&inputs, unique, source),
            None => self.net.from(&inputs, unique, layer),
        };
        if let Some(of_call) = of_call {
            self.called.entry(of_call).or_insert(node);
        }
        self.made.insert(name.to_owned(), node);
        self.inputs = vec![node];
    }

    pub fn finish(self) -> Result<Graph, String> {
        self.net.finish().map_err(|error| error.to_string())
    }

    /// Adds these, in their order.
    pub fn items(&mut self, items: &[Item], path: &str) {
        for item in items {
            let name = match (path, item.name.as_str()) {
                ("", name) => name.to_owned(),
                (path, "") => path.to_owned(),
                (path, name) => format!("{path}.{name}"),
            };
            match &item.what {
                What::Unknown(why) => {
                    self.unread.push(Unread::new(item.line, &name, why));
                }
                What::Layers { drafts, notes } => {
                    for note in notes {
                        self.assume(format!("line {}: {note}", item.line));
                    }
                    let mut name = name;
                    for draft in drafts {
                        let added = self.draft(draft, &name, item.line);
                        // An activation within a layer is named after it.
                        if let (Some(stem), false) = (added, name.is_empty()) {
                            name = format!("{}_{stem}", name.trim_end_matches(stem));
                        }
                    }
                }
                What::Group { class, items } => self.group(class, items, &name, item.line),
                What::Called { object, item } => {
                    let outer = self.calling.replace((*object, 0));
                    self.items(std::slice::from_ref(item), &name);
                    self.calling = outer;
                }
            }
        }
    }

    fn group(&mut self, class: &str, items: &[Item], path: &str, line: usize) {
        let item = |name: &str| {
            items
                .iter()
                .find(|it| it.name == name)
                .map(std::slice::from_ref)
        };
        let residual = ["BasicBlock", "Bottleneck"].contains(&class) && item("conv2").is_some();
        let start = self.inputs.clone();
        if residual {
            let before = self.shape();
            let last = if class == "Bottleneck" { 3 } else { 2 };
            for number in 1..=last {
                for part in ["conv", "bn"] {
                    if let Some(items) = item(&format!("{part}{number}")) {
                        self.items(items, path);
                    }
                }
                if number < last {
                    self.add(&format!("{path}.relu{number}"), Activation::Relu.into());
                }
            }
            let end = self.inputs.clone();
            self.inputs = start;
            if let Some(items) = item("downsample") {
                self.items(items, path);
            }
            let shortcut = std::mem::replace(&mut self.inputs, end);
            self.inputs.extend(shortcut);
            self.add(&format!("{path}.add"), Merge::Add.into());
            self.add(&format!("{path}.relu"), Activation::Relu.into());
            debug_assert!(before.is_some() || self.shape().is_none());
            self.tell_block(class, line, "adds its input, as torchvision's does");
            return;
        }
        if class == "InvertedResidual" {
            self.items(items, path);
            let of_start = start.first().and_then(|&it| self.net.shape(it));
            if of_start.is_some() && of_start == self.shape() {
                self.inputs.extend(start);
                self.add(&format!("{path}.add"), Merge::Add.into());
            }
            self.tell_block(
                class,
                line,
                "adds its input where the shapes are equal, as torchvision's does",
            );
            return;
        }
        if class == "Fire" && item("expand3x3").is_some() {
            let mut ends = Vec::new();
            for part in ["squeeze", "squeeze_activation"] {
                self.items(item(part).unwrap_or_default(), path);
            }
            let squeezed = self.inputs.clone();
            for side in ["1x1", "3x3"] {
                self.inputs.clone_from(&squeezed);
                for part in [format!("expand{side}"), format!("expand{side}_activation")] {
                    self.items(item(&part).unwrap_or_default(), path);
                }
                ends.extend(self.inputs.clone());
            }
            self.inputs = ends;
            self.add(&format!("{path}.concat"), Merge::Concat.into());
            self.tell_block(
                class,
                line,
                "joins its two expansions, as torchvision's does",
            );
            return;
        }
        if !CHAINS.contains(&class) {
            self.tell_block(
                class,
                line,
                "takes its modules one after another: what it does with them is not in the text",
            );
        }
        self.items(items, path);
    }

    /// Once for a class.
    fn tell_block(&mut self, class: &str, line: usize, what: &str) {
        let start = format!("“{class}” ");
        if !self.assumed.iter().any(|it| it.contains(&start)) {
            self.assume(format!("line {line}: “{class}” {what}"));
        }
    }

    /// The stem of the layer's name, where one was added.
    fn draft(&mut self, draft: &Draft, name: &str, line: usize) -> Option<&'static str> {
        let shape = self.shape();
        let layer = match draft {
            Draft::Input(_) => return None,
            Draft::Layer { layer, takes } => {
                if matches!(layer, Layer::Linear(_)) {
                    self.flat(FlattenOrder::Chw, line);
                }
                self.compare(*takes, layer, name, line);
                layer.clone()
            }
            Draft::Depthwise(conv) => {
                let channels = shape.map_or(1, |it| it.channels);
                Layer::from(Conv {
                    channels: conv.channels.saturating_mul(channels),
                    groups: channels,
                    ..conv.clone()
                })
            }
            &Draft::Dense { features, bias } => match shape {
                Some(shape) if !shape.is_vector() => Layer::from(Conv {
                    bias,
                    ..Conv::new(features, 1)
                }),
                _ => Layer::from(Linear { features, bias }),
            },
        };
        let stem = layer.rule().name_stem();
        self.add(name, layer);
        Some(stem)
    }

    /// A vector, for a layer that takes one.
    fn flat(&mut self, order: FlattenOrder, line: usize) {
        if self.shape().is_some_and(|shape| !shape.is_vector()) {
            let told = format!("line {line}: the maps are flattened before it");
            self.assume(told);
            // It is no layer of the text.
            let calling = self.calling.take();
            self.add("flatten", Layer::from(Flatten { order }));
            self.calling = calling;
        }
    }

    fn compare(&mut self, takes: Option<u32>, layer: &Layer, name: &str, line: usize) {
        let (Some(takes), Some(shape)) = (takes, self.shape()) else {
            if takes.is_some() && self.misfit.is_none() {
                self.misfit = Some(format!(
                    "line {line}: the layers before “{name}” do not fit"
                ));
            }
            return;
        };
        if takes == shape.channels {
            self.fits += usize::from(matches!(layer, Layer::Linear(_)));
            return;
        }
        let what = if matches!(layer, Layer::Linear(_)) {
            "values"
        } else {
            "channels"
        };
        if self.misfit.is_none() {
            self.misfit = Some(format!(
                "line {line}: “{name}” takes {takes} {what}, and gets {}",
                shape.channels
            ));
        }
    }
}
