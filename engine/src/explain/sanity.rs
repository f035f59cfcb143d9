//! Whether an explanation depends on the weights: they are made random layer by layer from the logits
//! down, and the map is computed again each time (Adebayo et al. 2018, cascading randomisation).

use std::collections::HashSet;

use super::{
    ExplainError, ExplainFailure, Explained, Explaining, Explanation, Method, SanityLevel, Scope,
    per_position, rank_correlation,
};
use crate::NodeId;
use crate::analysis::Budget;
use crate::run::Network;

/// Levels at most; a deeper network has several layers in one.
const MOST_LEVELS: usize = 12;

/// The result: the map as it is, then one for each level.
#[derive(Clone, Debug, PartialEq)]
pub struct Sanity {
    pub original: Explained,
    pub levels: Vec<(SanityLevel, Explained)>,
}

/// A check under way.
#[derive(Debug)]
pub struct SanityCheck {
    method: Method,
    class: Option<u32>,
    input: Vec<f32>,
    budget: Budget,
    groups: Vec<Vec<NodeId>>,
    random: Network,
    /// With random weights down to the last level so far; none before the first.
    changed: Option<Network>,
    explaining: Explaining,
    original: Option<Explained>,
    levels: Vec<(SanityLevel, Explained)>,
}

impl SanityCheck {
    /// With random weights of this seed.
    ///
    /// # Errors
    /// As [`Explaining::new`], and when the network has no weights.
    pub fn new(
        network: &Network,
        method: Method,
        class: Option<u32>,
        input: Vec<f32>,
        seed: u64,
        budget: Budget,
    ) -> Result<Self, ExplainFailure> {
        let explaining = Explaining::new(network, method, class, input.clone(), budget)?;
        let graph = network.graph();
        let groups = Scope::of(graph)?.from_the_top(graph, MOST_LEVELS);
        if groups.is_empty() {
            return Err(ExplainError::NoWeights.into());
        }
        Ok(Self {
            method,
            class,
            input,
            budget,
            groups,
            random: Network::seeded(graph.clone(), seed, network.device())?,
            changed: None,
            explaining,
            original: None,
            levels: Vec::new(),
        })
    }

    /// Passes done, and of how many.
    pub fn progress(&self) -> [u64; 2] {
        let [done, each] = self.explaining.progress();
        let before = (usize::from(self.original.is_some()) + self.levels.len()) as u64;
        [before * each + done, (self.groups.len() as u64 + 1) * each]
    }

    /// Runs the next passes; the result when it is complete.
    ///
    /// # Errors
    /// As [`Explaining::advance`].
    pub async fn advance(&mut self, network: &Network) -> Result<Option<Sanity>, ExplainFailure> {
        let present = self.changed.as_ref().unwrap_or(network);
        let Some(explained) = self.explaining.advance(present).await? else {
            return Ok(None);
        };
        match &self.original {
            None => {
                // The class stays that of the network as it is.
                self.class = Some(explained.about.class);
                self.original = Some(explained);
            }
            Some(original) => {
                let last = self.groups.get(self.levels.len()).and_then(|it| it.last());
                let node = last.copied().unwrap_or_default();
                let name = network.graph().node(node).map(|it| it.name.clone());
                let level = SanityLevel {
                    node,
                    name: name.unwrap_or_default(),
                    correlation: rank_correlation(&sizes(original), &sizes(&explained)),
                };
                self.levels.push((level, explained));
            }
        }
        let Some(group) = self.groups.get(self.levels.len()) else {
            return Ok(self.original.take().map(|original| Sanity {
                original,
                levels: std::mem::take(&mut self.levels),
            }));
        };
        let group: HashSet<NodeId> = group.iter().copied().collect();
        let before = self.changed.as_ref().unwrap_or(network);
        let changed = before.with_params_of(&group, &self.random);
        let (method, class, input) = (self.method, self.class, self.input.clone());
        self.explaining = Explaining::new(&changed, method, class, input, self.budget)?;
        self.changed = Some(changed);
        Ok(None)
    }
}

/// The sizes of the map's values at each place.
fn sizes(explained: &Explained) -> Vec<f32> {
    let Explanation { shape, .. } = explained.about;
    let map = per_position(&explained.values, shape);
    map.into_iter().map(f32::abs).collect()
}
