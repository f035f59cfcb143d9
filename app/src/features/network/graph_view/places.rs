//! The layout, computed again only when an edit changes the connections.

use std::sync::Arc;

use engine::Graph;

use super::SIZES;
use super::layout::{Folding, Layout, place};

/// A layout and its sources.
#[derive(Clone)]
pub struct Places {
    graph: Graph,
    folding: Folding,
    pub layout: Arc<Layout>,
}

impl Places {
    /// The layout of this graph; the previous one if it is still valid.
    pub fn of(graph: &Graph, folding: &Folding, before: Option<&Self>) -> Self {
        let same = before.filter(|it| it.folding == *folding && is_wired_as(graph, &it.graph));
        Self {
            graph: graph.clone(),
            folding: folding.clone(),
            layout: same.map_or_else(
                || Arc::new(place(graph, folding, &SIZES)),
                |before| Arc::clone(&before.layout),
            ),
        }
    }
}

impl PartialEq for Places {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.layout, &other.layout) || self.layout == other.layout
    }
}

/// Whether two graphs have the same layout: they differ in layers' settings and names only.
fn is_wired_as(one: &Graph, other: &Graph) -> bool {
    let nodes = |graph: &Graph| graph.nodes().len();
    let blocks = |graph: &Graph| graph.blocks().len();
    nodes(one) == nodes(other)
        && blocks(one) == blocks(other)
        && { one.nodes().iter().zip(other.nodes()) }
            .all(|(one, other)| one.id == other.id && one.inputs == other.inputs)
        && { one.blocks().iter().zip(other.blocks()) }.all(|(one, other)| one.nodes == other.nodes)
}

#[cfg(test)]
mod tests {
    use engine::graph::Edit;
    use engine::layer::Conv;

    use super::*;

    #[test]
    fn only_an_edit_of_the_wires_moves_anything() {
        let graph = engine::zoo::build("lenet-5", &engine::zoo::Options::default()).unwrap();
        let folding = Folding::default();
        let before = Places::of(&graph, &folding, None);
        let node = graph.named("C1").unwrap().id;
        let layer = Conv::new(8, 5).into();
        let wider = graph.apply(&Edit::SetLayer { node, layer }).unwrap();
        let after = Places::of(&wider, &folding, Some(&before));
        assert!(Arc::ptr_eq(&before.layout, &after.layout));
        assert_eq!(*after.layout, place(&wider, &folding, &SIZES));
        let longer = wider.apply(&Edit::Duplicate { node }).unwrap();
        let after = Places::of(&longer, &folding, Some(&after));
        assert_eq!(*after.layout, place(&longer, &folding, &SIZES));
        assert_ne!(after.layout.items.len(), before.layout.items.len());
    }
}
