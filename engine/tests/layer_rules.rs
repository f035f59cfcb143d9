//! The layers' rules against numbers printed in papers, PyTorch's formulas worked by hand, and
//! hostile settings.

#![allow(clippy::expect_used, reason = "a helper that fails is a failed test")]

use engine::layer::{
    Activation, AdaptiveAvgPool, AvgPool, BatchNorm, ChannelShuffle, ChannelSlice, Conv, Dropout,
    Flatten, GlobalPool, LayerError, Linear, Lrn, MAX_FIELD, MaxPool, Merge, Pad, Padding,
    PoolMode, Rbf, Subsample, TableConv,
};
use engine::{Layer, Shape};
use proptest::prelude::*;

fn shape(layer: impl Into<Layer>, input: Shape) -> Shape {
    layer.into().measure(&[input]).expect("valid").0
}

fn cost(layer: impl Into<Layer>, input: Shape) -> engine::layer::Cost {
    layer.into().measure(&[input]).expect("valid").1
}

#[test]
fn lenet_5_c1_has_156_parameters_and_122_304_connections() {
    // LeCun et al. 1998, section II.B; a connection to a bias is one of theirs.
    let c1 = cost(Conv::new(6, 5), Shape::new(1, 32, 32));
    assert_eq!(c1.params(), 156);
    assert_eq!(c1.macs + c1.element_flops, 122_304);
}

#[test]
fn lenet_5_s2_has_12_parameters_and_5_880_connections() {
    let s2 = cost(Subsample::new(2), Shape::new(6, 28, 28));
    assert_eq!((s2.params(), s2.element_flops), (12, 5_880));
}

#[test]
fn lenet_5_c3_has_1_516_parameters_and_151_600_connections() {
    // Table I of the paper: 6 maps of 3 inputs, 9 of 4, 1 of 6.
    let three = (0..6).map(|o| (0..3).map(|i| (o + i) % 6).collect());
    let four = (0..9).map(|o| (0..4).map(|i| (o + i) % 6).collect());
    let table = three.chain(four).chain([(0..6).collect()]).collect();
    let c3 = TableConv {
        table,
        kernel: [5, 5],
        bias: true,
    };
    assert_eq!(
        shape(c3.clone(), Shape::new(6, 14, 14)),
        Shape::new(16, 10, 10)
    );
    let c3 = cost(c3, Shape::new(6, 14, 14));
    assert_eq!(c3.params(), 1_516);
    assert_eq!(c3.macs + c3.element_flops, 151_600);
}

#[test]
fn lenet_5_rbf_stores_ten_codes_of_84_and_learns_none() {
    let rbf = cost(Rbf { classes: 10 }, Shape::vector(84));
    assert_eq!((rbf.trainable, rbf.other, rbf.macs), (0, 840, 0));
}

#[test]
fn subsampling_with_a_fan_of_two_doubles_the_maps() {
    let s2 = Subsample {
        fan: 2,
        ..Subsample::new(2)
    };
    assert_eq!(
        shape(s2.clone(), Shape::new(4, 28, 28)),
        Shape::new(8, 14, 14)
    );
    assert_eq!(cost(s2, Shape::new(4, 28, 28)).trainable, 16);
}

#[test]
fn alexnet_s_second_layer_of_two_groups_sees_half_the_maps() {
    // Krizhevsky et al. 2012: 256 kernels of size 5 × 5 × 48.
    let conv = Conv {
        groups: 2,
        padding: Padding::Sides([2; 4]),
        ..Conv::new(256, 5)
    };
    let cost = cost(conv, Shape::new(96, 27, 27));
    assert_eq!(cost.trainable, 256 * 48 * 5 * 5 + 256);
    assert_eq!(cost.macs, 256 * 48 * 5 * 5 * 27 * 27);
}

