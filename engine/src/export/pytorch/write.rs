//! The file: imports, helpers, classes, and the proof.

use std::collections::HashMap;

use super::helpers::{Helper, PADDED};
use super::layers::{Maker, attributes};
use crate::export::class::{Before, Class, Classes, Made, Member, What};
use crate::export::code::{Code, class_name, identifier};
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
            library: "PyTorch",
            why,
        })
    };
    let classes = Classes::of(&region, graph.name(), &mut make, &class_name)?;
    let mut code = Code::default();
    let input = graph.input();
    code.line(format!(
        "\"\"\"{}: written by the CNN lab.\"\"\"\n",
        title(graph.name())
    ));
    code.line("import torch");
    let functional = |helper: &Helper| helper.pads() || helper.code().contains("F.");
    if maker.helpers.iter().any(functional) {
        code.line("import torch.nn.functional as F");
    }
    code.line("from torch import nn");
    if maker.helpers.iter().any(|helper| helper.pads()) {
        code.line(format!("\n\n{}", PADDED.trim_end()));
    }
    for helper in &maker.helpers {
        code.line(format!("\n\n{}", helper.code().trim_end()));
    }
    let last = classes.all.len().saturating_sub(1);
    for (place, class) in classes.all.iter().enumerate() {
        if class.is_sequence && place != last {
            continue;
        }
        code.line("\n");
        write_class(&mut code, class, &classes);
    }
    let name = classes.all.last().map_or("Network", |class| &class.name);
    proof(
        &mut code,
        name,
        maker.trainable(),
        input.to_string().as_str(),
    );
    Ok(code.into_listing(name))
}

/// A name within a docstring.
pub(in crate::export) fn title(name: &str) -> String {
    name.replace(['\\', '"'], "'").replace(['\n', '\r'], " ")
}

fn write_class(code: &mut Code, class: &Class, classes: &Classes) {
    let parameters = class.parameters.iter().map(|name| format!(", {name}"));
    let parameters: String = parameters.collect();
    code.line(format!("class {}(nn.Module):", class.name));
    code.line(format!("    def __init__(self{parameters}):"));
    code.line("        super().__init__()");
    let names = attributes(
        class.members.iter().map(|member| member.part.as_str()),
        false,
    );
    for (place, (member, name)) in class.members.iter().zip(&names).enumerate() {
        if member.again.is_some() {
            continue;
        }
        let start = format!("        self.{name} = ");
        match &member.what {
            What::Made(Made::Part { call, .. }) => {
                code.line_of(&class.users(place), format!("{start}{}", call.text()));
            }
            What::Made(Made::Expression(_)) => {}
            What::Class { class: inner, call } => {
                let inner = &classes.all[*inner];
                if inner.is_sequence {
                    sequence(code, &start, inner, &call_values(inner, call), classes, 2);
                } else {
                    code.line_of(&member.nodes, format!("{start}{}", call.text()));
                }
            }
        }
    }
    code.line("");
    code.line("    def forward(self, x):");
    forward(code, class, &names);
}

/// The values of a class's parameters in a call.
fn call_values(class: &Class, call: &crate::export::class::Call) -> HashMap<String, String> {
    let values = call.args.iter().map(|arg| arg.value.clone());
    class.parameters.iter().cloned().zip(values).collect()
}

/// `nn.Sequential(…)`, with what is the same several times in a row as a loop.
fn sequence(
    code: &mut Code,
    start: &str,
    class: &Class,
    values: &HashMap<String, String>,
    classes: &Classes,
    depth: usize,
) {
    let indent = "    ".repeat(depth);
    code.line(format!("{start}nn.Sequential("));
    let mut place = 0;
    while let Some(member) = class.members.get(place) {
        let (text, nested) = item_text(member, values, classes);
        let same = { class.members[place..].iter() }
            .take_while(|other| nested.is_none() && item_text(other, values, classes).0 == text)
            .count();
        match nested {
            Some((inner, values)) => {
                sequence(
                    code,
                    &format!("{indent}    "),
                    inner,
                    &values,
                    classes,
                    depth + 1,
                );
                place += 1;
            }
            None if same >= 3 && matches!(member.what, What::Class { .. }) => {
                let nodes: Vec<_> = { class.members[place..place + same].iter() }
                    .flat_map(|member| member.nodes.iter().copied())
                    .collect();
                code.line_of(
                    &nodes,
                    format!("{indent}    *({text} for _ in range({same})),"),
                );
                place += same;
            }
            None => {
                code.line_of(&member.nodes, format!("{indent}    {text},"));
                place += 1;
            }
        }
    }
    // Within another one it is an item.
    let end = if start.trim().is_empty() { ")," } else { ")" };
    code.line(format!("{indent}{end}"));
}

