//! Reads `architectures.json` and turns each of its architectures into a graph, knowing nothing
//! but the file's format.

// Each test crate takes what it needs.
#![allow(dead_code)]

pub mod check;
pub mod import;

use std::path::PathBuf;

use engine::analysis::ReceptiveField;
use engine::layer::Cost;
use engine::{Analysis, Graph, Shape};
use serde::Deserialize;
use serde_json::Value;

/// One architecture of the file.
#[derive(Debug, Deserialize)]
pub struct Architecture {
    pub name: String,
    pub input: Vec<u32>,
    pub params_trainable: u64,
    pub params_nontrainable: u64,
    /// Parameters of modules that stand in the model but compute nothing in this graph.
    #[serde(default)]
    pub params_not_executed: u64,
    pub macs: u64,
    pub layers: Vec<Row>,
}

impl Architecture {
    /// What the rows that our graph has amount to: trainable and other parameters, MACs. The
    /// file's own totals must be those of its rows.
    pub fn totals(&self) -> [u64; 3] {
        let sum = |count: fn(&Row) -> u64| self.layers.iter().map(count).sum::<u64>();
        let trainable = sum(|row| row.params);
        let with_unused = trainable + self.params_not_executed;
        let stated = self.params_trainable;
        assert!(
            stated == trainable || stated == with_unused,
            "{}",
            self.name
        );
        assert_eq!(
            self.params_nontrainable,
            sum(|row| row.nontrainable),
            "{}",
            self.name
        );
        assert_eq!(self.macs, sum(|row| row.macs), "{}", self.name);
        let prepared = self.layers.iter().filter(|row| import::passes_on(row));
        let other = self.params_nontrainable - prepared.map(|row| row.nontrainable).sum::<u64>();
        [trainable, other, self.macs]
    }
}

/// One layer of an architecture.
#[derive(Debug, Deserialize)]
pub struct Row {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub inputs: Vec<String>,
    pub out: Vec<u32>,
    pub params: u64,
    pub nontrainable: u64,
    pub macs: u64,
    #[serde(default)]
    pub attrs: Value,
    pub rf: Option<[u64; 2]>,
    pub jump: Option<[u64; 2]>,
    pub start: Option<[i64; 2]>,
}

/// The folder of the reference data: the repository's, or the one `CNN_REFERENCE` names.
pub fn folder() -> PathBuf {
    match std::env::var_os("CNN_REFERENCE") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/reference"),
    }
}

/// Every architecture of the file.
pub fn architectures() -> Vec<Architecture> {
    let path = folder().join("architectures.json");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()));
    let all: Vec<Architecture> = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{} is not of the format: {error}", path.display()));
    assert!(!all.is_empty(), "{} has no architecture", path.display());
    all
}

/// The architecture of this name.
pub fn architecture(name: &str) -> Architecture {
    architectures()
        .into_iter()
        .find(|architecture| architecture.name == name)
        .unwrap_or_else(|| panic!("the reference has no {name}"))
}

/// `[C, H, W]` or `[N]` as a shape.
pub fn shape(dims: &[u32]) -> Shape {
    match *dims {
        [channels, height, width] => Shape::new(channels, height, width),
        [features] => Shape::vector(features),
        _ => panic!("{dims:?} is neither [C, H, W] nor [N]"),
    }
}

/// The row's receptive field; `None` is the whole picture.
pub fn receptive_field(row: &Row) -> Option<ReceptiveField> {
    row.rf.map(|size| ReceptiveField {
        size,
        stride: row
            .jump
            .unwrap_or_else(|| panic!("{} has no jump", row.name)),
        start: row
            .start
            .unwrap_or_else(|| panic!("{} has no start", row.name)),
    })
}

/// The analysis of a graph that must be valid.
pub fn valid(graph: &Graph) -> Analysis {
    let analysis = Analysis::of(graph);
    assert!(
        analysis.problems.is_empty(),
        "{}: {:?}",
        graph.name(),
        analysis.problems
    );
    analysis
}

/// Trainable parameters, other parameters, MACs.
pub fn counts(cost: Cost) -> [u64; 3] {
    [cost.trainable, cost.other, cost.macs]
}
