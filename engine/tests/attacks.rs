//! Attacks against the reference's, iterate by iterate; and what holds for any of them.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::collections::BTreeMap;
use std::path::PathBuf;

use engine::attack::{
    Attack, CarliniWagner, DeepFool, DeepFoolForm, Goal, Method, Norm, Projected, Rows, Settings,
    Sizes, Victim, answer_of, binary_step, certified_radius, lower_bound,
};
use engine::data::Scaling;
use engine::run::{Network, cpu, read_weights};
use pollster::block_on;
use reference_run::op_graph::{Op, import};
use reference_run::{Array, Budget, arrays, json, read};
use serde::Deserialize;

/// Sums of 32-bit floats in another order than the reference's; its `float32_torch_max_abs_diff` is up
/// to 7e-6 for logits and losses, 5e-7 for pictures.
const LOGITS: Budget = Budget {
    absolute: 2e-5,
    relative: 1e-5,
};
const PICTURES: Budget = Budget {
    absolute: 2e-6,
    relative: 0.0,
};
/// Many steps of Adam: w is unbounded, so its error is relative.
const VARIABLES: Budget = Budget {
    absolute: 2e-4,
    relative: 2e-4,
};

#[derive(Deserialize)]
struct Model {
    name: String,
    file: String,
    input: Vec<usize>,
    graph: Vec<Op>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    model: Option<String>,
    method: String,
    #[serde(default)]
    mean: Vec<f32>,
    #[serde(default)]
    std: Vec<f32>,
    #[serde(default)]
    targeted: bool,
    #[serde(default)]
    eps: serde_json::Value,
    #[serde(default)]
    alpha: f32,
    #[serde(default)]
    steps: u32,
    #[serde(default)]
    overshoot: f64,
    #[serde(default)]
    step_offset: f64,
    #[serde(default)]
    max_iterations: u32,
    #[serde(default)]
    clip: bool,
    #[serde(default)]
    classes: Vec<usize>,
    #[serde(default)]
    c: f32,
    #[serde(default)]
    kappa: f32,
    #[serde(default)]
    lr: f32,
    #[serde(default)]
    samples: u64,
    #[serde(default)]
    sigma: f64,
}

fn folder() -> PathBuf {
    common::folder().join("second")
}

/// A case with its network.
struct Run {
    case: Case,
    tensors: BTreeMap<String, Array>,
    network: Network,
    victim: Victim,
}

impl Run {
    fn floats(&self, name: &str) -> Vec<f32> {
        self.tensors[name].floats()
    }

    fn goals(&self) -> Vec<Goal> {
        let targeted = self.case.targeted;
        let name = if targeted { "target" } else { "labels" };
        let classes = self.tensors[name].labels().into_iter();
        classes.map(|class| Goal { class, targeted }).collect()
    }

    fn rows(&self) -> Rows {
        let goals = self.goals();
        Rows {
            pictures: self.floats("input"),
            ids: vec![0; goals.len()],
            goals,
        }
    }

    fn check(&self, budget: Budget, name: &str, got: &[f32]) {
        let what = format!("{}: {name}", self.case.name);
        let outcome = budget.check(&what, got, &self.tensors[name].values);
        assert_eq!(outcome, Ok(()));
    }

    /// Logits, answers and successes of the result; the answers exactly.
    fn check_answers(&self, end: &str, logits: &[f32]) {
        self.check(LOGITS, &format!("logits.{end}"), logits);
        let answers: Vec<usize> = logits
            .chunks(self.victim.classes)
            .map(|row| answer_of(row).unwrap())
            .collect();
        assert_eq!(answers, self.tensors[&format!("pred.{end}")].labels());
        let reached = self.goals().into_iter().zip(answers);
        let reached: Vec<usize> = reached
            .map(|(goal, answer)| usize::from(goal.is_reached(answer)))
            .collect();
        let wanted = self.tensors[&format!("success.{end}")].labels();
        assert_eq!(reached, wanted, "{}", self.case.name);
    }
}

fn cases() -> Vec<Case> {
    json(&folder().join("attacks/cases.json"))
}

/// The cases of these methods that have a network.
fn runs(methods: &[&str]) -> Vec<Run> {
    let models: Vec<Model> = json(&folder().join("models/models.json"));
    let chosen = cases().into_iter();
    let chosen = chosen.filter(|case| methods.contains(&case.method.as_str()));
    let runs = chosen.filter_map(|case| {
        let name = case.model.clone()?;
        let model = models.iter().find(|it| it.name == name).unwrap();
        let weights = arrays(&folder().join("models").join(&model.file));
        let size = model.input.iter().product::<usize>();
        let dims = [vec![1], model.input.clone()].concat();
        let values = vec![0.0; size];
        let inputs = BTreeMap::from([("x".to_owned(), Array { dims, values })]);
        let dims = |name: &str| Some(weights.get(name)?.dims.clone());
        let graph = import(&model.graph, &inputs, dims).graph;
        let mut network = Network::seeded(graph, 0, &cpu()).unwrap();
        let file = read(&folder().join("models").join(&model.file));
        read_weights(&mut network, &file).unwrap();
        let (mean, std) = (case.mean.clone(), case.std.clone());
        let victim = Victim::new(&network, Scaling { mean, std }).unwrap();
        let tensors = arrays(&folder().join("attacks").join(&case.file));
        Some(Run {
            case,
            tensors,
            network,
            victim,
        })
    });
    runs.collect()
}