#[test]
fn a_depthwise_convolution_has_one_kernel_for_each_channel() {
    // MobileNet's first (Howard et al. 2017, table 1): 3 × 3 × 32 dw on 112 × 112.
    let conv = Conv {
        groups: 32,
        padding: Padding::Same,
        bias: false,
        ..Conv::new(32, 3)
    };
    let cost = cost(conv, Shape::new(32, 112, 112));
    assert_eq!((cost.trainable, cost.macs), (288, 3_612_672));
}

#[test]
fn stride_two_halves_the_side() {
    let conv = Conv {
        stride: [2, 2],
        padding: Padding::Sides([3; 4]),
        ..Conv::new(64, 7)
    };
    assert_eq!(
        shape(conv, Shape::new(3, 224, 224)),
        Shape::new(64, 112, 112)
    );
}

#[test]
fn same_padding_puts_the_odd_pixel_at_the_bottom_and_right() {
    // TensorFlow: total = (ceil(224 / 2) − 1) · 2 + 7 − 224 = 5.
    let conv = Conv {
        stride: [2, 2],
        padding: Padding::Same,
        ..Conv::new(64, 7)
    };
    assert_eq!(conv.sliding().sides([224, 224]), [2, 2, 3, 3]);
    assert_eq!(
        shape(conv, Shape::new(3, 224, 224)),
        Shape::new(64, 112, 112)
    );
}

#[test]
fn a_rectangular_dilated_kernel_follows_pytorch_s_formula_on_each_axis() {
    // floor((H + top + bottom − d (k − 1) − 1) / s) + 1: (20 + 3 − 2·2 − 1)/3 + 1 = 7,
    // (11 + 0 − 1·4 − 1)/1 + 1 = 7.
    let conv = Conv {
        kernel: [3, 5],
        stride: [3, 1],
        dilation: [2, 1],
        padding: Padding::Sides([1, 0, 2, 0]),
        ..Conv::new(4, 1)
    };
    assert_eq!(shape(conv, Shape::new(2, 20, 11)), Shape::new(4, 7, 7));
}

#[test]
fn ceil_mode_adds_the_incomplete_window() {
    // GoogLeNet's first pooling: 112 → 56 although (112 − 3)/2 + 1 = 55.
    let pool = MaxPool {
        stride: [2, 2],
        ceil_mode: true,
        ..MaxPool::new(3)
    };
    assert_eq!(
        shape(pool, Shape::new(64, 112, 112)),
        Shape::new(64, 56, 56)
    );
}

#[test]
fn ceil_mode_drops_a_window_that_starts_in_the_padding() {
    // PyTorch: (5 + 2 − 2)/3 rounded up + 1 = 3, but the third starts at 6 ≥ 5 + 1.
    let pool = AvgPool {
        stride: [3, 3],
        padding: Padding::Sides([1; 4]),
        ceil_mode: true,
        ..AvgPool::new(2)
    };
    assert_eq!(shape(pool, Shape::new(1, 5, 5)), Shape::new(1, 2, 2));
}

#[test]
fn adaptive_pooling_reads_the_shared_rows_twice() {
    // 7 → 3: bins 0..3, 2..5, 4..7, nine rows in all.
    let pool = AdaptiveAvgPool { output: [3, 3] };
    assert_eq!(pool.reads(Shape::new(1, 7, 7)), [9, 9]);
    assert_eq!(cost(pool, Shape::new(2, 7, 7)).element_flops, 2 * 81);
}

/// Bin `i` covers `floor(i · in / out) .. ceil((i + 1) · in / out)`, as PyTorch documents.
fn bin(i: u32, size: u32, bins: u32) -> (u32, u32) {
    (i * size / bins, ((i + 1) * size).div_ceil(bins))
}

