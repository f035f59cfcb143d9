//! Regions of the same build are one class; what differs between them is its parameters.

use std::collections::HashMap;

use super::region::{Item, Kind, Region, Source};
use crate::NodeId;

/// A constructor and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub head: String,
    pub args: Vec<Arg>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arg {
    /// What it says, to name a parameter after it.
    pub key: &'static str,
    /// Whether the key is written in the call.
    pub is_named: bool,
    pub value: String,
}

impl Call {
    pub fn new(head: impl Into<String>) -> Self {
        Self {
            head: head.into(),
            args: Vec::new(),
        }
    }

    /// With an argument by its place.
    pub fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        self.args.push(Arg {
            key,
            is_named: false,
            value: value.to_string(),
        });
        self
    }

    /// With an argument by its name.
    pub fn named(mut self, key: &'static str, value: impl ToString) -> Self {
        self.args.push(Arg {
            key,
            is_named: true,
            value: value.to_string(),
        });
        self
    }

    /// As [`Self::named`], left out where it is the usual one.
    pub fn unless<T: PartialEq + ToString>(self, key: &'static str, value: T, usual: T) -> Self {
        if value == usual {
            self
        } else {
            self.named(key, value)
        }
    }

    pub fn text(&self) -> String {
        let args: Vec<String> = { self.args.iter() }
            .map(|arg| match arg.is_named {
                true => format!("{}={}", arg.key, arg.value),
                false => arg.value.clone(),
            })
            .collect();
        format!("{}({})", self.head, args.join(", "))
    }
}

/// What a library makes of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// A part that is made once and then called.
    Part { call: Call, before: Before },
    /// An expression of its inputs, `{0}`, `{1}` and so on, `{*}` for all.
    Expression(String),
}

/// What is done with an input before a part takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    Nothing,
    /// It becomes batch × features.
    Flatten,
    /// It becomes a map of 1 × 1.
    Unflatten,
}

