//! Stacks that show what depth does, of any size: the same layers with and without shortcuts (He et al.
//! 2016, section 4.2), and dilated convolutions with these rates.

use super::ZooError;
use super::parts::{
    GLOBAL_AVERAGE, around, finish, flatten, linear, norm, padded, strided, unbiased,
};
use crate::layer::{Activation, Conv, Merge};
use crate::{Graph, GraphBuilder, Shape};

/// Why the stacks are worth seeing, with the source.
pub const STACK_STORY: &str = "He et al. (2016) trained stacks of 3×3 convolutions on CIFAR-10, 20 to \
    110 layers deep, with and without shortcuts. A plain stack of 56 layers ends with a larger error \
    than one of 20, on the training images too: that is no overfitting but degradation. With shortcuts \
    the deeper stack is the better one, because the gradient comes back along them undiminished.";

/// The same for dilated stacks.
pub const GRID_STORY: &str = "Three dilated 3×3 convolutions of rate 2 reach as far as 13 pixels, but \
    only every other pixel of every other row reaches a value: neighbouring values share no pixel, which \
    gives grid patterns. With the rates 1, 2 and 3 every pixel of the 13×13 does (Wang et al. 2018, \
    hybrid dilated convolution).";

/// One of the stacks: `6 · blocks + 2` layers with weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stack {
    pub input: Shape,
    pub classes: u32,
    /// Blocks of two convolutions in each of the three stages.
    pub blocks: u32,
    /// Channels of the first stage; 16 in the paper.
    pub width: u32,
    /// With shortcuts.
    pub residual: bool,
}

impl Stack {
    /// A narrow one for grey digits, so many layers deep, rounded down to what the design has.
    pub const fn small(layers: u32, residual: bool) -> Self {
        Self {
            input: Shape::new(1, 28, 28),
            classes: 10,
            blocks: layers.saturating_sub(2) / 6,
            width: 8,
            residual,
        }
    }

    /// The layers with weights, shortcuts apart.
    pub const fn layers(&self) -> u32 {
        6 * self.blocks + 2
    }

    /// Its graph. A shortcut past a stride is a 1×1 convolution (the paper's option B).
    ///
    /// # Errors
    /// When it is larger than a graph may be.
    pub fn graph(&self) -> Result<Graph, ZooError> {
        let kind = if self.residual { "Residual" } else { "Plain" };
        let title = format!("{kind} stack of {} layers", self.layers());
        let mut net = GraphBuilder::new(title, self.input);
        net.then("conv1", unbiased(padded(self.width, 3)));
        net.then("bn1", norm(1e-5, 0.1));
        net.then("relu", Activation::Relu);
        for stage in 0..3 {
            for block in 0..self.blocks {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let name = format!("layer{}.{block}", stage + 1);
                self.block(&mut net, &name, self.width << stage, stride);
            }
        }
        net.then("avgpool", GLOBAL_AVERAGE);
        net.then("flatten", flatten());
        net.then("fc", linear(self.classes));
        net.then("softmax", Activation::Softmax);
        finish(net)
    }

    fn block(&self, net: &mut GraphBuilder, name: &str, width: u32, stride: u32) {
        net.block(name, |net| {
            let input = net.last();
            net.then(
                format!("{name}.conv1"),
                unbiased(strided(stride, padded(width, 3))),
            );
            net.then(format!("{name}.bn1"), norm(1e-5, 0.1));
            net.then(format!("{name}.relu1"), Activation::Relu);
            net.then(format!("{name}.conv2"), unbiased(padded(width, 3)));
            let computed = net.then(format!("{name}.bn2"), norm(1e-5, 0.1));
            if self.residual {
                let kept = if stride > 1 {
                    let fit = unbiased(strided(stride, Conv::new(width, 1)));
                    net.from(&[input], format!("{name}.downsample.0"), fit);
                    net.then(format!("{name}.downsample.1"), norm(1e-5, 0.1))
                } else {
                    input
                };
                net.from(&[computed, kept], format!("{name}.add"), Merge::Add);
            }
            net.then(format!("{name}.relu2"), Activation::Relu);
        });
    }
}

/// 3×3 convolutions with these rates of dilation, each of which keeps the map's size.
///
/// # Errors
/// When a rate is larger than a layer may have.
pub fn dilated(input: Shape, rates: &[u32]) -> Result<Graph, ZooError> {
    let names: Vec<String> = rates.iter().map(ToString::to_string).collect();
    let title = format!("Dilated stack {}", names.join("-"));
    let mut net = GraphBuilder::new(title, input);
    for (number, &rate) in (1..).zip(rates) {
        let conv = Conv {
            padding: around(rate),
            dilation: [rate, rate],
            ..Conv::new(8, 3)
        };
        net.then(format!("conv{number}"), conv);
        net.then(format!("relu{number}"), Activation::Relu);
    }
    net.then("avgpool", GLOBAL_AVERAGE);
    net.then("flatten", flatten());
    net.then("fc", linear(10));
    net.then("softmax", Activation::Softmax);
    finish(net)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Analysis;

    #[test]
    fn the_stacks_have_the_parameters_of_the_paper() {
        // He et al. 2016, table 6: 0.27 M parameters at 20 layers, 0.85 M at 56. Their shortcuts have none,
        // so these are the plain ones' too; exactly, as PyTorch counts the same design
        // (akamaster/pytorch_resnet_cifar10): 269,722 and 853,018.
        for (blocks, exactly) in [(3, 269_722), (9, 853_018)] {
            let stack = |residual| Stack {
                input: Shape::new(3, 32, 32),
                classes: 10,
                blocks,
                width: 16,
                residual,
            };
            assert_eq!(stack(true).layers(), 6 * blocks + 2);
            let trainable = |residual| {
                let graph = stack(residual).graph().unwrap();
                let analysis = Analysis::of(&graph);
                assert!(analysis.is_valid());
                analysis.total.trainable
            };
            assert_eq!(trainable(false), exactly);
            // Two 1×1 convolutions with their batch norms more.
            let fits = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64;
            assert_eq!(trainable(true), exactly + fits);
        }
        let small = Stack::small(56, true).graph().unwrap();
        assert_eq!(small.name(), "Residual stack of 56 layers");
    }

    #[test]
    fn a_dilated_stack_sees_the_window_of_its_rates() {
        // 1 + 2 · (2 + 2 + 2) pixels.
        let graph = dilated(Shape::new(1, 28, 28), &[2, 2, 2]).unwrap();
        let last = graph.named("relu3").unwrap().id;
        let field = Analysis::of(&graph).node(last).unwrap().receptive_field;
        assert_eq!(field.unwrap().size, [13, 13]);
    }
}
