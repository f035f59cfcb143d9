//! The dispatches of a training step.

use kernels::{Function, Reduce};

use super::shader::TrainShader;
use super::stages::{Kind, Size, Stage, Window};
use super::{Extreme, LANES, TrainProgram};
use crate::NodeId;
use crate::plan::wgsl::shader::THREADS;
use crate::plan::wgsl::then::After;
use crate::plan::wgsl::{MOST_GROUPS, Numbers, TrainNumbers};

/// Threads that the slopes of weights are spread over, where the sums have enough parts.
const SPREAD: usize = 16_384;

/// The most channels of a thread.
const MOST_OWN: usize = 8;

/// What a dispatch reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Buffer {
    /// A shader does not use it.
    Nothing,
    /// All parameters, and the slopes of all.
    Params,
    Gradients,
    /// A label for each picture.
    Labels,
    /// The input, and what each stage gives.
    Map(usize),
    /// Their slopes.
    Slopes(usize),
    /// Of a batch norm: mean, variance, weight, bias, and two sums, of each channel.
    Norm(usize),
    /// Parts of sums of weights' slopes.
    Parts,
    /// The ranges of the pool of a stage.
    Table(usize),
    /// An extreme of each channel of an activation.
    Extreme(usize),
}

/// One shader on buffers.
#[derive(Clone, Debug)]
pub struct TrainDispatch {
    pub shader: TrainShader,
    pub numbers: TrainNumbers,
    /// What is read, weights, another input.
    pub reads: [Buffer; 3],
    pub writes: Buffer,
    /// Workgroups, across and down.
    pub groups: [u32; 2],
}

impl TrainDispatch {
    /// A thread for each of `count` results.
    fn of_threads(
        shader: TrainShader,
        mut numbers: TrainNumbers,
        count: usize,
        reads: [Buffer; 3],
        writes: Buffer,
    ) -> Self {
        let groups = count.div_ceil(THREADS).max(1);
        let across = groups.min(MOST_GROUPS);
        numbers.count = count as u32;
        numbers.line = (across * THREADS) as u32;
        Self {
            shader,
            numbers,
            reads,
            writes,
            groups: [across as u32, groups.div_ceil(across) as u32],
        }
    }

    /// A workgroup for each channel.
    const fn of_channels(
        shader: TrainShader,
        numbers: TrainNumbers,
        reads: [Buffer; 3],
        writes: Buffer,
    ) -> Self {
        Self {
            groups: [numbers.out_channels, 1],
            shader,
            numbers,
            reads,
            writes,
        }
    }
}

impl TrainNumbers {
    const fn between(mut self, input: Size, output: Size) -> Self {
        self.in_channels = input.channels as u32;
        self.in_height = input.height as u32;
        self.in_width = input.width as u32;
        self.out_channels = output.channels as u32;
        self.out_height = output.height as u32;
        self.out_width = output.width as u32;
        self
    }

    const fn moving(mut self, window: &Window, input: Size, output: Size) -> Self {
        let [kernel, stride] = [window.kernel, window.stride];
        [self.kernel_y, self.kernel_x] = [kernel[0] as u32, kernel[1] as u32];
        [self.stride_y, self.stride_x] = [stride[0] as u32, stride[1] as u32];
        [self.dilation_y, self.dilation_x] = [window.dilation[0] as u32, window.dilation[1] as u32];
        [self.top, self.left] = [window.before[0] as u32, window.before[1] as u32];
        self.groups = window.groups as u32;
        self.each_in = (input.channels / window.groups) as u32;
        self.each_out = (output.channels / window.groups) as u32;
        self.between(input, output)
    }

    fn with_parameters(mut self, weight: Option<usize>, bias: Option<usize>) -> Self {
        (self.weight, self.has_weight) = (weight.unwrap_or(0) as u32, weight.is_some().into());
        (self.bias, self.has_bias) = (bias.unwrap_or(0) as u32, bias.is_some().into());
        self
    }

    /// With a function's numbers, and which one it is.
    fn then(mut self, function: Option<Function>) -> (Self, After) {
        let Some(function) = function else {
            self.mode = 0;
            return (self, After::Bounds);
        };
        let (numbers, after) = Numbers::default().function(function);
        (self.mode, self.a, self.b) = (numbers.mode, numbers.a, numbers.b);
        (self, after)
    }
}

/// Channels of a thread, and the blocks of a group that has so many.
const fn own(each: usize) -> (u8, u32) {
    let blocks = if each > MOST_OWN {
        each.div_ceil(MOST_OWN)
    } else {
        1
    };
    (each.div_ceil(blocks) as u8, blocks as u32)
}

