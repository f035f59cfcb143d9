//! `cnnlab plan --check`: the plan beside burn, with and without Winograd's algorithm.

use std::io::{self, Write};
use std::path::Path;

use pollster::block_on;
use serde_json::{Value, json};

use super::CliError;
use super::engine::params_of;
use super::run::{load, running};
use super::table::{Side, Table};
use crate::data::made_up;
use crate::plan::{Executor, Kernel, Options, Packer, Plan};
use crate::{Graph, NodeId};

/// How far the plan's maps are from burn's.
pub(super) struct Checked {
    /// Each node's name, whether Winograd's algorithm computes it, and the largest difference as a
    /// share of the largest value, with it and without.
    nodes: Vec<(String, bool, [f64; 2])>,
}

/// The settings in the order of the differences.
const ON_OFF: [bool; 2] = [true, false];

impl Checked {
    pub fn of(graph: &Graph, weights: Option<&Path>) -> Result<Self, CliError> {
        let (network, _) = load(graph.clone(), weights, 0)?;
        let params = params_of(&network)?;
        let input = made_up(graph.input().elements() as usize);
        let all: Vec<NodeId> = graph.nodes().iter().map(|node| node.id).collect();
        let truth = block_on(network.trace(&input, &all)).map_err(running)?;
        let mut packer = Packer::default();
        let mut differences = vec![[0.0; 2]; all.len()];
        let mut by_winograd = Vec::new();
        for (setting, on) in ON_OFF.into_iter().enumerate() {
            let options = Options::watching(all.clone(), on);
            let plan = Plan::lower_with(graph, &params, &options, &mut packer);
            let plan = plan.map_err(|error| CliError::Plan(error.to_string()))?;
            by_winograd.extend(winograd_of(&plan));
            let mut run = Executor::new(plan);
            run.run(&input).map_err(running)?;
            for ((&node, wanted), found) in all.iter().zip(&truth.values).zip(&mut differences) {
                let got = run.map(node).unwrap_or_default();
                found[setting] = difference(got, wanted);
            }
        }
        let named = graph.nodes().iter().zip(differences);
        Ok(Self {
            nodes: named
                .map(|(node, differences)| {
                    let is_in = by_winograd.contains(&node.id);
                    (node.name.clone(), is_in, differences)
                })
                .collect(),
        })
    }

    /// The name of the node that differs most, and by how much.
    fn worst(&self, setting: usize) -> (&str, f64) {
        let all = self.nodes.iter();
        let all = all.map(|(name, _, found)| (name.as_str(), found[setting]));
        all.max_by(|one, other| one.1.total_cmp(&other.1))
            .unwrap_or_default()
    }

    fn output(&self, setting: usize) -> f64 {
        self.nodes.last().map_or(0.0, |it| it.2[setting])
    }

    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::new([
            ("By Winograd's algorithm", Side::Left),
            ("Error", Side::Right),
            ("Computed directly", Side::Right),
        ]);
        for (name, _, [with, without]) in self.nodes.iter().filter(|it| it.1) {
            table.row([
                name.clone(),
                format!("{with:.1e}"),
                format!("{without:.1e}"),
            ]);
        }
        table.write(out)?;
        writeln!(
            out,
            "Largest difference from burn, as a share of a map's largest value:"
        )?;
        for (setting, words) in ["with Winograd", "without"].into_iter().enumerate() {
            let (name, worst) = self.worst(setting);
            let output = self.output(setting);
            writeln!(
                out,
                "  {words}: {worst:.1e} ({name}), of the output {output:.1e}"
            )?;
        }
        Ok(())
    }

    pub fn json(&self) -> Value {
        let setting = |setting: usize| {
            let (node, largest) = self.worst(setting);
            json!({"node": node, "largest": largest, "output": self.output(setting)})
        };
        let node = |(name, by_winograd, [with, without]): &(String, bool, [f64; 2])| {
            json!({
                "name": name,
                "by_winograd": by_winograd,
                "error": with,
                "error_directly": without,
            })
        };
        json!({
            "with_winograd": setting(0),
            "without": setting(1),
            "nodes": self.nodes.iter().map(node).collect::<Vec<_>>(),
        })
    }
}

/// The first nodes of the steps that Winograd's algorithm computes.
fn winograd_of(plan: &Plan) -> impl Iterator<Item = NodeId> {
    let steps = plan.steps.iter();
    let steps = steps.filter(|step| matches!(step.kernel, Kernel::Winograd(_)));
    steps.filter_map(|step| step.nodes.first().copied())
}

/// The largest, as a share of the largest wanted value.
fn difference(got: &[f32], wanted: &[f32]) -> f64 {
    if got.len() != wanted.len() {
        return f64::INFINITY;
    }
    let scale = wanted.iter().fold(0.0, |most: f32, it| most.max(it.abs()));
    let worst = got.iter().zip(wanted).map(|(got, wanted)| {
        let difference = f64::from(got - wanted).abs();
        match difference.is_nan() {
            true => f64::INFINITY,
            false => difference,
        }
    });
    worst.fold(0.0, f64::max) / f64::from(scale.max(f32::MIN_POSITIVE))
}
