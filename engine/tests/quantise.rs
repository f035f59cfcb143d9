//! Quantisation against the reference: grids, integers, sums and outputs.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::collections::BTreeMap;
use std::path::PathBuf;

use common::folder;
use engine::Shape;
use engine::compress::quantise::integer::{IntegerLayer, bytes};
use engine::compress::quantise::{
    Calibration, Granularity, Grid, Method, Scheme, Width, fake, fake_gradient, quantise,
};
use engine::layer::{Conv, Padding};
use engine::run::{Network, cpu};
use engine::{GraphBuilder, NodeId};
use pollster::block_on;
use reference_run::{Array, Budget, arrays};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    kind: String,
    #[serde(default)]
    weights: String,
    calibration: Option<Method>,
    #[serde(default)]
    cases: Vec<Ties>,
    #[serde(default)]
    input_scale: f64,
    #[serde(default)]
    input_zero_point: i32,
    float32_torch_max_abs_diff: f64,
}

#[derive(Deserialize)]
struct Ties {
    scale: f64,
    zero_point: i32,
    qmin: i32,
    qmax: i32,
}

fn second(name: &str) -> PathBuf {
    folder().join("second/quantise").join(name)
}

fn of_kind(kind: &str) -> Vec<(Case, BTreeMap<String, Array>)> {
    // The reference writes "minmax".
    let text = std::fs::read_to_string(second("cases.json")).unwrap();
    let text = text.replace("\"minmax\"", "\"min_max\"");
    let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
    let found: Vec<_> = { cases.into_iter() }
        .filter(|case| case.kind == kind)
        .map(|case| {
            let tensors = arrays(&second(&case.file));
            (case, tensors)
        })
        .collect();
    assert!(!found.is_empty(), "no case of the kind {kind}");
    found
}

fn whole(values: &[i32]) -> Vec<f64> {
    values.iter().map(|&it| f64::from(it)).collect()
}

fn of_bytes(values: &[u8]) -> Vec<f64> {
    values.iter().map(|&it| f64::from(it)).collect()
}

/// One unit in the last place, which a scale that is computed anew may be off by.
fn near(what: &str, got: &[f32], wanted: &Array) {
    let budget = Budget {
        absolute: 0.0,
        relative: 1.2e-7,
    };
    budget.check(what, got, &wanted.values).unwrap();
}

fn budget(case: &Case) -> Budget {
    Budget {
        absolute: 10.0 * case.float32_torch_max_abs_diff,
        relative: 1e-6,
    }
}

#[test]
fn halves_go_to_the_even_number_and_then_are_limited() {
    for (case, tensors) in of_kind("rounding") {
        let input = tensors["input"].floats();
        for (number, ties) in case.cases.iter().enumerate() {
            let grid = Grid {
                scale: ties.scale as f32,
                zero_point: ties.zero_point,
                low: ties.qmin,
                high: ties.qmax,
            };
            let q: Vec<i32> = input.iter().map(|&it| grid.quantise(it)).collect();
            assert_eq!(
                whole(&q),
                tensors[&format!("q.{number}")].values,
                "case {number}"
            );
            let values = fake(&input, &[grid]);
            assert_eq!(values, tensors[&format!("dequantised.{number}")].floats());
        }
    }
}

