//! Where the network's input comes from.

use super::DataSet;

/// What the input column offers. The first three put ink on the pad, and the pad is what runs.
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

/// What the person last looked at with networks of either kind.
#[derive(Clone, Copy, Debug)]
pub struct Sources {
    /// For networks that take three channels, as photos have.
    colour: Source,
    /// For all others.
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
