//! A network for the classes of a data set.

use super::CliError;
use super::train::running;
use crate::Graph;
use crate::train::{TaskError, check_head};

#[derive(Debug, clap::Args)]
pub(super) struct Head {
    /// Give the last layer as many outputs as the data set has classes; its weights start anew.
    #[arg(long)]
    repair_head: bool,
}

impl Head {
    /// The graph with as many outputs as classes.
    pub fn fitted(&self, graph: Graph, classes: u32) -> Result<Graph, CliError> {
        let Err(error) = check_head(&graph, classes) else {
            return Ok(graph);
        };
        match &error {
            TaskError::Head { repair, .. } if !repair.is_empty() => {
                if !self.repair_head {
                    return Err(running(format!("{error}, as --repair-head does")));
                }
                let repaired = repair
                    .iter()
                    .try_fold(graph, |graph, edit| graph.apply(edit));
                repaired.map_err(running)
            }
            _ => Err(running(error)),
        }
    }
}