/// An item of a class.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// The last part of its name.
    pub part: String,
    pub inputs: Vec<Source>,
    pub what: What,
    /// The member whose part it is, called once more.
    pub again: Option<usize>,
    /// The nodes that it is in every instance.
    pub nodes: Vec<NodeId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Made(Made),
    /// Another class.
    Class {
        class: usize,
        call: Call,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Class {
    pub name: String,
    pub parameters: Vec<String>,
    pub members: Vec<Member>,
    pub output: Source,
    /// Whether its items are called one after the other and named 0, 1, 2…
    pub is_sequence: bool,
    /// How many instances there are.
    pub count: usize,
}

/// All classes, each after those that it has; the last one is the network.
#[derive(Debug, Default)]
pub(super) struct Classes {
    pub all: Vec<Class>,
}

/// Regions with one build.
struct Group {
    class: Class,
    /// The arguments of each instance, in one row.
    rows: Vec<Vec<Arg>>,
}

impl Classes {
    /// The classes of a network.
    ///
    /// # Errors
    /// Where `make` has one.
    pub fn of<E>(
        region: &Region,
        name: &str,
        make: &mut dyn FnMut(NodeId) -> Result<Made, E>,
        class_name: &dyn Fn(&str) -> String,
    ) -> Result<Self, E> {
        // Regions by depth, the deepest first; each with its path.
        let mut levels: Vec<Vec<(Vec<usize>, &Region, &str)>> =
            vec![vec![(Vec::new(), region, name)]];
        while let Some(level) = levels.last() {
            let mut next = Vec::new();
            for (path, region, _) in level {
                for (place, item) in region.items.iter().enumerate() {
                    if let Kind::Region(inner) = &item.kind {
                        let mut path = path.clone();
                        path.push(place);
                        next.push((path, &**inner, item.part.as_str()));
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            levels.push(next);
        }
        let mut classes = Self::default();
        let mut instances: HashMap<Vec<usize>, (usize, Call)> = HashMap::new();
        for level in levels.into_iter().rev() {
            let mut groups: Vec<Group> = Vec::new();
            let mut keys: HashMap<String, usize> = HashMap::new();
            let mut places = Vec::new();
            for (path, region, part) in level {
                let mut members = Vec::with_capacity(region.items.len());
                let mut row = Vec::new();
                for (place, item) in region.items.iter().enumerate() {
                    let (what, nodes) = match &item.kind {
                        Kind::Node(node) => (What::Made(make(*node)?), vec![*node]),
                        Kind::Region(inner) => {
                            let mut path = path.clone();
                            path.push(place);
                            let known = instances.get(&path).cloned();
                            let (class, call) = known.unwrap_or((0, Call::new("")));
                            (What::Class { class, call }, inner.nodes())
                        }
                    };
                    if let Some(call) = what.call() {
                        row.extend(call.args.iter().cloned());
                    }
                    members.push(member(item, what, nodes));
                }
                let is_sequence = region.is_sequence();
                let key = key(&members, region.output);
                let group = *keys.entry(key).or_insert_with(|| {
                    groups.push(Group {
                        class: Class {
                            name: part.to_owned(),
                            parameters: Vec::new(),
                            members: members.clone(),
                            output: region.output,
                            is_sequence,
                            count: 0,
                        },
                        rows: Vec::new(),
                    });
                    groups.len() - 1
                });
                let of = &mut groups[group];
                if of.class.count > 0 {
                    for (to, from) in of.class.members.iter_mut().zip(members) {
                        to.nodes.extend(from.nodes);
                    }
                }
                of.class.count += 1;
                places.push((path, group, of.rows.len()));
                of.rows.push(row);
            }
            let first = classes.all.len();
            let mut calls: Vec<Vec<Call>> = Vec::new();
            for mut group in groups {
                group.class.name = classes.free_name(&class_name(&group.class.name));
                calls.push(group.settle());
                classes.all.push(group.class);
            }
            for (path, group, row) in places {
                let call = calls[group][row].clone();
                instances.insert(path, (first + group, call));
            }
        }
        Ok(classes)
    }

    fn free_name(&self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while self.all.iter().any(|class| class.name == name) {
            name = format!("{wanted}{number}");
            number += 1;
        }
        name
    }
}

impl Class {
    /// The nodes of a member, and of those that call its part once more.
    pub fn users(&self, place: usize) -> Vec<NodeId> {
        let again = self.members.iter().enumerate();
        let again = again.filter(|&(at, it)| at == place || it.again == Some(place));
        again.flat_map(|(_, it)| it.nodes.clone()).collect()
    }

    /// Whether a member's part is called more than once.
    pub fn is_called_again(&self, place: usize) -> bool {
        self.members.iter().any(|it| it.again == Some(place))
    }
}

impl What {
    pub const fn call(&self) -> Option<&Call> {
        match self {
            Self::Made(Made::Part { call, .. }) | Self::Class { call, .. } => Some(call),
            Self::Made(Made::Expression(_)) => None,
        }
    }

    const fn call_mut(&mut self) -> Option<&mut Call> {
        match self {
            Self::Made(Made::Part { call, .. }) | Self::Class { call, .. } => Some(call),
            Self::Made(Made::Expression(_)) => None,
        }
    }
}

fn member(item: &Item, what: What, nodes: Vec<NodeId>) -> Member {
    Member {
        part: item.part.clone(),
        inputs: item.inputs.clone(),
        again: item.again,
        what,
        nodes,
    }
}

/// What two regions of one class have in common.
fn key(members: &[Member], output: Source) -> String {
    let mut key = format!("{output:?}");
    for member in members {
        key += &format!("|{} {:?} {:?} ", member.part, member.inputs, member.again);
        match &member.what {
            What::Made(Made::Expression(text)) => key += text,
            What::Made(Made::Part { call, before }) => {
                key += &format!("{before:?} {} ", call.head);
                for arg in &call.args {
                    key += &format!("{} {},", arg.key, arg.is_named);
                }
            }
            What::Class { class, .. } => key += &format!("class {class}"),
        }
    }
    key
}

impl Group {
    /// Makes parameters of the arguments that differ, and gives each instance's call.
    fn settle(&mut self) -> Vec<Call> {
        let width = self.rows.first().map_or(0, Vec::len);
        // Columns of the same values are one parameter.
        let mut parameters: Vec<(String, Vec<String>)> = Vec::new();
        let mut names: Vec<Option<usize>> = Vec::with_capacity(width);
        for column in 0..width {
            let values: Vec<String> = self
                .rows
                .iter()
                .map(|row| row[column].value.clone())
                .collect();
            if values.windows(2).all(|pair| pair[0] == pair[1]) {
                names.push(None);
                continue;
            }
            let known = parameters.iter().position(|(_, others)| *others == values);
            names.push(Some(known.unwrap_or_else(|| {
                let key = self.rows[0][column].key;
                let taken = |name: &str| parameters.iter().any(|(other, _)| other == name);
                let mut name = key.to_owned();
                let mut number = 2;
                while taken(&name) {
                    name = format!("{key}{number}");
                    number += 1;
                }
                parameters.push((name, values));
                parameters.len() - 1
            })));
        }
        let mut column = 0;
        for member in &mut self.class.members {
            let Some(call) = member.what.call_mut() else {
                continue;
            };
            for arg in &mut call.args {
                if let Some(Some(parameter)) = names.get(column) {
                    arg.value.clone_from(&parameters[*parameter].0);
                }
                column += 1;
            }
        }
        self.class.parameters = parameters.iter().map(|(name, _)| name.clone()).collect();
        let calls = (0..self.rows.len()).map(|row| Call {
            head: self.class.name.clone(),
            args: { parameters.iter() }
                .map(|(name, values)| Arg {
                    key: static_key(name),
                    is_named: false,
                    value: values[row].clone(),
                })
                .collect(),
        });
        calls.collect()
    }
}

/// The word that a parameter was named after, so that one of an outer class is named after it too.
fn static_key(name: &str) -> &'static str {
    let word = name.trim_end_matches(|it: char| it.is_ascii_digit());
    KEYS.iter()
        .find(|key| **key == word)
        .copied()
        .unwrap_or("value")
}

const KEYS: [&str; 46] = [
    "in_channels",
    "channels",
    "kernel",
    "stride",
    "padding",
    "dilation",
    "groups",
    "bias",
    "features",
    "in_features",
    "size",
    "alpha",
    "beta",
    "k",
    "eps",
    "momentum",
    "slope",
    "p",
    "output",
    "border",
    "value",
    "ceil_mode",
    "count_include_pad",
    "epsilon",
    "use_bias",
    "affine",
    "dilation_rate",
    "fan",
    "filters",
    "units",
    "rate",
    "strides",
    "start",
    "end",
    "table",
    "maps",
    "classes",
    "output_padding",
    "padding_out",
    "scale_factor",
    "mode",
    "num_parameters",
    "interpolation",
    "crop",
    "center",
    "scale",
];