type Nested<'c> = Option<(&'c Class, HashMap<String, String>)>;

/// A member's constructor with these values; a sequence within.
fn item_text<'c>(
    member: &Member,
    values: &HashMap<String, String>,
    classes: &'c Classes,
) -> (String, Nested<'c>) {
    let Some(call) = member.what.call() else {
        return (String::new(), None);
    };
    let mut call = call.clone();
    for arg in &mut call.args {
        if let Some(value) = values.get(&arg.value) {
            arg.value.clone_from(value);
        }
    }
    if let What::Class { class, .. } = &member.what {
        let inner = &classes.all[*class];
        if inner.is_sequence {
            let values = call_values(inner, &call);
            return (call.text(), Some((inner, values)));
        }
    }
    (call.text(), None)
}

/// The body of `forward`.
fn forward(code: &mut Code, class: &Class, names: &[String]) {
    let readers = |source: Source| {
        let inputs = class.members.iter().flat_map(|member| &member.inputs);
        inputs.filter(|&&input| input == source).count()
    };
    // The input keeps its name where more than the first item reads it.
    let first_reads = class.members.first().map_or(0, |member| {
        member
            .inputs
            .iter()
            .filter(|&&input| input == Source::Input)
            .count()
    });
    let chain = if readers(Source::Input) > first_reads || class.output == Source::Input {
        "y"
    } else {
        "x"
    };
    let mut variables: Vec<String> = Vec::with_capacity(class.members.len());
    let count = class.members.len();
    for (place, member) in class.members.iter().enumerate() {
        let here = Source::Item(place);
        let next = class.members.get(place + 1);
        let next_reads = next.map_or(0, |next| {
            next.inputs.iter().filter(|&&it| it == here).count()
        });
        let is_last = class.output == here && readers(here) == 0;
        let in_chain = readers(here) == next_reads && next_reads > 0 && class.output != here;
        let variable = if in_chain || is_last {
            chain.to_owned()
        } else {
            identifier(&names[place], "value")
        };
        let inputs: Vec<String> = { member.inputs.iter() }
            .map(|input| match input {
                Source::Input => "x".to_owned(),
                Source::Item(from) => variables[*from].clone(),
            })
            .collect();
        let called = member.again.unwrap_or(place);
        let value = applied(&member.what, &names[called], &inputs);
        if is_last && place + 1 == count {
            code.line_of(&member.nodes, format!("        return {value}"));
            return;
        }
        code.line_of(&member.nodes, format!("        {variable} = {value}"));
        variables.push(variable);
    }
    let output = match class.output {
        Source::Input => "x",
        Source::Item(place) => &variables[place],
    };
    code.line(format!("        return {output}"));
}

fn applied(what: &What, name: &str, inputs: &[String]) -> String {
    let first = inputs.first().map_or("x", String::as_str);
    match what {
        What::Made(Made::Part { before, .. }) => match before {
            Before::Nothing => format!("self.{name}({first})"),
            Before::Flatten => format!("self.{name}({first}.flatten(1))"),
            Before::Unflatten => format!("self.{name}({first}[:, :, None, None])"),
        },
        What::Made(Made::Expression(text)) => filled(text, inputs),
        What::Class { .. } => format!("self.{name}({first})"),
    }
}

/// An expression with its inputs.
pub(in crate::export) fn filled(text: &str, inputs: &[String]) -> String {
    let mut text = text.replace("{*}", &inputs.join(", "));
    for (place, input) in inputs.iter().enumerate() {
        text = text.replace(&format!("{{{place}}}"), input);
    }
    text
}

fn proof(code: &mut Code, name: &str, parameters: usize, input: &str) {
    code.line(format!(
        r#"

if __name__ == "__main__":
    from pathlib import Path

    from safetensors.torch import load_file

    folder = Path(__file__).parent
    network = {name}().eval()
    count = sum(parameter.numel() for parameter in network.parameters())
    assert count == {parameters}, count

    weights = load_file(folder / "{WEIGHTS_FILE}")
    missing, unexpected = network.load_state_dict(weights, strict=False)
    assert not unexpected, unexpected
    assert all(name.endswith("num_batches_tracked") for name in missing), missing

    sample = load_file(folder / "{SAMPLE_FILE}")  # pictures of {input}
    with torch.no_grad():
        output = network(sample["input"]).flatten(1)
    torch.testing.assert_close(output, sample["output"].flatten(1), rtol=1e-4, atol=1e-4)
    print("{name}: {parameters} parameters, and the same outputs as the CNN lab")"#
    ));
}
