//! The memory of a training step against LeNet-5's numbers, computed by hand.

use engine::analysis::{OptimiserKind, Precision};
use engine::{Analysis, zoo};

/// LeNet-5 has 61,706 parameters, all trained.
const WEIGHTS: u64 = 4 * 61_706;

/// Most is alive when tanh1 goes back: all maps up to its own (32·32 + 6·28·28 + 6·28·28), the
/// gradient of its output and that of its input (6·28·28 each).
const IMAGE: u64 = 4 * (32 * 32 + 4 * 6 * 28 * 28);

#[test]
fn a_step_of_lenet_5_holds_weights_gradients_state_and_maps() {
    let analysis = Analysis::of(&zoo::lenet5().unwrap());
    for (optimiser, state) in [
        (OptimiserKind::Sgd, 0),
        (OptimiserKind::Momentum, WEIGHTS),
        (OptimiserKind::Adam, 2 * WEIGHTS),
    ] {
        for batch in [1, 64] {
            let memory = analysis.training_memory(optimiser, batch, Precision::F32);
            assert_eq!(memory.weights, WEIGHTS);
            assert_eq!(memory.gradients, WEIGHTS);
            assert_eq!(memory.optimiser, state, "{}", optimiser.name());
            assert_eq!(memory.activations, batch * IMAGE);
            let sum = 2 * WEIGHTS + state + batch * IMAGE;
            assert_eq!(memory.total(), sum);
        }
    }
}

#[test]
fn its_formula_has_the_values() {
    let analysis = Analysis::of(&zoo::lenet5().unwrap());
    let explained = analysis.explain_training(OptimiserKind::Adam, 64, Precision::F32);
    assert_eq!(
        explained.with_values,
        "246,824 + 246,824 + 2 × 246,824 + 64 × 79,360"
    );
    assert_eq!(explained.result, "6,066,336 bytes");
}

#[test]
fn stored_means_and_variances_are_not_trained() {
    // ResNet-18 (torchvision): 11,689,512 parameters; its 20 batch norms store a mean and a
    // variance for each of their 4,800 channels.
    let graph = zoo::build("resnet-18", &Default::default()).unwrap();
    let memory = Analysis::of(&graph).training_memory(OptimiserKind::Sgd, 1, Precision::F32);
    assert_eq!(memory.gradients, 4 * 11_689_512);
    assert_eq!(memory.weights, 4 * (11_689_512 + 2 * 4_800));
}