#[test]
fn adaptive_pooling_with_equal_bins_has_their_window() {
    for size in 1..40 {
        for bins in 2..40 {
            let pool = AdaptiveAvgPool { output: [bins; 2] };
            let input = Shape::new(1, size, size);
            let all: Vec<(u32, u32)> = (0..bins).map(|i| bin(i, size, bins)).collect();
            let distance = all[1].0 - all[0].0;
            let equal = all
                .iter()
                .zip(0..)
                .all(|(&(first, end), i)| (first, end - first) == (i * distance, all[0].1));
            let window = Layer::from(pool).rule().window(input);
            let wanted = equal.then_some(([all[0].1; 2], [distance; 2]));
            let got = window.map(|window| (window.kernel, window.stride));
            assert_eq!(got, wanted, "{size} to {bins}");
        }
    }
}

#[test]
fn adaptive_pooling_to_one_value_sees_the_whole_map() {
    let pool = Layer::from(AdaptiveAvgPool { output: [1, 1] });
    assert!(pool.rule().window(Shape::new(1, 14, 14)).is_none());
    // Of one axis only: a window as long as the map.
    let pool = Layer::from(AdaptiveAvgPool { output: [1, 7] });
    let window = pool.rule().window(Shape::new(1, 14, 14)).unwrap();
    assert_eq!(window.kernel, [14, 2]);
}

#[test]
fn batch_norm_learns_two_and_stores_two_values_a_channel() {
    let norm = cost(BatchNorm::new(), Shape::new(64, 112, 112));
    assert_eq!((norm.trainable, norm.other, norm.macs), (128, 128, 0));
}

#[test]
fn vgg_16_s_first_linear_layer_has_102_764_544_parameters() {
    let flat = shape(Flatten::default(), Shape::new(512, 7, 7));
    assert_eq!(flat, Shape::vector(25_088));
    assert_eq!(cost(Linear::new(4_096), flat).trainable, 102_764_544);
}

#[test]
fn a_gate_multiplies_a_map_from_either_side() {
    let (map, gate) = (Shape::new(72, 28, 28), Shape::vector(72));
    for inputs in [[map, gate], [gate, map]] {
        assert_eq!(
            Layer::from(Merge::Multiply)
                .measure(&inputs)
                .expect("valid")
                .0,
            map
        );
    }
    let narrow = [map, Shape::vector(71)];
    assert!(matches!(
        Layer::from(Merge::Multiply).measure(&narrow),
        Err(LayerError::Mismatch { .. })
    ));
}

#[test]
fn concatenation_adds_the_channels() {
    // Inception 3a (Szegedy et al. 2015, table 1): 64 + 128 + 32 + 32 = 256.
    let inputs = [64, 128, 32, 32].map(|channels| Shape::new(channels, 28, 28));
    let (output, _) = Layer::from(Merge::Concat).measure(&inputs).expect("valid");
    assert_eq!(output, Shape::new(256, 28, 28));
}

#[test]
fn a_pooling_window_never_sees_only_padding() {
    let pool = MaxPool {
        padding: Padding::Sides([2; 4]),
        ..MaxPool::new(3)
    };
    let error = Layer::from(pool)
        .measure(&[Shape::new(1, 8, 8)])
        .expect_err("padded too far");
    assert_eq!(
        error,
        LayerError::PoolPadding {
            padding: 2,
            kernel: 3
        }
    );
}

#[test]
fn an_error_names_the_value_and_the_limit() {
    let error = Layer::from(Conv::new(1_000_000_000, 3)).measure(&[Shape::new(3, 32, 32)]);
    let sentence = error.expect_err("too many channels").to_string();
    assert!(
        sentence.contains("1,000,000,000") && sentence.contains("1,048,576"),
        "{sentence}"
    );
}

#[test]
fn a_layer_of_two_to_the_eighty_weights_is_refused_and_not_wrapped_around() {
    let conv = Conv {
        padding: Padding::Same,
        ..Conv::new(MAX_FIELD, MAX_FIELD)
    };
    let error = Layer::from(conv).measure(&[Shape::new(MAX_FIELD, 1, 1)]);
    assert!(
        matches!(error, Err(LayerError::TooLarge { .. })),
        "{error:?}"
    );
}

