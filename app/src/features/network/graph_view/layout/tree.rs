//! The graph as boxes in boxes: every open block holds its nodes and inner blocks, and every wire
//! is cut where it goes in or out of one.

use std::collections::HashMap;

use engine::{Graph, NodeId};

use super::{Folding, Item};

/// A box: a node, a folded block, or an open one with its contents.
pub struct Part {
    pub item: Item,
    parent: usize,
    depth: usize,
    /// Which of the parent's children it is.
    pub place: usize,
    /// `None` for what is drawn as one box.
    pub contents: Option<Contents>,
}

impl Part {
    pub const fn block(&self) -> Option<usize> {
        match self.item {
            Item::Block(block) => Some(block),
            Item::Input | Item::Node(_) => None,
        }
    }
}

/// What is inside an open part. A net is all that comes from one part; it goes in and out once.
#[derive(Default)]
pub struct Contents {
    /// In the order of first appearance in the graph.
    pub children: Vec<usize>,
    /// The nets that come in at the top, and those that go out at the bottom.
    pub enter: Vec<usize>,
    pub leave: Vec<usize>,
    pub segments: Vec<Piece>,
}

/// Where a piece of a wire begins or ends inside a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// At the part's own border.
    Port,
    Child(usize),
}

/// What of a wire lies inside one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The part it comes from in the end.
    pub net: usize,
    pub from: End,
    pub to: End,
}

pub struct WholeWire {
    pub from: NodeId,
    pub to: NodeId,
    pub slot: usize,
    pub ends: (usize, usize),
    /// Its pieces from top to bottom: part, and place in the part's segments.
    pub way: Vec<(usize, usize)>,
}

/// Parts with a smaller number are around or beside those with a larger one; 0 is the whole.
pub struct Tree {
    pub parts: Vec<Part>,
    pub wires: Vec<WholeWire>,
}

impl Tree {
    /// `loose` blocks are no boxes; blocks that cross others become loose.
    pub fn of(graph: &Graph, folding: &Folding, loose: &mut [bool]) -> Self {
        let (outer, inmost) = nest(graph, loose);
        let whole = Part {
            item: Item::Input,
            parent: 0,
            depth: 0,
            place: 0,
            contents: Some(Contents::default()),
        };
        let mut tree = Self {
            parts: vec![whole],
            wires: Vec::new(),
        };
        let input = tree.add(0, Item::Input, false);
        let folded: Vec<bool> = graph
            .blocks()
            .iter()
            .map(|block| folding.folds(block))
            .collect();
        let mut boxes: Vec<Option<usize>> = vec![None; outer.len()];
        let mut leaves = Vec::with_capacity(graph.nodes().len());
        let mut around = Vec::new();
        for (place, node) in graph.nodes().iter().enumerate() {
            around.clear();
            around.extend(std::iter::successors(inmost[place], |&block| outer[block]));
            let mut parent = 0;
            let mut shut = None;
            for &block in around.iter().rev() {
                let open = !folded[block];
                let number =
                    *boxes[block].get_or_insert_with(|| tree.add(parent, Item::Block(block), open));
                parent = number;
                if !open {
                    shut = Some(number);
                    break;
                }
            }
            leaves.push(shut.unwrap_or_else(|| tree.add(parent, Item::Node(node.id), false)));
        }
        tree.wire(graph, input, &leaves);
        tree
    }

    fn add(&mut self, parent: usize, item: Item, open: bool) -> usize {
        let number = self.parts.len();
        let depth = self.parts[parent].depth + 1;
        let mut place = 0;
        if let Some(contents) = &mut self.parts[parent].contents {
            place = contents.children.len();
            contents.children.push(number);
        }
        let contents = open.then(Contents::default);
        self.parts.push(Part {
            item,
            parent,
            depth,
            place,
            contents,
        });
        number
    }

    fn wire(&mut self, graph: &Graph, input: usize, leaves: &[usize]) {
        let mut known = HashMap::with_capacity(2 * graph.nodes().len());
        for (place, node) in graph.nodes().iter().enumerate() {
            for (slot, &from) in node.inputs.iter().enumerate() {
                let source = graph.position(from).map_or(input, |place| leaves[place]);
                let target = leaves[place];
                if source == target {
                    continue;
                }
                // Several inputs of one node are several wires; those of one folded block are one.
                let one = if self.parts[target].block().is_some() {
                    0
                } else {
                    slot
                };
                let (mut above, mut below) = (source, target);
                let (mut way, mut down) = (Vec::new(), Vec::new());
                while self.parts[above].parent != self.parts[below].parent {
                    if self.parts[above].depth >= self.parts[below].depth {
                        let (part, end) = (self.parts[above].parent, End::Child(above));
                        way.push(self.piece(&mut known, part, (source, end, End::Port), 0));
                        above = part;
                    } else {
                        let (part, end) = (self.parts[below].parent, End::Child(below));
                        let one = if below == target { one } else { 0 };
                        down.push(self.piece(&mut known, part, (source, End::Port, end), one));
                        below = part;
                    }
                }
                let ends = (source, End::Child(above), End::Child(below));
                let one = if below == target { one } else { 0 };
                way.push(self.piece(&mut known, self.parts[above].parent, ends, one));
                way.extend(down.into_iter().rev());
                let ends = (source, target);
                self.wires.push(WholeWire {
                    from,
                    to: node.id,
                    slot,
                    ends,
                    way,
                });
            }
        }
    }

    /// The place of this piece, made when it is new.
    fn piece(
        &mut self,
        known: &mut HashMap<(usize, usize, End, End, usize), usize>,
        part: usize,
        (net, from, to): (usize, End, End),
        slot: usize,
    ) -> (usize, usize) {
        let Some(contents) = &mut self.parts[part].contents else {
            return (part, 0);
        };
        let place = *known.entry((part, net, from, to, slot)).or_insert_with(|| {
            if from == End::Port && !contents.enter.contains(&net) {
                contents.enter.push(net);
            }
            if to == End::Port && !contents.leave.contains(&net) {
                contents.leave.push(net);
            }
            contents.segments.push(Piece { net, from, to });
            contents.segments.len() - 1
        });
        (part, place)
    }
}

/// For each block the one around it, and for each node the innermost block that it is in.
fn nest(graph: &Graph, loose: &mut [bool]) -> (Vec<Option<usize>>, Vec<Option<usize>>) {
    let blocks = graph.blocks();
    let mut largest_first: Vec<usize> = (0..blocks.len()).collect();
    largest_first.sort_by_key(|&block| std::cmp::Reverse(blocks[block].nodes.len()));
    let mut outer = vec![None; blocks.len()];
    let mut inmost: Vec<Option<usize>> = vec![None; graph.nodes().len()];
    for block in largest_first {
        let places = || {
            blocks[block]
                .nodes
                .iter()
                .filter_map(|&id| graph.position(id))
        };
        let Some(first) = places().next() else {
            loose[block] = true;
            continue;
        };
        let around = inmost[first];
        if loose[block] || places().any(|place| inmost[place] != around) {
            loose[block] = true;
            continue;
        }
        outer[block] = around;
        for place in places() {
            inmost[place] = Some(block);
        }
    }
    (outer, inmost)
}
