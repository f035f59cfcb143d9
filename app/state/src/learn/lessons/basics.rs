//! What the layers of a convolutional network do.

use super::{Lesson, exactly};
use crate::input::DataSet;
use crate::learn::Fact;
use crate::learn::check::{Check, Is, Knob, Of};
use crate::learn::question::Question;
use crate::learn::start::Start;
use crate::screen::Area;

const LENET: Start = Start::of("lenet-5", Area::Look);

pub const PICTURE: Lesson = Lesson {
    id: "picture",
    start: LENET,
    steps: &[
        Check::Reads(3),
        Check::Chosen("input"),
        Check::Sample(DataSet::Mnist),
    ],
    question: exactly("values /input"),
};

pub const CONVOLUTION: Lesson = Lesson {
    id: "convolution",
    start: LENET,
    steps: &[
        Check::Chosen("C1"),
        Check::Happened(Fact::SteppedThrough),
        Check::AnotherMap("C1"),
    ],
    question: exactly("taps /C3"),
};

pub const STRIDE: Lesson = Lesson {
    id: "stride",
    start: LENET,
    steps: &[
        Check::Area(Area::Build),
        Check::Layer("C1", Is::SameSize),
        Check::Layer("C1", Is::Stride(2)),
        Check::Broken,
        Check::Valid,
    ],
    question: exactly("side @alexnet /conv1"),
};

pub const FILTERS: Lesson = Lesson {
    id: "filters",
    start: LENET,
    steps: &[
        Check::Chosen("C3"),
        Check::Layer("C1", Is::Channels(12)),
        Check::AtMost(Of::Parameters, 0.9),
    ],
    question: exactly("parameters /C3"),
};

pub const POOLING: Lesson = Lesson {
    id: "pooling",
    start: LENET,
    steps: &[
        Check::Chosen("S2"),
        Check::Reads(1),
        Check::Without("S4"),
        Check::With("S4"),
    ],
    question: exactly("values /S4"),
};

pub const LENET_5: Lesson = Lesson {
    id: "lenet",
    start: LENET,
    steps: &[
        Check::Chosen("C1"),
        Check::Chosen("S4"),
        Check::Chosen("F6"),
        Check::Reads(4),
    ],
    question: Question::Most(&[
        "parameters /C1",
        "parameters /C3",
        "parameters /F5",
        "parameters /F6",
    ]),
};

pub const FAILS: Lesson = Lesson {
    id: "fails",
    start: LENET,
    steps: &[
        Check::Sample(DataSet::Fashion),
        Check::Off(Knob::Centre),
        Check::Misread,
        Check::UsualRecipe,
    ],
    question: exactly("outputs"),
};

pub const COUNTING: Lesson = Lesson {
    id: "counting",
    start: Start::of("lenet-5", Area::Build),
    steps: &[
        Check::Layer("C3", Is::Kernel(3)),
        Check::AtMost(Of::Macs, 0.5),
        Check::AtMost(Of::Parameters, 0.3),
    ],
    question: exactly("parameters /C1"),
};
