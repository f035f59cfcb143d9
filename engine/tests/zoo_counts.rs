//! Every network of the zoo: valid as listed, equal to the reference where there is one, equal to
//! what others published, or different for the reason that it names.

// Tests and their helpers may unwrap.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashSet;

use common::import::import;
use common::{Architecture, architectures, counts, valid};
use engine::analysis::ReceptiveField;
use engine::zoo::{self, Agreement, CATALOGUE, Options, Quantity, ZooError};
use engine::{Graph, Shape};

fn as_listed(name: &str) -> Graph {
    zoo::build(name, &Options::default()).unwrap()
}

/// The zoo's name, the reference's name, and the options that make them one.
fn pairs() -> Vec<(&'static str, String, Options)> {
    let same = [
        ("lenet-1", "paper/lenet1"),
        ("lenet-4", "paper/lenet4"),
        ("lenet-5", "article/lenet5"),
        ("lenet-5-1998", "paper/lenet5_1998"),
        ("alexnet", "paper/alexnet_2group"),
        ("alexnet-ungrouped", "paper/alexnet_ungrouped"),
        ("alexnet-torchvision", "torchvision/alexnet"),
        ("alexnet-article", "article/alexnet"),
        ("vgg-16", "torchvision/vgg16"),
        ("vgg-16-article", "article/vgg16"),
        ("vgg-16-article", "keras/VGG16"),
        ("vgg-19", "torchvision/vgg19"),
        ("nin", "paper/nin_imagenet"),
        ("nin-cifar-10", "paper/nin_cifar10"),
        ("googlenet", "paper/googlenet"),
        ("googlenet-torchvision", "torchvision/googlenet"),
        ("googlenet-torchvision-aux", "torchvision/googlenet_aux"),
        ("resnet-18", "torchvision/resnet18"),
        ("resnet-34", "torchvision/resnet34"),
        ("resnet-50", "torchvision/resnet50"),
        ("resnet-50-v1", "keras/ResNet50"),
        ("resnet-101", "torchvision/resnet101"),
        ("resnet-152", "torchvision/resnet152"),
        ("resnext-50", "torchvision/resnext50_32x4d"),
        ("context-basic", "paper/context_basic_c21"),
        ("context-large", "paper/context_large_c21"),
        ("mobilenet", "keras/MobileNet"),
        ("mobilenet-v2", "torchvision/mobilenet_v2"),
        ("mobilenet-v3-small", "torchvision/mobilenet_v3_small"),
        ("mobilenet-v3-large", "torchvision/mobilenet_v3_large"),
    ];
    let mut pairs: Vec<_> = same
        .map(|(zoo, reference)| (zoo, reference.to_owned(), Options::default()))
        .into();
    for alpha in ["0.25", "0.5", "0.75", "1.0"] {
        for side in [128, 160, 192, 224] {
            let reference = format!("article/mobilenet_a{alpha}_r{side}");
            let alpha = Some(alpha.parse().unwrap());
            let rho = Some(f64::from(side) / 224.0);
            pairs.push((
                "mobilenet-article",
                reference,
                Options {
                    alpha,
                    rho,
                    ..Options::default()
                },
            ));
        }
    }
    pairs
}

/// Output shape; trainable and other parameters and MACs; receptive field.
type Row = (Option<Shape>, [u64; 3], Option<ReceptiveField>);

/// A row for every node in order.
fn rows(graph: &Graph) -> Vec<Row> {
    let analysis = valid(graph);
    analysis
        .nodes
        .iter()
        .map(|facts| (facts.shape, counts(facts.cost), facts.receptive_field))
        .collect()
}

/// The reference of this name. Another folder than ours may lack some.
fn reference<'a>(all: &'a [Architecture], name: &str) -> Option<&'a Architecture> {
    let found = all.iter().find(|architecture| architecture.name == name);
    assert!(
        found.is_some() || std::env::var_os("CNN_REFERENCE").is_some(),
        "no {name}"
    );
    found
}

#[test]
fn the_zoos_totals_equal_the_reference() {
    let all = architectures();
    for (name, wanted, options) in pairs() {
        let Some(wanted) = reference(&all, &wanted) else {
            continue;
        };
        let graph = zoo::build(name, &options).unwrap();
        assert_eq!(
            counts(valid(&graph).total),
            wanted.totals(),
            "{name}, {}",
            wanted.name
        );
    }
}

#[test]
fn two_libraries_versions_of_one_network_have_the_same_totals() {
    let all = architectures();
    for (name, wanted) in [
        ("vgg-19", "keras/VGG19"),
        ("mobilenet-v2", "keras/MobileNetV2"),
        ("googlenet-aux", "paper/googlenet_aux"),
    ] {
        let Some(wanted) = reference(&all, wanted) else {
            continue;
        };
        let total = valid(&as_listed(name)).total;
        assert_eq!(counts(total), wanted.totals(), "{name}, {}", wanted.name);
    }
}

