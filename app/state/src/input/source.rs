//! The source of the network's input.

use super::DataSet;

/// The sources of the input. The first three draw on the pad, whose ink is the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    #[default]
    Draw,
    Gallery(DataSet),
    Photo,
}

impl Source {
    pub const ALL: [Self; 4] = [
        Self::Draw,
        Self::Gallery(DataSet::Mnist),
        Self::Gallery(DataSet::Fashion),
        Self::Photo,
    ];

    pub fn is_photo(self) -> bool {
        self == Self::Photo
    }
}

/// The source last chosen for each kind of network.
#[derive(Clone, Copy, Debug)]
pub struct Sources {
    /// For networks with three input channels.
    colour: Source,
    /// For all other networks.
    grey: Source,
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            colour: Source::Photo,
            grey: Source::Draw,
        }
    }
}

impl Sources {
    pub(super) const fn of(&mut self, colour: bool) -> &mut Source {
        if colour {
            &mut self.colour
        } else {
            &mut self.grey
        }
    }
}
