//! Attribution against an independent implementation (`tests/reference/second/attribution`), against
//! passes of the network itself, and its refusals.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::collections::BTreeMap;
use std::path::PathBuf;

use engine::analysis::Budget as Memory;
use engine::explain::{
    ExplainError, ExplainFailure, ExplainNote, Explained, Explaining, Method, Occlusion, Sanity,
    SanityCheck, per_position, rank_correlation,
};
use engine::layer::{Activation, Conv, Flatten, GlobalPool, Linear, PoolMode};
use engine::run::{Network, cpu, read_weights, write_weights};
use engine::{Graph, GraphBuilder, NodeId, Shape, zoo};
use pollster::block_on;
use reference_run::op_graph::{Imported, Op, import};
use reference_run::{Array, Budget, arrays, json, read};
use serde::Deserialize;

#[derive(Deserialize)]
struct Model {
    name: String,
    file: String,
    graph: Vec<Op>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    model: String,
    class: u32,
    predicted: u32,
    grad_cam: CamNodes,
    occlusion: Vec<Occlusion>,
    float32_torch_max_diff: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct CamNodes {
    nodes: Vec<String>,
}

/// How many times PyTorch's own largest 32-bit error ours may be, as in `models.rs`.
const TIMES_TORCH: f64 = 10.0;

fn folder() -> PathBuf {
    common::folder().join("second")
}

struct Opened {
    case: Case,
    arrays: BTreeMap<String, Array>,
    imported: Imported,
    network: Network,
    compared: Vec<String>,
    wrong: Vec<String>,
}

impl Opened {
    fn all() -> Vec<Self> {
        let models: Vec<Model> = json(&folder().join("models/models.json"));
        let cases: Vec<Case> = json(&folder().join("attribution/cases.json"));
        assert!(!cases.is_empty());
        let open = |case: Case| {
            let model = models.iter().find(|it| it.name == case.model).unwrap();
            let arrays = arrays(&folder().join("attribution").join(&case.file));
            let file = folder().join("models").join(&model.file);
            let weights = reference_run::arrays(&file);
            let inputs = BTreeMap::from([("x".to_owned(), arrays["input"].clone())]);
            let dims = |name: &str| Some(weights.get(name)?.dims.clone());
            let imported = import(&model.graph, &inputs, dims);
            let mut network = Network::seeded(imported.graph.clone(), 0, &cpu()).unwrap();
            read_weights(&mut network, &read(&file)).unwrap();
            Self {
                case,
                arrays,
                imported,
                network,
                compared: Vec::new(),
                wrong: Vec::new(),
            }
        };
        cases.into_iter().map(open).collect()
    }

    fn explain(&self, method: Method) -> Explained {
        let input = self.arrays["input"].floats();
        let class = Some(self.case.class);
        explain(&self.network, method, class, input).unwrap()
    }

    /// Compares with the array of this name, within the error that is told for this group of arrays.
    fn check(&mut self, name: &str, group: &str, got: &[f32]) {
        let budget = Budget {
            absolute: TIMES_TORCH * self.case.float32_torch_max_diff[group],
            relative: 1e-5,
        };
        let outcome = budget.check(name, got, &self.arrays[name].values);
        self.wrong.extend(outcome.err());
        self.compared.push(name.to_owned());
    }

