//! Steps before it is known where their maps lie, and the offsets of windows once it is.

use kernels::Map;

use crate::NodeId;
use crate::plan::arena::Placed;
use crate::plan::step::{Kernel, Step};
use crate::plan::view::{Root, View};

/// A step on views.
#[derive(Clone, Debug)]
pub(in crate::plan) struct Draft {
    pub nodes: Vec<NodeId>,
    pub kernel: Kernel,
    /// Kernels that go on with its result before it is written.
    pub tails: Vec<Kernel>,
    /// The window of a convolution or linear layer over its first input.
    pub window: Taps,
    pub inputs: Vec<View>,
    pub output: View,
    pub macs: u64,
    /// Weights in whole numbers, output by output, which are packed once the runs are known.
    #[cfg(feature = "integer")]
    pub rows: Vec<i8>,
}

/// A window over a map: which positions it reads.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::plan) struct Taps {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    /// How far the first window starts above and left of the map.
    pub before: [usize; 2],
    pub groups: usize,
}

impl Taps {
    /// The place of the first window's first value.
    const fn start(&self, map: &Map) -> usize {
        // The border reaches so far.
        map.start - self.before[0] * map.row - self.before[1] * map.pitch
    }

    /// The offsets of a window's runs, and how long each is.
    fn runs(&self, map: &Map) -> (Vec<usize>, usize) {
        let [height, width] = self.kernel;
        let down = self.dilation[0] * map.row;
        let joined = map.has_full_rows() && self.groups == 1;
        if joined && (self.dilation[1] == 1 || width == 1) {
            let rows = (0..height).map(|y| y * down);
            return (rows.collect(), width * map.channels);
        }
        (self.places(map), map.channels / self.groups)
    }

    /// The offsets of a window's positions.
    fn places(&self, map: &Map) -> Vec<usize> {
        let [height, width] = self.kernel;
        let [down, right] = [self.dilation[0] * map.row, self.dilation[1] * map.pitch];
        let places = (0..height).flat_map(|y| (0..width).map(move |x| y * down + x * right));
        places.collect()
    }

    /// From one window to the next: right, down.
    const fn step(&self, map: &Map) -> [usize; 2] {
        [self.stride[1] * map.pitch, self.stride[0] * map.row]
    }
}

impl Draft {
    /// The step, with all offsets.
    pub fn step(self, placed: &Placed, roots: &[Root], clears: bool) -> Step {
        let inputs: Vec<Map> = self.inputs.iter().map(|it| placed.map(roots, it)).collect();
        let first = inputs.first().copied().unwrap_or_default();
        let mut kernel = self.kernel;
        let taps = &self.window;
        match &mut kernel {
            Kernel::Conv(conv) => {
                (conv.runs, conv.run) = taps.runs(&first);
                conv.start = taps.start(&first);
                conv.step = taps.step(&first);
            }
            Kernel::Winograd(winograd) => winograd.start = taps.start(&first),
            Kernel::Depthwise(conv) => {
                conv.start = taps.start(&first);
                conv.step = taps.step(&first);
                conv.tap = [taps.dilation[0] * first.row, taps.dilation[1] * first.pitch];
            }
            Kernel::Linear(linear) => {
                let start = taps.start(&first);
                (linear.runs, linear.run) = taps.runs(&first);
                for run in &mut linear.runs {
                    *run += start;
                }
            }
            #[cfg(feature = "integer")]
            Kernel::Integer(it) => {
                (it.runs, it.run) = taps.runs(&first);
                if it.way == kernels::Way::Depthwise {
                    (it.runs, it.run) = (taps.places(&first), first.channels);
                }
                it.start = taps.start(&first);
                it.step = taps.step(&first);
                it.weights = super::integer::packed(it, &self.rows);
            }
            _ => {}
        }
        Step {
            nodes: self.nodes,
            kernel,
            tails: self.tails,
            inputs,
            output: placed.map(roots, &self.output),
            clears: clears.then(|| placed.border(roots, &self.output)),
            macs: self.macs,
        }
    }
}
