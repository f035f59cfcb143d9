//! Blocks as a unit: what the papers say of each, and putting in, copying, replacing, removing.

#![allow(clippy::expect_used, reason = "a helper that fails is a failed test")]

use engine::graph::{BlockTemplate, Edit, Piece, Place};
use engine::layer::Activation;
use engine::{Analysis, Graph, GraphBuilder, NodeId, Shape, zoo};

fn lenet() -> Graph {
    zoo::lenet5().expect("the zoo is valid")
}

fn id(graph: &Graph, name: &str) -> NodeId {
    graph.named(name).expect("in the graph").id
}

fn inputs_of(graph: &Graph, name: &str) -> Vec<NodeId> {
    graph.named(name).expect("in the graph").inputs.clone()
}

fn after(node: NodeId) -> Place {
    Place::After {
        node,
        with: Vec::new(),
    }
}

fn with_block(block: BlockTemplate, input: Shape) -> Graph {
    let mut net = GraphBuilder::new("stem", input);
    net.then("relu", Activation::Relu);
    let graph = net.finish().expect("valid");
    let place = after(graph.output());
    let insert = Edit::Insert {
        place,
        piece: Piece::Block(block),
        name: None,
    };
    graph.apply(&insert).expect("one input of known shape")
}

fn cost(block: BlockTemplate, input: Shape) -> (u64, u64, Shape) {
    let graph = with_block(block, input);
    let analysis = Analysis::of(&graph);
    assert!(analysis.is_valid(), "{:?}", analysis.problems);
    let output = analysis
        .node(graph.output())
        .and_then(|facts| facts.shape)
        .expect("valid");
    (analysis.total.trainable, analysis.total.macs, output)
}

#[test]
fn resnet_18_s_first_block_has_73_984_parameters() {
    // Two 3 × 3 × 64 × 64 convolutions and two batch norms: 2 · 36,864 + 2 · 128.
    let block = BlockTemplate::Residual {
        channels: 64,
        stride: 1,
    };
    let (trainable, macs, output) = cost(block, Shape::new(64, 56, 56));
    assert_eq!((trainable, macs), (73_984, 231_211_008));
    assert_eq!(output, Shape::new(64, 56, 56));
}

#[test]
fn resnet_50_s_first_bottleneck_has_75_008_parameters() {
    // 64·64 + 9·64·64 + 64·256 + 64·256 (the projection) and 2 · (64 + 64 + 256 + 256).
    let block = BlockTemplate::Bottleneck {
        width: 64,
        channels: 256,
        stride: 1,
        groups: 1,
    };
    let (trainable, _, output) = cost(block, Shape::new(64, 56, 56));
    assert_eq!((trainable, output), (75_008, Shape::new(256, 56, 56)));
}

#[test]
fn inception_3a_has_163_696_parameters() {
    // The paper's table 1 prints 159 K: the weights alone are 163,328.
    let [_, _, block, ..] = BlockTemplate::CATALOGUE;
    let (trainable, macs, output) = cost(block, Shape::new(192, 28, 28));
    assert_eq!(trainable, 163_328 + 64 + 96 + 128 + 16 + 32 + 32);
    assert_eq!((macs, output), (163_328 * 28 * 28, Shape::new(256, 28, 28)));
}

#[test]
fn mobilenet_v2_s_third_block_has_8_832_parameters() {
    // 24 → 144 → 24: 24·144 + 9·144 + 144·24 and batch norms 2 · (144 + 144 + 24).
    let [_, _, _, block, ..] = BlockTemplate::CATALOGUE;
    let (trainable, _, output) = cost(block, Shape::new(24, 56, 56));
    assert_eq!((trainable, output), (8_832, Shape::new(24, 56, 56)));
}

#[test]
fn a_depthwise_separable_block_costs_the_share_the_paper_says() {
    // Howard et al. 2017: 1/N + 1/k² of a standard convolution's multiply-adds.
    let block = BlockTemplate::DepthwiseSeparable {
        channels: 64,
        stride: 1,
    };
    let (_, macs, _) = cost(block, Shape::new(32, 112, 112));
    let standard = 9 * 32 * 64 * 112 * 112;
    assert_eq!(macs, standard / 64 + standard / 9);
}

