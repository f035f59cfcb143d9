//! From one item to the next by keyboard.

use engine::{Graph, NodeId};

use super::{Item, Layout, Placed};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To what feeds it, and to what it feeds.
    Up,
    Down,
    /// To what stands beside it.
    Left,
    Right,
}

impl Direction {
    /// That of an arrow key.
    pub fn of(key: &str) -> Option<Self> {
        Some(match key {
            "ArrowUp" => Self::Up,
            "ArrowDown" => Self::Down,
            "ArrowLeft" => Self::Left,
            "ArrowRight" => Self::Right,
            _ => return None,
        })
    }
}

impl Layout {
    pub fn placed(&self, item: Item) -> Option<&Placed> {
        self.items.iter().find(|placed| placed.item == item)
    }

    /// The item that shows this node: itself, or the folded block it is in.
    pub fn showing(&self, node: NodeId, graph: &Graph) -> Option<Item> {
        let shows = |item: &Item| match *item {
            Item::Block(block) => graph.blocks()[block].nodes.contains(&node),
            Item::Input | Item::Node(_) => item.node() == Some(node),
        };
        self.items.iter().map(|placed| placed.item).find(shows)
    }

    /// The item next to `from`: up and down along its wires, the straightest first; left and right
    /// to the nearest one beside it.
    pub fn next(&self, from: Item, direction: Direction) -> Option<Item> {
        let here = self.placed(from)?;
        let axis = |it: &Placed| it.rect.x + it.rect.width / 2.0;
        let across = |it: &Placed| (axis(it) - axis(here)).abs();
        let fed = |up: bool| {
            let ends = self.wires.iter().filter_map(move |wire| match wire.ends {
                (source, target) if up && target == from => Some(source),
                (source, target) if !up && source == from => Some(target),
                _ => None,
            });
            let items = ends.filter_map(|item| self.placed(item));
            let nearest = items.min_by(|one, other| {
                let apart = |it: &Placed| (it.rect.y - here.rect.y).abs();
                across(one)
                    .total_cmp(&across(other))
                    .then(apart(one).total_cmp(&apart(other)))
            });
            nearest.map(|placed| placed.item)
        };
        match direction {
            Direction::Up => fed(true),
            Direction::Down => fed(false),
            Direction::Left | Direction::Right => {
                let beside = |it: &&Placed| {
                    let there = if direction == Direction::Left {
                        it.rect.right() <= here.rect.x
                    } else {
                        it.rect.x >= here.rect.right()
                    };
                    there && it.rect.y < here.rect.bottom() && it.rect.bottom() > here.rect.y
                };
                let nearest = self.items.iter().filter(beside);
                let nearest = nearest.min_by(|one, other| across(one).total_cmp(&across(other)));
                nearest.map(|placed| placed.item)
            }
        }
    }
}
