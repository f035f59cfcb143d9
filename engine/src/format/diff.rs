//! The difference of two graphs: added, removed and changed nodes.
//!
//! The nodes of the two graphs are matched in their order, so that as much as possible matches:
//! the same layer under the same name counts most, then the same name, then the same layer, then
//! the same kind of layer. What is left over is matched by name alone. Two versions of one network
//! therefore match by name, two authors' networks by structure. Names that are numbers in a row
//! (torchvision's VGG) shift behind the first added layer: where a match that goes by layers before
//! names leaves less that differs, that one is taken.

use std::collections::{HashMap, HashSet};
use std::mem::{Discriminant, discriminant};

use serde::{Deserialize, Serialize};

use crate::{Graph, Layer, Node, NodeId, Shape};

/// A node of both graphs that differs between them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub before: Node,
    pub after: Node,
    /// Whether the layer or one of its hyper-parameters differs.
    pub layer: bool,
    /// Whether its inputs differ. A node inserted or removed before it does not count.
    pub inputs: bool,
    /// Whether only the name differs, or the name too.
    pub name: bool,
    /// Whether it shares weights in one graph only, or those of another node.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shares: bool,
}

/// The difference of two graphs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GraphDiff {
    /// The input's shapes, when they differ.
    pub input: Option<[Shape; 2]>,
    /// Nodes of the second graph only, in its order.
    pub added: Vec<Node>,
    /// Nodes of the first graph only, in its order.
    pub removed: Vec<Node>,
    pub changed: Vec<Change>,
    /// How many nodes are equal in both.
    pub same: usize,
}

impl GraphDiff {
    /// What changes from `before` to `after`.
    pub fn between(before: &Graph, after: &Graph) -> Self {
        let [old, new] = [before.nodes(), after.nodes()];
        let named = with_namesakes(matched(old, new, likeness), old, new);
        let by_name = Self::of(before, after, named);
        if by_name.differing() < 2 {
            return by_name;
        }
        let by_layer = Self::of(before, after, matched(old, new, likeness_of_layers));
        if by_layer.differing() < by_name.differing() {
            by_layer
        } else {
            by_name
        }
    }

    /// How many nodes are in one graph only, or differ in layer or inputs.
    fn differing(&self) -> usize {
        let changed = self
            .changed
            .iter()
            .filter(|it| it.layer || it.inputs || it.shares);
        self.added.len() + self.removed.len() + changed.count()
    }

    /// The difference when these nodes are partners, by their places.
    fn of(before: &Graph, after: &Graph, pairs: Vec<(usize, usize)>) -> Self {
        let [old, new] = [before.nodes(), after.nodes()];
        let mut diff = Self::default();
        if before.input() != after.input() {
            diff.input = Some([before.input(), after.input()]);
        }
        let [kept, taken]: [HashSet<usize>; 2] = [
            pairs.iter().map(|pair| pair.0).collect(),
            pairs.iter().map(|pair| pair.1).collect(),
        ];
        let removed = Passed::over(old, |index| kept.contains(&index));
        let added = Passed::over(new, |index| taken.contains(&index));
        let mut partner = HashMap::from([(NodeId::INPUT, NodeId::INPUT)]);
        partner.extend(pairs.iter().map(|&(i, j)| (old[i].id, new[j].id)));
        for &(i, j) in &pairs {
            let (one, other) = (&old[i], &new[j]);
            let source = |&input| partner.get(&removed.source(input)).copied();
            let old_sources: Vec<Option<NodeId>> = one.inputs.iter().map(source).collect();
            let new_sources: Vec<Option<NodeId>> = other
                .inputs
                .iter()
                .map(|&input| Some(added.source(input)))
                .collect();
            let change = Change {
                layer: one.layer != other.layer,
                inputs: old_sources != new_sources,
                name: one.name != other.name,
                shares: one.shares.map(|id| partner.get(&id).copied()) != other.shares.map(Some),
                before: one.clone(),
                after: other.clone(),
            };
            if change.layer || change.inputs || change.name || change.shares {
                diff.changed.push(change);
            } else {
                diff.same += 1;
            }
        }
        diff.removed = removed.nodes(old);
        diff.added = added.nodes(new);
        diff
    }

    /// Whether the two graphs have the same input, layers, wiring, names and shared weights.
    pub fn is_empty(&self) -> bool {
        let Self {
            input,
            added,
            removed,
            changed,
            same: _,
        } = self;
        input.is_none() && added.is_empty() && removed.is_empty() && changed.is_empty()
    }
}

/// The nodes of one graph that have no partner in the other, each with the input it passes on.
struct Passed(HashMap<NodeId, Option<NodeId>>);