#[test]
fn a_squeeze_excitation_learns_two_small_layers() {
    // Hu et al. 2018: 2 C² / r weights, and the biases.
    let block = BlockTemplate::SqueezeExcite { reduction: 16 };
    let (trainable, _, output) = cost(block, Shape::new(256, 56, 56));
    assert_eq!(
        (trainable, output),
        (2 * 256 * 256 / 16 + 16 + 256, Shape::new(256, 56, 56))
    );
}

#[test]
fn a_dense_block_adds_its_growth_with_each_layer() {
    // DenseNet-121's first: 64 + 6 · 32 channels (Huang et al. 2017, table 1).
    let block = BlockTemplate::Dense {
        layers: 6,
        growth: 32,
    };
    let (_, _, output) = cost(block, Shape::new(64, 56, 56));
    assert_eq!(output, Shape::new(256, 56, 56));
}

#[test]
fn a_block_is_removed_and_duplicated_as_a_unit() {
    let graph = with_block(
        BlockTemplate::Bottleneck {
            width: 8,
            channels: 32,
            stride: 1,
            groups: 1,
        },
        Shape::new(32, 8, 8),
    );
    let twice = graph
        .apply(&Edit::DuplicateBlock { block: 0 })
        .expect("it is there");
    assert_eq!(twice.blocks().len(), 2);
    let (once, both) = (Analysis::of(&graph), Analysis::of(&twice));
    assert_eq!(both.total.macs, 2 * once.total.macs);
    assert_eq!(both.depth, 2 * once.depth);
    let back = twice
        .apply(&Edit::RemoveBlock { block: 1 })
        .expect("it is there");
    assert_eq!(back, graph);
}

/// As the published names go on: torchvision's ResNet-50 has layer1.0 to layer1.2.
#[test]
fn a_copied_block_and_its_nodes_have_the_next_free_name() {
    let graph = zoo::build("resnet-50", &Default::default()).expect("it is there");
    let mut blocks = graph.blocks().iter();
    let block = blocks.position(|block| block.name == "layer1.1").unwrap();
    let twice = graph.apply(&Edit::DuplicateBlock { block }).unwrap();
    let copy = twice.blocks().iter().find(|it| it.name == "layer1.3");
    let names = copy.expect("named on").nodes.iter();
    let names = names.map(|&id| twice.node(id).unwrap().name.as_str());
    let original = graph.blocks()[block].nodes.iter();
    let original = original.map(|&id| graph.node(id).unwrap().name.as_str());
    let expected = original.map(|name| name.replace("layer1.1.", "layer1.3."));
    assert!(names.eq(expected));
    let named: std::collections::HashSet<_> = twice.blocks().iter().map(|it| &it.name).collect();
    assert_eq!(named.len(), twice.blocks().len());
}

#[test]
fn a_convolution_is_replaced_by_a_block_in_its_place() {
    let graph = lenet();
    let piece = Piece::Block(BlockTemplate::DepthwiseSeparable {
        channels: 16,
        stride: 1,
    });
    let node = id(&graph, "C3");
    let edited = graph
        .apply(&Edit::Replace {
            node,
            piece,
            name: None,
        })
        .expect("one input");
    assert!(edited.node(node).is_none());
    assert_eq!(
        inputs_of(&edited, "separable.conv_depthwise"),
        [id(&graph, "S2")]
    );
    assert_eq!(
        inputs_of(&edited, "tanh3"),
        [id(&edited, "separable.act_pointwise")]
    );
}

#[test]
fn a_hostile_block_is_refused_or_a_problem_and_never_a_panic() {
    let most = u32::MAX;
    for block in [
        BlockTemplate::Dense {
            layers: most,
            growth: most,
        },
        BlockTemplate::Bottleneck {
            width: most,
            channels: 0,
            stride: 0,
            groups: 0,
        },
        BlockTemplate::SqueezeExcite { reduction: 0 },
        BlockTemplate::MlpConv {
            channels: [0, most, 1],
            kernel: most,
            stride: most,
        },
        BlockTemplate::InvertedResidual {
            channels: 1,
            expansion: most,
            kernel: 0,
            stride: 0,
            squeeze: true,
            activation: Activation::Relu,
        },
    ] {
        let _ = Analysis::of(&with_block(block, Shape::new(3, 8, 8)));
    }
}
