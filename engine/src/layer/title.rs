//! The families that give cards their colour, and the parts of layers' titles.

use serde::{Deserialize, Serialize};

use super::{Padding, Window};

/// The families the page colours by; every kind of layer belongs to exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    Convolution,
    Pooling,
    Normalisation,
    Activation,
    Linear,
    Merge,
    Shape,
    Regularisation,
}

impl Family {
    /// Every family, in the order of a legend.
    pub const ALL: [Self; 8] = [
        Self::Convolution,
        Self::Pooling,
        Self::Normalisation,
        Self::Activation,
        Self::Linear,
        Self::Merge,
        Self::Shape,
        Self::Regularisation,
    ];

    /// The family's name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Convolution => "convolution",
            Self::Pooling => "pooling",
            Self::Normalisation => "normalisation",
            Self::Activation => "activation",
            Self::Linear => "linear",
            Self::Merge => "merge",
            Self::Shape => "shape",
            Self::Regularisation => "regularisation",
        }
    }
}

/// `[height, width]` as “5×5”.
pub(super) fn pair([height, width]: [u32; 2]) -> String {
    format!("{height}×{width}")
}

/// `[height, width]` as “2”, or as “2×1” where they differ.
pub(super) fn short(sides: [u32; 2]) -> String {
    if sides[0] == sides[1] {
        sides[0].to_string()
    } else {
        pair(sides)
    }
}

pub(super) fn pool_title(name: &str, window: &Window) -> String {
    let &Window {
        kernel,
        stride,
        padding,
        dilation,
        ceil,
    } = window;
    let mut title = format!("{name} {}", pair(kernel));
    if stride != kernel {
        title += &format!(" /{}", short(stride));
    }
    push_padding(&mut title, padding);
    if dilation != [1, 1] {
        title += &format!(" dilated {}", short(dilation));
    }
    if ceil {
        title.push_str(" ceil");
    }
    title
}

pub(super) fn push_padding(title: &mut String, padding: Padding) {
    match padding {
        Padding::Valid => {}
        Padding::Same => title.push_str(" same"),
        Padding::Sides(sides) => {
            if sides != [0; 4] {
                title.push_str(" pad");
                push_sides(title, sides);
            }
        }
    }
}

pub(super) fn push_sides(title: &mut String, sides: [u32; 4]) {
    let [top, left, bottom, right] = sides;
    *title += &if top == left && left == bottom && bottom == right {
        format!(" {top}")
    } else {
        format!(" {top},{left},{bottom},{right}")
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{AvgPool, Conv, Layer, Linear, MaxPool, Merge};

    #[test]
    fn titles_read_as_a_paper_s_table() {
        let strided = Conv {
            stride: [2, 2],
            padding: Padding::Same,
            ..Conv::new(64, 7)
        };
        let depthwise = Conv {
            groups: 32,
            padding: Padding::Sides([1; 4]),
            ..Conv::new(32, 3)
        };
        let overlapping = MaxPool {
            stride: [2, 2],
            ..MaxPool::new(3)
        };
        let rounded_up = MaxPool {
            padding: Padding::Sides([1; 4]),
            ceil_mode: true,
            ..overlapping.clone()
        };
        let mean_rounded_up = AvgPool {
            ceil_mode: true,
            ..AvgPool::new(2)
        };
        for (layer, title) in [
            (Layer::from(Conv::new(6, 5)), "conv 5×5 ×6"),
            (strided.into(), "conv 7×7 ×64 /2 same"),
            (depthwise.into(), "conv 3×3 ×32 pad 1 in 32 groups"),
            (AvgPool::new(2).into(), "avg pool 2×2"),
            (overlapping.into(), "max pool 3×3 /2"),
            (rounded_up.into(), "max pool 3×3 /2 pad 1 ceil"),
            (mean_rounded_up.into(), "avg pool 2×2 ceil"),
            (Linear::new(120).into(), "linear ×120"),
            (Merge::Concat.into(), "concat"),
        ] {
            assert_eq!(layer.title(), title);
        }
    }

    #[test]
    fn every_family_has_its_own_name() {
        let mut names = Family::ALL.map(Family::name).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Family::ALL.len());
    }
}
