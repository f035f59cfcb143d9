//! What a network's outputs are called.

use std::borrow::Cow;
use std::sync::Arc;

use engine::zoo::Classes;
use engine::{Graph, Shape};
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{Get, With};

use crate::document::Document;
use crate::input::{DataSet, Input};
use crate::train::Train;

/// The names of a network's outputs, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    Few(&'static [&'static str]),
    Many(Arc<Vec<String>>),
    /// They are loading from the file of this name.
    Awaited(&'static str),
    /// The outputs have no names.
    None,
}

impl Names {
    pub fn of(&self, output: usize) -> Cow<'static, str> {
        let name = match self {
            Self::Few(names) => names.get(output).copied().map(Cow::Borrowed),
            Self::Many(names) => names.get(output).cloned().map(Cow::Owned),
            Self::Awaited(_) | Self::None => None,
        };
        name.unwrap_or_else(|| format!("output {output}").into())
    }
}

/// The classes of the running network's outputs: those that the network of the zoo was made for, else
/// those of the data set on the pad, if the network takes drawings and has as many outputs.
pub(super) fn classes(
    document: Document,
    input: Input,
    before: Option<&Option<Classes>>,
) -> Option<Classes> {
    let output = document.graph().with(Graph::output);
    let outputs = document
        .analysis
        .with(|it| it.node(output).and_then(|facts| facts.shape));
    let Some(outputs) = outputs.map(Shape::elements) else {
        // While the document has problems, the last valid network keeps running.
        return before.copied().flatten();
    };
    if let Some(origin) = document.origin().get() {
        return Classes::of_network(origin, outputs);
    }
    let drawings = document
        .running()
        .with(|graph| engine::data::takes_drawings(graph.input()));
    let shown = input.sample().get().map_or(DataSet::Mnist, |it| it.set);
    let classes = shown.classes();
    (drawings && classes.count() as u64 == outputs).then_some(classes)
}

/// The names of these classes; of a network that was trained here, those of its data set.
pub(super) fn names(
    classes: Option<Classes>,
    imagenet: RwSignal<Option<Arc<Vec<String>>>>,
    train: Train,
) -> Names {
    if let Some(on) = train.trained_on().get() {
        return Names::Many(on.classes);
    }
    let Some(classes) = classes else {
        return Names::None;
    };
    match (classes.names(), classes.file(), imagenet.get()) {
        (Some(names), _, _) => Names::Few(names),
        (None, Some(_), Some(names)) => Names::Many(names),
        (None, Some(file), None) => Names::Awaited(file),
        (None, None, _) => Names::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_without_names_are_numbered() {
        let digits = Names::Few(Classes::Digits.names().unwrap());
        assert_eq!(digits.of(7), "7");
        assert_eq!(Names::None.of(17), "output 17");
        let names = Names::Many(Arc::new(vec!["tench".to_owned()]));
        assert_eq!(
            (names.of(0), names.of(1)),
            ("tench".into(), "output 1".into())
        );
    }
}
