//! Free names for new nodes and blocks.

use std::collections::{HashMap, HashSet};

use super::super::super::{INPUT_NAME, is_reserved};
use super::super::EditError;
use super::Draft;

impl Draft {
    pub(super) fn names(&self) -> Names {
        let nodes = self.nodes.iter().map(|node| node.name.as_str());
        let blocks = self.blocks.iter().map(|block| block.name.as_str());
        Names::of(nodes.chain(blocks).chain(std::iter::once(INPUT_NAME)))
    }

    pub(super) fn free_name(&self, wanted: &str) -> String {
        self.names().free(wanted)
    }

    pub(super) fn unused(&self, name: &str) -> Result<String, EditError> {
        if self.nodes.iter().any(|node| node.name == name) {
            return Err(EditError::NameTaken(name.to_owned()));
        }
        Ok(name.to_owned())
    }
}

/// The names in use, and every prefix of one that ends before a dot, which is a block's name.
pub(super) struct Names {
    taken: HashSet<String>,
    /// The first number not yet tried for a stem. Names are only added, so no smaller one is free.
    next: HashMap<String, u32>,
}

impl Names {
    fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let (taken, next) = (HashSet::new(), HashMap::new());
        let mut all = Self { taken, next };
        names.for_each(|name| all.insert(name));
        all
    }

    pub(super) fn insert(&mut self, name: &str) {
        let beginnings = name.match_indices('.').map(|(dot, _)| &name[..dot]);
        self.taken.extend(beginnings.map(str::to_owned));
        self.taken.insert(name.to_owned());
    }

    /// `wanted` if it is free; otherwise `wanted` without its final number, followed by the first
    /// number from 2 that makes a free name. A prefix of a name in use is not free.
    pub(super) fn free(&mut self, wanted: &str) -> String {
        if !self.taken.contains(wanted) && !is_reserved(wanted) {
            return wanted.to_owned();
        }
        let stem = wanted.trim_end_matches(|c: char| c.is_ascii_digit());
        let stem = if stem.is_empty() { "node" } else { stem };
        let number = self.next.entry(stem.to_owned()).or_insert(2);
        loop {
            let name = format!("{stem}{number}");
            if !self.taken.contains(&name) {
                return name;
            }
            *number += 1;
        }
    }
}
