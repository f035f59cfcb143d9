//! The networks of the article, and what each of them added.

use super::{Lesson, exactly};
use crate::learn::check::{Check, Is, Of};
use crate::learn::question::Question;
use crate::learn::start::Start;
use crate::screen::Area;

pub const ALEXNET: Lesson = Lesson {
    id: "alexnet",
    start: Start::of("alexnet-mini", Area::Look),
    steps: &[
        Check::ChosenKind("Activation"),
        Check::ChosenKind("MaxPool"),
        Check::ChosenConv(Is::Grouped),
        Check::Pinned(&["alexnet", "alexnet-article"]),
    ],
    question: Question::Least(&[
        "parameters @alexnet",
        "parameters @alexnet-ungrouped",
        "parameters @alexnet-article",
    ]),
};

pub const VGG: Lesson = Lesson {
    id: "vgg",
    start: Start::of("five", Area::Build),
    steps: &[
        Check::Layer("conv1", Is::Kernel(3)),
        Check::Layers(2, "Conv", Is::Kernel(3)),
        Check::Pinned(&["alexnet", "vgg-16"]),
    ],
    question: exactly("field @three-threes /conv3"),
};

pub const NIN: Lesson = Lesson {
    id: "nin",
    start: Start::of("nin-mini", Area::Look),
    steps: &[
        Check::ChosenConv(Is::Kernel(1)),
        Check::ChosenKind("AdaptiveAvgPool"),
        Check::Layer("cccp1", Is::Channels(8)),
    ],
    question: exactly("parameters /pool3"),
};

pub const INCEPTION: Lesson = Lesson {
    id: "inception",
    start: Start::of("googlenet-mini", Area::Look),
    steps: &[
        Check::ChosenKind("Merge"),
        Check::Chosen("inception3b.branch3.1"),
        Check::Area(Area::Build),
        Check::AtLeast(Of::Macs, 1.05),
    ],
    question: Question::Order("macs @googlenet", "macs @vgg-16"),
};

pub const RESIDUAL: Lesson = Lesson {
    id: "residual",
    start: Start::of("shortcut", Area::Look),
    steps: &[
        Check::ChosenKind("Merge"),
        Check::Trained(5),
        Check::Fewer("Merge"),
        Check::TrainedWithout("Merge", 5),
    ],
    question: Question::Order("parameters @shortcut", "parameters @plain"),
};

pub const MOBILENET: Lesson = Lesson {
    id: "mobilenet",
    start: Start::of("mobilenet-mini", Area::Look),
    steps: &[
        Check::ChosenConv(Is::Depthwise),
        Check::ChosenConv(Is::Kernel(1)),
        Check::Pinned(&["mobilenet", "mobilenet-article"]),
    ],
    question: Question::Nearest(
        "ratio macs @mobilenet*0.5 | macs @mobilenet",
        &[0.25, 0.5, 0.75],
    ),
};

pub const DILATED: Lesson = Lesson {
    id: "dilated",
    start: Start::of("context-mini", Area::Look),
    steps: &[
        Check::ChosenConv(Is::Dilation(8)),
        Check::Layer("layer5", Is::Dilation(1)),
        Check::AtLeast(Of::Field, 1.0),
    ],
    question: exactly("field @context-basic"),
};

pub const GROUPED: Lesson = Lesson {
    id: "grouped",
    start: Start::of("resnext-mini", Area::Look),
    steps: &[
        Check::ChosenConv(Is::Grouped),
        Check::AtLeast(Of::Macs, 1.02),
        Check::AtMost(Of::Macs, 1.0),
        Check::Pinned(&["resnet-50", "resnext-50"]),
    ],
    question: Question::Order("parameters @resnext-50", "parameters @resnet-50"),
};
