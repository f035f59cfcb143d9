//! `cnnlab plan --gpu`: a network as dispatches of WGSL kernels.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::{Value, json};

use super::table::{Side, Table};
use super::{CliError, text};
use crate::analysis::grouped;
use crate::plan::wgsl::{Dispatch, Part, Program};
use crate::plan::{Packer, Params, Step};
use crate::{Graph, NodeId};

pub(super) fn run(
    graph: &Graph,
    params: &Params,
    watched: Vec<NodeId>,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let program = Program::lower(graph, params, watched, &mut Packer::default());
    let program = program.map_err(|error| CliError::Plan(error.to_string()))?;
    let shown = Shown { graph, program };
    if as_json {
        return text::write_json(&shown.json(), out);
    }
    Ok(shown.write(out)?)
}

struct Shown<'a> {
    graph: &'a Graph,
    program: Program,
}

fn weight_bytes(dispatch: &Dispatch) -> usize {
    dispatch.weights.iter().map(Part::bytes).sum()
}

impl Shown<'_> {
    fn names(&self, step: &Step) -> Vec<&str> {
        let nodes = step.nodes.iter().filter_map(|&id| self.graph.node(id));
        nodes.map(|node| node.name.as_str()).collect()
    }

    /// Each dispatch with its step.
    fn dispatches(&self) -> impl Iterator<Item = (&Dispatch, &Step)> {
        let Program { plan, dispatches } = &self.program;
        let each = dispatches.iter();
        each.filter_map(|it| Some((it, plan.steps.get(it.step)?)))
    }

    fn shaders(&self) -> usize {
        let dispatches = self.program.dispatches.iter();
        let shaders: BTreeSet<_> = dispatches.map(|it| it.shader).collect();
        shaders.len()
    }

    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let Program { plan, dispatches } = &self.program;
        writeln!(
            out,
            "{}, input {}",
            text::line(&plan.name),
            self.graph.input()
        )?;
        let mut table = Table::new([
            ("Nodes", Side::Left),
            ("Kernel", Side::Left),
            ("Output shape", Side::Right),
            ("Reads", Side::Right),
            ("Writes", Side::Right),
            ("Weights", Side::Right),
            ("Workgroups", Side::Right),
        ]);
        for (dispatch, step) in self.dispatches() {
            let map = &step.output;
            let reads = dispatch.reads.iter().map(ToString::to_string);
            let weights = match weight_bytes(dispatch) {
                0 => "--".to_owned(),
                bytes => grouped(bytes as u64),
            };
            let [across, down] = dispatch.groups;
            table.row([
                self.names(step).join(" + "),
                dispatch.shader.name().to_owned(),
                format!("{}x{}x{}", map.channels, map.height, map.width),
                reads.collect::<Vec<_>>().join(" "),
                dispatch.writes.to_string(),
                weights,
                grouped(u64::from(across) * u64::from(down)),
            ]);
        }
        table.write(out)?;
        let weights: usize = dispatches.iter().map(weight_bytes).sum();
        writeln!(
            out,
            "{} dispatches of {} shaders in one submission, for {} nodes; {} buffers, {} bytes; \
             weights, {} bytes",
            dispatches.len(),
            self.shaders(),
            self.graph.nodes().len(),
            plan.buffers.len(),
            grouped(plan.buffer_bytes() as u64),
            grouped(weights as u64),
        )
    }

    fn json(&self) -> Value {
        let plan = &self.program.plan;
        let each = self.dispatches().map(|(dispatch, step)| {
            let map = &step.output;
            json!({
                "nodes": self.names(step),
                "kernel": dispatch.shader.name(),
                "output": [map.channels, map.height, map.width],
                "reads": dispatch.reads,
                "writes": dispatch.writes,
                "weight_bytes": weight_bytes(dispatch),
                "workgroups": dispatch.groups,
            })
        });
        json!({
            "name": plan.name,
            "dispatches": each.collect::<Vec<_>>(),
            "shaders": self.shaders(),
            "buffer_bytes": plan.buffers.iter().map(|size| 4 * size).collect::<Vec<_>>(),
        })
    }
}
