//! What runs a network on the command line: the compiled plan where it has every layer, as in the
//! page, else burn.

use pollster::block_on;

use super::CliError;
use super::plan::Winograd;
use super::run::running;
use crate::NodeId;
use crate::checkpoint::parameters;
use crate::plan::{Executor, Options, Packer, Params, Plan};
use crate::run::Network;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Which {
    /// The compiled plan; burn where the plan lacks a layer.
    Plan,
    /// The tensor library burn.
    Burn,
}

#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Engine {
    /// What runs the network.
    #[arg(long, value_enum, default_value_t = Which::Plan)]
    engine: Which,
    #[command(flatten)]
    winograd: Winograd,
}

impl Engine {
    /// The plan in which these nodes' maps can be read; `None` where burn is to run the network,
    /// which is said where nobody asked for it.
    pub fn plan(
        self,
        network: &Network,
        watched: Vec<NodeId>,
    ) -> Result<Option<Executor>, CliError> {
        if self.engine == Which::Burn {
            return Ok(None);
        }
        let options = Options::watching(watched, self.winograd.is_on());
        let params = params_of(network)?;
        let graph = network.graph();
        match Plan::lower_with(graph, &params, &options, &mut Packer::default()) {
            Ok(plan) => Ok(Some(Executor::new(plan))),
            Err(why) => {
                // Not into the result, which may be JSON.
                eprintln!("note: burn runs this network: {why}");
                Ok(None)
            }
        }
    }
}

/// The weights as plain numbers.
pub(super) fn params_of(network: &Network) -> Result<Params, CliError> {
    let values = block_on(network.values()).map_err(running)?;
    let mut rest = values.as_slice();
    let mut params = Params::default();
    for param in network.params() {
        let count = param.dims.iter().product();
        let (own, after) = rest.split_at_checked(count).unwrap_or_default();
        rest = after;
        params.set(param.node, param.role, param.dims.clone(), own.to_vec());
    }
    debug_assert_eq!(parameters(network.graph()).len(), network.params().len());
    Ok(params)
}