#[test]
fn the_zoos_layers_equal_the_reference_one_by_one() {
    let all = architectures();
    for (name, reference_name, options) in pairs() {
        let Some(wanted) = reference(&all, &reference_name) else {
            continue;
        };
        let graph = zoo::build(name, &options).unwrap();
        let wanted = import(wanted).graph;
        let [got_rows, wanted_rows] = [rows(&graph), rows(&wanted)];
        for (place, (got, row)) in got_rows.iter().zip(&wanted_rows).enumerate() {
            let [here, there] = [&graph, &wanted].map(|graph| &graph.nodes()[place].name);
            assert_eq!(got, row, "{name}: {here}, {reference_name}: {there}");
        }
        assert_eq!(
            got_rows.len(),
            wanted_rows.len(),
            "{name}, {reference_name}"
        );
    }
}

#[test]
fn googlenet_with_auxiliary_classifiers_has_the_references_layers_in_another_order() {
    let all = architectures();
    let Some(wanted) = reference(&all, "paper/googlenet_aux") else {
        return;
    };
    let mut got = rows(&as_listed("googlenet-aux"));
    let mut expected = rows(&import(wanted).graph);
    let key = |row: &Row| format!("{row:?}");
    got.sort_by_key(key);
    expected.sort_by_key(key);
    assert_eq!(got, expected);
}

#[test]
fn every_entry_is_valid_as_listed() {
    for entry in CATALOGUE {
        let graph = as_listed(entry.name);
        valid(&graph);
        assert_eq!(graph.name(), entry.title);
    }
}

#[test]
fn every_entry_tells_its_story() {
    for entry in CATALOGUE {
        assert!(entry.story.split(". ").count() >= 3, "{}", entry.name);
        assert!(!entry.variant.is_empty(), "{}", entry.name);
        assert!(
            entry.paper.contains(&entry.year.to_string()),
            "{}: {}",
            entry.name,
            entry.paper
        );
    }
}

#[test]
fn names_are_lower_case_with_dashes_and_titles_differ() {
    let [mut names, mut titles] = [HashSet::new(), HashSet::new()];
    for entry in CATALOGUE {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
        assert!(entry.name.chars().all(plain), "{}", entry.name);
        assert!(
            names.insert(entry.name) && titles.insert(entry.title),
            "{}",
            entry.name
        );
    }
}

#[test]
fn published_counts_agree_or_say_why_not() {
    for entry in CATALOGUE {
        let total = valid(&as_listed(entry.name)).total;
        for figure in entry.published {
            let got = match figure.quantity {
                Quantity::Trainable => total.trainable,
                Quantity::Parameters => total.params(),
                Quantity::Macs => total.macs,
            };
            let place = format!("{}: {figure:?}, but we count {got}", entry.name);
            match figure.agreement {
                Agreement::Exact => assert_eq!(got, figure.value, "{place}"),
                Agreement::Rounded(share) => {
                    assert!(
                        got.abs_diff(figure.value) as f64 <= share * figure.value as f64,
                        "{place}"
                    )
                }
                Agreement::Differs(why) => {
                    assert!(got != figure.value && why.len() > 20, "{place}")
                }
            }
        }
    }
}

#[test]
fn the_small_versions_train_anywhere() {
    let small = CATALOGUE
        .iter()
        .filter(|entry| entry.name.ends_with("-mini"));
    let mut families = 0;
    for entry in small {
        let graph = as_listed(entry.name);
        let analysis = valid(&graph);
        assert!(
            analysis.total.trainable <= 200_000,
            "{}: {:?}",
            entry.name,
            analysis.total
        );
        assert_eq!(graph.input(), Shape::new(1, 28, 28), "{}", entry.name);
        assert_eq!(
            analysis.nodes.last().unwrap().shape,
            Some(Shape::vector(10)),
            "{}",
            entry.name
        );
        // The same network on the 32×32 colour pictures of CIFAR-10.
        let input = Some(Shape::new(3, 32, 32));
        let graph = zoo::build(
            entry.name,
            &Options {
                input,
                ..Options::default()
            },
        )
        .unwrap();
        assert!(valid(&graph).total.trainable <= 200_000, "{}", entry.name);
        families += 1;
    }
    assert_eq!(families, 15);
}

