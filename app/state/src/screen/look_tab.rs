//! What the dock of the area Look shows.

/// A part of the dock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LookTab {
    /// The table of layers.
    #[default]
    Totals,
    /// Why the network answers as it does.
    Why,
    /// From the loss back to the input.
    Backward,
    /// Changes of weights and of the graph, with what they do to the answers.
    Surgery,
    /// What excites a map or a class.
    Wants,
    /// How the layers are doing on the data.
    Health,
    /// Where a layer puts the images of the data.
    Projection,
    /// What depth and skip connections do to the gradient, and dilation to what is seen.
    Depth,
}

impl LookTab {
    pub const ALL: [Self; 8] = [
        Self::Totals,
        Self::Why,
        Self::Backward,
        Self::Surgery,
        Self::Wants,
        Self::Health,
        Self::Projection,
        Self::Depth,
    ];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Totals => "Totals",
            Self::Why => "Why this answer",
            Self::Backward => "Backward",
            Self::Surgery => "Surgery",
            Self::Wants => "What it wants",
            Self::Health => "Health",
            Self::Projection => "Projection",
            Self::Depth => "Depth",
        }
    }

    /// The id of its tab.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Totals => "look-totals",
            Self::Why => "look-why",
            Self::Backward => "look-backward",
            Self::Surgery => "look-surgery",
            Self::Wants => "look-wants",
            Self::Health => "look-health",
            Self::Projection => "look-projection",
            Self::Depth => "look-depth",
        }
    }
}
