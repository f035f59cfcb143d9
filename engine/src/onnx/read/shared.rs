//! Layers that several nodes of the file are: the same operator with the same settings on the same
//! weights.

use std::collections::{HashMap, HashSet};

use super::draft::{Draft, Drafts};
use crate::NodeId;
use crate::checkpoint::Role;
use crate::layer::{Layer, PRelu};

const ROLES: [Role; 6] = [
    Role::Weight,
    Role::Bias,
    Role::RunningMean,
    Role::RunningVar,
    Role::Coefficient,
    Role::Codes,
];

impl Drafts {
    /// Each of these layers that is another one called once more, with that one.
    pub fn sources(&self, kept: &HashSet<NodeId>) -> HashMap<NodeId, NodeId> {
        let mut first: HashMap<(&[String], String), NodeId> = HashMap::new();
        let mut sources = HashMap::new();
        for (id, draft) in self.weighted(kept) {
            let key = (draft.weights.as_slice(), format!("{:?}", draft.layer));
            match first.get(&key) {
                Some(&source) if self.have_same_values(source, id) && self.is_telling(id) => {
                    sources.insert(id, source);
                }
                Some(_) => {}
                None => {
                    first.insert(key, id);
                }
            }
        }
        sources
    }

    /// What to say of weights that layers of other settings use as well.
    pub fn copied(&self, kept: &HashSet<NodeId>, sources: &HashMap<NodeId, NodeId>) -> Vec<String> {
        let mut known = HashSet::new();
        let mut notes = Vec::new();
        for (id, draft) in self.weighted(kept) {
            // Of norms it may be one tensor of ones for all.
            let counts = draft.layer.rule().arithmetic().is_some();
            if !counts || sources.contains_key(&id) {
                continue;
            }
            let weight = draft.weights.first().map_or("", String::as_str);
            if !known.insert(weight) {
                notes.push(format!(
                    "“{weight}” is used by layers of different settings; each has a copy of its \
                     own, counted and trained by itself"
                ));
            }
        }
        notes
    }

    fn weighted<'d>(
        &'d self,
        kept: &'d HashSet<NodeId>,
    ) -> impl Iterator<Item = (NodeId, &'d Draft)> {
        let all = self.all.iter().zip(1..);
        let all = all.map(|(draft, number)| (NodeId(number), draft));
        all.filter(|(id, draft)| kept.contains(id) && !draft.weights.is_empty())
    }

    fn have_same_values(&self, one: NodeId, other: NodeId) -> bool {
        let values = |id: NodeId, role| self.weights.get(&(id, role));
        ROLES
            .iter()
            .all(|&role| values(one, role) == values(other, role))
    }

    /// Whether one tensor for several layers means one layer. Exporters also write tensors of the
    /// same values once, as all norms of a network that is not trained have them.
    fn is_telling(&self, id: NodeId) -> bool {
        let Some(draft) = self.get(id) else {
            return false;
        };
        let is_prelu = matches!(draft.layer, Layer::PRelu(_));
        let start = |role| match role {
            Role::Weight if is_prelu => PRelu::START,
            Role::Weight | Role::RunningVar => 1.0,
            Role::Bias | Role::RunningMean | Role::Coefficient | Role::Codes => 0.0,
        };
        let is_moved = |role: Role| {
            let values = self.weights.get(&(id, role));
            values.is_some_and(|values| values.iter().any(|&it| it != start(role)))
        };
        draft.layer.rule().arithmetic().is_some() || ROLES.into_iter().any(is_moved)
    }
}