#[test]
fn every_case_of_the_reference_is_tested_here() {
    let tested = [
        "fgsm",
        "bim",
        "pgd_linf",
        "pgd_l2",
        "deepfool",
        "deepfool_binary",
        "cw_l2",
        "certified_radius",
    ];
    for case in cases() {
        assert!(tested.contains(&case.method.as_str()), "{}", case.name);
    }
}

#[test]
fn fgsm_is_the_reference_s() {
    let runs = runs(&["fgsm"]);
    assert_eq!(runs.len(), 2);
    for run in runs {
        let epsilons: Vec<f32> = serde_json::from_value(run.case.eps.clone()).unwrap();
        assert!(!epsilons.is_empty());
        let clean = block_on(run.victim.logits(&run.network, &run.floats("input"))).unwrap();
        run.check(LOGITS, "clean_logits", &clean);
        for (place, epsilon) in epsilons.into_iter().enumerate() {
            let settings = Settings {
                epsilon,
                ..Settings::of(Method::Fgsm)
            };
            let mut attack = Projected::new(run.rows(), &settings);
            assert!(!block_on(attack.advance(&run.victim, &run.network)).unwrap());
            run.check(LOGITS, "gradient", attack.gradient());
            run.check(PICTURES, &format!("adversarial.{place}"), attack.pictures());
            assert!(block_on(attack.advance(&run.victim, &run.network)).unwrap());
            let outcome = Attack::Projected(attack).finish();
            run.check_answers(&place.to_string(), &outcome.logits);
        }
    }
}

#[test]
fn iterates_and_losses_of_bim_and_pgd_are_the_reference_s() {
    let runs = runs(&["bim", "pgd_linf", "pgd_l2"]);
    assert_eq!(runs.len(), 4);
    for run in runs {
        let epsilon: f32 = serde_json::from_value(run.case.eps.clone()).unwrap();
        let norm = match run.case.method.as_str() {
            "pgd_l2" => Norm::L2,
            _ => Norm::Linf,
        };
        let start = match run.case.method.as_str() {
            "bim" => "input",
            _ => "start",
        };
        let rows = run.rows();
        let bounds = vec![[epsilon, run.case.alpha]; rows.goals.len()];
        let mut attack = Projected::from(rows, run.floats(start), norm, bounds, run.case.steps);
        let mut iterates = Vec::new();
        while !block_on(attack.advance(&run.victim, &run.network)).unwrap() {
            iterates.extend_from_slice(attack.pictures());
        }
        run.check(PICTURES, "iterates", &iterates);
        let losses = attack.losses().concat();
        let losses: Vec<f32> = losses.iter().map(|&it| it as f32).collect();
        run.check(LOGITS, "loss", &losses);
        run.check_answers("final", &Attack::Projected(attack).finish().logits);
    }
}

#[test]
fn deepfool_chooses_the_reference_s_classes_and_ends_at_its_pictures() {
    let runs = runs(&["deepfool"]);
    assert_eq!(runs.len(), 2);
    for run in runs {
        let count = run.tensors["labels"].values.len();
        let form = DeepFoolForm::Nearest { classes: 9 };
        let mut attack = DeepFool::new(run.floats("input"), count, form);
        attack.overshoot = run.case.overshoot;
        attack.offset = run.case.step_offset;
        attack.clip = run.case.clip;
        attack.most = run.case.max_iterations;
        while !block_on(attack.advance(&run.victim, &run.network)).unwrap() {}
        run.check(PICTURES, "adversarial", attack.pictures());
        let mut chosen = attack.chosen().to_vec();
        chosen.sort_unstable();
        let wanted = run.tensors["chosen"].labels();
        let mut wanted: Vec<[usize; 3]> = wanted
            .chunks(3)
            .map(|row| [row[0], row[1], row[2]])
            .collect();
        wanted.sort_unstable();
        assert_eq!(chosen, wanted, "{}", run.case.name);
        check_distances(&run, attack.pictures(), attack.iterations());
        run.check_answers("final", attack.logits());
    }
}

fn check_distances(run: &Run, pictures: &[f32], iterations: &[u32]) {
    let wanted = run.tensors["iterations"].labels();
    let got: Vec<usize> = iterations.iter().map(|&it| it as usize).collect();
    assert_eq!(got, wanted, "{}", run.case.name);
    let (size, input) = (run.victim.size(), run.floats("input"));
    let pairs = input.chunks(size).zip(pictures.chunks(size));
    let norms: Vec<f32> = pairs.map(|(a, b)| Sizes::of(a, b).l2 as f32).collect();
    run.check(PICTURES, "perturbation_norm", &norms);
}