/// How the slopes of weights are summed: threads of a part, parts, and lines of each.
fn parts(window: &Window, input: Size, output: Size, chunks: usize) -> [usize; 3] {
    let depth = input.channels / window.groups * window.kernel[0] * window.kernel[1];
    let (_, blocks) = own(output.channels / window.groups);
    let threads = window.groups * blocks as usize * depth;
    let lines = chunks * output.height;
    let slices = (SPREAD / threads.max(1)).clamp(1, lines.max(1));
    let rows = lines.div_ceil(slices).max(1);
    [threads, lines.div_ceil(rows).max(1), rows]
}

impl TrainProgram {
    /// Maps that a stage reads and gives, as its window sees them.
    fn ends(&self, place: usize, window: &Window) -> [Size; 2] {
        let stages = &self.stages;
        let input = stages.maps[stages.stages[place].inputs[0]];
        let input = if window.is_linear {
            input.flat()
        } else {
            input
        };
        [input, stages.maps[place + 1]]
    }

    /// Floats of all parts of the layer that needs most.
    pub(super) fn parts(&self, chunks: usize) -> usize {
        let each = self.stages.stages.iter().enumerate();
        let each = each.filter_map(|(place, stage)| match &stage.kind {
            Kind::Weighted { window, .. } => {
                let [input, output] = self.ends(place, window);
                let [_, slices, _] = parts(window, input, output, chunks);
                let [high, wide] = window.kernel;
                let weights = output.channels * input.channels / window.groups * high * wide;
                Some(if slices > 1 { slices * weights } else { 0 })
            }
            _ => None,
        });
        each.max().unwrap_or(0)
    }

    /// Whether the device takes it: a workgroup for each channel.
    pub fn fits(&self) -> bool {
        let mut maps = self.stages.maps.iter();
        maps.all(|size| size.channels <= MOST_GROUPS)
    }

    /// The dispatches of a step with so many pictures, of the mean of whose losses the slopes are.
    /// `smoothing` is the share of each target that is spread evenly over the classes.
    pub fn dispatches(&self, pictures: usize, smoothing: f32) -> Vec<TrainDispatch> {
        let mut step = Step {
            program: self,
            pictures,
            chunks: pictures.div_ceil(LANES),
            all: Vec::new(),
            written: vec![false; self.stages.maps.len()],
        };
        for (place, stage) in self.stages.stages.iter().enumerate() {
            step.forward(place, stage);
        }
        step.loss(smoothing);
        for (place, stage) in self.stages.stages.iter().enumerate().rev() {
            // Nobody reads what nothing has a slope for.
            if step.written[place + 1] {
                step.backward(place, stage);
            }
        }
        step.all
    }
}

impl TrainProgram {
    /// Dispatches that find an extreme of each channel of these activations in a step's maps.
    pub fn watching(&self, pictures: usize, of: &[(NodeId, Extreme)]) -> Vec<TrainDispatch> {
        let activations = self.stages.activations.iter().enumerate();
        let each = activations.filter_map(|(number, &(node, map))| {
            let (_, extreme) = of.iter().find(|(it, _)| *it == node)?;
            let (reduce, a) = match *extreme {
                Extreme::Largest => (0, 0.0),
                Extreme::Farthest(from) => (1, from),
                Extreme::Nearest(from) => (2, from),
            };
            let size = self.stages.maps[map];
            let numbers = TrainNumbers {
                chunks: pictures.div_ceil(LANES) as u32,
                pictures: pictures as u32,
                reduce,
                a,
                ..TrainNumbers::default()
            };
            let numbers = numbers.between(size, size);
            let reads = [Buffer::Map(map), Buffer::Nothing, Buffer::Nothing];
            let writes = Buffer::Extreme(number);
            Some(TrainDispatch::of_channels(
                TrainShader::Extreme,
                numbers,
                reads,
                writes,
            ))
        });
        each.collect()
    }
}

/// A step that is put together.
struct Step<'a> {
    program: &'a TrainProgram,
    pictures: usize,
    chunks: usize,
    all: Vec<TrainDispatch>,
    /// Which maps' slopes have been written.
    written: Vec<bool>,
}

