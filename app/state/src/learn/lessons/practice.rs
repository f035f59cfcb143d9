//! What is done with networks: training, making smaller, attacking, deploying.

use super::{Lesson, about, exactly};
use crate::learn::Fact;
use crate::learn::check::Check;
use crate::learn::start::Start;
use crate::screen::Area;

pub const TRAINING: Lesson = Lesson {
    id: "training",
    start: Start::of("beginner", Area::Train),
    steps: &[
        Check::Trained(1),
        Check::Trained(50),
        Check::Rested,
        Check::OtherRate,
        Check::Reached(0.9),
    ],
    question: exactly("adam"),
};

pub const TRANSFER: Lesson = Lesson {
    id: "transfer",
    start: Start::of("lenet-5", Area::Train),
    steps: &[Check::OnFashion, Check::Frozen(1), Check::Trained(20)],
    question: exactly("parameters /output"),
};

pub const SMALLER: Lesson = Lesson {
    id: "smaller",
    start: Start::of("lenet-5", Area::Shrink),
    steps: &[Check::Variant("pruned"), Check::Variant("-bit")],
    question: exactly("eighth"),
};

pub const ATTACKS: Lesson = Lesson {
    id: "attacks",
    start: Start::of("lenet-5", Area::Look),
    steps: &[
        Check::Area(Area::Attack),
        Check::Happened(Fact::Flipped),
        Check::Happened(Fact::Defended),
    ],
    question: about("length 0.1"),
};

pub const PARALLEL: Lesson = Lesson {
    id: "parallel",
    start: Start::of("lenet-5", Area::Look),
    steps: &[
        Check::Area(Area::Deploy),
        Check::Pipeline(2),
        Check::Pipeline(4),
    ],
    question: about("bubble 4 8"),
};

pub const DEPLOYMENT: Lesson = Lesson {
    id: "deployment",
    start: Start::of("lenet-5", Area::Deploy),
    steps: &[
        Check::Latency,
        Check::Budget,
        Check::Area(Area::Compare),
        Check::Pinned(&["mobilenet", "resnet-50"]),
    ],
    question: exactly("machines 200 20"),
};
