//! Distillation against PyTorch's `kl_div` and the gradients of the reference.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use common::folder;
use engine::compress::{Distillation, soft};
use reference_run::{Budget, arrays, json};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    cases: Vec<Distillation>,
    float32_torch_max_abs_diff: f64,
}

#[test]
fn loss_and_gradient_are_the_references() {
    let folder = folder().join("second/distil");
    let cases: Vec<Case> = json(&folder.join("cases.json"));
    let mut compared = 0;
    for case in cases {
        let tensors = arrays(&folder.join(&case.file));
        let [student, teacher] =
            ["student_logits", "teacher_logits"].map(|it| tensors[it].floats());
        let labels = tensors["labels"].labels();
        let classes = student.len() / labels.len();
        for (number, distillation) in case.cases.iter().enumerate() {
            let got = distillation.of(&student, &teacher, &labels);
            let wanted = |name: &str| &tensors[&format!("{name}.{number}")].values;
            for (name, got) in [("loss", got.loss), ("kl", got.kl), ("ce", got.ce)] {
                let wanted = wanted(name)[0];
                let error = (got - wanted).abs() / wanted.abs().max(1.0);
                assert!(
                    error < 1e-9,
                    "{} {name} {number}: {got} {wanted}",
                    case.name
                );
            }
            let budget = Budget {
                absolute: case.float32_torch_max_abs_diff.min(1e-6),
                relative: 1e-6,
            };
            budget.check("grad", &got.gradient, wanted("grad")).unwrap();
            let soft = soft(&teacher, classes, distillation.temperature);
            budget.check("soft", &soft, wanted("teacher_soft")).unwrap();
            compared += 1;
        }
    }
    assert_eq!(compared, 12);
}
