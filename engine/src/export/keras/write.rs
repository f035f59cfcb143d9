//! The file: imports, helpers, functions, and the proof.

use std::collections::HashMap;

use super::layers::Maker;
use crate::export::class::{Before, Class, Classes, Made, What};
use crate::export::code::{Code, identifier};
use crate::export::pytorch::layers::attributes;
use crate::export::pytorch::write::{filled, title};
use crate::export::region::{Region, Source};
use crate::export::{CodeError, Listing, SAMPLE_FILE, WEIGHTS_FILE};
use crate::{Analysis, Graph};

pub(super) fn listing(graph: &Graph, analysis: &Analysis) -> Result<Listing, CodeError> {
    let mut maker = Maker::new(graph, analysis);
    let region = Region::of(graph);
    let mut make = |id| {
        let node = graph.node(id).ok_or_else(|| CodeError::Invalid {
            node: String::new(),
            problem: "it does not exist".to_owned(),
        })?;
        maker.made(node).map_err(|why| CodeError::Layer {
            node: node.name.clone(),
            library: "Keras",
            why,
        })
    };
    let function = |name: &str| {
        let plain: String = name.to_lowercase();
        identifier(plain.trim(), "block")
    };
    let classes = Classes::of(&region, graph.name(), &mut make, &function)?;
    let mut code = Code::default();
    code.line(format!(
        "\"\"\"{}: written by the CNN lab.\"\"\"\n",
        title(graph.name())
    ));
    code.line("import keras");
    code.line(if maker.helpers.is_empty() {
        "from keras import layers"
    } else {
        "from keras import layers, ops"
    });
    for helper in &maker.helpers {
        code.line(format!("\n\n{}", helper.code().trim_end()));
    }
    let last = classes.all.len().saturating_sub(1);
    for (place, class) in classes.all.iter().enumerate() {
        code.line("\n");
        if place == last {
            let shape = graph.input();
            let input = match shape.is_vector() {
                true => format!("({},)", shape.channels),
                false => format!("({}, {}, {})", shape.height, shape.width, shape.channels),
            };
            code.line(format!("def {}():", class.name));
            code.line(format!("    inputs = keras.Input({input})"));
            write_body(&mut code, class, &classes, "inputs", "");
            code.line(format!(
                "    return keras.Model(inputs, {}, name=\"{}\")",
                output(class, &classes),
                class.name
            ));
        } else {
            let parameters: String = { class.parameters.iter() }
                .map(|name| format!(", {name}"))
                .collect();
            code.line(format!("def {}(x{parameters}, *, name):", class.name));
            write_body(&mut code, class, &classes, "x", "{name}.");
            code.line(format!("    return {}", output(class, &classes)));
        }
    }
    let name = classes.all.last().map_or("network", |class| &class.name);
    proof(&mut code, name, graph, &maker);
    Ok(code.into_listing(name))
}

fn readers(class: &Class, source: Source) -> usize {
    let inputs = class.members.iter().flat_map(|member| &member.inputs);
    inputs.filter(|&&input| input == source).count()
}

/// The variable of a member's output, and whether the next one alone reads it.
fn variable(class: &Class, place: usize, classes: &Classes) -> String {
    let here = Source::Item(place);
    let next = class.members.get(place + 1);
    let next_reads = next.map_or(0, |next| {
        next.inputs.iter().filter(|&&it| it == here).count()
    });
    let in_chain = readers(class, here) == next_reads && class.output != here;
    let is_output = class.output == here && readers(class, here) == 0;
    if in_chain || is_output {
        return chain(class).to_owned();
    }
    let name = identifier(&class.members[place].part, "value");
    // A function of that name is called further down.
    let is_taken =
        classes.all.iter().any(|class| class.name == name) || class.parameters.contains(&name);
    if is_taken { format!("{name}_") } else { name }
}

/// The input keeps its name where more than the first item reads it.
fn chain(class: &Class) -> &'static str {
    let first = class.members.first().map_or(0, |member| {
        member
            .inputs
            .iter()
            .filter(|&&input| input == Source::Input)
            .count()
    });
    if readers(class, Source::Input) > first {
        "y"
    } else {
        "x"
    }
}

fn output(class: &Class, classes: &Classes) -> String {
    match class.output {
        Source::Input => "x".to_owned(),
        Source::Item(place) => variable(class, place, classes),
    }
}

