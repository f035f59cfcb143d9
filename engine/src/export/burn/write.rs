//! The file: dependencies, modules, and the proof.

use std::collections::HashMap;

use super::layers::Maker;
use crate::export::class::{Before, Call, Class, Classes, Made, Member, What};
use crate::export::code::{Code, class_name, identifier};
use crate::export::pytorch::layers::shared;
use crate::export::pytorch::write::{filled, title};
use crate::export::region::{Kind, Region, Source};
use crate::export::{CodeError, Listing, SAMPLE_FILE, WEIGHTS_FILE};
use crate::{Analysis, Graph, NodeId};

/// The code; with `proof` a program that compares an answer with ours, else a module of another one.
pub(in crate::export) fn listing(
    graph: &Graph,
    analysis: &Analysis,
    proof: bool,
) -> Result<Listing, CodeError> {
    let maker = Maker::new(graph, analysis);
    let region = Region::of(graph);
    let mut make = |id| {
        let node = graph.node(id).ok_or_else(|| CodeError::Invalid {
            node: String::new(),
            problem: "it does not exist".to_owned(),
        })?;
        maker.made(node).map_err(|why| CodeError::Layer {
            node: node.name.clone(),
            library: "burn",
            why,
        })
    };
    let classes = Classes::of(&region, graph.name(), &mut make, &class_name)?;
    let mut code = Code::default();
    let title = title(graph.name());
    if proof {
        code.line(format!(
            "//! {title}: written by the CNN lab. In Cargo.toml:"
        ));
        code.line("//!");
        code.line("//! burn = { version = \"0.22\", features = [\"flex\", \"store\"] }");
        code.line("//! safetensors = \"0.8\"\n");
    } else {
        code.line(format!("//! {title}: written by the CNN lab.\n"));
    }
    imports(&mut code, &classes, proof);
    for class in &classes.all {
        code.line("");
        write_class(&mut code, class, &classes, graph, &maker);
    }
    let name = classes.all.last().map_or("Network", |class| &class.name);
    if proof {
        write_proof(&mut code, name, graph, &maker);
    }
    Ok(code.into_listing(name))
}

/// Every module and function that the code has.
fn imports(code: &mut Code, classes: &Classes, proof: bool) {
    let members = || classes.all.iter().flat_map(|class| &class.members);
    let heads = |wanted: &[&str]| -> Vec<String> {
        let used = |name: &&str| {
            members().any(|member| {
                matches!(&member.what, What::Made(Made::Part { call, .. }) if call.head == **name)
            })
        };
        let used = wanted.iter().filter(|name| used(name));
        used.flat_map(|name| [(*name).to_owned(), format!("{name}Config")])
            .collect()
    };
    code.line("use burn::module::Module;");
    for (path, names) in [
        ("burn::nn::conv", &["Conv2d", "ConvTranspose2d"][..]),
        ("burn::nn::interpolate", &["Interpolate2d"]),
        (
            "burn::nn::pool",
            &["AdaptiveAvgPool2d", "AvgPool2d", "MaxPool2d"],
        ),
        (
            "burn::nn",
            &[
                "BatchNorm",
                "Dropout",
                "GroupNorm",
                "InstanceNorm",
                "LayerNorm",
                "Linear",
                "LocalResponseNorm",
            ],
        ),
    ] {
        let mut found = heads(names);
        if path == "burn::nn"
            && members().any(|it| {
                it.what
                    .call()
                    .is_some_and(|call| call.text().contains("PaddingConfig2d"))
            })
        {
            found.push("PaddingConfig2d".to_owned());
        }
        if path == "burn::nn::interpolate" && !found.is_empty() {
            found.push("InterpolateMode".to_owned());
        }
        if !found.is_empty() {
            code.line(format!("use {path}::{{{}}};", found.join(", ")));
        }
    }
    if proof {
        code.line("use burn::store::{ModuleSnapshot, PyTorchToBurnAdapter, SafetensorsStore};");
    }
    let text: String = members()
        .filter_map(|member| match &member.what {
            What::Made(Made::Expression(text)) => Some(format!(" {text}")),
            _ => None,
        })
        .collect();
    let functions = [
        "elu",
        "gelu",
        "hard_sigmoid",
        "hard_swish",
        "leaky_relu",
        "log_softmax",
        "relu",
        "sigmoid",
        "silu",
        "softmax",
        "tanh",
    ];
    let used: Vec<&str> = { functions.into_iter() }
        .filter(|name| text.contains(&format!(" {name}(")))
        .collect();
    if !used.is_empty() {
        code.line(format!(
            "use burn::tensor::activation::{{{}}};",
            used.join(", ")
        ));
    }
    if text.contains("PadMode") {
        code.line("use burn::tensor::ops::PadMode;");
    }
    code.line(match proof {
        true => "use burn::tensor::{Device, Tensor, TensorData};",
        false => "use burn::tensor::{Device, Tensor};",
    });
}

