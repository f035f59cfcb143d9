//! What the step came to: figures, layers, and how far their maps moved.

use super::integer::activations;
use super::make::asked;
use super::{Shrinker, Stage, plain};
use crate::NodeId;
use crate::compress::report::{LayerReport, layers, relative_error};
use crate::compress::simulate::{simulated, simulated_maps};
use crate::compress::{Failed, Figures, Report, Shrink, Stored, Weights, prune};
use crate::data::DataSet;
use crate::run::Network;

impl Shrinker {
    pub(super) async fn after(
        &mut self,
        large: &Network,
        data: Option<&DataSet>,
    ) -> Result<(), Failed> {
        let Some(made) = &mut self.result else {
            return Ok(());
        };
        let mut accuracy = None;
        if let (Some(tally), Some(data)) = (&mut self.tally, data) {
            let (network, grids) = (&made.network, &self.grids);
            let run = |inputs| async move {
                match grids.is_empty() {
                    true => plain(network, inputs).await,
                    false => simulated(network, grids, inputs).await,
                }
            };
            accuracy = tally.advance(network.graph(), data, run).await?;
            if accuracy.is_none() {
                return Ok(());
            }
        }
        let graph = made.network.graph();
        if made.weights.tensors().is_empty() {
            let values = made.network.values().await?;
            made.weights = Weights::new(graph, &values).unwrap_or_default();
        }
        let before = self.stored;
        // Pruned weights stay on their grids; folded ones are new.
        let stored = match &self.shrink {
            Shrink::Quantise(settings) if settings.layers.is_empty() => settings.stored(),
            Shrink::Quantise(_) | Shrink::Prune(_) => before,
            Shrink::Fold => Stored::default(),
        };
        let each = |node| match &self.shrink {
            Shrink::Quantise(settings) if asked(&settings.layers, node) => settings.stored(),
            _ => stored,
        };
        let mut after = Figures::of_each(graph, &made.weights, each);
        after.accuracy = accuracy;
        let mut layers = layers(graph, &self.weights, &made.weights);
        if !self.probe.is_empty() {
            // Of what each layer gives to those behind it.
            let of = |it: &LayerReport| prune::activation_of(graph, it.node);
            let maps: Vec<NodeId> = layers.iter().map(of).collect();
            let given = || vec![(NodeId::INPUT, self.probe.clone())];
            let before = large.outputs_from(given(), &maps).await?;
            let after = simulated_maps(&made.network, &self.grids, given(), &maps).await?;
            for ((layer, before), after) in layers.iter_mut().zip(before).zip(after) {
                layer.map_error = Some(relative_error(&before, &after));
            }
        }
        made.report = Some(Report {
            shrink: self.shrink.clone(),
            before: self.before,
            after,
            layers,
            left: std::mem::take(&mut made.left),
            unfitting: std::mem::take(&mut made.unfitting),
            integer: None,
            stored,
            activations: match &self.shrink {
                Shrink::Quantise(it) if !self.grids.is_empty() => {
                    Some(activations(&self.grids, it.granularity))
                }
                _ => None,
            },
            times: None,
        });
        self.stage = match &mut self.tally {
            Some(tally) if self.integer.is_some() => {
                tally.restart();
                Stage::Integer
            }
            _ => Stage::Time,
        };
        Ok(())
    }
}