#[test]
fn every_classifier_takes_another_number_of_classes() {
    for entry in CATALOGUE {
        let options = Options {
            classes: Some(7),
            ..Options::default()
        };
        let graph = zoo::build(entry.name, &options).unwrap();
        let analysis = valid(&graph);
        let output = analysis.nodes.last().unwrap().shape.unwrap();
        assert_eq!(output.channels, 7, "{}", entry.name);
    }
}

#[test]
fn every_block_is_within_its_graph_and_has_no_node_s_name() {
    for entry in CATALOGUE {
        let graph = as_listed(entry.name);
        for block in graph.blocks() {
            assert!(!block.nodes.is_empty(), "{}: {}", entry.name, block.name);
            assert!(block.nodes.iter().all(|&node| graph.node(node).is_some()));
        }
    }
}

#[test]
fn the_width_multiplier_costs_about_its_square() {
    let macs = |alpha| {
        let options = Options {
            alpha: Some(alpha),
            ..Options::default()
        };
        valid(&zoo::build("mobilenet", &options).unwrap())
            .total
            .macs as f64
    };
    // Howard et al. 2017, table 6: 569, 325, 149 and 41 million.
    for (alpha, millions) in [(1.0, 569.0), (0.75, 325.0), (0.5, 149.0), (0.25, 41.0)] {
        assert!(
            (macs(alpha) / 1e6 / millions - 1.0).abs() < 0.01,
            "{alpha}: {}",
            macs(alpha)
        );
    }
}

#[test]
fn mobilenet_v2_at_width_1_4_has_the_published_size() {
    let options = Options {
        alpha: Some(1.4),
        ..Options::default()
    };
    let total = valid(&zoo::build("mobilenet-v2", &options).unwrap()).total;
    // Sandler et al. 2018, table 4: 6.9 million parameters (Keras: 6,156,712 with statistics) and
    // 585 million multiply-adds.
    assert_eq!(total.params(), 6_156_712);
    assert!(
        (total.macs as f64 / 585e6 - 1.0).abs() < 0.01,
        "{}",
        total.macs
    );
}

#[test]
fn a_multiplier_out_of_range_is_refused() {
    for value in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
        let options = Options {
            alpha: Some(value),
            ..Options::default()
        };
        let error = zoo::build("mobilenet", &options).unwrap_err();
        assert!(
            matches!(error, ZooError::Multiplier { field: "alpha", .. }),
            "{error}"
        );
    }
}

#[test]
fn a_network_without_multipliers_says_so() {
    let options = Options {
        rho: Some(0.5),
        ..Options::default()
    };
    let error = zoo::build("vgg-16", &options).unwrap_err();
    assert_eq!(error, ZooError::NotScalable { name: "vgg-16" });
}

#[test]
fn a_misspelt_name_is_answered_with_the_nearest() {
    let error = zoo::build("resnet51", &Options::default()).unwrap_err();
    assert!(matches!(error, ZooError::Unknown { .. }));
    let error = zoo::build("resnet-51", &Options::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("resnet-50"), "{error}");
}

#[test]
fn extreme_choices_never_panic() {
    let input = Some(Shape::new(u32::MAX, u32::MAX, u32::MAX));
    for entry in CATALOGUE {
        for classes in [Some(0), Some(u32::MAX)] {
            let scale = entry.scalable.then_some(4.0);
            let options = Options {
                input,
                classes,
                alpha: scale,
                rho: scale,
            };
            if let Ok(graph) = entry.graph(&options) {
                assert!(
                    !engine::Analysis::of(&graph).problems.is_empty(),
                    "{}",
                    entry.name
                );
            }
        }
    }
}

#[test]
fn vgg_16_s_adaptive_pooling_sees_what_its_bins_see() {
    let seen = |side| {
        let options = Options {
            input: Some(Shape::new(3, side, side)),
            ..Options::default()
        };
        let graph = zoo::build("vgg-16", &options).unwrap();
        let analysis = engine::Analysis::of(&graph);
        let field = analysis.last_receptive_field().unwrap();
        (field.size, field.stride)
    };
    // The last max pool's values see 212 pixels, 32 apart (Araujo, Norris and Sim 2019).
    assert_eq!(seen(224), ([212; 2], [32; 2]));
    // 14 → 7: bins of 2, 2 apart; 8 → 7: bins of 2, 1 apart; 21 → 7: bins of 3, 3 apart.
    assert_eq!(seen(448), ([212 + 32; 2], [64; 2]));
    assert_eq!(seen(256), ([212 + 32; 2], [32; 2]));
    assert_eq!(seen(672), ([212 + 2 * 32; 2], [96; 2]));
    // 10 → 7: bins of 2 and 3, so that the last node with one window is the max pool.
    assert_eq!(seen(320), ([212; 2], [32; 2]));
}