impl Step<'_> {
    fn map(&self, number: usize) -> Size {
        self.program.stages.maps[number]
    }

    /// Vectors of a map.
    fn count(&self, number: usize) -> usize {
        self.map(number).values() * self.chunks
    }

    fn numbers(&self) -> TrainNumbers {
        TrainNumbers {
            chunks: self.chunks as u32,
            pictures: self.pictures as u32,
            ..TrainNumbers::default()
        }
    }

    /// One over the values of a channel.
    fn share(&self, size: Size) -> f32 {
        1.0 / (size.positions() * self.pictures) as f32
    }

    fn threads(
        &mut self,
        shader: TrainShader,
        numbers: TrainNumbers,
        count: usize,
        reads: [Buffer; 3],
        writes: Buffer,
    ) {
        let dispatch = TrainDispatch::of_threads(shader, numbers, count, reads, writes);
        self.all.push(dispatch);
    }

    fn channels(
        &mut self,
        shader: TrainShader,
        numbers: TrainNumbers,
        reads: [Buffer; 3],
        writes: Buffer,
    ) {
        let dispatch = TrainDispatch::of_channels(shader, numbers, reads, writes);
        self.all.push(dispatch);
    }

    /// Whether slopes of a map are added to those that are there.
    fn adds(&mut self, map: usize) -> u32 {
        u32::from(std::mem::replace(&mut self.written[map], true))
    }

    fn forward(&mut self, place: usize, stage: &Stage) {
        use Buffer::{Map, Norm, Nothing, Params, Table};
        let (first, to) = (stage.inputs[0], place + 1);
        let (input, output) = (self.map(first), self.map(to));
        let (numbers, after) = self.numbers().between(input, output).then(stage.then);
        match &stage.kind {
            Kind::Weighted {
                window,
                weight,
                bias,
            } => {
                let [input, output] = self.program.ends(place, window);
                let (own, blocks) = own(output.channels / window.groups);
                let numbers = TrainNumbers { blocks, ..numbers }
                    .moving(window, input, output)
                    .with_parameters(Some(*weight), *bias);
                let count = self.chunks * window.groups * blocks as usize * output.positions();
                let shader = TrainShader::Conv { own, after };
                self.threads(
                    shader,
                    numbers,
                    count,
                    [Map(first), Params, Nothing],
                    Map(to),
                );
            }
            Kind::Norm {
                number,
                eps,
                weight,
                bias,
            } => {
                let sums = TrainNumbers {
                    a: self.share(output),
                    ..self.numbers().between(input, output)
                };
                let sums = sums.with_parameters(*weight, *bias);
                let reads = [Map(first), Params, Nothing];
                self.channels(TrainShader::NormSums, sums, reads, Norm(*number));
                let numbers = TrainNumbers { c: *eps, ..numbers };
                let reads = [Map(first), Norm(*number), Nothing];
                let shader = TrainShader::Norm { after };
                self.threads(shader, numbers, self.count(to), reads, Map(to));
            }
            Kind::Function(function) => {
                let (numbers, after) = self.numbers().then(Some(*function));
                let shader = TrainShader::Copy { after };
                let reads = [Map(first), Nothing, Nothing];
                self.threads(shader, numbers, self.count(to), reads, Map(to));
            }
            Kind::Pool(pool) => {
                let numbers = TrainNumbers {
                    reduce: u32::from(!matches!(pool.reduce, Reduce::Max)),
                    ..numbers
                };
                let reads = [Map(first), Table(place), Nothing];
                self.threads(TrainShader::Pool, numbers, self.count(to), reads, Map(to));
            }
            Kind::Sum => {
                let last = stage.inputs.len() - 1;
                for (number, &from) in stage.inputs.iter().enumerate() {
                    let then = stage.then.filter(|_| number == last);
                    let (numbers, after) = self.numbers().then(then);
                    let numbers = TrainNumbers {
                        add: u32::from(number > 0),
                        ..numbers
                    };
                    let shader = TrainShader::Copy { after };
                    let reads = [Map(from), Nothing, Nothing];
                    self.threads(shader, numbers, self.count(to), reads, Map(to));
                }
            }
        }
    }

    fn loss(&mut self, smoothing: f32) {
        let last = self.program.stages.stages.len();
        let scores = self.map(last).flat();
        let numbers = TrainNumbers {
            a: 1.0 / self.pictures as f32,
            b: smoothing,
            ..self.numbers().between(scores, scores)
        };
        let reads = [Buffer::Map(last), Buffer::Labels, Buffer::Nothing];
        let writes = Buffer::Slopes(last);
        self.threads(TrainShader::Loss, numbers, self.chunks, reads, writes);
        self.written[last] = true;
    }

    /// Multiplies the slopes of a stage's values by those of a function.
    fn slope_of(&mut self, function: Function, map: usize) {
        let (numbers, after) = self.numbers().then(Some(function));
        let shader = TrainShader::Slope { after };
        let reads = [Buffer::Map(map), Buffer::Nothing, Buffer::Nothing];
        let count = self.count(map);
        self.threads(shader, numbers, count, reads, Buffer::Slopes(map));
    }

    /// Passes a stage's slopes on as they are.
    fn pass(&mut self, from: usize, to: usize) {
        if to == 0 {
            return;
        }
        let (numbers, after) = self.numbers().then(None);
        let numbers = TrainNumbers {
            add: self.adds(to),
            ..numbers
        };
        let shader = TrainShader::Copy { after };
        let reads = [Buffer::Slopes(from), Buffer::Nothing, Buffer::Nothing];
        self.threads(shader, numbers, self.count(to), reads, Buffer::Slopes(to));
    }

    fn backward(&mut self, place: usize, stage: &Stage) {
        use Buffer::{Gradients, Map, Norm, Nothing, Slopes, Table};
        let (first, to) = (stage.inputs[0], place + 1);
        let (input, output) = (self.map(first), self.map(to));
        if let Some(function) = stage.then {
            self.slope_of(function, to);
        }
        let numbers = self.numbers().between(input, output);
        match &stage.kind {
            Kind::Weighted {
                window,
                weight,
                bias,
            } => self.weighted(place, window, [Some(*weight), *bias]),
            Kind::Norm {
                number,
                eps,
                weight,
                bias,
            } => {
                let sums = TrainNumbers { c: *eps, ..numbers };
                let reads = [Map(first), Nothing, Slopes(to)];
                self.channels(TrainShader::NormSlopeSums, sums, reads, Norm(*number));
                for (part, start) in [(4, weight), (5, bias)] {
                    let Some(start) = *start else { continue };
                    let copy = TrainNumbers {
                        source: (part * output.channels) as u32,
                        target_at: start as u32,
                        slices: 1,
                        ..numbers
                    };
                    let reads = [Norm(*number), Nothing, Nothing];
                    let shader = TrainShader::Sum;
                    self.threads(shader, copy, output.channels, reads, Gradients);
                }
                if first > 0 {
                    let numbers = TrainNumbers {
                        a: self.share(output),
                        c: *eps,
                        add: self.adds(first),
                        ..numbers
                    };
                    let reads = [Map(first), Norm(*number), Slopes(to)];
                    let count = self.count(first);
                    self.threads(
                        TrainShader::NormSlopes,
                        numbers,
                        count,
                        reads,
                        Slopes(first),
                    );
                }
            }
            Kind::Function(function) => {
                self.slope_of(*function, to);
                self.pass(to, first);
            }
            Kind::Pool(pool) if first > 0 => {
                let numbers = TrainNumbers {
                    reduce: u32::from(!matches!(pool.reduce, Reduce::Max)),
                    add: self.adds(first),
                    ..numbers
                };
                let reads = [Map(first), Table(place), Slopes(to)];
                let count = self.count(first);
                self.threads(
                    TrainShader::PoolSlopes,
                    numbers,
                    count,
                    reads,
                    Slopes(first),
                );
            }
            Kind::Pool(_) => {}
            Kind::Sum => {
                for &from in &stage.inputs {
                    self.pass(to, from);
                }
            }
        }
    }

    fn weighted(&mut self, place: usize, window: &Window, parameters: [Option<usize>; 2]) {
        use Buffer::{Gradients, Map, Nothing, Params, Parts, Slopes};
        let (first, to) = (self.program.stages.stages[place].inputs[0], place + 1);
        let [input, output] = self.program.ends(place, window);
        let [weight, bias] = parameters;
        let numbers = self.numbers().moving(window, input, output);
        let numbers = numbers.with_parameters(weight, bias);
        if let Some(bias) = bias {
            let numbers = TrainNumbers {
                target_at: bias as u32,
                ..numbers
            };
            let reads = [Slopes(to), Nothing, Nothing];
            self.channels(TrainShader::Bias, numbers, reads, Gradients);
        }
        let (outputs, blocks) = own(output.channels / window.groups);
        let [threads, slices, rows] = parts(window, input, output, self.chunks);
        let in_parts = slices > 1;
        let sums = TrainNumbers {
            blocks,
            rows: rows as u32,
            target_at: if in_parts { 0 } else { numbers.weight },
            ..numbers
        };
        self.threads(
            TrainShader::ConvWeights { own: outputs },
            sums,
            threads * slices,
            [Map(first), Nothing, Slopes(to)],
            if in_parts { Parts } else { Gradients },
        );
        if in_parts {
            let [high, wide] = window.kernel;
            let weights = output.channels * input.channels / window.groups * high * wide;
            let numbers = TrainNumbers {
                slices: slices as u32,
                target_at: numbers.weight,
                ..numbers
            };
            let reads = [Parts, Nothing, Nothing];
            self.threads(TrainShader::Sum, numbers, weights, reads, Gradients);
        }
        if first > 0 {
            let (inputs, blocks) = own(input.channels / window.groups);
            let numbers = TrainNumbers {
                blocks,
                add: self.adds(first),
                ..numbers
            };
            let count = self.chunks * window.groups * blocks as usize * input.positions();
            let shader = TrainShader::ConvInput {
                own: inputs,
                strided: window.stride != [1, 1],
            };
            self.threads(
                shader,
                numbers,
                count,
                [Slopes(to), Params, Nothing],
                Slopes(first),
            );
        }
    }
}
