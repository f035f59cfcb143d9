//! Networks as text: what PyTorch prints (written by `tests/outside/printed.py`, which counts the
//! parameters), source code, Keras' summaries.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use engine::import_text::{Import, TextError, problems, read};
use engine::layer::Layer;
use engine::{Analysis, Shape};
use proptest::prelude::*;

fn parameters(import: &Import) -> u64 {
    assert_eq!(problems(&import.graph), Vec::<String>::new());
    Analysis::of(&import.graph).total.trainable
}

fn outputs(import: &Import) -> u64 {
    let analysis = Analysis::of(&import.graph);
    let facts = analysis.node(import.graph.output()).unwrap();
    facts.shape.unwrap().elements()
}

#[test]
fn printed_modules_have_pytorchs_parameters() {
    let counts = include_str!("texts/counts.json");
    let counts: serde_json::Value = serde_json::from_str(counts).unwrap();
    let texts = [
        (
            "lenet",
            include_str!("texts/lenet.txt"),
            Shape::new(1, 28, 28),
        ),
        (
            "alexnet",
            include_str!("texts/alexnet.txt"),
            Shape::new(3, 224, 224),
        ),
        ("vgg", include_str!("texts/vgg.txt"), Shape::new(3, 32, 32)),
        (
            "resnet18",
            include_str!("texts/resnet18.txt"),
            Shape::new(3, 224, 224),
        ),
    ];
    for (name, text, input) in texts {
        let import = read(text, None).unwrap();
        assert!(import.is_complete(), "{name}: {:?}", import.unread);
        assert_eq!(import.graph.input(), input, "{name}");
        assert_eq!(
            parameters(&import),
            counts[name]["parameters"].as_u64().unwrap(),
            "{name}"
        );
        assert_eq!(
            outputs(&import),
            counts[name]["outputs"].as_u64().unwrap(),
            "{name}"
        );
    }
}

#[test]
fn names_of_modules_are_pytorchs() {
    let import = read(include_str!("texts/resnet18.txt"), None).unwrap();
    for name in ["conv1", "layer2.0.conv1", "layer2.0.downsample.1", "fc"] {
        assert!(import.graph.named(name).is_some(), "{name}");
    }
}

const PYTORCH: &str = "\
import torch
from torch import nn

model = nn.Sequential(
    nn.Conv2d(1, 6, kernel_size=5, padding=2), nn.ReLU(),
    nn.AvgPool2d(kernel_size=2, stride=2),
    nn.Conv2d(6, 16, kernel_size=5), nn.ReLU(),
    nn.AvgPool2d(kernel_size=2, stride=2), nn.Flatten(),
    nn.Linear(16 * 5 * 5, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),  # digits
)
";

#[test]
fn pytorchs_sequential_is_lenet_5() {
    let import = read(PYTORCH, None).unwrap();
    assert!(import.is_complete(), "{:?}", import.unread);
    assert_eq!(import.graph.input(), Shape::new(1, 28, 28));
    // LeCun et al. 1998 with full connections, as PyTorch counts it.
    assert_eq!(parameters(&import), 61_706);
}

const KERAS: &str = "\
from tensorflow import keras
from tensorflow.keras import layers

model = keras.Sequential()
model.add(layers.Conv2D(6, kernel_size=(5, 5), activation='tanh', input_shape=(28, 28, 1), padding='same'))
model.add(layers.AveragePooling2D(pool_size=(2, 2), strides=(2, 2)))
model.add(layers.Conv2D(16, (5, 5), activation='tanh'))
model.add(layers.AveragePooling2D((2, 2)))
model.add(layers.Flatten())
model.add(layers.Dense(120, activation='tanh'))
model.add(layers.Dense(84, activation='tanh'))
model.add(layers.Dense(10, activation='softmax'))
model.compile(optimizer='adam', loss='categorical_crossentropy')
";

#[test]
fn keras_code_adds_layers_with_their_activations() {
    let import = read(KERAS, None).unwrap();
    assert!(import.is_complete(), "{:?}", import.unread);
    assert_eq!(import.graph.input(), Shape::new(1, 28, 28));
    assert_eq!(parameters(&import), 61_706);
    let activations = import.graph.nodes().iter();
    let activations = activations.filter(|it| matches!(it.layer, Layer::Activation(_)));
    assert_eq!(activations.count(), 5);
}

/// Keras' “Simple MNIST convnet”, as its documentation shows it.
const SUMMARY: &str = "\
Model: \"sequential\"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ conv2d (Conv2D)                 │ (None, 26, 26, 32)     │           320 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ max_pooling2d (MaxPooling2D)    │ (None, 13, 13, 32)     │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ conv2d_1 (Conv2D)               │ (None, 11, 11, 64)     │        18,496 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ max_pooling2d_1 (MaxPooling2D)  │ (None, 5, 5, 64)       │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ flatten (Flatten)               │ (None, 1600)           │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dropout (Dropout)               │ (None, 1600)           │             0 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense (Dense)                   │ (None, 10)             │        16,010 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 34,826 (136.04 KB)
 Trainable params: 34,826 (136.04 KB)
 Non-trainable params: 0 (0.00 B)