fn write_body(code: &mut Code, class: &Class, classes: &Classes, input: &str, prefix: &str) {
    let parts = class.members.iter().map(|member| member.part.as_str());
    let parts = attributes(parts, false);
    for (place, member) in class.members.iter().enumerate() {
        let inputs: Vec<String> = { member.inputs.iter() }
            .map(|source| match source {
                Source::Input => input.to_owned(),
                Source::Item(from) => variable(class, *from, classes),
            })
            .collect();
        let first = inputs.first().map_or("x", String::as_str);
        let name = match prefix {
            "" => format!("\"{}\"", quoted(&member.part)),
            prefix => format!("f\"{prefix}{}\"", quoted(&member.part)),
        };
        let value = match &member.what {
            What::Made(Made::Part { call, before }) => {
                let first = match before {
                    Before::Nothing => first.to_owned(),
                    Before::Flatten => format!("layers.Flatten()({first})"),
                    Before::Unflatten => format!("layers.Reshape((1, 1, -1))({first})"),
                };
                let call = call.clone().named("name", name);
                let layer = format!("{}_layer", parts[member.again.unwrap_or(place)]);
                if class.is_called_again(place) {
                    code.line_of(
                        &class.users(place),
                        format!("    {layer} = {}", call.text()),
                    );
                }
                match member.again.is_some() || class.is_called_again(place) {
                    true => format!("{layer}({first})"),
                    false => format!("{}({first})", call.text()),
                }
            }
            What::Made(Made::Expression(text)) => {
                let text = filled(text, &inputs);
                match text.strip_suffix("])") {
                    Some(start) => format!("{start}], name={name})"),
                    None => text,
                }
            }
            What::Class { class: inner, call } => {
                let inner = &classes.all[*inner];
                let args: String = { call.args.iter() }
                    .map(|arg| format!(", {}", arg.value))
                    .collect();
                format!("{}({first}{args}, name={name})", inner.name)
            }
        };
        code.line_of(
            &member.nodes,
            format!("    {} = {value}", variable(class, place, classes)),
        );
    }
}

/// A part of a layer's name within quotes: Keras allows no slash.
fn quoted(part: &str) -> String {
    part.replace(['/', '"', '\\', '{', '}'], "_")
}

/// The name of a node's layer.
fn layer_names(graph: &Graph) -> HashMap<crate::NodeId, String> {
    let mut names = HashMap::new();
    let region = Region::of(graph);
    let mut open = vec![(String::new(), &region)];
    while let Some((path, region)) = open.pop() {
        for item in &region.items {
            let name = format!("{path}{}", quoted(&item.part));
            match &item.kind {
                crate::export::region::Kind::Node(node) => {
                    names.insert(*node, name);
                }
                crate::export::region::Kind::Region(inner) => {
                    open.push((format!("{name}."), inner))
                }
            }
        }
    }
    names
}

fn proof(code: &mut Code, name: &str, graph: &Graph, maker: &Maker) {
    let count: usize = crate::checkpoint::parameters(graph)
        .iter()
        .map(|it| it.count())
        .sum();
    let names = layer_names(graph);
    let paths = crate::export::pytorch::paths(graph);
    let mut table = String::new();
    for node in graph.nodes().iter().filter(|it| it.shares.is_none()) {
        if let (Some(turn), Some(layer), Some(path)) = (
            maker.turns.get(&node.id),
            names.get(&node.id),
            paths.get(&node.id),
        ) {
            table += &format!("        (\"{layer}\", \"{path}\", \"{}\"),\n", turn.name());
        }
    }
    code.line(format!(
        r#"

def load(model, path):
    """Loads weights that are named and laid out as PyTorch's."""
    from safetensors.numpy import load_file

    tensors = load_file(path)
    roles = {{
        "conv": ["weight", "bias"],
        "depthwise": ["weight", "bias"],
        "dense": ["weight", "bias"],
        "norm": ["weight", "bias", "running_mean", "running_var"],
        "map": ["weight", "bias"],
        "slope": ["weight"],
        "own": ["weight", "coef", "codes", "bias"],
    }}
    for name, key, kind in [
{}
    ]:
        layer, values = model.get_layer(name), []
        for role in roles[kind]:
            value = tensors.pop(f"{{key}}.{{role}}", None)
            if value is None:
                continue
            if role == "weight" and kind == "conv":
                value = value.transpose(2, 3, 1, 0)
            elif role == "weight" and kind == "depthwise":
                outputs, _, height, width = value.shape
                inputs = layer.kernel.shape[2]
                value = value.reshape(inputs, outputs // inputs, height, width).transpose(2, 3, 0, 1)
            elif role == "weight" and kind == "dense":
                value = value.T
            elif kind == "map":
                value = value.transpose(1, 2, 0)
            elif kind == "slope":
                value = value.reshape(layer.alpha.shape)
            values.append(value)
        layer.set_weights(values)
    assert not tensors, list(tensors)


if __name__ == "__main__":
    from pathlib import Path

    import numpy as np
    from safetensors.numpy import load_file

    folder = Path(__file__).parent
    model = {name}()
    count = model.count_params()
    assert count == {count}, count
    load(model, folder / "{WEIGHTS_FILE}")

    sample = load_file(folder / "{SAMPLE_FILE}")
    pictures = sample["input"]
    if pictures.ndim == 4:
        pictures = pictures.transpose(0, 2, 3, 1)
    output = keras.ops.convert_to_numpy(model(pictures, training=False))
    if output.ndim == 4:
        output = output.transpose(0, 3, 1, 2)
    wanted = sample["output"].reshape(len(pictures), -1)
    np.testing.assert_allclose(output.reshape(len(pictures), -1), wanted, rtol=1e-4, atol=1e-4)
    print("{name}: {count} parameters, and the same outputs as the CNN lab")"#,
        table.trim_end()
    ));
}