/// The type of a parameter, by what it was named after.
fn kind(name: &str) -> &'static str {
    match name.trim_end_matches(|it: char| it.is_ascii_digit()) {
        "affine" | "bias" | "ceil_mode" | "count_include_pad" => "bool",
        "mode" => "InterpolateMode",
        "kernel" | "stride" | "strides" | "dilation" | "output" | "maps" | "padding_out" => {
            "[usize; 2]"
        }
        "padding" => "PaddingConfig2d",
        "epsilon" | "momentum" | "alpha" | "beta" | "k" | "p" => "f64",
        _ => "usize",
    }
}

/// How a part is made.
fn made(call: &Call) -> String {
    let places: Vec<&str> = { call.args.iter() }
        .filter(|arg| !arg.is_named)
        .map(|arg| arg.value.as_str())
        .collect();
    let named: String = { call.args.iter() }
        .filter(|arg| arg.is_named)
        .map(|arg| format!(".with_{}({})", arg.key, arg.value))
        .collect();
    let device = match call.head.as_str() {
        "Conv2d" | "ConvTranspose2d" | "Linear" | "BatchNorm" | "GroupNorm" | "InstanceNorm"
        | "LayerNorm" => "device",
        _ => "",
    };
    format!(
        "{}Config::new({}){named}.init({device})",
        call.head,
        places.join(", ")
    )
}

fn write_class(code: &mut Code, class: &Class, classes: &Classes, graph: &Graph, maker: &Maker) {
    let fields = fields(class);
    // A part that is called once more is a field once.
    let own = || {
        let members = class.members.iter().zip(&fields);
        members.filter(|(member, _)| member.again.is_none())
    };
    code.line("#[derive(Module, Debug)]");
    code.line(format!("pub struct {} {{", class.name));
    for (member, field) in own() {
        let kind = match &member.what {
            What::Made(Made::Part { call, .. }) => &call.head,
            What::Class { class, .. } => &classes.all[*class].name,
            What::Made(Made::Expression(_)) => continue,
        };
        code.line_of(&member.nodes, format!("    {field}: {kind},"));
    }
    code.line(format!("}}\n\nimpl {} {{", class.name));
    let parameters: String = { class.parameters.iter() }
        .map(|name| format!("{name}: {}, ", kind(name)))
        .collect();
    code.line(format!(
        "    pub fn new({parameters}device: &Device) -> Self {{"
    ));
    code.line("        Self {");
    for (member, field) in own() {
        let value = match &member.what {
            What::Made(Made::Part { call, .. }) => made(call),
            What::Class { class, call } => {
                let args: String = { call.args.iter() }
                    .map(|arg| format!("{}, ", arg.value))
                    .collect();
                format!("{}::new({args}device)", classes.all[*class].name)
            }
            What::Made(Made::Expression(_)) => continue,
        };
        code.line_of(&member.nodes, format!("            {field}: {value},"));
    }
    code.line("        }\n    }\n");
    let rank = |flat: bool| if flat { 2 } else { 4 };
    let first = class
        .members
        .first()
        .and_then(|member| member.nodes.first());
    let input = first
        .and_then(|&node| graph.node(node))
        .and_then(|node| node.inputs.first());
    let from = rank(input.is_some_and(|&input| maker.is_flat(input)));
    let to = match class.output {
        Source::Input => from,
        Source::Item(place) => rank(is_flat(&class.members[place], maker)),
    };
    code.line(format!(
        "    pub fn forward(&self, x: Tensor<{from}>) -> Tensor<{to}> {{"
    ));
    forward(code, class, &fields, maker);
    code.line("    }\n}");
}

/// Whether a member gives batch × features: its first instance's last node says it.
fn is_flat(member: &Member, maker: &Maker) -> bool {
    // The nodes of all instances have the same ranks.
    member.nodes.last().is_some_and(|&node| maker.is_flat(node))
}

fn fields(class: &Class) -> Vec<String> {
    field_names(class.members.iter().map(|member| member.part.as_str()))
}

/// The path of every node's module, as its parameters are named.
pub(in crate::export) fn paths(graph: &Graph) -> HashMap<NodeId, String> {
    let mut paths = HashMap::new();
    let region = Region::of(graph);
    let mut open = vec![(String::new(), &region)];
    while let Some((path, region)) = open.pop() {
        let names = field_names(region.items.iter().map(|item| item.part.as_str()));
        for (item, name) in region.items.iter().zip(names) {
            let name = format!("{path}{name}");
            match &item.kind {
                Kind::Node(node) => {
                    paths.insert(*node, name);
                }
                Kind::Region(inner) => open.push((format!("{name}."), inner)),
            }
        }
    }
    shared(graph, &mut paths);
    paths
}

