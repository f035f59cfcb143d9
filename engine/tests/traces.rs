//! The reference's training runs, step by step.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::collections::HashMap;

use engine::NodeId;
use engine::run::{Mode, Network, Param, Training, cpu, read_weights};
use engine::train::{AdamForm, CrossEntropy, Method, Optimiser, Plan, Update, one_hot, step};
use reference_run::training::{Chosen, budget, for_each_run};
use reference_run::values;

fn optimiser(chosen: &Chosen) -> Optimiser {
    match (chosen.name.as_str(), chosen.form.as_str()) {
        ("sgd", _) if chosen.momentum == 0.0 => Optimiser::new(Method::Sgd),
        ("sgd", _) => Optimiser::new(Method::Momentum {
            momentum: chosen.momentum,
        }),
        ("adam", form) => {
            let [beta1, beta2] = chosen.betas.unwrap();
            let eps = chosen.eps.unwrap();
            let mut adam = Optimiser::new(Method::Adam { beta1, beta2, eps });
            if form == "keras" {
                adam.form = AdamForm::Keras;
            }
            adam
        }
        (other, _) => panic!("the optimiser {other} is not known"),
    }
}

#[test]
fn every_training_run_equals_the_reference_step_by_step() {
    for_each_run(&common::folder().join("models"), |run, training| {
        let mut network = Network::seeded(training.graph.clone(), 0, &cpu()).unwrap();
        read_weights(&mut network, &training.first_weights()).unwrap();
        let classes = network.shape(network.graph().output()).unwrap().elements() as usize;
        let mut optimiser = optimiser(&run.optimizer);
        let plan = Plan {
            update: Update {
                rate: run.optimizer.lr,
                decay: run.optimizer.weight_decay,
                momentum: None,
            },
            ..Plan::default()
        };
        let mut wrong = Vec::new();
        let compare = |network: &Network, prefix: &str, wrong: &mut Vec<String>| {
            for Param {
                name, values: got, ..
            } in network.params()
            {
                let name = format!("{prefix}.{name}");
                let (got, wanted) = (values(got.clone()), &training.result[&name].values);
                let outcome = budget(run.float32_torch_max_weight_diff).check(&name, &got, wanted);
                wrong.extend(outcome.err());
            }
        };
        for number in 0..run.steps {
            let (inputs, labels) = training.batch(number);
            let inputs = network.input(inputs).unwrap();
            let targets = one_hot(&labels, classes, &cpu()).unwrap();
            let loss = |logits| CrossEntropy::default().of(logits, targets);
            let mode = Mode::Training(&mut Training::seeded(0));
            let given = HashMap::from([(NodeId::INPUT, inputs)]);
            let stepped = step(&mut network, given, mode, loss, &mut optimiser, &plan).unwrap();
            let what = format!("loss of step {}", number + 1);
            let (got, wanted) = (values(stepped.loss), [run.loss[number]]);
            let outcome = budget(run.float32_torch_max_loss_diff).check(&what, &got, &wanted);
            wrong.extend(outcome.err());
            if number == 0 {
                compare(&network, "after_step1", &mut wrong);
            }
        }
        compare(&network, "final", &mut wrong);
        assert!(wrong.is_empty(), "{}:\n{}", run.file, wrong.join("\n"));
    });
}
