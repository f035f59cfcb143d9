//! What a layer is called on a card: one short line, and the family that gives it its colour.

use serde::{Deserialize, Serialize};

use super::{Layer, Merge, Padding, PoolMode};

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

impl Layer {
    /// The family this kind belongs to.
    pub const fn family(&self) -> Family {
        match self {
            Self::Conv(_) | Self::TableConv(_) => Family::Convolution,
            Self::MaxPool(_)
            | Self::AvgPool(_)
            | Self::AdaptiveAvgPool(_)
            | Self::GlobalPool(_)
            | Self::Subsample(_) => Family::Pooling,
            Self::BatchNorm(_) | Self::Lrn(_) => Family::Normalisation,
            Self::Activation(_) => Family::Activation,
            Self::Linear(_) | Self::Rbf(_) => Family::Linear,
            Self::Merge(_) => Family::Merge,
            Self::Flatten(_) | Self::Pad(_) | Self::ChannelShuffle(_) | Self::ChannelSlice(_) => {
                Family::Shape
            }
            Self::Dropout(_) => Family::Regularisation,
        }
    }

    /// The layer in a few words, as on a card: “conv 5×5 ×6”, “avg pool 2×2”. What is left at its
    /// usual value (stride 1, one group, no padding) is not said.
    pub fn title(&self) -> String {
        match self {
            Self::Conv(conv) => {
                let mut title = format!("conv {} ×{}", pair(conv.kernel), conv.channels);
                if conv.stride != [1, 1] {
                    title += &format!(" /{}", short(conv.stride));
                }
                push_padding(&mut title, conv.padding);
                if conv.dilation != [1, 1] {
                    title += &format!(" dilated {}", short(conv.dilation));
                }
                if conv.groups != 1 {
                    title += &format!(" in {} groups", conv.groups);
                }
                title
            }
            Self::TableConv(conv) => {
                format!("table conv {} ×{}", pair(conv.kernel), conv.table.len())
            }
            Self::MaxPool(pool) => pool_title("max pool", pool.kernel, pool.stride, pool.padding),
            Self::AvgPool(pool) => pool_title("avg pool", pool.kernel, pool.stride, pool.padding),
            Self::AdaptiveAvgPool(pool) => format!("avg pool to {}", pair(pool.output)),
            Self::GlobalPool(pool) => match pool.mode {
                PoolMode::Avg => "global avg pool".into(),
                PoolMode::Max => "global max pool".into(),
            },
            Self::Subsample(pool) => {
                let mut title = format!("subsample {}", pair(pool.kernel));
                if pool.fan != 1 {
                    title += &format!(" into {}", pool.fan);
                }
                title
            }
            Self::BatchNorm(_) => "batch norm".into(),
            Self::Lrn(lrn) => format!("LRN over {}", lrn.size),
            Self::Activation(activation) => activation.title().into(),
            Self::Dropout(dropout) => format!("dropout {}", dropout.p),
            Self::Linear(linear) => format!("linear ×{}", linear.features),
            Self::Rbf(rbf) => format!("RBF ×{}", rbf.classes),
            Self::Merge(merge) => match merge {
                Merge::Add => "add".into(),
                Merge::Multiply => "multiply".into(),
                Merge::Concat => "concat".into(),
            },
            Self::Flatten(_) => "flatten".into(),
            Self::Pad(pad) => {
                let mut title = String::from("pad");
                push_sides(&mut title, pad.sides);
                title
            }
            Self::ChannelShuffle(shuffle) => format!("channel shuffle {}", shuffle.groups),
            Self::ChannelSlice(slice) => format!("channels {}..{}", slice.start, slice.end),
        }
    }
}

/// `[height, width]` as “5×5”.
fn pair([height, width]: [u32; 2]) -> String {
    format!("{height}×{width}")
}

/// `[height, width]` as “2”, or as “2×1” where they differ.
fn short(sides: [u32; 2]) -> String {
    if sides[0] == sides[1] {
        sides[0].to_string()
    } else {
        pair(sides)
    }
}

fn pool_title(name: &str, kernel: [u32; 2], stride: [u32; 2], padding: Padding) -> String {
    let mut title = format!("{name} {}", pair(kernel));
    if stride != kernel {
        title += &format!(" /{}", short(stride));
    }
    push_padding(&mut title, padding);
    title
}

fn push_padding(title: &mut String, padding: Padding) {
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

fn push_sides(title: &mut String, sides: [u32; 4]) {
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
    use crate::layer::{AvgPool, Conv, Linear, MaxPool};

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
        for (layer, title) in [
            (Layer::from(Conv::new(6, 5)), "conv 5×5 ×6"),
            (strided.into(), "conv 7×7 ×64 /2 same"),
            (depthwise.into(), "conv 3×3 ×32 pad 1 in 32 groups"),
            (AvgPool::new(2).into(), "avg pool 2×2"),
            (overlapping.into(), "max pool 3×3 /2"),
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