#[test]
fn binary_deepfool_is_the_reference_s() {
    let runs = runs(&["deepfool_binary"]);
    assert_eq!(runs.len(), 1);
    for run in runs {
        let count = run.tensors["labels"].values.len();
        let pair = [run.case.classes[0], run.case.classes[1]];
        let pairs = vec![pair; count];
        let difference = |logits: &[f32]| {
            let rows = logits.chunks(run.victim.classes);
            rows.map(|row| row[pair[0]] - row[pair[1]])
                .collect::<Vec<f32>>()
        };
        let clean = block_on(run.victim.logits(&run.network, &run.floats("input"))).unwrap();
        run.check(LOGITS, "f_before", &difference(&clean));
        let form = DeepFoolForm::Binary { pairs };
        let mut attack = DeepFool::new(run.floats("input"), count, form);
        attack.overshoot = run.case.overshoot;
        attack.most = run.case.max_iterations;
        while !block_on(attack.advance(&run.victim, &run.network)).unwrap() {}
        run.check(PICTURES, "adversarial", attack.pictures());
        run.check(LOGITS, "f_after", &difference(attack.logits()));
        check_distances(&run, attack.pictures(), attack.iterations());
    }
}

#[test]
fn one_step_reaches_the_boundary_of_a_linear_classifier() {
    let case = cases()
        .into_iter()
        .find(|it| it.name == "deepfool_binary_linear");
    let case = case.unwrap();
    let tensors = arrays(&folder().join("attacks").join(&case.file));
    let (w, b) = (tensors["w"].floats(), tensors["b"].values[0]);
    let value = |x: &[f32]| {
        let terms = w.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x));
        terms.sum::<f64>() + b
    };
    let (mut moved, mut norms, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for x in tensors["input"].floats().chunks(w.len()) {
        let by = binary_step(value(x), &w).unwrap();
        let by = by.iter().map(|it| (1.0 + case.overshoot) * it);
        let to: Vec<f32> = x
            .iter()
            .zip(by)
            .map(|(x, by)| (f64::from(*x) + by) as f32)
            .collect();
        norms.push(Sizes::of(x, &to).l2 as f32);
        after.push(value(&to) as f32);
        moved.extend(to);
    }
    for (name, got) in [
        ("adversarial", moved),
        ("perturbation_norm", norms),
        ("f_after", after),
    ] {
        assert_eq!(PICTURES.check(name, &got, &tensors[name].values), Ok(()));
    }
}

#[test]
fn every_step_of_carlini_and_wagner_is_the_reference_s() {
    let runs = runs(&["cw_l2"]);
    assert_eq!(runs.len(), 2);
    for run in runs {
        let settings = Settings {
            c: run.case.c,
            kappa: run.case.kappa,
            rate: run.case.lr,
            steps: run.case.steps,
            rounds: 1,
            ..Settings::of(Method::CarliniWagner)
        };
        let mut attack = CarliniWagner::new(run.floats("input"), run.goals(), &settings);
        let floats = |values: &[f64]| values.iter().map(|&it| it as f32).collect::<Vec<f32>>();
        run.check(VARIABLES, "w0", &floats(attack.w()));
        while !block_on(attack.advance(&run.victim, &run.network)).unwrap() {}
        let recorded = attack.recorded();
        run.check(LOGITS, "loss", &floats(&recorded.loss.concat()));
        run.check(LOGITS, "l2_squared", &floats(&recorded.l2_squared.concat()));
        run.check(LOGITS, "margin", &floats(&recorded.margin.concat()));
        run.check(VARIABLES, "final_w", &floats(attack.w()));
        run.check(PICTURES, "final_x", &attack.pictures());
        run.check(PICTURES, "best_x", attack.best());
        let found: Vec<usize> = attack.found().into_iter().map(usize::from).collect();
        assert_eq!(found, run.tensors["best_found"].labels());
        let last = block_on(run.victim.logits(&run.network, &attack.pictures())).unwrap();
        run.check_answers("final", &last);
    }
}

#[test]
fn certified_radii_are_the_reference_s() {
    let cases = cases().into_iter();
    let case = cases
        .into_iter()
        .find(|it| it.method == "certified_radius")
        .unwrap();
    let tensors = arrays(&folder().join("attacks").join(&case.file));
    let alpha = 0.001;
    let counts = tensors["count"].labels();
    assert!(counts.len() >= 8);
    for (row, count) in counts.into_iter().enumerate() {
        let share = lower_bound(count as u64, case.samples, alpha);
        let (wanted, radius) = (
            tensors["p_lower"].values[row],
            tensors["radius"].values[row],
        );
        assert!((share - wanted).abs() < 1e-11, "{count}: {share} {wanted}");
        let got = certified_radius(share, case.sigma);
        assert!((got - radius).abs() < 1e-10, "{count}: {got} {radius}");
        let certified = tensors["certified"].values[row] > 0.0;
        assert_eq!(got > 0.0, certified, "{count}");
    }
}