#[test]
fn weights_on_grids_are_the_references() {
    let mut compared = 0;
    for (case, tensors) in of_kind("weight grids") {
        for layer in ["conv", "linear"] {
            let weight = &tensors[&format!("weight.{layer}")];
            let (values, channels) = (weight.floats(), weight.dims[0]);
            for width in [Width::Int8, Width::Int4, Width::Int2, Width::Binary] {
                let kinds = [
                    (
                        Scheme::Symmetric,
                        Granularity::Tensor,
                        "symmetric",
                        "per_tensor",
                    ),
                    (
                        Scheme::Symmetric,
                        Granularity::Channel,
                        "symmetric",
                        "per_channel",
                    ),
                    (
                        Scheme::Affine,
                        Granularity::Channel,
                        "affine",
                        "per_channel",
                    ),
                ];
                for (scheme, granularity, first, last) in kinds {
                    let name = match width {
                        Width::Binary => format!("{layer}.binary"),
                        _ => format!("{layer}.{first}.{}.{last}", width.bits()),
                    };
                    if width == Width::Binary && last == "per_tensor" {
                        continue;
                    }
                    let got = quantise(&values, channels, width, granularity, scheme);
                    let q = &tensors[&format!("q.{name}")].values;
                    assert_eq!(&whole(&got.q), q, "{name}");
                    let scales: Vec<f32> = got.grids.iter().map(|it| it.scale).collect();
                    near(&name, &scales, &tensors[&format!("scale.{name}")]);
                    if let Some(wanted) = tensors.get(&format!("zero_point.{name}")) {
                        let zeros: Vec<i32> = got.grids.iter().map(|it| it.zero_point).collect();
                        assert_eq!(whole(&zeros), wanted.values, "{name}");
                    }
                    if let Some(wanted) = tensors.get(&format!("dequantised.{name}")) {
                        near(&name, &got.values, wanted);
                    }
                    if let Some(wanted) = tensors.get(&format!("mse.{name}")) {
                        let pairs = got.values.iter().zip(&values);
                        let sum: f64 = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum();
                        let mse = (sum / values.len() as f64) as f32;
                        budget(&case).check(&name, &[mse], &wanted.values).unwrap();
                    }
                    if let Some(wanted) = tensors.get(&format!("output.{name}")) {
                        let output = convolved(&tensors["input"], &got.values, weight, None);
                        budget(&case).check(&name, &output, &wanted.values).unwrap();
                    }
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 2 * (3 * 3 + 2));
}

/// A convolution with a border of 1.
fn convolved(input: &Array, weight: &[f32], of: &Array, bias: Option<&[f32]>) -> Vec<f32> {
    let network = network(input, weight, of, bias);
    let given = vec![(NodeId::INPUT, input.floats())];
    let output = network.graph().output();
    block_on(network.outputs_from(given, &[output]))
        .unwrap()
        .remove(0)
}

fn network(input: &Array, weight: &[f32], of: &Array, bias: Option<&[f32]>) -> Network {
    let shape = Shape::new(
        input.dims[1] as u32,
        input.dims[2] as u32,
        input.dims[3] as u32,
    );
    let mut net = GraphBuilder::new("conv", shape);
    net.then(
        "conv",
        Conv {
            padding: Padding::Sides([1; 4]),
            bias: bias.is_some(),
            ..Conv::new(of.dims[0] as u32, of.dims[2] as u32)
        },
    );
    let mut network = Network::seeded(net.finish().unwrap(), 0, &cpu()).unwrap();
    let values = [weight, bias.unwrap_or_default()].concat();
    network.set_values(&values).unwrap();
    network
}

#[test]
fn straight_through_gradients_are_pytorchs() {
    for (case, tensors) in of_kind("straight-through") {
        let input = tensors["input"].floats();
        let of_input = Grid {
            scale: case.input_scale as f32,
            zero_point: case.input_zero_point,
            low: 0,
            high: 255,
        };
        let scales = tensors["weight_scale"].floats();
        let of_weight: Vec<Grid> = { scales.iter() }
            .map(|&scale| Grid {
                scale,
                zero_point: 0,
                low: -127,
                high: 127,
            })
            .collect();
        let weight = tensors["weight"].floats();
        let fake_input = fake(&input, &[of_input]);
        let fake_weight = fake(&weight, &of_weight);
        assert_eq!(fake_input, tensors["fake_input"].floats());
        assert_eq!(fake_weight, tensors["fake_weight"].floats());
        let passes = |values: &[f32], grids: &[Grid]| {
            let ones = vec![1.0; values.len()];
            let passed = fake_gradient(values, grids, &ones);
            passed.iter().map(|&it| f64::from(it)).collect::<Vec<f64>>()
        };
        assert_eq!(passes(&input, &[of_input]), tensors["pass_input"].values);
        assert_eq!(passes(&weight, &of_weight), tensors["pass_weight"].values);
        let faked = Array {
            dims: tensors["input"].dims.clone(),
            values: fake_input.iter().map(|&it| f64::from(it)).collect(),
        };
        let bias = tensors["bias"].floats();
        let network = network(&faked, &fake_weight, &tensors["weight"], Some(&bias));
        let given = || vec![(NodeId::INPUT, fake_input.clone())];
        let cotangent = tensors["cotangent"].floats();
        let output = network.graph().output();
        let run = network.pull_back(given(), output, &[NodeId::INPUT], |_| cotangent.clone());
        let of_input_values = block_on(run).unwrap();
        let run = network.pull_back_weights(given(), output, |_| cotangent.clone());
        let (_, of_params) = block_on(run).unwrap();
        let budget = budget(&case);
        let check =
            |name: &str, got: &[f32]| budget.check(name, got, &tensors[name].values).unwrap();
        check("output", &of_input_values.output);
        check(
            "grad.input",
            &fake_gradient(&input, &[of_input], &of_input_values.gradients[0]),
        );
        let of_fake = of_params[0].as_ref().unwrap();
        check("grad.weight", &fake_gradient(&weight, &of_weight, of_fake));
        check("grad.bias", of_params[1].as_ref().unwrap());
    }
}

/// The integers and sums of three layers, with the scales as the reference has them.
#[test]
fn integer_networks_have_the_references_integers() {
    let mut compared = 0;
    for (case, tensors) in of_kind("integer network") {
        let get = |name: &str| tensors.get(name).unwrap_or_else(|| panic!("no {name}"));
        let scales = get("activation_scale").floats();
        let zeros = get("activation_zero_point").labels();
        let grids: Vec<Grid> = { scales.iter().zip(&zeros) }
            .map(|(&scale, &zero)| Grid {
                scale,
                zero_point: zero as i32,
                low: 0,
                high: 255,
            })
            .collect();
        let method = case.calibration.unwrap();
        let granularity = match case.weights.as_str() {
            "per_tensor" => Granularity::Tensor,
            _ => Granularity::Channel,
        };
        // What the grids are computed from: the input's own values, and those of the float network
        // for the same images are in the tests of the whole network.
        let mut calibration = Calibration::default();
        calibration.add(&get("calibration").floats());
        let of_input = calibration.grid(method, 8).unwrap();
        near(
            "the input's scale",
            &[of_input.scale],
            &Array {
                dims: vec![1],
                values: vec![f64::from(scales[0])],
            },
        );
        assert_eq!(of_input.zero_point, zeros[0] as i32, "{}", case.name);

        let mut now = bytes(&get("input").floats(), grids[0]);
        assert_eq!(of_bytes(&now), get("q.x").values);
        let mut shape = Shape::new(2, 7, 7);
        for (number, layer) in ["conv1", "conv2", "fc"].into_iter().enumerate() {
            let weight = get(&format!("param.{layer}.weight"));
            let (input, output) = (grids[number], grids[number + 1]);
            let quantised = quantise(
                &weight.floats(),
                weight.dims[0],
                Width::Int8,
                granularity,
                Scheme::Symmetric,
            );
            assert_eq!(
                whole(&quantised.q),
                get(&format!("weight_q.{layer}")).values
            );
            let of_scales: Vec<f32> = quantised.grids.iter().map(|it| it.scale).collect();
            near(layer, &of_scales, get(&format!("weight_scale.{layer}")));
            let bias = get(&format!("param.{layer}.bias")).floats();
            let integer = IntegerLayer::new(&quantised, &bias, weight.dims[0], input);
            assert_eq!(
                whole(&integer.bias),
                get(&format!("bias_q.{layer}")).values,
                "{layer}"
            );
            let outputs = weight.dims[0] as u32;
            let (sums, to) = if layer == "fc" {
                let features = shape.elements() as usize;
                (integer.multiply(&now, features), Shape::vector(outputs))
            } else {
                let conv = Conv {
                    padding: Padding::Sides([1; 4]),
                    ..Conv::new(outputs, 3)
                };
                let to = Shape::new(outputs, shape.height, shape.width);
                (integer.convolve(&now, shape, &conv, to), to)
            };
            assert_eq!(whole(&sums), get(&format!("acc.{layer}")).values, "{layer}");
            let positions = to.positions() as usize;
            let real = integer.real(&sums, positions);
            near(layer, &real, get(&format!("real.{layer}")));
            let multipliers = get(&format!("multiplier.{layer}"));
            for (channel, wanted) in multipliers.values.iter().enumerate() {
                let got = integer.multiplier(channel, output);
                assert!((got / wanted - 1.0).abs() < 1e-12, "{got} {wanted}");
            }
            now = integer.requantise(&sums, positions, output);
            assert_eq!(of_bytes(&now), get(&format!("q.{layer}")).values, "{layer}");
            shape = to;
            if layer == "conv1" {
                now = pooled(&now, shape);
                assert_eq!(of_bytes(&now), get("q.pool1").values);
                shape = Shape::new(shape.channels, 3, 3);
            }
            compared += 1;
        }
        let values: Vec<f32> = now
            .iter()
            .map(|&it| grids[3].value(i32::from(it)))
            .collect();
        assert_eq!(values, get("output").floats());
    }
    assert_eq!(compared, 12);
}

/// The maximum of 2 × 2 windows.
fn pooled(values: &[u8], shape: Shape) -> Vec<u8> {
    let (height, width) = (shape.height as usize, shape.width as usize);
    let mut all = Vec::new();
    for map in values.chunks(height * width) {
        for y in 0..height / 2 {
            for x in 0..width / 2 {
                let at = |a: usize, b: usize| map[(2 * y + a) * width + 2 * x + b];
                all.push(at(0, 0).max(at(0, 1)).max(at(1, 0)).max(at(1, 1)));
            }
        }
    }
    all
}

/// The range of least squared error is never worse than that of all values, and better where a few
/// lie far out.
#[test]
fn the_range_of_least_squared_error_is_no_worse_than_the_whole() {
    let mut values: Vec<f32> = (0..4000)
        .map(|it| (it as f32 * 0.618_034).fract())
        .collect();
    values.push(40.0);
    let mut calibration = Calibration::default();
    calibration.add(&values);
    let error = |grid: Grid| -> f64 {
        values
            .iter()
            .map(|&it| f64::from(grid.fake(it) - it).powi(2))
            .sum()
    };
    for bits in [8, 4, 2] {
        let [whole, least] = [Method::MinMax, Method::SquaredError]
            .map(|method| error(calibration.grid(method, bits).unwrap()));
        assert!(least <= whole, "{bits} bits: {least} {whole}");
    }
    let narrow = calibration
        .range(Method::Percentile { percentile: 99.0 }, 8)
        .unwrap();
    assert!(narrow.greatest < 1.0, "{narrow:?}");
    assert!(Calibration::default().grid(Method::MinMax, 8).is_none());
}
