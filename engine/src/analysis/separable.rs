//! The cost of one convolution in three forms: standard, grouped, and depthwise separable (Howard et
//! al. 2017, section 3.1).

use super::Explanation;
use crate::Shape;
use crate::layer::Conv;
use crate::layer::{Formula, grouped, named, sum, times};

/// One form of a convolution with its multiply-adds for one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    pub name: &'static str,
    /// The multiply-adds: formula, with this convolution's values, result.
    pub macs: Explanation,
    pub count: u64,
}

/// This convolution from `input` to `output` as a standard one, in `groups` groups, and as a
/// depthwise and a pointwise convolution. MACs do not count biases. `groups` is at least 1; where it
/// does not divide the channels, the second form is rounded down.
pub fn forms(conv: &Conv, input: Shape, output: Shape, groups: u32) -> [Form; 3] {
    let [height, width] = conv.kernel;
    let kernel = || times([named("kernel height", height), named("kernel width", width)]);
    let inputs = || named("input channels", input.channels);
    let outputs = || named("output channels", output.channels);
    let map = || times([named("height", output.height), named("width", output.width)]);
    let groups = groups.max(1);
    let over = times([kernel(), inputs(), outputs(), map()]);
    let standard = positions(conv.kernel, output)
        .saturating_mul(input.channels.into())
        .saturating_mul(output.channels.into());
    let depthwise = positions(conv.kernel, output).saturating_mul(input.channels.into());
    let pointwise = positions([1, 1], output)
        .saturating_mul(input.channels.into())
        .saturating_mul(output.channels.into());
    let form = |name, formula: &Formula, count| Form {
        name,
        macs: Explanation::new(formula, grouped(count)),
        count,
    };
    let split = sum([
        times([kernel(), inputs(), map()]),
        times([inputs(), outputs(), map()]),
    ]);
    let parted = Formula::Quotient(Box::new(over.clone()), Box::new(named("groups", groups)));
    [
        form("standard", &over, standard),
        form("grouped", &parted, standard / u64::from(groups)),
        form(
            "depthwise separable",
            &split,
            depthwise.saturating_add(pointwise),
        ),
    ]
}

/// Kernel positions times output positions.
fn positions([height, width]: [u32; 2], output: Shape) -> u64 {
    (u64::from(height) * u64::from(width)).saturating_mul(output.positions())
}

/// The cost of a depthwise separable convolution relative to the standard one: 1/N + 1/Dk² for N
/// output channels and a kernel of Dk × Dk (Howard et al. 2017).
pub fn separable_share(conv: &Conv) -> f64 {
    let [height, width] = conv.kernel.map(f64::from);
    1.0 / f64::from(conv.channels) + 1.0 / (height * width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{Padding, Rule as _};

    fn same(channels: u32, side: u32) -> Conv {
        Conv {
            padding: Padding::Same,
            bias: false,
            ..Conv::new(channels, side)
        }
    }

    #[test]
    fn the_share_is_the_paper_s_formula() {
        let (input, output) = (Shape::new(512, 14, 14), Shape::new(512, 14, 14));
        let conv = same(512, 3);
        let [standard, _, separable] = forms(&conv, input, output, 1);
        let share = separable.count as f64 / standard.count as f64;
        assert!((share - (1.0 / 512.0 + 1.0 / 9.0)).abs() < 1e-12);
        assert!((separable_share(&conv) - share).abs() < 1e-12);
    }

    #[test]
    fn the_forms_cost_what_such_layers_cost() {
        let (input, conv) = (Shape::new(64, 28, 28), same(128, 3));
        let output = Shape::new(128, 28, 28);
        let macs = |conv: Conv, input: Shape| {
            let output = conv.output(&[input]).unwrap();
            conv.cost(&[input], output).macs
        };
        let [standard, parted, separable] = forms(&conv, input, output, 4);
        assert_eq!(standard.count, macs(conv.clone(), input));
        let in_groups = Conv { groups: 4, ..conv };
        assert_eq!(parted.count, macs(in_groups, input));
        let depthwise = Conv {
            groups: 64,
            ..same(64, 3)
        };
        assert_eq!(
            separable.count,
            macs(depthwise, input) + macs(same(128, 1), input)
        );
        assert_eq!(
            separable.macs.with_values,
            "3 × 3 × 64 × 28 × 28 + 64 × 128 × 28 × 28"
        );
    }
}
