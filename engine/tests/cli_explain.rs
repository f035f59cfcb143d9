//! `cnnlab explain` as a person or a script meets it.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod command;

use command::{of_tests, printed, public, refused, temporary, written};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

fn arguments(method: &str, more: &[&str]) -> Vec<String> {
    let (weights, input) = (
        public("models/lenet-5.safetensors"),
        of_tests("data/digits/d2_scan.jpg"),
    );
    let start = [
        "explain",
        "lenet-5",
        "--weights",
        &weights,
        "--input",
        &input,
    ];
    let start = start.into_iter().chain(["--method", method]);
    let all = start.chain(more.iter().copied());
    all.map(str::to_owned).collect()
}

fn strs(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

fn explained(method: &str, more: &[&str]) -> String {
    printed(&strs(&arguments(method, more)))
}

fn wrong(method: &str, more: &[&str]) -> String {
    refused(&strs(&arguments(method, more)))
}

#[test]
fn every_method_writes_its_map() {
    for (method, array, dims) in [
        ("gradient", "gradient", &[1, 1, 32, 32][..]),
        ("gradient-input", "gradient_input", &[1, 1, 32, 32]),
        ("smoothgrad", "smoothgrad", &[1, 1, 32, 32]),
        (
            "integrated-gradients",
            "integrated_gradients",
            &[1, 1, 32, 32],
        ),
        ("guided", "guided", &[1, 1, 32, 32]),
        ("grad-cam", "grad_cam", &[5, 5]),
        ("grad-cam", "grad_cam_upsampled", &[32, 32]),
        // A seventh and a fourteenth of 32 pixels: 5 and 3.
        ("occlusion", "occlusion", &[10, 10]),
    ] {
        let path = temporary(&format!("{array}.safetensors"));
        let out = path.to_str().unwrap();
        let text = explained(method, &["--class", "3", "--out", out]);
        assert!(text.starts_with("class 3, 3: logit "), "{text}");
        assert!(text.contains("predicted is 2, 2"), "{text}");
        assert!(text.trim_end().ends_with(".safetensors"), "{text}");
        let bytes = std::fs::read(&path).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(file.tensor(array).unwrap().shape(), dims, "{method}");
        assert_eq!(file.tensor("logits").unwrap().shape(), [1, 10]);
    }
}

#[test]
fn a_name_that_ends_in_png_is_a_picture() {
    let path = temporary("occluded.png");
    let out = path.to_str().unwrap();
    let settings = [
        "--patch", "4", "--stride", "4", "--fill", "-0.1", "--out", out,
    ];
    explained("occlusion", &settings);
    let picture = image::open(&path).unwrap().into_rgb8();
    assert_eq!(picture.dimensions(), (256, 256));
    // Something speaks for the class, something does not matter.
    let orange = |it: &&image::Rgb<u8>| i32::from(it[0]) > i32::from(it[2]) + 40;
    assert!(picture.pixels().filter(orange).count() > 0);
}

#[test]
fn the_sanity_check_names_the_layers_from_the_top() {
    let text = explained("gradient", &["--sanity", "--seed", "2"]);
    let lines = text
        .lines()
        .skip_while(|it| !it.starts_with("rank correlation"));
    let names: Vec<&str> = lines
        .skip(1)
        .filter_map(|it| it.split_whitespace().nth(1))
        .collect();
    assert_eq!(names, ["output", "F6", "F5", "C3", "C1"], "{text}");
}

#[test]
fn bad_arguments_are_named() {
    let class = wrong("gradient", &["--class", "10"]);
    assert!(
        class.contains("no class 10") && class.contains("0 to 9"),
        "{class}"
    );
    let node = wrong("grad-cam", &["--node", "C9"]);
    assert!(node.contains("“C9”"), "{node}");
    let vector = wrong("grad-cam", &["--node", "F6"]);
    assert!(
        vector.contains("“F6”") && vector.contains("Grad-CAM"),
        "{vector}"
    );
    let other = wrong("gradient", &["--patch", "4"]);
    assert!(
        other.contains("--patch") && other.contains("occlusion"),
        "{other}"
    );
    let patch = wrong("occlusion", &["--patch", "33"]);
    assert!(patch.contains("1 to 32"), "{patch}");
    let samples = wrong("smoothgrad", &["--samples", "0"]);
    assert!(samples.contains("1 to 1024"), "{samples}");
}

#[test]
fn several_pictures_are_refused() {
    let zeros = vec![0; 2 * 1024 * 4];
    let view = TensorView::new(Dtype::F32, vec![2, 1, 32, 32], &zeros).unwrap();
    let file = safetensors::serialize([("input", view)], None).unwrap();
    let input = written("two.safetensors", &file);
    let args = [
        "explain", "lenet-5", "--input", &input, "--method", "gradient",
    ];
    let error = refused(&args);
    assert!(error.contains("2 pictures"), "{error}");
}