/// A number of any size, with the dangerous ones often.
fn any_number() -> impl Strategy<Value = u32> {
    prop_oneof![0..8u32, Just(MAX_FIELD), Just(u32::MAX), any::<u32>()]
}

fn any_pair() -> impl Strategy<Value = [u32; 2]> {
    [any_number(), any_number()]
}

fn any_padding() -> impl Strategy<Value = Padding> {
    prop_oneof![
        Just(Padding::Valid),
        Just(Padding::Same),
        proptest::array::uniform4(any_number()).prop_map(Padding::Sides),
    ]
}

fn any_layer() -> impl Strategy<Value = Layer> {
    let window = (any_pair(), any_pair(), any_padding(), any_pair());
    (
        0..18,
        window,
        any_number(),
        any_number(),
        any::<(f64, bool)>(),
    )
        .prop_map(
            |(kind, (kernel, stride, padding, dilation), first, second, (real, flag))| match kind {
                0 => {
                    let (channels, groups, bias) = (first, second, flag);
                    Conv {
                        channels,
                        kernel,
                        stride,
                        padding,
                        dilation,
                        groups,
                        bias,
                    }
                    .into()
                }
                1 => {
                    let table = vec![vec![first], vec![second, first]];
                    TableConv {
                        table,
                        kernel,
                        bias: flag,
                    }
                    .into()
                }
                2 => MaxPool {
                    kernel,
                    stride,
                    padding,
                    dilation: [1, 1],
                    ceil_mode: flag,
                }
                .into(),
                3 => AvgPool {
                    kernel,
                    stride,
                    padding,
                    ceil_mode: flag,
                    count_include_pad: flag,
                }
                .into(),
                4 => AdaptiveAvgPool { output: kernel }.into(),
                5 => GlobalPool {
                    mode: PoolMode::Max,
                }
                .into(),
                6 => Subsample { kernel, fan: first }.into(),
                7 => BatchNorm {
                    eps: real,
                    momentum: real,
                    scale: flag,
                    shift: true,
                }
                .into(),
                8 => Lrn {
                    size: first,
                    alpha: real,
                    beta: 0.5,
                    k: 1.0,
                    alpha_divided_by_size: flag,
                }
                .into(),
                9 => Activation::LeakyRelu { slope: real }.into(),
                10 => Dropout { p: real }.into(),
                11 => Linear {
                    features: first,
                    bias: flag,
                }
                .into(),
                12 => Rbf { classes: first }.into(),
                13 => if flag { Merge::Concat } else { Merge::Multiply }.into(),
                14 => Flatten::default().into(),
                15 => {
                    let [top, left] = kernel;
                    Pad {
                        sides: [top, left, first, second],
                        value: real,
                    }
                    .into()
                }
                16 => ChannelShuffle { groups: first }.into(),
                _ => ChannelSlice {
                    start: first,
                    end: second,
                }
                .into(),
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_setting_makes_a_rule_panic(
        layer in any_layer(),
        sides in proptest::collection::vec((any_number(), any_number(), any_number()), 0..4),
    ) {
        let inputs: Vec<Shape> = sides.iter().map(|&(c, h, w)| Shape::new(c, h, w)).collect();
        if let Ok((output, cost)) = layer.measure(&inputs) {
            prop_assert!(output.elements() <= engine::layer::MAX_ELEMENTS);
            prop_assert!(cost.params() <= engine::layer::MAX_PARAMETERS);
            prop_assert!(cost.macs <= engine::layer::MAX_OPERATIONS);
        }
        prop_assert!(!layer.title().is_empty());
        if let Some(&input) = inputs.first()
            && let Some(window) = layer.rule().window(input)
        {
            // Asked before the layer is known to be valid, as a view may.
            let _ = (window.sides(input.size()), window.extent(0));
        }
    }
}
