//! `cnnlab attack` as a person or a script meets it.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod command;

use command::{of_tests, printed, public, refused, temporary};
use engine::attack::{PictureReport, SetReport, Transfer};

fn attack<'a>(more: &[&'a str], weights: &'a str) -> Vec<&'a str> {
    let args = ["attack", "lenet-5", "--weights", weights].into_iter();
    args.chain(more.iter().copied()).collect()
}

#[test]
fn a_picture_s_noise_is_written_and_the_network_answers_it_as_reported() {
    let weights = public("models/lenet-5.safetensors");
    let digit = of_tests("data/digits/d3_scan.jpg");
    let out = temporary("attacked.safetensors");
    let out = out.to_str().unwrap();
    let options = ["--input", &digit, "--method", "pgd", "--epsilon", "0.3"];
    let more = [&options[..], &["--smallest", "--out", out, "--json"]].concat();
    let text = printed(&attack(&more, &weights));
    let reports: Vec<PictureReport> = serde_json::from_str(&text).unwrap();
    let [report] = reports.as_slice() else {
        panic!("{text}")
    };
    assert!(report.sizes.linf <= 0.3 + 1e-6);
    assert!(
        report.success && report.smallest.is_some_and(|it| it <= 0.3),
        "{text}"
    );
    let most = report.after.iter().copied().fold(0.0, f64::max);
    let answer = report.after.iter().position(|&it| it == most).unwrap();
    let run = printed(&["run", "lenet-5", "--weights", &weights, "--input", out]);
    assert!(
        run.contains(&format!("output {answer} is the largest")),
        "{run}"
    );
}

#[test]
fn a_curve_and_a_transfer_are_printed_as_tables_and_as_json() {
    let (weights, data) = (public("models/lenet-5.safetensors"), public("data"));
    let on = ["--data-dir", &data, "--limit", "100", "--count", "30"];
    let curve = ["--method", "noise,fgsm", "--epsilon", "0,0.2"];
    let more = [&on[..], &curve[..], &["--json"]].concat();
    let SetReport::Curve {
        images,
        clean,
        curves,
    } = serde_json::from_str(&printed(&attack(&more, &weights))).unwrap()
    else {
        panic!("no curve")
    };
    assert_eq!((images, curves.len()), (30, 2));
    for curve in &curves {
        assert_eq!(curve.points[0], [0.0, clean]);
    }
    let table = printed(&attack(&[&on[..], &curve[..]].concat(), &weights));
    assert_eq!(table.lines().count(), 5, "{table}");
    let against = [
        "--study",
        "transfer",
        "--method",
        "fgsm",
        "--epsilon",
        "0.2",
    ];
    let other = ["--against", "lenet-5", &weights, "--json"];
    let more = [&on[..], &against[..], &other[..]].concat();
    let transfer: Transfer = serde_json::from_str(&printed(&attack(&more, &weights))).unwrap();
    // The same network twice: no matter whose pictures they are.
    let [[a, b], [c, d]] = [0, 1].map(|row| [0, 1].map(|at| transfer.accuracy[row][at]));
    assert!(a == b && b == c && c == d, "{transfer:?}");
    assert!(a < transfer.clean[0]);
}

#[test]
fn what_makes_no_sense_is_refused_with_the_way_out() {
    let weights = public("models/lenet-5.safetensors");
    let digit = of_tests("data/digits/d3_scan.jpg");
    let refusal =
        |more: &[&str]| refused(&attack(&[&["--input", &digit], more].concat(), &weights));
    let error = refusal(&["--target", "12"]);
    assert!(
        error.contains("no class 12") && error.contains("0 to 9"),
        "{error}"
    );
    let error = refusal(&["--method", "magic"]);
    assert!(error.contains("fgsm, bim, pgd"), "{error}");
    let error = refusal(&["--method", "deepfool", "--norm", "linf"]);
    assert!(error.contains("choose L2"), "{error}");
    let error = refusal(&["--sanitise", "bits=9"]);
    assert!(error.contains("bits=1 to bits=8"), "{error}");
}