    /// Everything that the file has was compared, and nothing was off.
    fn passed(self) {
        let Self { case, wrong, .. } = self;
        assert!(wrong.is_empty(), "{}:\n{}", case.name, wrong.join("\n"));
        let given = ["input", "noise"];
        let names = self.arrays.keys().map(String::as_str);
        let missing: Vec<&str> = names
            .filter(|name| !given.contains(name) && !self.compared.iter().any(|it| it == name))
            .collect();
        assert!(
            missing.is_empty(),
            "{}: not compared: {missing:?}",
            case.name
        );
    }
}

fn run(explaining: Explaining, network: &Network) -> Result<Explained, ExplainFailure> {
    let mut explaining = explaining;
    let mut before = 0;
    loop {
        let [done, total] = explaining.progress();
        assert!(before <= done && done < total, "{done} of {total}");
        before = done;
        if let Some(explained) = block_on(explaining.advance(network))? {
            return Ok(explained);
        }
    }
}

fn explain(
    network: &Network,
    method: Method,
    class: Option<u32>,
    input: Vec<f32>,
) -> Result<Explained, ExplainFailure> {
    let explaining = Explaining::new(network, method, class, input, Memory::default())?;
    run(explaining, network)
}

#[test]
fn every_map_equals_the_reference() {
    for mut it in Opened::all() {
        let gradient = it.explain(Method::Gradient);
        assert_eq!(gradient.about.predicted, it.case.predicted);
        it.check("logits", "logits", &gradient.logits);
        it.check("gradient", "gradient", &gradient.values);
        let product = it.explain(Method::GradientInput).values;
        it.check("gradient_input", "gradient_input", &product);
        let guided = it.explain(Method::Guided).values;
        it.check("guided", "guided", &guided);

        let integrated = it.explain(Method::IntegratedGradients);
        let name = "integrated_gradients";
        it.check(name, name, &integrated.values);
        let complete = integrated.about.completeness.unwrap();
        for (name, value) in [
            ("ig_sum", complete.sum),
            ("ig_logit_input", complete.input),
            ("ig_logit_baseline", complete.baseline),
            ("ig_residual", complete.residual),
        ] {
            it.check(name, name, &[value as f32]);
        }

        let (samples, input) = (1, it.arrays["input"].floats());
        let method = Method::SmoothGrad {
            samples,
            spread: 0.0,
            seed: 0,
        };
        let class = Some(it.case.class);
        let smooth = Explaining::new(&it.network, method, class, input, Memory::default());
        let smooth = smooth.unwrap().with_noise(it.arrays["noise"].floats());
        let smooth = run(smooth, &it.network).unwrap().values;
        it.check("smoothgrad", "smoothgrad", &smooth);

        for node in it.case.grad_cam.nodes.clone() {
            let id = Some(it.imported.nodes[&node]);
            let explained = it.explain(Method::GradCam { node: id });
            let (cam, _) = explained.cam.unwrap();
            let named = |what: &str| format!("{what}.{node}");
            let groups = ["grad_cam_weights", "grad_cam", "grad_cam_upsampled"];
            for (group, got) in groups
                .into_iter()
                .zip([cam.weights, cam.map, explained.values])
            {
                it.check(&named(group), group, &got);
            }
        }
        for (number, occlusion) in it.case.occlusion.clone().into_iter().enumerate() {
            let explained = it.explain(Method::Occlusion(occlusion));
            it.check(
                &format!("occlusion.{number}"),
                "occlusion",
                &explained.values,
            );
        }
        it.passed();
    }
}

#[test]
fn grad_cam_takes_the_last_maps_before_the_classes() {
    for it in Opened::all() {
        let Method::GradCam { node } = it.explain(Method::GRAD_CAM).about.method else {
            panic!("another method")
        };
        let wanted = match it.case.model.as_str() {
            "plain_cnn_explained" => "pool2",
            _ => "relu_add",
        };
        assert_eq!(node, Some(it.imported.nodes[wanted]), "{}", it.case.name);
    }
}

/// Numbers between −1 and 1 in no order.
fn picture(graph: &Graph) -> Vec<f32> {
    engine::data::made_up(graph.input().elements() as usize)
}

fn small(function: Activation) -> Network {
    let mut net = GraphBuilder::new("small", Shape::new(2, 9, 7));
    net.then("conv", Conv::new(3, 3));
    net.then("act", function);
    net.then("flatten", Flatten::default());
    net.then("fc", Linear::new(4));
    net.then("softmax", Activation::Softmax);
    Network::seeded(net.finish().unwrap(), 3, &cpu()).unwrap()
}

#[test]
fn occlusion_is_a_pass_of_each_covered_input() {
    let network = small(Activation::Tanh);
    let (input, shape) = (picture(network.graph()), network.graph().input());
    let occlusion = Occlusion {
        patch: 3,
        stride: 2,
        fill: 0.5,
    };
    let explained = explain(
        &network,
        Method::Occlusion(occlusion),
        Some(2),
        input.clone(),
    );
    let explained = explained.unwrap();
    assert_eq!(explained.about.shape, Shape::new(1, 4, 3));
    let fc = network.graph().named("fc").unwrap().id;
    let logit = |input: &[f32]| block_on(network.trace(input, &[fc])).unwrap().values[0][2];
    let whole = logit(&input);
    let wanted = (0..12).map(|place| {
        let (top, left) = (place / 3 * 2, place % 3 * 2);
        let mut covered = input.clone();
        for (at, value) in covered.iter_mut().enumerate() {
            let (row, column) = (at % 63 / 7, at % 7);
            if (top..top + 3).contains(&row) && (left..left + 3).contains(&column) {
                *value = 0.5;
            }
        }
        f64::from(whole - logit(&covered))
    });
    let wanted: Vec<f64> = wanted.collect();
    // A batch may sum in another order than one picture: some roundings of logits of order 1.
    let budget = Budget {
        absolute: 1e-6,
        relative: 0.0,
    };
    assert_eq!(shape.elements(), 126);
    budget
        .check("occlusion", &explained.values, &wanted)
        .unwrap();
}

#[test]
fn without_a_relu_guided_backpropagation_is_the_gradient_and_says_so() {
    let network = small(Activation::Tanh);
    let input = picture(network.graph());
    let gradient = explain(&network, Method::Gradient, Some(1), input.clone()).unwrap();
    let guided = explain(&network, Method::Guided, Some(1), input).unwrap();
    let wanted: Vec<f64> = gradient.values.iter().map(|&it| it.into()).collect();
    let budget = Budget {
        absolute: 1e-6,
        relative: 1e-5,
    };
    budget.check("guided", &guided.values, &wanted).unwrap();
    assert_eq!(guided.about.notes, [ExplainNote::NoRelu]);
    assert_eq!(gradient.about.notes, []);
}

#[test]
fn relu6_lets_nothing_back_where_it_is_full() {
    let mut net = GraphBuilder::new("one value", Shape::new(1, 1, 3));
    net.then("relu6", Activation::Relu6);
    net.then(
        "sum",
        GlobalPool {
            mode: PoolMode::Avg,
        },
    );
    let network = Network::seeded(net.finish().unwrap(), 0, &cpu()).unwrap();
    let guided = explain(&network, Method::Guided, None, vec![-1.0, 3.0, 7.0]).unwrap();
    // The mean of three values.
    assert_eq!(guided.values, [0.0, 1.0 / 3.0, 0.0]);
    assert_eq!(guided.about.notes, []);
}

#[test]
fn the_class_is_the_predicted_one_unless_another_is_asked_for() {
    let network = Network::seeded(zoo::lenet5().unwrap(), 1, &cpu()).unwrap();
    let input = picture(network.graph());
    let explained = explain(&network, Method::Gradient, None, input.clone()).unwrap();
    let (best, _) = { explained.logits.iter().enumerate() }
        .max_by(|a, b| a.1.total_cmp(b.1))
        .unwrap();
    assert_eq!(explained.about.class, best as u32);
    let other = (best as u32 + 1) % 10;
    let asked = explain(&network, Method::Gradient, Some(other), input).unwrap();
    assert_eq!(
        (asked.about.class, asked.about.predicted),
        (other, best as u32)
    );
    assert_eq!(asked.about.logit, explained.logits[other as usize]);
    assert_ne!(asked.values, explained.values);
}

#[test]
fn smoothgrad_s_seed_is_its_noise() {
    let network = small(Activation::Relu);
    let smooth = |seed, spread| {
        let method = Method::SmoothGrad {
            samples: 5,
            spread,
            seed,
        };
        let input = picture(network.graph());
        explain(&network, method, Some(0), input).unwrap().values
    };
    assert_eq!(smooth(7, 0.2), smooth(7, 0.2));
    assert_ne!(smooth(7, 0.2), smooth(8, 0.2));
    let gradient = explain(
        &network,
        Method::Gradient,
        Some(0),
        picture(network.graph()),
    );
    let gradient = gradient.unwrap().values;
    let wanted: Vec<f64> = gradient.into_iter().map(f64::from).collect();
    let budget = Budget {
        absolute: 1e-6,
        relative: 1e-5,
    };
    budget.check("no noise", &smooth(7, 0.0), &wanted).unwrap();
}

fn refused(network: &Network, method: Method, class: Option<u32>, input: Vec<f32>) -> String {
    explain(network, method, class, input)
        .unwrap_err()
        .to_string()
}

#[test]
fn what_cannot_be_explained_is_said() {
    let network = small(Activation::Relu);
    let input = picture(network.graph());
    let no_class = refused(&network, Method::Gradient, Some(4), input.clone());
    assert!(
        no_class.contains("no class 4") && no_class.contains("0 to 3"),
        "{no_class}"
    );
    let mut bad = input.clone();
    bad[3] = f32::NAN;
    let bad = refused(&network, Method::Gradient, None, bad);
    assert!(bad.contains("not a finite number"), "{bad}");
    let short = refused(&network, Method::Gradient, None, vec![0.0; 3]);
    assert!(short.contains("3 values"), "{short}");
    let vector = network.graph().named("flatten").unwrap().id;
    let cam = Method::GradCam { node: Some(vector) };
    let cam = refused(&network, cam, None, input.clone());
    assert!(cam.contains("“flatten”") && cam.contains("choose"), "{cam}");
    let cam = Method::GradCam {
        node: Some(NodeId(99)),
    };
    let cam = refused(&network, cam, None, input.clone());
    assert!(cam.contains("99"), "{cam}");
    let many = Method::SmoothGrad {
        samples: 100_000,
        spread: 0.1,
        seed: 0,
    };
    assert!(refused(&network, many, None, input.clone()).contains("1 to 1024"));

    let mut net = GraphBuilder::new("maps", Shape::new(2, 9, 7));
    net.then("conv", Conv::new(3, 3));
    let maps = Network::seeded(net.finish().unwrap(), 3, &cpu()).unwrap();
    assert!(refused(&maps, Method::Gradient, None, input.clone()).contains("no classes"));

    let little = Memory {
        memory_bytes: Some(1 << 20),
        buffer_bytes: None,
    };
    let refused = Explaining::new(&network, Method::Gradient, None, input, little);
    assert!(matches!(refused, Err(ExplainFailure::Budget(_))));
}

#[test]
fn values_beyond_all_numbers_are_named_with_their_node() {
    let network = small(Activation::Relu);
    let input = vec![f32::MAX; 126];
    let failure = explain(&network, Method::Gradient, None, input).unwrap_err();
    assert!(
        matches!(&failure, ExplainFailure::NotFinite(found) if found.name == "conv"),
        "{failure}"
    );
}

fn checked(network: &Network, method: Method) -> Sanity {
    let input = picture(network.graph());
    let check = SanityCheck::new(network, method, None, input, 5, Memory::default());
    let mut check = check.unwrap();
    loop {
        let [done, total] = check.progress();
        assert!(done < total, "{done} of {total}");
        if let Some(sanity) = block_on(check.advance(network)).unwrap() {
            return sanity;
        }
    }
}

#[test]
fn weights_become_random_from_the_top_and_the_class_stays() {
    let graph = zoo::lenet5().unwrap();
    let network = Network::seeded(graph.clone(), 1, &cpu()).unwrap();
    let weights = || block_on(write_weights(&network, BTreeMap::new())).unwrap();
    let before = weights();
    let sanity = checked(&network, Method::Gradient);
    assert_eq!(weights(), before);
    let names: Vec<&str> = sanity.levels.iter().map(|it| it.0.name.as_str()).collect();
    assert_eq!(names, ["output", "F6", "F5", "C3", "C1"]);
    let class = sanity.original.about.class;
    assert!(sanity.levels.iter().all(|it| it.1.about.class == class));
    // The last one is the network of the other seed, weight for weight.
    let random = Network::seeded(graph, 5, &cpu()).unwrap();
    let wanted = explain(
        &random,
        Method::Gradient,
        Some(class),
        picture(random.graph()),
    );
    let (level, last) = sanity.levels.last().unwrap();
    assert_eq!(last.values, wanted.unwrap().values);
    let sizes = |it: &Explained| -> Vec<f32> {
        let map = per_position(&it.values, it.about.shape);
        map.into_iter().map(f32::abs).collect()
    };
    let correlation = rank_correlation(&sizes(&sanity.original), &sizes(last));
    assert_eq!(level.correlation, correlation);
}

#[test]
fn a_method_that_ignores_the_weights_would_be_caught() {
    // Occlusion with the fill that the input has everywhere changes nothing, whatever the weights are.
    let network = small(Activation::Relu);
    let occlusion = Occlusion {
        patch: 2,
        stride: 2,
        fill: 0.25,
    };
    let input = vec![0.25; 126];
    let method = Method::Occlusion(occlusion);
    let explained = explain(&network, method, None, input.clone()).unwrap();
    assert_eq!(explained.about.notes, [ExplainNote::AllZero]);
    let check = SanityCheck::new(&network, method, None, input, 5, Memory::default());
    let mut check = check.unwrap();
    let sanity = loop {
        if let Some(sanity) = block_on(check.advance(&network)).unwrap() {
            break sanity;
        }
    };
    assert!(sanity.levels.iter().all(|it| it.0.correlation.is_none()));
}

#[test]
fn a_network_without_weights_has_nothing_to_randomise() {
    let mut net = GraphBuilder::new("no weights", Shape::new(3, 2, 2));
    net.then(
        "mean",
        GlobalPool {
            mode: PoolMode::Avg,
        },
    );
    let network = Network::seeded(net.finish().unwrap(), 0, &cpu()).unwrap();
    let check = SanityCheck::new(
        &network,
        Method::Gradient,
        None,
        vec![1.0; 12],
        5,
        Memory::default(),
    );
    let failure = check.unwrap_err();
    assert!(matches!(
        failure,
        ExplainFailure::Explain(ExplainError::NoWeights)
    ));
}
