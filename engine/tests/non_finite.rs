//! NaN and infinity are reported with the node where they first appear.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::collections::BTreeMap;

use engine::layer::{Activation, BatchNorm, Conv, Flatten, Linear};
use engine::run::{Cause, Network, NonFinite, WeightsError, cpu, read_weights, write_weights};
use engine::{Graph, GraphBuilder, NodeId, Shape};
use pollster::block_on;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

fn graph() -> Graph {
    let mut net = GraphBuilder::new("small", Shape::new(1, 6, 6));
    net.then("conv1", Conv::new(2, 3));
    net.then("tanh1", Activation::Tanh);
    net.then("norm", BatchNorm::new());
    net.then("conv2", Conv::new(2, 3));
    net.then("tanh2", Activation::Tanh);
    net.then("flatten", Flatten::default());
    net.then("fc", Linear::new(3));
    net.finish().unwrap()
}

/// The network with every value of one parameter replaced.
fn with(param: &str, value: f32) -> Result<Network, WeightsError> {
    let mut network = Network::seeded(graph(), 1, &cpu()).unwrap();
    let file = block_on(write_weights(&network, BTreeMap::new())).unwrap();
    let (at, length) = {
        let (start, header) = SafeTensors::read_metadata(&file).unwrap();
        let (from, to) = header.info(param).unwrap().data_offsets;
        // The file's first 8 bytes are the header's length.
        (8 + start + from, to - from)
    };
    let mut changed = file.clone();
    for bytes in changed[at..at + length].chunks_mut(4) {
        bytes.copy_from_slice(&value.to_le_bytes());
    }
    read_weights(&mut network, &changed)?;
    Ok(network)
}

fn warning(network: &Network, input: Vec<f32>) -> Option<NonFinite> {
    // Only the answer is asked for: tanh hides an infinite value before it.
    let output = [network.graph().output()];
    block_on(network.trace(&input, &output)).unwrap().warning
}

#[test]
fn numbers_give_no_warning() {
    let network = Network::seeded(graph(), 1, &cpu()).unwrap();
    assert_eq!(warning(&network, vec![0.3; 36]), None);
    // Their sum overflows, though none of them does.
    let mut net = GraphBuilder::new("large", Shape::new(1, 2, 2));
    net.then("relu", Activation::Relu);
    let network = Network::seeded(net.finish().unwrap(), 1, &cpu()).unwrap();
    assert_eq!(warning(&network, vec![3e38; 4]), None);
}

#[test]
fn a_picture_with_nan_or_infinity_is_named_as_the_input() {
    let network = Network::seeded(graph(), 1, &cpu()).unwrap();
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut input = vec![0.1; 36];
        input[7] = value;
        let warning = warning(&network, input).unwrap();
        assert_eq!((warning.node, warning.nan), (NodeId::INPUT, value.is_nan()));
        assert_eq!(warning.cause, Cause::Picture);
        assert!(warning.to_string().contains("input"), "{warning}");
    }
}

#[test]
fn weights_with_nan_or_infinity_are_refused_by_name() {
    for value in [f32::NAN, f32::INFINITY] {
        let error = with("conv2.weight", value).unwrap_err();
        assert!(matches!(&error, WeightsError::NotFinite { name, .. } if name == "conv2.weight"));
    }
}

#[test]
fn the_first_node_that_overflows_is_named_although_tanh_hides_it() {
    // Sums of 18 products of 3e38 with values of order 1 are beyond 3.4e38.
    let network = with("conv2.weight", 3e38).unwrap();
    let warning = warning(&network, vec![0.9; 36]).unwrap();
    assert_eq!(warning.name, "conv2");
    assert_eq!(warning.cause, Cause::Arithmetic);
    assert!(warning.to_string().contains("conv2"), "{warning}");
}

#[test]
fn a_negative_running_variance_is_called_that() {
    let network = with("norm.running_var", -1.0).unwrap();
    let warning = warning(&network, vec![0.9; 36]).unwrap();
    assert_eq!((warning.name.as_str(), warning.nan), ("norm", true));
    let told = warning.to_string();
    for part in ["“norm.running_var” is negative, -1 in channel 0", "0.00001"] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn a_variance_of_0_without_eps_is_told_as_a_division_by_0() {
    for picture in [0.0, 0.5] {
        let mut net = GraphBuilder::new("zero", Shape::new(1, 2, 2));
        let norm = BatchNorm {
            eps: 0.0,
            ..BatchNorm::new()
        };
        net.then("norm", norm);
        let mut network = Network::seeded(net.finish().unwrap(), 1, &cpu()).unwrap();
        let file = block_on(write_weights(&network, BTreeMap::new())).unwrap();
        let source = SafeTensors::deserialize(&file).unwrap();
        let zero = TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap();
        let tensors = source.tensors().into_iter().map(|(name, view)| {
            let is_var = name == "norm.running_var";
            (name, if is_var { zero.clone() } else { view })
        });
        let file = safetensors::serialize(tensors.collect::<Vec<_>>(), None).unwrap();
        read_weights(&mut network, &file).unwrap();
        let warning = warning(&network, vec![picture; 4]).unwrap();
        assert_eq!((warning.name.as_str(), warning.nan), ("norm", true));
        assert!(warning.to_string().contains("divides by 0"), "{warning}");
    }
}