fn field_names<'p>(parts: impl Iterator<Item = &'p str>) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for part in parts {
        let wanted = identifier(&part.to_lowercase(), "layer");
        let mut name = wanted.clone();
        let mut number = 2;
        while fields.contains(&name) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        fields.push(name);
    }
    fields
}

fn forward(code: &mut Code, class: &Class, fields: &[String], maker: &Maker) {
    // Who reads a value last takes it, the others take a clone.
    let mut last: Vec<(Source, usize, usize)> = Vec::new();
    for (place, member) in class.members.iter().enumerate() {
        for (slot, &input) in member.inputs.iter().enumerate() {
            last.retain(|(source, ..)| *source != input);
            last.push((input, place, slot));
        }
    }
    let readers = |source: Source| {
        let inputs = class.members.iter().flat_map(|member| &member.inputs);
        inputs.filter(|&&input| input == source).count()
    };
    let variable = |place: usize| {
        let here = Source::Item(place);
        let next = class.members.get(place + 1);
        let next_reads = next.map_or(0, |next| {
            next.inputs.iter().filter(|&&it| it == here).count()
        });
        let in_chain = readers(here) == next_reads && class.output != here;
        let is_output = class.output == here && readers(here) == 0;
        if in_chain || is_output {
            "y".to_owned()
        } else {
            format!("{}_out", fields[place])
        }
    };
    for (place, member) in class.members.iter().enumerate() {
        let inputs: Vec<String> = { member.inputs.iter().enumerate() }
            .map(|(slot, &source)| {
                let name = match source {
                    Source::Input => "x".to_owned(),
                    Source::Item(from) => variable(from),
                };
                let is_last = last.contains(&(source, place, slot)) && class.output != source;
                if is_last {
                    name
                } else {
                    format!("{name}.clone()")
                }
            })
            .collect();
        let first = inputs.first().map_or("x", String::as_str);
        let field = &fields[member.again.unwrap_or(place)];
        let value = match &member.what {
            What::Made(Made::Part { before, .. }) => match before {
                Before::Nothing => format!("self.{field}.forward({first})"),
                Before::Flatten => format!("self.{field}.forward({first}.flatten(1, 3))"),
                Before::Unflatten => {
                    format!("self.{field}.forward({first}.unsqueeze_dims(&[2, 3]))")
                }
            },
            What::Made(Made::Expression(text)) => filled(text, &inputs),
            What::Class { .. } => format!("self.{field}.forward({first})"),
        };
        // A flatten changes the rank, which its variable says.
        let rank = if is_flat(member, maker) { 2 } else { 4 };
        code.line_of(
            &member.nodes,
            format!("        let {}: Tensor<{rank}> = {value};", variable(place)),
        );
    }
    code.line(match class.output {
        Source::Input => "        x".to_owned(),
        Source::Item(place) => format!("        {}", variable(place)),
    });
}

fn write_proof(code: &mut Code, name: &str, graph: &Graph, maker: &Maker) {
    let parameters: usize = crate::checkpoint::parameters(graph)
        .iter()
        .map(|it| it.count())
        .sum();
    let node: NodeId = graph.output();
    let input = if maker.is_flat(NodeId::INPUT) { 2 } else { 4 };
    let output = if maker.is_flat(node) { 2 } else { 4 };
    code.line(format!(
        r#"
/// An array of a sample, as a tensor.
fn array<const D: usize>(file: &[u8], name: &str, device: &Device) -> Tensor<D> {{
    let file = safetensors::SafeTensors::deserialize(file).expect("a safetensors file");
    let view = file.tensor(name).expect("the sample has it");
    let values = view.data().chunks_exact(4).map(|it| f32::from_le_bytes(it.try_into().unwrap()));
    Tensor::from_data(TensorData::new(values.collect(), view.shape().to_vec()), device)
}}

fn main() {{
    let device = Device::flex();
    let mut network = {name}::new(&device);
    // Running statistics of batch norm included.
    assert_eq!(network.num_params(), {parameters});
    let mut store = SafetensorsStore::from_file("{WEIGHTS_FILE}").with_from_adapter(PyTorchToBurnAdapter);
    network.load_from(&mut store).expect("the weights fit");

    let sample = std::fs::read("{SAMPLE_FILE}").expect("{SAMPLE_FILE} beside the program");
    let input: Tensor<{input}> = array(&sample, "input", &device);
    let wanted: Tensor<{output}> = array(&sample, "output", &device);
    let difference = (network.forward(input) - wanted).abs().max().into_scalar::<f32>();
    assert!(difference < 1e-4, "the outputs differ by {{difference}}");
    println!("{name}: {parameters} parameters, and the same outputs as the CNN lab");
}}"#
    ));
}
