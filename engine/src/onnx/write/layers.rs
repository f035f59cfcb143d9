//! Each kind of layer as operators.

use super::net::{Net, Output, Setting};
use super::{bins, table_hint};
use crate::checkpoint::Role;
use crate::layer::{
    Activation, AdaptiveAvgPool, AvgPool, BatchNorm, Conv, FlattenOrder, Layer, Lrn, Merge,
    Padding, PoolMode, Sides, Subsample, TableConv, Window,
};
use crate::{Node, NodeId, Shape};

pub(super) type Done = Result<(), String>;

impl Net<'_> {
    pub fn layer(&mut self, node: &Node) -> Done {
        let id = node.id;
        let from = node.inputs.first().copied().unwrap_or(NodeId::INPUT);
        let name = self.free(&node.name);
        let name = name.as_str();
        match &node.layer {
            Layer::Conv(conv) => self.conv(id, name, from, conv),
            Layer::TableConv(conv) => self.table_conv(id, name, from, conv),
            Layer::TransposedConv(conv) => self.transposed(id, name, from, conv),
            Layer::MaxPool(pool) => {
                let x = self.map(from)?;
                self.pool("MaxPool", name, &x, &pool.sliding(), None);
                self.done(id, name.to_owned(), false)
            }
            Layer::AvgPool(pool) => self.avg_pool(id, name, from, pool),
            Layer::AdaptiveAvgPool(pool) => self.adaptive(id, name, from, pool),
            Layer::AdaptiveMaxPool(pool) => self.adaptive_max(id, name, from, pool),
            Layer::GlobalPool(pool) => {
                let operator = match pool.mode {
                    PoolMode::Avg => "GlobalAveragePool",
                    PoolMode::Max => "GlobalMaxPool",
                };
                let x = self.map(from)?;
                self.node(operator, name, &[&x.name], &[name], &[], "");
                self.done(id, name.to_owned(), false)
            }
            Layer::Subsample(pool) => self.subsample(id, name, from, pool),
            Layer::BatchNorm(norm) => self.batch_norm(id, name, from, norm),
            Layer::GroupNorm(norm) => self.group_norm(id, name, from, norm),
            Layer::LayerNorm(norm) => self.layer_norm(id, name, from, norm),
            Layer::InstanceNorm(norm) => self.instance_norm(id, name, from, norm),
            Layer::Lrn(norm) => self.lrn(id, name, from, norm),
            Layer::Activation(function) => self.activation(id, name, from, *function),
            Layer::PRelu(_) => self.prelu(id, name, from),
            Layer::Dropout(dropout) => {
                let x = self.output(from)?;
                let ratio = self.floats(&format!("{name}.ratio"), &[], vec![dropout.p as f32]);
                self.node("Dropout", name, &[&x.name, &ratio], &[name], &[], "");
                self.done(id, name.to_owned(), x.is_flat)
            }
            Layer::Linear(linear) => {
                let x = self.flat(from)?;
                let x = self.rounded(from, x);
                let weight = self.weight(id, from)?;
                let mut inputs = vec![x.name, weight];
                if linear.bias {
                    inputs.push(self.bias(id, from)?);
                }
                let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
                self.node(
                    "Gemm",
                    name,
                    &inputs,
                    &[name],
                    &[("transB", Setting::Int(1))],
                    "",
                );
                self.done(id, name.to_owned(), true)
            }
            Layer::Rbf(_) => {
                let x = self.flat(from)?;
                let codes = self.parameter(id, Role::Codes)?;
                let axes = self.ints(&format!("{name}.axes"), &[1]);
                let [each, difference] =
                    ["each", "difference"].map(|it| self.free(&format!("{name}/{it}")));
                self.node("Unsqueeze", &each, &[&x.name, &axes], &[&each], &[], "");
                self.node(
                    "Sub",
                    &difference,
                    &[&each, &codes],
                    &[&difference],
                    &[],
                    "",
                );
                let settings = [("axes", Setting::Ints(&[2])), ("keepdims", Setting::Int(0))];
                self.node(
                    "ReduceSumSquare",
                    name,
                    &[&difference],
                    &[name],
                    &settings,
                    "",
                );
                self.done(id, name.to_owned(), true)
            }
            Layer::Merge(merge) => self.merge(node, name, *merge),
            Layer::Flatten(flatten) => {
                let mut x = self.output(from)?;
                if flatten.order == FlattenOrder::Hwc && !x.is_flat {
                    let turned = self.free(&format!("{name}/last"));
                    let order = [("perm", Setting::Ints(&[0, 2, 3, 1]))];
                    self.node("Transpose", &turned, &[&x.name], &[&turned], &order, "");
                    x.name = turned;
                }
                let axis = [("axis", Setting::Int(1))];
                self.node("Flatten", name, &[&x.name], &[name], &axis, "");
                self.done(id, name.to_owned(), true)
            }
            Layer::Pad(pad) => {
                let x = self.map(from)?;
                self.border(name, &x, pad.sides, pad.value as f32);
                self.done(id, name.to_owned(), false)
            }
            Layer::Upsample(up) => self.upsample(id, name, from, up),
            Layer::ChannelShuffle(shuffle) => {
                let x = self.map(from)?;
                let Shape {
                    channels,
                    height,
                    width,
                } = x.shape;
                let (groups, each) = (shuffle.groups, channels / shuffle.groups.max(1));
                let sides = |sides: &[u32]| -> Vec<i64> {
                    [0].into_iter()
                        .chain(sides.iter().map(|&it| it.into()))
                        .collect()
                };
                let split = sides(&[groups, each, height, width]);
                let split = self.ints(&format!("{name}.split"), &split);
                let joined = self.ints(
                    &format!("{name}.joined"),
                    &sides(&[channels, height, width]),
                );
                let [apart, turned] =
                    ["apart", "turned"].map(|it| self.free(&format!("{name}/{it}")));
                self.node("Reshape", &apart, &[&x.name, &split], &[&apart], &[], "");
                let order = [("perm", Setting::Ints(&[0, 2, 1, 3, 4]))];
                self.node("Transpose", &turned, &[&apart], &[&turned], &order, "");
                self.node("Reshape", name, &[&turned, &joined], &[name], &[], "");
                self.done(id, name.to_owned(), false)
            }
            Layer::ChannelSlice(slice) => {
                let x = self.output(from)?;
                let starts = self.ints(&format!("{name}.starts"), &[slice.start.into()]);
                let ends = self.ints(&format!("{name}.ends"), &[slice.end.into()]);
                let axes = self.ints(&format!("{name}.axes"), &[1]);
                self.node(
                    "Slice",
                    name,
                    &[&x.name, &starts, &ends, &axes],
                    &[name],
                    &[],
                    "",
                );
                self.done(id, name.to_owned(), x.is_flat)
            }
        }
    }

    fn conv(&mut self, id: NodeId, name: &str, from: NodeId, conv: &Conv) -> Done {
        let x = self.map(from)?;
        let x = self.rounded(from, x);
        let weight = self.weight(id, from)?;
        let mut inputs = vec![x.name.clone(), weight];
        if conv.bias {
            inputs.push(self.bias(id, from)?);
        }
        self.convolution(name, &inputs, &conv.sliding(), x.shape, conv.groups, "");
        self.done(id, name.to_owned(), false)
    }

    fn convolution(
        &mut self,
        name: &str,
        inputs: &[String],
        window: &Window,
        shape: Shape,
        groups: u32,
        doc: &str,
    ) {
        let [kernel, strides, dilations] =
            [window.kernel, window.stride, window.dilation].map(|it| it.map(i64::from));
        let pads = window.sides(shape.size()).map(i64::from);
        // A runtime's own SAME may leave dilation out.
        let padding = if window.padding == Padding::Same && window.dilation == [1, 1] {
            ("auto_pad", Setting::Text("SAME_UPPER"))
        } else {
            ("pads", Setting::Ints(&pads))
        };
        let settings = [
            ("kernel_shape", Setting::Ints(&kernel)),
            ("strides", Setting::Ints(&strides)),
            ("dilations", Setting::Ints(&dilations)),
            padding,
            ("group", Setting::Int(groups.into())),
        ];
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.node("Conv", name, &inputs, &[name], &settings, doc);
    }

    /// As a full convolution whose unconnected kernels are zero, with a hint of its table.
    fn table_conv(&mut self, id: NodeId, name: &str, from: NodeId, conv: &TableConv) -> Done {
        let x = self.map(from)?;
        let x = self.rounded(from, x);
        let kernels = self.values(id, Role::Weight)?;
        let inputs = x.shape.channels as usize;
        let [height, width] = conv.kernel.map(|it| it as usize);
        let area = height * width;
        let mut full = vec![0.0; conv.table.len() * inputs * area];
        let mut rest = kernels.chunks(area.max(1));
        for (output, row) in conv.table.iter().enumerate() {
            for &input in row {
                let start = (output * inputs + input as usize) * area;
                let place = full.get_mut(start..start + area);
                let (Some(place), Some(kernel)) = (place, rest.next()) else {
                    return Err("its table does not fit its kernels".to_owned());
                };
                place.copy_from_slice(kernel);
            }
        }
        let dims = [conv.table.len(), inputs, height, width];
        let (weight, ..) = self.stored(id, Role::Weight)?;
        // The name is the parameter's, whose values these are with zeros between.
        let weight = match self.grids_of(from) {
            Some((granularity, _)) => self.whole_weight(&weight, &dims, &full, granularity),
            None => self.named(&weight, &dims, full),
        };
        let mut all = vec![x.name.clone(), weight];
        if conv.bias {
            all.push(self.bias(id, from)?);
        }
        let hint = table_hint(&conv.table);
        self.convolution(name, &all, &conv.sliding(), x.shape, 1, &hint);
        self.done(id, name.to_owned(), false)
    }

    /// `include` for a mean: whether padding counts.
    pub(super) fn pool(
        &mut self,
        operator: &str,
        name: &str,
        x: &Output,
        window: &Window,
        include: Option<bool>,
    ) {
        let size = x.shape.size();
        let [kernel, strides, dilations] =
            [window.kernel, window.stride, window.dilation].map(|it| it.map(i64::from));
        let pads = window.sides(size);
        // ONNX rounds up also where the last window would start behind the picture.
        let rounded = |axis: usize| {
            let [before, after] = [pads[axis], pads[axis + 2]].map(u64::from);
            let room = (u64::from(size[axis]) + before + after).saturating_sub(window.extent(axis));
            room.div_ceil(u64::from(window.stride[axis].max(1))) + 1
        };
        let ours = window.output(size).unwrap_or_default();
        let floor = Window {
            ceil: false,
            ..*window
        }
        .output(size)
        .unwrap_or_default();
        let both = (0..2).all(|axis| u64::from(ours[axis]) == rounded(axis));
        let mut pads = pads.map(i64::from);
        let ceil = window.ceil && ours != floor && both;
        if window.ceil && ours != floor && !both && include.is_none() {
            // Only one axis is rounded up: as padding, which a maximum never takes.
            for axis in 0..2 {
                let needed = u64::from(ours[axis] - 1) * u64::from(window.stride[axis])
                    + window.extent(axis);
                let there = u64::from(size[axis]) + pads[axis].unsigned_abs();
                pads[axis + 2] = needed.saturating_sub(there) as i64;
            }
        }
        // A runtime's own SAME may leave dilation out.
        let is_dilated = window.dilation != [1, 1];
        let padding = if window.padding == Padding::Same && !window.ceil && !is_dilated {
            ("auto_pad", Setting::Text("SAME_UPPER"))
        } else {
            ("pads", Setting::Ints(&pads))
        };
        let mut settings = vec![
            ("kernel_shape", Setting::Ints(&kernel)),
            ("strides", Setting::Ints(&strides)),
            padding,
            ("ceil_mode", Setting::Int(ceil.into())),
        ];
        if is_dilated {
            settings.push(("dilations", Setting::Ints(&dilations)));
        }
        if let Some(include) = include {
            settings.push(("count_include_pad", Setting::Int(include.into())));
        }
        self.node(operator, name, &[&x.name], &[name], &settings, "");
    }

    fn avg_pool(&mut self, id: NodeId, name: &str, from: NodeId, pool: &AvgPool) -> Done {
        let mut x = self.map(from)?;
        let mut window = pool.sliding();
        let mut include = pool.count_include_pad;
        let sides = window.sides(x.shape.size());
        if window.ceil && include && sides != [0; 4] {
            // Runtimes disagree on the divisor of the last window; a border of its own is clear.
            let padded = self.free(&format!("{name}/padded"));
            self.border(&padded, &x, sides, 0.0);
            let [top, left, bottom, right] = sides;
            x.name = padded;
            x.shape.height += top + bottom;
            x.shape.width += left + right;
            window.padding = Padding::Valid;
            include = false;
        }
        self.pool("AveragePool", name, &x, &window, Some(include));
        self.done(id, name.to_owned(), false)
    }

    /// Equal bins as a pool, others as products with a matrix on each axis.
    fn adaptive(&mut self, id: NodeId, name: &str, from: NodeId, pool: &AdaptiveAvgPool) -> Done {
        let mut x = self.map(from)?;
        let size = x.shape.size();
        let is_even = (0..2).all(|axis| size[axis].is_multiple_of(pool.output[axis].max(1)));
        if is_even {
            let side = |axis: usize| size[axis] / pool.output[axis].max(1);
            let window = Window {
                kernel: [side(0), side(1)],
                stride: [side(0), side(1)],
                ..Window::POINT
            };
            self.pool("AveragePool", name, &x, &window, Some(false));
            return self.done(id, name.to_owned(), false);
        }
        let [height, width] = size.map(|it| it as usize);
        let [to_height, to_width] = pool.output.map(|it| it as usize);
        let swap = [("perm", Setting::Ints(&[0, 1, 3, 2]))];
        if height != to_height {
            let rows = self.floats(
                &format!("{name}.rows"),
                &[height, to_height],
                bins(height, to_height),
            );
            let [turned, mean] = ["turned", "rows"].map(|it| self.free(&format!("{name}/{it}")));
            let back = match width == to_width {
                true => name.to_owned(),
                false => self.free(&format!("{name}/back")),
            };
            self.node("Transpose", &turned, &[&x.name], &[&turned], &swap, "");
            self.node("MatMul", &mean, &[&turned, &rows], &[&mean], &[], "");
            self.node("Transpose", &back, &[&mean], &[&back], &swap, "");
            x.name = back;
        }
        if width != to_width {
            let columns = self.floats(
                &format!("{name}.columns"),
                &[width, to_width],
                bins(width, to_width),
            );
            self.node("MatMul", name, &[&x.name, &columns], &[name], &[], "");
        }
        self.done(id, name.to_owned(), false)
    }

    /// The mean, then a factor and a bias for each map.
    fn subsample(&mut self, id: NodeId, name: &str, from: NodeId, pool: &Subsample) -> Done {
        let x = self.map(from)?;
        let mean = self.free(&format!("{name}/mean"));
        self.pool("AveragePool", &mean, &x, &pool.sliding(), Some(false));
        let area = (pool.kernel[0] * pool.kernel[1]) as f32;
        let factors: Vec<f32> = { self.values(id, Role::Coefficient)?.iter() }
            .map(|it| it * area)
            .collect();
        let maps = factors.len();
        let weight = self.floats(&format!("{name}.weight"), &[maps, 1, 1, 1], factors);
        let bias = self.parameter(id, Role::Bias)?;
        let shape = Shape::new(x.shape.channels, 1, 1);
        self.convolution(
            name,
            &[mean, weight, bias],
            &Window::POINT,
            shape,
            x.shape.channels,
            "",
        );
        self.done(id, name.to_owned(), false)
    }

    fn batch_norm(&mut self, id: NodeId, name: &str, from: NodeId, norm: &BatchNorm) -> Done {
        let x = self.output(from)?;
        let channels = x.shape.channels as usize;
        let weight = match norm.scale {
            true => self.parameter(id, Role::Weight)?,
            false => self.floats(&format!("{name}.ones"), &[channels], vec![1.0; channels]),
        };
        let bias = match norm.shift {
            true => self.parameter(id, Role::Bias)?,
            false => self.floats(&format!("{name}.zeros"), &[channels], vec![0.0; channels]),
        };
        let mean = self.parameter(id, Role::RunningMean)?;
        let variance = self.parameter(id, Role::RunningVar)?;
        let settings = [
            ("epsilon", Setting::Float(norm.eps)),
            ("momentum", Setting::Float(1.0 - norm.momentum)),
        ];
        let hints = super::hints(norm.scale, norm.shift);
        let inputs = [x.name.as_str(), &weight, &bias, &mean, &variance];
        self.node(
            "BatchNormalization",
            name,
            &inputs,
            &[name],
            &settings,
            &hints,
        );
        self.done(id, name.to_owned(), x.is_flat)
    }

    fn lrn(&mut self, id: NodeId, name: &str, from: NodeId, norm: &Lrn) -> Done {
        if norm.size.is_multiple_of(2) {
            return Err(format!(
                "ONNX has no LRN over {} channels, an even number",
                norm.size
            ));
        }
        let x = self.map(from)?;
        let alpha = match norm.alpha_divided_by_size {
            true => norm.alpha,
            false => norm.alpha * f64::from(norm.size),
        };
        let settings = [
            ("size", Setting::Int(norm.size.into())),
            ("alpha", Setting::Float(alpha)),
            ("beta", Setting::Float(norm.beta)),
            ("bias", Setting::Float(norm.k)),
        ];
        self.node("LRN", name, &[&x.name], &[name], &settings, "");
        self.done(id, name.to_owned(), false)
    }

    fn activation(&mut self, id: NodeId, name: &str, from: NodeId, function: Activation) -> Done {
        let x = self.output(from)?;
        let input = x.name.as_str();
        let channels = [("axis", Setting::Int(1))];
        let simple = |operator: &'static str| (operator, Vec::new());
        let (operator, settings) = match function {
            Activation::Relu => simple("Relu"),
            Activation::Tanh => simple("Tanh"),
            Activation::Sigmoid => simple("Sigmoid"),
            Activation::HardSwish => simple("HardSwish"),
            Activation::LeakyRelu { slope } => {
                ("LeakyRelu", vec![("alpha", Setting::Float(slope))])
            }
            Activation::Elu { alpha } => ("Elu", vec![("alpha", Setting::Float(alpha))]),
            Activation::HardSigmoid => (
                "HardSigmoid",
                vec![
                    ("alpha", Setting::Float(1.0 / 6.0)),
                    ("beta", Setting::Float(0.5)),
                ],
            ),
            Activation::Softmax => ("Softmax", channels.into()),
            Activation::LogSoftmax => ("LogSoftmax", channels.into()),
            Activation::Relu6 => {
                let low = self.floats(&format!("{name}.min"), &[], vec![0.0]);
                let high = self.floats(&format!("{name}.max"), &[], vec![6.0]);
                self.node("Clip", name, &[input, &low, &high], &[name], &[], "");
                return self.done(id, name.to_owned(), x.is_flat);
            }
            Activation::Silu => {
                let gate = self.free(&format!("{name}/gate"));
                self.node("Sigmoid", &gate, &[input], &[&gate], &[], "");
                self.node("Mul", name, &[input, &gate], &[name], &[], "");
                return self.done(id, name.to_owned(), x.is_flat);
            }
            Activation::ScaledTanh { a, s } => {
                let a = self.floats(&format!("{name}.a"), &[], vec![a as f32]);
                let s = self.floats(&format!("{name}.s"), &[], vec![s as f32]);
                let [inner, tanh] = ["inner", "tanh"].map(|it| self.free(&format!("{name}/{it}")));
                self.node("Mul", &inner, &[input, &s], &[&inner], &[], "");
                self.node("Tanh", &tanh, &[&inner], &[&tanh], &[], "");
                self.node("Mul", name, &[&tanh, &a], &[name], &[], "");
                return self.done(id, name.to_owned(), x.is_flat);
            }
            Activation::Gelu => {
                let root = std::f32::consts::FRAC_1_SQRT_2;
                let root = self.floats(&format!("{name}.root"), &[], vec![root]);
                let one = self.floats(&format!("{name}.one"), &[], vec![1.0]);
                let half = self.floats(&format!("{name}.half"), &[], vec![0.5]);
                let [scaled, erf, sum, product] = ["scaled", "erf", "sum", "product"]
                    .map(|it| self.free(&format!("{name}/{it}")));
                self.node("Mul", &scaled, &[input, &root], &[&scaled], &[], "");
                self.node("Erf", &erf, &[&scaled], &[&erf], &[], "");
                self.node("Add", &sum, &[&erf, &one], &[&sum], &[], "");
                self.node("Mul", &product, &[input, &sum], &[&product], &[], "");
                self.node("Mul", name, &[&product, &half], &[name], &[], "");
                return self.done(id, name.to_owned(), x.is_flat);
            }
        };
        self.node(operator, name, &[input], &[name], &settings, "");
        self.done(id, name.to_owned(), x.is_flat)
    }

    fn merge(&mut self, node: &Node, name: &str, merge: Merge) -> Done {
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for &input in &node.inputs {
            inputs.push(self.output(input)?);
        }
        let is_flat = inputs.iter().all(|input| input.is_flat);
        if !is_flat {
            for (input, &of) in inputs.iter_mut().zip(&node.inputs) {
                *input = self.map(of)?;
            }
        }
        let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
        match (merge, names.as_slice()) {
            (Merge::Concat, names) => {
                self.node(
                    "Concat",
                    name,
                    names,
                    &[name],
                    &[("axis", Setting::Int(1))],
                    "",
                );
            }
            (Merge::Add, [a, b]) => self.node("Add", name, &[a, b], &[name], &[], ""),
            (Merge::Add, names) => self.node("Sum", name, names, &[name], &[], ""),
            (Merge::Multiply, names) => {
                let mut product = names
                    .first()
                    .map_or_else(String::new, |it| (*it).to_owned());
                for (place, factor) in names.iter().enumerate().skip(1) {
                    let result = match place + 1 == names.len() {
                        true => name.to_owned(),
                        false => self.free(&format!("{name}/product")),
                    };
                    self.node("Mul", &result, &[&product, factor], &[&result], &[], "");
                    product = result;
                }
            }
        }
        self.done(node.id, name.to_owned(), is_flat)
    }

    fn border(&mut self, name: &str, x: &Output, sides: Sides, value: f32) {
        let [top, left, bottom, right] = sides.map(i64::from);
        let pads = self.ints(
            &format!("{name}.pads"),
            &[0, 0, top, left, 0, 0, bottom, right],
        );
        let value = self.floats(&format!("{name}.value"), &[], vec![value]);
        self.node("Pad", name, &[&x.name, &pads, &value], &[name], &[], "");
    }
}
