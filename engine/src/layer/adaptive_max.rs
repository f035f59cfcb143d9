//! The maximum over a given number of bins.

use serde::{Deserialize, Serialize};

use super::formula::{Formula, difference, named, times, values};
use super::rule::{positive, product, single};
use super::title::pair;
use super::{AdaptiveAvgPool, Cost, Family, LayerError, OutputFormula, Rule, Sign, Window};
use crate::Shape;

/// The maximum of `output` bins of nearly equal size (PyTorch's `AdaptiveMaxPool2d`); the bins are those
/// of [`AdaptiveAvgPool`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdaptiveMaxPool {
    pub output: [u32; 2],
}

impl AdaptiveMaxPool {
    /// The mean over the same bins.
    pub const fn means(&self) -> AdaptiveAvgPool {
        AdaptiveAvgPool {
            output: self.output,
        }
    }
}

impl Rule for AdaptiveMaxPool {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let input = single(inputs)?;
        positive("output height", self.output[0])?;
        positive("output width", self.output[1])?;
        Ok(Shape::new(input.channels, self.output[0], self.output[1]))
    }
    /// A bin of n values takes n − 1 comparisons.
    fn cost(&self, inputs: &[Shape], output: Shape) -> Cost {
        let [rows, columns] = self.means().reads(inputs[0]);
        let reads = product([output.channels.into(), rows, columns]);
        Cost {
            element_flops: reads.saturating_sub(output.elements()),
            ..Cost::default()
        }
    }
    fn window(&self, input: Shape) -> Option<Window> {
        self.means().window(input)
    }
    fn family(&self) -> Family {
        Family::Pooling
    }
    fn title(&self) -> String {
        format!("max pool to {}", pair(self.output))
    }
    fn name_stem(&self) -> &'static str {
        "pool"
    }
    fn output_formula(&self, _: &[Shape]) -> OutputFormula {
        OutputFormula::Words("input channels × the height and width asked for")
    }
    fn element_formula(&self, inputs: &[Shape], output: Shape) -> Option<Formula> {
        let [rows, columns] = self.means().reads(inputs[0]);
        let reads = times([
            named("channels", output.channels),
            named("rows of all bins", rows),
            named("columns of all bins", columns),
        ]);
        let any = self.cost(inputs, output).element_flops > 0;
        any.then(|| difference(reads, values(output)))
    }
    fn sign(&self) -> Sign {
        Sign::AsInputs
    }
    fn is_passed_by_initialisation(&self) -> bool {
        true
    }
    fn counts_mut(&mut self) -> Vec<&mut u32> {
        self.output.iter_mut().collect()
    }
}
