//! Every operation of the reference, forward and backward, on the CPU.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::collections::BTreeSet;

use engine::Layer;
use engine::run::cpu;
use pollster::block_on;
use reference_run::op_case::Case;
use reference_run::{arrays, json};

#[test]
fn every_case_equals_the_reference_forward_and_backward() {
    let folder = common::folder().join("ops");
    let cases: Vec<Case> = json(&folder.join("cases.json"));
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for case in &cases {
        let tensors = arrays(&folder.join(&case.file));
        wrong.extend(block_on(case.run(&tensors, &cpu())).1);
    }
    assert!(
        wrong.is_empty(),
        "{} wrong in {} cases:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_kind_of_layer_has_a_case() {
    let folder = common::folder().join("ops");
    let cases: Vec<Case> = json(&folder.join("cases.json"));
    let kinds = cases
        .iter()
        .flat_map(|case| case.kinds(&arrays(&folder.join(&case.file))));
    let kinds: BTreeSet<&str> = kinds.collect();
    assert_eq!(kinds, Layer::KINDS.iter().copied().collect());
}