";

#[test]
fn a_summary_of_keras_gives_kernels_by_counts_and_shapes() {
    let import = read(SUMMARY, None).unwrap();
    assert!(import.is_complete(), "{:?}", import.unread);
    assert_eq!(import.graph.input(), Shape::new(1, 28, 28));
    assert_eq!(parameters(&import), 34_826);
    let Layer::Conv(conv) = &import.graph.named("conv2d_1").unwrap().layer else {
        panic!("no convolution");
    };
    assert_eq!((conv.kernel, conv.stride), ([3, 3], [1, 1]));
    // What the table cannot say.
    let said = import.assumed.join("\n");
    for wanted in ["activations", "max_pooling2d", "drops 0.5"] {
        assert!(said.contains(wanted), "{said}");
    }
}

/// Keras 2's table of a network with branches, whose rows are without frames.
const BRANCHES: &str = "\
Model: \"model\"
__________________________________________________________________________________________________
 Layer (type)                   Output Shape         Param #     Connected to
==================================================================================================
 input_1 (InputLayer)           [(None, 8, 8, 4)]    0           []

 conv2d (Conv2D)                (None, 8, 8, 4)      148         ['input_1[0][0]']

 add (Add)                      (None, 8, 8, 4)      0           ['conv2d[0][0]',
                                                                  'input_1[0][0]']

 lambda (Lambda)                (None, 8, 8, 4)      0           ['add[0][0]']

 dense (Dense)                  (None, 10)           2570        ['lambda[0][0]']
==================================================================================================
Total params: 2,718
";

/// In PyTorch a module that stands twice in a `Sequential` is one: `parameters()` counts it once.
#[test]
fn a_layer_with_a_name_is_the_same_wherever_it_stands() {
    let text = "\
again = nn.Conv2d(4, 4, 3, padding=1)
step = nn.Sequential(nn.BatchNorm2d(4), nn.ReLU())
model = nn.Sequential(
    nn.Conv2d(2, 4, 3, padding=1),
    again, step,
    again, step,
    nn.Conv2d(4, 4, 3, padding=1),
)
";
    let input = Shape::new(2, 6, 6);
    let import = read(text, Some(input)).unwrap();
    assert_eq!(import.unread, []);
    // 2·4·9 + 4, twice 4·4·9 + 4 (again, and the last one), and 8 of the norm.
    assert_eq!(
        Analysis::of(&import.graph).total.trainable,
        76 + 2 * 148 + 8
    );
    let shared = import.graph.nodes().iter().filter(|it| it.shares.is_some());
    assert_eq!(shared.count(), 2);
}

#[test]
fn what_is_not_understood_is_listed_with_its_line() {
    let import = read(BRANCHES, None).unwrap();
    let lines: Vec<usize> = import.unread.iter().map(|it| it.line).collect();
    assert!(lines.contains(&12), "{:?}", import.unread);
    let text = "nn.Sequential(\n nn.Conv2d(1, 2, 3),\n nn.Fold(3),\n)";
    let import = read(text, None).unwrap();
    let told = import.unread[0].to_string();
    assert!(
        told.starts_with("line 3:") && told.contains("Fold"),
        "{told}"
    );
    assert_eq!(
        read("hello", None).unwrap_err(),
        TextError::Nothing(Vec::new())
    );
    let class = "class A(nn.Module):\n  def forward(self, x):\n    return nn.Linear(1, 2)(x)";
    assert_eq!(read(class, None).unwrap_err(), TextError::Forward);
}

/// Pieces of which such texts are made.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("nn.Conv2d(".to_owned()),
        Just("(0): Linear(in_features=4, out_features=5, bias=True)\n".to_owned()),
        Just("(a): Sequential(\n".to_owned()),
        Just("Conv2D".to_owned()),
        Just("Sequential([".to_owned()),
        Just("OrderedDict([(".to_owned()),
        Just("dense (Dense) (None, 10) 5\n".to_owned()),
        Just("Param #\n".to_owned()),
        Just("│ a (Conv2D) │ (None, 3, 3, 2) │ 20 │\n".to_owned()),
        "[0-9]{1,12}",
        "[(){}\\[\\],=:*/+\"'.\n-]",
        "\\PC{0,6}",
    ]
}

proptest! {
    #[test]
    fn any_text_is_a_network_or_an_error(pieces in prop::collection::vec(piece(), 0..40)) {
        if let Ok(import) = read(&pieces.concat(), None) {
            prop_assert!(!import.graph.nodes().is_empty());
        }
    }

    #[test]
    fn any_change_of_a_summary_is_a_network_or_an_error(place in 0..SUMMARY.len(), digit in "[0-9(),│\n]") {
        let place = (0..=place).rev().find(|it| SUMMARY.is_char_boundary(*it)).unwrap_or(0);
        let text = format!("{}{digit}{}", &SUMMARY[..place], &SUMMARY[place..]);
        if let Ok(import) = read(&text, None) {
            prop_assert!(!import.graph.nodes().is_empty());
        }
    }
}
