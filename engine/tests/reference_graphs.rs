//! Every architecture of the reference file, turned into a graph row by row, is accounted as
//! torch, torchvision and Keras account it.

// Tests and their helpers may unwrap.
#![allow(clippy::unwrap_used)]

mod common;

use common::check::{layers, receptive_fields, totals};
use common::{Architecture, architectures};

#[test]
fn totals_equal_the_reference() {
    architectures().iter().for_each(totals);
}

#[test]
fn every_layer_equals_the_reference() {
    architectures().iter().for_each(layers);
}

#[test]
fn every_receptive_field_equals_the_reference() {
    architectures().iter().for_each(receptive_fields);
}

/// An entry worked out by hand from PyTorch's formulas, of what the file above has none: a
/// rectangular, dilated, grouped kernel with four different pads, ceil mode, shuffle, slice, one
/// module used twice, a gate named before its map, and bins of unequal size.
const BY_HAND: &str = r#"{
 "name": "by hand", "input": [8, 13, 11],
 "params_trainable": 828, "params_nontrainable": 0, "macs": 10900,
 "layers": [
  {"name": "conv", "type": "conv2d", "inputs": ["input"], "out": [6, 7, 4],
   "params": 366, "nontrainable": 0, "macs": 10080, "rf": [3, 9], "jump": [2, 1], "start": [-1, 0],
   "attrs": {"in_channels": 8, "out_channels": 6, "kernel": [3, 5], "stride": [2, 1],
             "pads": [1, 0, 2, 1], "dilation": [1, 2], "groups": 2, "bias": true}},
  {"name": "max", "type": "max_pool2d", "inputs": ["conv"], "out": [6, 4, 3],
   "params": 0, "nontrainable": 0, "macs": 0, "rf": [5, 11], "jump": [4, 2], "start": [-1, -1],
   "attrs": {"kernel": [2, 3], "stride": [2, 2], "pads": [0, 1, 0, 1], "ceil_mode": true}},
  {"name": "avg", "type": "avg_pool2d", "inputs": ["max"], "out": [6, 4, 3],
   "params": 0, "nontrainable": 0, "macs": 0, "rf": [13, 15], "jump": [4, 2], "start": [-5, -3],
   "attrs": {"kernel": 3, "stride": 1, "pads": [1, 1, 1, 1], "ceil_mode": false,
             "count_include_pad": false}},
  {"name": "shuffle", "type": "channel_shuffle", "inputs": ["avg"], "out": [6, 4, 3],
   "params": 0, "nontrainable": 0, "macs": 0, "rf": [13, 15], "jump": [4, 2], "start": [-5, -3],
   "attrs": {"groups": 3}},
  {"name": "slice", "type": "slice_channels", "inputs": ["shuffle"], "out": [4, 4, 3],
   "params": 0, "nontrainable": 0, "macs": 0, "rf": [13, 15], "jump": [4, 2], "start": [-5, -3],
   "attrs": {"start": 2, "end": 6}},
  {"name": "shared", "type": "conv2d", "inputs": ["slice"], "out": [4, 4, 3],
   "params": 20, "nontrainable": 0, "macs": 192, "rf": [13, 15], "jump": [4, 2], "start": [-5, -3],
   "attrs": {"in_channels": 4, "out_channels": 4, "kernel": 1, "stride": 1, "pads": [0, 0, 0, 0],
             "dilation": 1, "groups": 1, "bias": true}},
  {"name": "shared#2", "type": "conv2d", "inputs": ["shared"], "out": [4, 4, 3],
   "params": 0, "nontrainable": 0, "macs": 192, "rf": [13, 15], "jump": [4, 2], "start": [-5, -3],
   "attrs": {"in_channels": 4, "out_channels": 4, "kernel": 1, "stride": 1, "pads": [0, 0, 0, 0],
             "dilation": 1, "groups": 1, "bias": true}},
  {"name": "add", "type": "add", "inputs": ["slice", "shared#2"], "out": [4, 4, 3],
   "params": 0, "nontrainable": 0, "macs": 0, "rf": [13, 15], "jump": [4, 2], "start": [-5, -3]},
  {"name": "squeeze", "type": "adaptive_avg_pool2d", "inputs": ["add"], "out": [4, 1, 1],
   "params": 0, "nontrainable": 0, "macs": 0, "rf": null, "jump": null, "start": null,
   "attrs": {"output": 1}},
  {"name": "fc1", "type": "conv2d", "inputs": ["squeeze"], "out": [2, 1, 1],
   "params": 10, "nontrainable": 0, "macs": 8, "rf": null, "jump": null, "start": null,
   "attrs": {"in_channels": 4, "out_channels": 2, "kernel": [1, 1], "stride": [1, 1],
             "pads": [0, 0, 0, 0], "dilation": [1, 1], "groups": 1, "bias": true}},
  {"name": "silu", "type": "silu", "inputs": ["fc1"], "out": [2, 1, 1],
   "params": 0, "nontrainable": 0, "macs": 0, "rf": null, "jump": null, "start": null},
  {"name": "fc2", "type": "conv2d", "inputs": ["silu"], "out": [4, 1, 1],
   "params": 12, "nontrainable": 0, "macs": 8, "rf": null, "jump": null, "start": null,
   "attrs": {"in_channels": 2, "out_channels": 4, "kernel": [1, 1], "stride": [1, 1],
             "pads": [0, 0, 0, 0], "dilation": [1, 1], "groups": 1, "bias": true}},
  {"name": "gate", "type": "sigmoid", "inputs": ["fc2"], "out": [4, 1, 1],
   "params": 0, "nontrainable": 0, "macs": 0, "rf": null, "jump": null, "start": null},
  {"name": "scale", "type": "mul", "inputs": ["gate", "add"], "out": [4, 4, 3],
   "params": 0, "nontrainable": 0, "macs": 0, "rf": [13, 15], "jump": [4, 2], "start": [-5, -3]},
  {"name": "bins", "type": "adaptive_avg_pool2d", "inputs": ["scale"], "out": [4, 3, 5],
   "params": 0, "nontrainable": 0, "macs": 0, "rf": null, "jump": null, "start": null,
   "attrs": {"output": [3, 5]}},
  {"name": "flatten", "type": "flatten", "inputs": ["bins"], "out": [60],
   "params": 0, "nontrainable": 0, "macs": 0, "rf": null, "jump": null, "start": null},
  {"name": "linear", "type": "linear", "inputs": ["flatten"], "out": [7],
   "params": 420, "nontrainable": 0, "macs": 420, "rf": null, "jump": null, "start": null,
   "attrs": {"in_features": 60, "out_features": 7, "bias": false}}
 ]}"#;

#[test]
fn an_entry_computed_by_hand_is_equal() {
    let architecture: Architecture = serde_json::from_str(BY_HAND).unwrap();
    totals(&architecture);
    layers(&architecture);
    receptive_fields(&architecture);
}
