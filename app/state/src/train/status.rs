//! Whether a training is under way.

use engine::train::End;

/// How far a training goes before it pauses by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Goal {
    #[default]
    End,
    /// One step.
    Step,
    /// The end of the epoch.
    Epoch,
}

/// The status of the training of the open network.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Status {
    /// There is none.
    #[default]
    Idle,
    /// The data are loaded and sent to the engine.
    Preparing,
    Running,
    /// It can go on.
    Paused,
    /// The person ended it.
    Stopped,
    Ended(End),
}

impl Status {
    /// Whether a training is under way or prepared.
    pub const fn is_busy(&self) -> bool {
        matches!(self, Self::Preparing | Self::Running)
    }

    /// The name in `data-status`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Preparing => "preparing",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Ended(_) => "ended",
        }
    }

    /// In one or two words.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Idle => "not trained here",
            Self::Preparing => "loading data",
            Self::Running => "training",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Ended(End::Completed) => "complete",
            Self::Ended(End::NoImprovement { .. }) => "stopped early",
            Self::Ended(End::Diverged(_)) => "diverged",
            Self::Ended(End::Paused) => "paused",
        }
    }
}
