//! Values by the definitions of the layers, worked out by hand.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use engine::layer::{BatchNorm, Conv, Flatten, Linear, Lrn, MaxPool, Padding};
use engine::session::ParamSlice;
use engine::{Analysis, GraphBuilder, NodeId, Shape};
use state::look::patch;
use std::sync::Arc;

use super::*;

/// The input's value at a place: 4 channels of 2×3 values, counted up from 0.
fn count(_: usize, channel: u32, row: u32, column: u32) -> Option<f32> {
    Some((channel * 6 + row * 3 + column) as f32)
}

fn params(roles: &[(&str, &[f32])]) -> Arc<Params> {
    let (mut slices, mut values) = (Vec::new(), Vec::new());
    for (role, numbers) in roles {
        slices.push(ParamSlice {
            name: format!("x.{role}"),
            role: (*role).to_owned(),
            dims: vec![numbers.len()],
            offset: values.len(),
        });
        values.extend_from_slice(numbers);
    }
    Arc::new(Params { slices, values })
}

fn value(
    layers: &[Layer],
    [channel, row, column]: [u32; 3],
    params: &Arc<Params>,
    read: impl Read,
) -> Made {
    let mut net = GraphBuilder::new("net", Shape::new(4, 2, 3));
    let mut node = NodeId::INPUT;
    for (at, layer) in layers.iter().enumerate() {
        node = net.then(format!("x{at}"), layer.clone());
    }
    let graph = net.finish().unwrap();
    let analysis = Analysis::of(&graph);
    let subject = Subject::of(&graph, &analysis, node).unwrap();
    let pixel = Pixel {
        node,
        channel,
        row,
        column,
    };
    let filters = Filters::of(&subject, params);
    let patches = patch(&graph, &analysis, pixel);
    made(
        &subject,
        pixel,
        &patches,
        &read,
        Some(params),
        filters.as_ref(),
    )
    .unwrap()
}

fn close(made: &Made, wanted: f64) {
    let total = made.total().unwrap();
    assert!(
        (total - wanted).abs() < 1e-6 * wanted.abs().max(1.0),
        "{total} is {wanted}"
    );
}

#[test]
fn a_convolution_sums_its_channels_and_pads_with_zeros() {
    let conv = Conv {
        kernel: [1, 2],
        padding: Padding::Sides([0, 0, 0, 1]),
        ..Conv::new(1, 1)
    };
    let params = params(&[
        ("weight", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),
        ("bias", &[0.5]),
    ]);
    let mut params = Arc::unwrap_or_clone(params);
    params.slices[0].dims = vec![1, 4, 1, 2];
    let made = value(&[conv.into()], [0, 1, 2], &Arc::new(params), count);
    // The window reads column 2 and, in the padding, column 3: only the first weight of each
    // channel counts. Row 1, column 2 of channel c is 6c + 5.
    close(&made, 5.0 + 3.0 * 11.0 + 5.0 * 17.0 + 7.0 * 23.0 + 0.5);
    let Made::Weighted { kernels, .. } = &made else {
        panic!("{made:?}")
    };
    assert_eq!(kernels.len(), 4);
    assert_eq!(kernels[1].inputs, [Some(11.0), None]);
    assert_eq!((kernels[1].product(0), kernels[1].product(1)), (33.0, 0.0));
}

#[test]
fn a_linear_layer_behind_a_flatten_sums_map_by_map() {
    let weights: Vec<f32> = (0..48).map(|at| if at < 24 { 0.0 } else { 1.0 }).collect();
    let params = params(&[("weight", &weights), ("bias", &[0.0, -2.0])]);
    // The flattened values are read by their place.
    let read = |_, at: u32, _, _| Some(at as f32);
    let layers = [Flatten::default().into(), Linear::new(2).into()];
    let made = value(&layers, [1, 0, 0], &params, read);
    // 0 + 1 + … + 23 = 276.
    close(&made, 274.0);
    let Made::Weighted { kernels, .. } = &made else {
        panic!("{made:?}")
    };
    assert_eq!((kernels.len(), kernels[0].width), (4, 3));
    assert_eq!(kernels[3].sum(), f64::from((18..24).sum::<i32>()));
    assert_eq!(kernels[3].largest(2), [5, 4]);
}

#[test]
fn the_largest_value_wins_and_an_average_divides_by_what_it_reads() {
    let none = params(&[]);
    let max = value(&[MaxPool::new(2).into()], [1, 0, 0], &none, count);
    close(&max, 6.0 + 4.0);
    let mut pool = AvgPool::new(2);
    let mean = value(&[pool.clone().into()], [1, 0, 0], &none, count);
    close(&mean, 6.0 + (0.0 + 1.0 + 3.0 + 4.0) / 4.0);
    // PyTorch: in ceil mode a window beyond the map is divided by what lies on it; padding
    // counts unless count_include_pad is off.
    pool.ceil_mode = true;
    close(
        &value(&[pool.clone().into()], [0, 0, 1], &none, count),
        (2.0 + 5.0) / 2.0,
    );
    (pool.ceil_mode, pool.padding) = (false, Padding::Sides([1, 1, 0, 0]));
    close(
        &value(&[pool.clone().into()], [0, 0, 1], &none, count),
        (1.0 + 2.0) / 4.0,
    );
    pool.count_include_pad = false;
    close(
        &value(&[pool.into()], [0, 0, 1], &none, count),
        (1.0 + 2.0) / 2.0,
    );
}

#[test]
fn norms_are_those_of_their_papers() {
    let params = params(&[
        ("weight", &[0.0, 2.0, 0.0, 0.0]),
        ("bias", &[0.0, -1.0, 0.0, 0.0]),
        ("running_mean", &[0.0, 4.0, 0.0, 0.0]),
        ("running_var", &[1.0, 9.0, 1.0, 1.0]),
    ]);
    let mut norm = BatchNorm::new();
    norm.eps = 0.0;
    // Ioffe and Szegedy 2015: γ (x − E) / √V + β with x = 10.
    close(
        &value(&[norm.into()], [1, 1, 1], &params, count),
        2.0 * (10.0 - 4.0) / 3.0 - 1.0,
    );
    let lrn = Lrn {
        size: 3,
        alpha: 0.5,
        beta: 0.75,
        k: 2.0,
        alpha_divided_by_size: false,
    };
    // Krizhevsky et al. 2012: over channels 0 to 2 at the first place: 0, 6 and 12.
    let made = value(&[lrn.into()], [1, 0, 0], &params, count);
    close(&made, 6.0 / (2.0_f64 + 0.5 * (36.0 + 144.0)).powf(0.75));
}

#[test]
fn softmax_shares_add_up_to_one() {
    let layers = [Flatten::default().into(), Activation::Softmax.into()];
    let none = params(&[]);
    let read = |_, at: u32, _, _| Some(at as f32 / 10.0);
    let total: f64 = (0..24)
        .map(|at| value(&layers, [at, 0, 0], &none, read).total().unwrap())
        .sum();
    assert!((total - 1.0).abs() < 1e-9, "{total}");
}

#[test]
fn what_has_not_come_is_said() {
    let subject = super::super::filters::tests::subject(Conv::new(1, 1), false);
    let pixel = Pixel {
        node: subject.id,
        channel: 0,
        row: 0,
        column: 0,
    };
    let missing = made(&subject, pixel, &[], &count, None, None);
    assert_eq!(missing, Err(Missing::Values));
}