impl Passed {
    fn over(nodes: &[Node], has_partner: impl Fn(usize) -> bool) -> Self {
        let alone = nodes
            .iter()
            .enumerate()
            .filter(|&(index, _)| !has_partner(index));
        Self(
            alone
                .map(|(_, node)| match node.inputs.as_slice() {
                    &[input] => (node.id, Some(input)),
                    _ => (node.id, None),
                })
                .collect(),
        )
    }

    /// The nearest node upwards that has a partner, following first inputs.
    fn source(&self, mut id: NodeId) -> NodeId {
        while let Some(Some(before)) = self.0.get(&id) {
            id = *before;
        }
        id
    }

    fn nodes(&self, nodes: &[Node]) -> Vec<Node> {
        nodes
            .iter()
            .filter(|node| self.0.contains_key(&node.id))
            .cloned()
            .collect()
    }
}

/// The pairs, and with them those of one name that stand in another order in the two graphs; in
/// the second graph's order.
fn with_namesakes(
    mut pairs: Vec<(usize, usize)>,
    old: &[Node],
    new: &[Node],
) -> Vec<(usize, usize)> {
    let mut alone: HashMap<&str, usize> = old
        .iter()
        .enumerate()
        .map(|(place, node)| (node.name.as_str(), place))
        .collect();
    let mut unmatched: Vec<bool> = vec![true; new.len()];
    for &(i, j) in &pairs {
        alone.remove(old[i].name.as_str());
        unmatched[j] = false;
    }
    for (j, node) in new.iter().enumerate().filter(|&(j, _)| unmatched[j]) {
        if let Some(i) = alone.remove(node.name.as_str()) {
            pairs.push((i, j));
        }
    }
    pairs.sort_unstable_by_key(|&(_, j)| j);
    pairs
}

/// How well two nodes match: 0 is not at all.
fn likeness(one: &Node, other: &Node) -> u16 {
    let kind = |layer: &Layer| -> Discriminant<Layer> { discriminant(layer) };
    let same_kind = kind(&one.layer) == kind(&other.layer);
    match (one.name == other.name, one.layer == other.layer) {
        (true, true) => 6,
        (true, false) if same_kind => 5,
        (true, false) => 4,
        (false, true) => 3,
        (false, false) if same_kind => 2,
        (false, false) => 0,
    }
}

/// How well two nodes match when names come last.
fn likeness_of_layers(one: &Node, other: &Node) -> u16 {
    let named = u16::from(one.name == other.name);
    if one.layer == other.layer {
        return 5 + named;
    }
    let kind = |layer: &Layer| -> Discriminant<Layer> { discriminant(layer) };
    if kind(&one.layer) == kind(&other.layer) {
        return 2 + named;
    }
    named
}

/// Pairs of places in `old` and `new`, both rising, with the greatest sum of likeness (at most 6
/// each, when all is equal; Needleman and Wunsch 1970, gaps free).
fn matched(old: &[Node], new: &[Node], likeness: fn(&Node, &Node) -> u16) -> Vec<(usize, usize)> {
    // What is alike at both ends is most of it after one edit, and keeps the table small.
    let alike = |pair: &(&Node, &Node)| likeness(pair.0, pair.1) == 6;
    let head = old.iter().zip(new).take_while(alike).count();
    let [old_rest, new_rest] = [&old[head..], &new[head..]];
    let tail = old_rest
        .iter()
        .rev()
        .zip(new_rest.iter().rev())
        .take_while(alike)
        .count();
    let old_middle = &old_rest[..old_rest.len() - tail];
    let new_middle = &new_rest[..new_rest.len() - tail];

    let width = new_middle.len() + 1;
    // Six for each of at most 4,096 nodes fits in 16 bits.
    let mut best = vec![0_u16; (old_middle.len() + 1) * width];
    for (i, one) in old_middle.iter().enumerate().rev() {
        for (j, other) in new_middle.iter().enumerate().rev() {
            let paired = match likeness(one, other) {
                0 => 0,
                likeness => best[(i + 1) * width + j + 1] + likeness,
            };
            best[i * width + j] = paired
                .max(best[(i + 1) * width + j])
                .max(best[i * width + j + 1]);
        }
    }

    let mut pairs: Vec<_> = (0..head).map(|index| (index, index)).collect();
    let (mut i, mut j) = (0, 0);
    while i < old_middle.len() && j < new_middle.len() {
        let here = best[i * width + j];
        if here == best[(i + 1) * width + j] {
            i += 1;
        } else if here == best[i * width + j + 1] {
            j += 1;
        } else {
            pairs.push((head + i, head + j));
            (i, j) = (i + 1, j + 1);
        }
    }
    let [old_tail, new_tail] = [old.len() - tail, new.len() - tail];
    pairs.extend((0..tail).map(|index| (old_tail + index, new_tail + index)));
    pairs
}
