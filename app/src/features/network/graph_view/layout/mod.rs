//! Where everything of a graph stands: rows from top to bottom, branches side by side in columns,
//! skip connections in lanes beside them, each open block a frame around its own nodes.
//!
//! An open block is laid out by itself and then stands in its surroundings as one box, so that a
//! change inside it moves nothing but what is below or beside the block. Rows are those of the
//! longest path (Sugiyama, Tagawa and Toda 1981, step 1); columns follow the graph's order, so that
//! an edit elsewhere does not reshuffle them. Lengths are in CSS pixels at zoom 1.

mod grid;
mod route;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

use std::collections::HashMap;

use engine::{Graph, NodeId};

pub use self::walk::Direction;
pub use state::selection::Folding;

use self::grid::{Cell, Plan, Segment};
use self::tree::{End, Tree};

/// What has a place of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Item {
    Input,
    Node(NodeId),
    /// A folded block, by its place in [`Graph::blocks`].
    Block(usize),
}

impl Item {
    /// The node whose output is the item's; a block has none.
    pub const fn node(self) -> Option<NodeId> {
        match self {
            Self::Input => Some(NodeId::INPUT),
            Self::Node(id) => Some(id),
            Self::Block(_) => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    pub width: f32,
    pub height: f32,
}

/// How large the boxes are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    pub input: Size,
    pub node: Size,
    pub block: Size,
}

impl Sizes {
    const fn of(&self, item: Item) -> Size {
        match item {
            Item::Input => self.input,
            Item::Node(_) => self.node,
            Item::Block(_) => self.block,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Rect {
    pub const fn right(&self) -> f32 {
        self.x + self.width
    }

    pub const fn bottom(&self) -> f32 {
        self.y + self.height
    }

    /// Whether the two have an inner point in common.
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    pub item: Item,
    pub rect: Rect,
}

pub type Point = (f32, f32);

/// The way of one node's output to one input of another, downwards in straight lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    pub from: NodeId,
    pub to: NodeId,
    /// Which of the inputs of `to`, from 0.
    pub slot: usize,
    /// What it visibly leaves and enters: the nodes, or the folded blocks they are in.
    pub ends: (Item, Item),
    pub points: Vec<Point>,
}

impl Wire {
    /// Whether the rectangle around the wire has a point in this one.
    pub fn crosses(&self, rect: &Rect) -> bool {
        let within = |least: f32, most: f32, along: fn(&Point) -> f32| {
            let places = || self.points.iter().map(along);
            places().any(|it| it <= most) && places().any(|it| it >= least)
        };
        within(rect.x, rect.right(), |point| point.0)
            && within(rect.y, rect.bottom(), |point| point.1)
    }
}

/// The frame of an open block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Its place in [`Graph::blocks`].
    pub block: usize,
    pub rect: Rect,
}

/// A graph's picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// In the order of first appearance in the graph.
    pub items: Vec<Placed>,
    pub wires: Vec<Wire>,
    /// Each frame before those inside it.
    pub frames: Vec<Frame>,
    pub bounds: Rect,
}

/// The picture of this graph. A block that cannot stand as one box (it crosses another, or a wire
/// leaves it and comes back) gets no frame and cannot be folded.
pub fn place(graph: &Graph, folding: &Folding, sizes: &Sizes) -> Layout {
    let mut loose = vec![false; graph.blocks().len()];
    loop {
        let tree = Tree::of(graph, folding, &mut loose);
        match plans(&tree, sizes) {
            Ok(plans) => return assemble(&tree, &plans, sizes),
            // Each time round one block fewer stands as a box.
            Err(Knot { block }) => loose[block] = true,
        }
    }
}

/// Boxes that feed each other in a circle, one of them this block.
struct Knot {
    block: usize,
}

/// The grid of each open part, by the part's number; parts inside are planned before.
fn plans(tree: &Tree, sizes: &Sizes) -> Result<Vec<Option<Plan>>, Knot> {
    let mut plans: Vec<Option<Plan>> = (0..tree.parts.len()).map(|_| None).collect();
    for (number, part) in tree.parts.iter().enumerate().rev() {
        let Some(contents) = &part.contents else {
            continue;
        };
        let mut cells = vec![Cell::PORT; contents.enter.len()];
        cells.extend(contents.children.iter().map(|&child| match &plans[child] {
            Some(plan) => plan.cell(),
            None => Cell::of(sizes.of(tree.parts[child].item)),
        }));
        cells.resize(cells.len() + contents.leave.len(), Cell::PORT);
        let first = contents.enter.len();
        let last = first + contents.children.len();
        let segments = contents.segments.iter().map(|segment| {
            let port = |ports: &[usize]| ports.iter().position(|&net| net == segment.net);
            let from = match segment.from {
                End::Port => port(&contents.enter).unwrap_or_default(),
                End::Child(child) => first + tree.parts[child].place,
            };
            let to = match segment.to {
                End::Port => last + port(&contents.leave).unwrap_or_default(),
                End::Child(child) => first + tree.parts[child].place,
            };
            let inner = |end| match end {
                End::Port => None,
                End::Child(child) => {
                    Some((plans[child].as_ref()?, tree.parts[child].contents.as_ref()?))
                }
            };
            let leave =
                inner(segment.from).map(|(plan, contents)| plan.leave(contents, segment.net));
            let enter = inner(segment.to).map(|(plan, contents)| plan.enter(contents, segment.net));
            Segment {
                net: segment.net,
                from,
                to,
                leave: leave.unwrap_or_default(),
                enter: enter.or((segment.to == End::Port).then_some(0.0)),
            }
        });
        let segments: Vec<Segment> = segments.collect();
        let framed = number > 0;
        let plan = Plan::of(&cells, &segments, (first, last), framed).map_err(|stuck| {
            // Nodes alone are in topological order, so a circle has a block in it.
            let child =
                |cell: usize| tree.parts[*contents.children.get(cell.checked_sub(first)?)?].block();
            let block = stuck.into_iter().find_map(child);
            Knot {
                block: block.unwrap_or_default(),
            }
        })?;
        plans[number] = Some(plan);
    }
    Ok(plans)
}

/// Everything in the picture's own coordinates.
fn assemble(tree: &Tree, plans: &[Option<Plan>], sizes: &Sizes) -> Layout {
    let mut layout = Layout::default();
    // The axis and the top of each part.
    let mut origins: Vec<Point> = vec![(0.0, 0.0); tree.parts.len()];
    for (number, part) in tree.parts.iter().enumerate() {
        let origin = origins[number];
        let Some((contents, plan)) = part.contents.as_ref().zip(plans[number].as_ref()) else {
            let size = sizes.of(part.item);
            let rect = Rect {
                x: origin.0 - size.width / 2.0,
                y: origin.1,
                width: size.width,
                height: size.height,
            };
            layout.items.push(Placed {
                item: part.item,
                rect,
            });
            continue;
        };
        let rect = Rect {
            x: origin.0 - plan.left,
            y: origin.1,
            width: plan.left + plan.right,
            height: plan.height,
        };
        match part.block() {
            Some(block) => layout.frames.push(Frame { block, rect }),
            None => layout.bounds = rect,
        }
        let first = contents.enter.len();
        for &child in &contents.children {
            let (x, y) = plan.places[first + tree.parts[child].place];
            origins[child] = (origin.0 + x, origin.1 + y);
        }
    }
    layout.wires = tree
        .wires
        .iter()
        .map(|wire| {
            let mut points = Vec::new();
            for &(part, segment) in &wire.way {
                let Some(plan) = &plans[part] else { continue };
                let (x, y) = origins[part];
                points.extend(
                    plan.paths[segment]
                        .iter()
                        .map(|point| (x + point.0, y + point.1)),
                );
            }
            route::straighten(&mut points);
            Wire {
                from: wire.from,
                to: wire.to,
                slot: wire.slot,
                ends: (tree.parts[wire.ends.0].item, tree.parts[wire.ends.1].item),
                points,
            }
        })
        .collect();
    layout
}

impl Layout {
    /// The places by item.
    pub fn rects(&self) -> HashMap<Item, Rect> {
        self.items
            .iter()
            .map(|placed| (placed.item, placed.rect))
            .collect()
    }
}
