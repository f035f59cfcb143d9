//! Layers with a window, weights or a norm.

use super::activation::{exact, response_norm};
use super::constants::{amount, constant, ints, is_given, map, padding, pair, weights};
use super::lazy::{Distances, Lazy, Step, Value};
use super::name::name;
use super::walk::{Outcome, Walk, refused, told};
use crate::NodeId;
use crate::checkpoint::Role;
use crate::layer::{
    Activation, AdaptiveAvgPool, AvgPool, BatchNorm, Conv, Dropout, Flatten, GlobalPool, Layer,
    Linear, Lrn, MaxPool, Padding, PoolMode, Rbf, TableConv, Window,
};
use crate::onnx::fold::axis;
use crate::onnx::proto::Node;
use crate::onnx::tensor::Tensor;
use crate::onnx::view::{Axis, View};
use crate::onnx::write::{NO_SCALE, NO_SHIFT, bins, table_of};

impl<'a> Walk<'a, '_> {
    /// An operator on maps.
    pub fn operator(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Vec<Value>> {
        let value = match node.op {
            "Conv" => self.conv(node, inputs)?,
            "ConvTranspose" => self.transposed(node, inputs)?,
            "Resize" | "Upsample" => self.resize(node, inputs)?,
            "InstanceNormalization" => self.instance_norm(node, inputs)?,
            "GroupNormalization" => self.group_norm(node, inputs)?,
            "LayerNormalization" => self.layer_norm(node, inputs)?,
            "PRelu" => self.prelu(node, inputs)?,
            "Gemm" => self.gemm(node, inputs)?,
            "MatMul" => self.mat_mul(node, inputs)?,
            "BatchNormalization" => self.batch_norm(node, inputs)?,
            "LRN" => self.lrn(node, inputs)?,
            "MaxPool" => self.max_pool(node, inputs)?,
            "AveragePool" => self.average_pool(node, inputs)?,
            "GlobalAveragePool" => self.global(node, inputs, PoolMode::Avg, None)?,
            "GlobalMaxPool" => self.global(node, inputs, PoolMode::Max, None)?,
            "ReduceMean" | "ReduceMax" => self.reduce(node, inputs)?,
            "ReduceSumSquare" => self.squared_distances(node, inputs)?,
            "Relu" => self.keeping(node, inputs, Activation::Relu)?,
            "LeakyRelu" => {
                let slope = exact(node.float("alpha").unwrap_or(0.01));
                self.keeping(node, inputs, Activation::LeakyRelu { slope })?
            }
            "Elu" => {
                let alpha = exact(node.float("alpha").unwrap_or(1.0));
                self.keeping(node, inputs, Activation::Elu { alpha })?
            }
            "HardSwish" => self.keeping(node, inputs, Activation::HardSwish)?,
            "Gelu" if node.text("approximate").unwrap_or("none") == "none" => {
                self.keeping(node, inputs, Activation::Gelu)?
            }
            "Softmax" => self.softmax(node, inputs, Activation::Softmax)?,
            "LogSoftmax" => self.softmax(node, inputs, Activation::LogSoftmax)?,
            "Dropout" => {
                let ratio = constant(inputs, 1).and_then(|tensor| tensor.single());
                let p = exact(ratio.or_else(|| node.float("ratio")).unwrap_or(0.5));
                self.keeping(node, inputs, Dropout { p })?
            }
            "Sigmoid" => self.step(node, inputs, Step::Sigmoid)?,
            "Tanh" => self.step(node, inputs, Step::Tanh)?,
            "Erf" => self.step(node, inputs, Step::Erf)?,
            "HardSigmoid" => {
                let alpha = node.float("alpha").unwrap_or(0.2);
                let beta = node.float("beta").unwrap_or(0.5);
                self.step(node, inputs, Step::HardSigmoid(alpha, beta))?
            }
            "Clip" => {
                let bound = |place: usize, name: &str, usual: f32| {
                    let input = constant(inputs, place).and_then(|tensor| tensor.single());
                    if is_given(inputs, place) && input.is_none() {
                        return refused("its bounds are not constants");
                    }
                    Ok(input.or_else(|| node.float(name)).unwrap_or(usual))
                };
                let step = Step::Clip(bound(1, "min", f32::MIN)?, bound(2, "max", f32::MAX)?);
                self.step(node, inputs, step)?
            }
            "Pow" => match constant(inputs, 1).and_then(|tensor| tensor.single()) {
                Some(2.0) => self.step(node, inputs, Step::Square)?,
                Some(power) => self.step(node, inputs, Step::Power(power))?,
                None => return refused("its exponent is not one constant"),
            },
            "Sqrt" => self.step(node, inputs, Step::Power(0.5))?,
            _ => return self.merge_or_shape(node, inputs),
        };
        Ok(vec![value])
    }

    /// Adds a step that waits.
    pub fn step(&mut self, node: &Node<'a>, inputs: &[Value], step: Step) -> Outcome<Value> {
        let lazy = map(inputs, 0)?;
        Ok(Value::Map(self.stepped(node, lazy, [step])))
    }

    pub fn stepped(
        &self,
        node: &Node<'a>,
        lazy: &Lazy,
        steps: impl IntoIterator<Item = Step>,
    ) -> Lazy {
        let mut lazy = lazy.clone();
        lazy.steps.extend(steps);
        lazy.name = name(node, None, "");
        lazy.number = self.count;
        lazy
    }

    /// A layer of each value, so that the view stays.
    fn keeping(
        &mut self,
        node: &Node<'a>,
        inputs: &[Value],
        layer: impl Into<Layer>,
    ) -> Outcome<Value> {
        let view = self.forced(map(inputs, 0)?)?;
        self.over(node, &view, layer.into(), None)
    }

    /// A layer over a node's whole map, seen in the same view as its input.
    pub(super) fn over(
        &mut self,
        node: &Node<'a>,
        view: &View,
        layer: Layer,
        weight: Option<&str>,
    ) -> Outcome<Value> {
        let name = name(node, weight, layer.rule().name_stem());
        let new = self.drafts.add(&name, layer, &[view.node])?;
        if weight.is_some_and(|it| !it.is_empty())
            && let Some(draft) = self.drafts.get_mut(new)
        {
            let weights = node.inputs.iter().skip(1);
            draft.weights = weights.map(|&it| it.to_owned()).collect();
        }
        match view.over(new, self.drafts.shape(new)) {
            Some(view) => Ok(Value::Map(Lazy::of(view))),
            None => refused("its input's axes are mixed"),
        }
    }

    pub(super) fn new_node(view: &Value) -> NodeId {
        match view {
            Value::Map(lazy) => lazy.view.node,
            _ => NodeId::INPUT,
        }
    }

    fn softmax(&mut self, node: &Node<'a>, inputs: &[Value], layer: Activation) -> Outcome<Value> {
        let view = self.forced(map(inputs, 0)?)?;
        let usual = if self.opset < 13 { 1 } else { -1 };
        let along = axis(node.int("axis").unwrap_or(usual), view.dims.len());
        // Before version 13 all axes from this one on were one.
        let of_all = self.opset >= 13 || view.shape.is_vector();
        if along.is_none() || along != view.channel_axis() || !of_all {
            return refused("it is not over the channels");
        }
        self.over(node, &view, layer.into(), None)
    }

    fn conv(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        let view = self.map(map(inputs, 0)?)?;
        let weight = weights(inputs, 1, "kernel")?.clone();
        let &[channels, _, height, width] = weight.dims.as_slice() else {
            return refused(format!(
                "its kernels are {:?}; only two-dimensional ones are supported",
                weight.dims
            ));
        };
        let [channels, height, width] = sides([channels, height, width])?;
        let groups = u32::try_from(node.int("group").unwrap_or(1)).unwrap_or(0);
        let window = Window {
            kernel: [height, width],
            stride: pair(node, "strides", 1)?,
            padding: Padding::Valid,
            dilation: pair(node, "dilations", 1)?,
            ceil: false,
        };
        let padding = padding(node, window, view.shape.size())?;
        let has_bias = is_given(inputs, 2) && !self.is_made_up(node, weights(inputs, 2, "bias")?);
        let conv = Conv {
            channels,
            kernel: window.kernel,
            stride: window.stride,
            padding,
            dilation: window.dilation,
            groups,
            bias: has_bias,
        };
        let wanted = [
            u64::from(channels),
            u64::from(view.shape.channels / groups.max(1)),
            height.into(),
            width.into(),
        ];
        if weight.dims.iter().map(|&side| side as u64).ne(wanted) {
            return refused(format!(
                "its kernels are {:?}; {} input channels in {groups} groups want {wanted:?}",
                weight.dims, view.shape.channels
            ));
        }
        let (layer, values) = match table_of(node.doc, &conv, &weight.dims) {
            Some(table) => {
                let all = weight.to_floats();
                match connected(&all, &table, &weight.dims) {
                    Some(values) => {
                        let kernel = conv.kernel;
                        let table = TableConv {
                            table,
                            kernel,
                            bias: has_bias,
                        };
                        (Layer::from(table), values)
                    }
                    None => (conv.into(), all),
                }
            }
            None => (conv.into(), weight.to_floats()),
        };
        let value = self.over(node, &view, layer, node.inputs.get(1).copied())?;
        let new = Self::new_node(&value);
        self.drafts.set(new, Role::Weight, values);
        if has_bias {
            let bias = weights(inputs, 2, "bias")?;
            self.drafts.set(new, Role::Bias, bias.to_floats());
        }
        Ok(value)
    }

    fn gemm(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        if node.int("transA").unwrap_or(0) != 0 {
            return refused("its input is transposed");
        }
        let lazy = map(inputs, 0)?;
        let weight = weights(inputs, 1, "matrix")?.clone();
        let alpha = node.float("alpha").unwrap_or(1.0);
        let is_turned = node.int("transB").unwrap_or(0) != 0;
        let mut bias = None;
        if is_given(inputs, 2) {
            let beta = node.float("beta").unwrap_or(1.0);
            let values = weights(inputs, 2, "bias")?.to_floats();
            bias = Some(values.into_iter().map(|it| it * beta).collect());
        }
        self.linear(node, lazy, &weight, is_turned, alpha, bias)
    }

    /// A linear layer; `is_turned` where the matrix is outputs × inputs.
    fn linear(
        &mut self,
        node: &Node<'a>,
        lazy: &Lazy,
        weight: &Tensor,
        is_turned: bool,
        alpha: f32,
        bias: Option<Vec<f32>>,
    ) -> Outcome<Value> {
        let &[rows, columns] = weight.dims.as_slice() else {
            return refused(format!("its matrix has the sides {:?}", weight.dims));
        };
        let (outputs, width) = if is_turned {
            (rows, columns)
        } else {
            (columns, rows)
        };
        let mut values = weight.to_floats();
        if !is_turned {
            values = transposed(&values, rows, columns);
        }
        if alpha != 1.0 {
            values.iter_mut().for_each(|it| *it *= alpha);
        }
        let [features] = sides([outputs])?;
        // One value for all outputs.
        let bias = bias.map(|bias| match bias.as_slice() {
            &[one] => vec![one; outputs],
            _ => bias,
        });
        let has_bias = bias.is_some();
        let last = lazy.view.dims.len().checked_sub(1);
        let is_vector = lazy.view.dims.len() == 2;
        let view = if is_vector {
            self.plain(lazy)?
        } else {
            self.forced(lazy)?
        };
        let layer: Layer = if is_vector {
            let linear = Linear {
                features,
                bias: has_bias,
            };
            linear.into()
        } else if last.is_some() && view.channel_axis() == last {
            // Of each position's channels: a 1×1 convolution.
            let conv = Conv {
                bias: has_bias,
                ..Conv::new(features, 1)
            };
            conv.into()
        } else {
            return refused(told(&view));
        };
        if width != view.shape.channels as usize {
            return refused(format!(
                "its matrix takes {width} values; its input has {}",
                view.shape.channels
            ));
        }
        let value = self.over(node, &view, layer, node.inputs.get(1).copied())?;
        let new = Self::new_node(&value);
        self.drafts.set(new, Role::Weight, values);
        if let Some(bias) = bias {
            self.drafts.set(new, Role::Bias, bias);
        }
        Ok(value)
    }

    fn mat_mul(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        match inputs {
            [Value::Map(lazy), Value::Constant(weight)] => {
                if let Some(value) = self.adaptive(node, lazy, weight)? {
                    return Ok(value);
                }
                self.linear(node, lazy, weight, false, 1.0, None)
            }
            _ => refused("a product of two maps, or of a constant and a map"),
        }
    }

    /// The means over bins of the width, or of the height behind a Transpose: `AdaptiveAvgPool2d`.
    fn adaptive(
        &mut self,
        node: &Node<'a>,
        lazy: &Lazy,
        weight: &Tensor,
    ) -> Outcome<Option<Value>> {
        let Some(last) = lazy.view.dims.len().checked_sub(1) else {
            return Ok(None);
        };
        let place = [Axis::Height, Axis::Width].into_iter().position(|it| {
            lazy.view.axis_of(it) == Some(last) && lazy.view.channel_axis() != Some(last)
        });
        let (Some(place), &[from, to]) = (place, weight.dims.as_slice()) else {
            return Ok(None);
        };
        let mut output = lazy.view.shape.size();
        if output[place] as usize != from || bins(from, to) != weight.to_floats() {
            return Ok(None);
        }
        let view = self.forced(lazy)?;
        let [to] = sides([to])?;
        output[place] = to;
        let pool = AdaptiveAvgPool { output };
        Ok(Some(self.over(node, &view, pool.into(), None)?))
    }

    fn batch_norm(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        if node.int("training_mode").unwrap_or(0) != 0 {
            return refused("it is exported for training");
        }
        let view = self.forced(map(inputs, 0)?)?;
        if view.channel_axis() != Some(1) {
            return refused("it is not over the channels");
        }
        // ONNX always has a scale and a shift.
        let is_all = |place: usize, wanted: f32| {
            let tensor = constant(inputs, place);
            tensor.is_some_and(|tensor| tensor.to_floats().iter().all(|&it| it == wanted))
        };
        let norm = BatchNorm {
            eps: exact(node.float("epsilon").unwrap_or(1e-5)),
            // ONNX keeps this share of the old statistics; ours is that of the new batch.
            momentum: ((1.0 - exact(node.float("momentum").unwrap_or(0.9))) * 1e6).round() / 1e6,
            scale: !(node.doc.contains(NO_SCALE) && is_all(1, 1.0)),
            shift: !(node.doc.contains(NO_SHIFT) && is_all(2, 0.0)),
        };
        let value = self.over(
            node,
            &view,
            norm.clone().into(),
            node.inputs.get(1).copied(),
        )?;
        let new = Self::new_node(&value);
        let roles = [
            (Role::Weight, "scale"),
            (Role::Bias, "shift"),
            (Role::RunningMean, "mean"),
            (Role::RunningVar, "variance"),
        ];
        for (place, (role, what)) in roles.into_iter().enumerate() {
            let is_learnt = match role {
                Role::Weight => norm.scale,
                Role::Bias => norm.shift,
                _ => true,
            };
            if !is_learnt {
                continue;
            }
            let values = weights(inputs, place + 1, what)?.to_floats();
            self.drafts.set(new, role, values);
        }
        Ok(value)
    }

    fn lrn(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        let size = node.int("size").and_then(|it| u32::try_from(it).ok());
        let Some(size) = size.filter(|size| size % 2 == 1) else {
            return refused("its window is not of an odd size");
        };
        let norm = Lrn {
            size,
            alpha: exact(node.float("alpha").unwrap_or(1e-4)),
            beta: exact(node.float("beta").unwrap_or(0.75)),
            k: exact(node.float("bias").unwrap_or(1.0)),
            alpha_divided_by_size: true,
        };
        let view = self.map(map(inputs, 0)?)?;
        self.over(node, &view, norm.into(), None)
    }

    fn max_pool(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        let view = self.map(map(inputs, 0)?)?;
        let window = Window {
            dilation: pair(node, "dilations", 1)?,
            ..pool_window(node)?
        };
        let pool = MaxPool {
            dilation: window.dilation,
            kernel: window.kernel,
            stride: window.stride,
            padding: padding(node, window, view.shape.size())?,
            ceil_mode: window.ceil,
        };
        self.over(node, &view, pool.into(), None)
    }

    fn average_pool(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        let lazy = map(inputs, 0)?;
        if let Some(step) = mean_of_channels(node, &lazy.view) {
            return self.step(node, inputs, step);
        }
        let view = self.map(lazy)?;
        if pair(node, "dilations", 1)? != [1, 1] {
            return refused("its window is dilated");
        }
        let window = pool_window(node)?;
        let padding = padding(node, window, view.shape.size())?;
        let pool = AvgPool {
            kernel: window.kernel,
            stride: window.stride,
            padding,
            ceil_mode: window.ceil,
            count_include_pad: padding == Padding::Valid
                || node.int("count_include_pad").unwrap_or(0) != 0,
        };
        self.over(node, &view, pool.into(), None)
    }

    /// The mean or maximum of each channel; `kept` are the tensor's axes that stay, or all with sides
    /// of 1.
    fn global(
        &mut self,
        node: &Node<'a>,
        inputs: &[Value],
        mode: PoolMode,
        dropped: Option<&[usize]>,
    ) -> Outcome<Value> {
        let view = self.forced(map(inputs, 0)?)?;
        if dropped.is_none() && (view.dims.len() != 4 || view.channel_axis() != Some(1)) {
            return refused(told(&view));
        }
        let value = self.over(node, &view, GlobalPool { mode }.into(), None)?;
        let (Some(dropped), Value::Map(lazy)) = (dropped, &value) else {
            return Ok(value);
        };
        let mut view = lazy.view.clone();
        let mut place = 0;
        view.dims.retain(|_| {
            place += 1;
            !dropped.contains(&(place - 1))
        });
        Ok(Value::Map(lazy.seen(view)))
    }

    fn reduce(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        let view = &map(inputs, 0)?.view;
        let axes = ints(node, "axes", inputs, 1).unwrap_or_default();
        let axes: Option<Vec<usize>> = axes.iter().map(|&it| axis(it, view.dims.len())).collect();
        let Some(axes) = axes.filter(|axes| view.are_spatial(axes)) else {
            return refused("it is not over height and width");
        };
        let mode = match node.op {
            "ReduceMean" => PoolMode::Avg,
            _ => PoolMode::Max,
        };
        let keeps = node.int("keepdims").unwrap_or(1) != 0;
        let dropped = if keeps { Vec::new() } else { axes };
        self.global(node, inputs, mode, Some(&dropped))
    }

    /// `Σ (x − code)²`: LeNet's radial-basis output.
    fn squared_distances(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        let Some(Value::Distances(distances)) = inputs.first() else {
            return refused("it is not of the differences to codes");
        };
        let Distances {
            of,
            codes,
            name: weight,
        } = &**distances;
        let axes = ints(node, "axes", inputs, 1).unwrap_or_default();
        let keeps = node.int("keepdims").unwrap_or(1) != 0;
        let rows = codes
            .dims
            .len()
            .checked_sub(2)
            .and_then(|it| codes.dims.get(it))
            .copied();
        let (Some(classes), Some(2), false) =
            (rows, axes.first().and_then(|&it| axis(it, 3)), keeps)
        else {
            return refused("it is not over the values of each code");
        };
        let [classes] = sides([classes])?;
        let name = name(node, Some(weight), "rbf");
        let new = self.drafts.add(&name, Rbf { classes }, &[of.node])?;
        self.drafts.set(new, Role::Codes, codes.to_floats());
        Ok(Value::Map(Lazy::of(View::vector(
            new,
            self.drafts.shape(new),
            of.batch,
        ))))
    }

    /// A layer that divides by a response of the neighbouring channels.
    pub fn response(&mut self, node: &Node<'a>, of: &Lazy, by: &Lazy) -> Outcome<Option<Value>> {
        let same = of.steps.is_empty() && of.view == by.view;
        let Some(norm) = response_norm(&by.steps).filter(|_| same) else {
            return Ok(None);
        };
        let view = self.map(of)?;
        Ok(Some(self.over(node, &view, norm.into(), None)?))
    }

    /// A flatten layer where the file has one.
    pub fn flatten(&mut self, node: &Node<'a>, lazy: &Lazy) -> Outcome<Option<Value>> {
        let along = axis(node.int("axis").unwrap_or(1), lazy.view.dims.len() + 1);
        if along != Some(1) || lazy.view.dims.len() != 4 || lazy.view.channel_axis() != Some(1) {
            return Ok(None);
        }
        let view = self.map(lazy)?;
        let name = name(node, None, "flatten");
        let new = self.drafts.add(&name, Flatten::default(), &[view.node])?;
        let shape = self.drafts.shape(new);
        Ok(Some(Value::Map(Lazy::of(View::vector(
            new, shape, view.batch,
        )))))
    }

    /// Arithmetic with a constant.
    pub fn with_constant(
        &mut self,
        node: &Node<'a>,
        lazy: &Lazy,
        tensor: &Tensor,
        step: impl FnOnce(super::lazy::Amount) -> Step,
    ) -> Outcome<Value> {
        let amount = amount(tensor, &lazy.view)?;
        Ok(Value::Map(self.stepped(node, lazy, [step(amount)])))
    }
}

/// Sides of a file's tensor as those of a layer.
pub(super) fn sides<const N: usize>(sides: [usize; N]) -> Outcome<[u32; N]> {
    let mut all = [0; N];
    for (to, side) in all.iter_mut().zip(sides) {
        match u32::try_from(side) {
            Ok(side) => *to = side,
            Err(_) => return refused(format!("a side of {side} is too large")),
        }
    }
    Ok(all)
}

fn pool_window(node: &Node<'_>) -> Outcome<Window> {
    if node.ints("kernel_shape").is_none() {
        return refused("its window has no size");
    }
    Ok(Window {
        kernel: pair(node, "kernel_shape", 1)?,
        stride: pair(node, "strides", 1)?,
        padding: Padding::Valid,
        dilation: [1, 1],
        ceil: node.int("ceil_mode").unwrap_or(0) != 0,
    })
}

/// The mean of neighbouring channels, as exporters of LRN write it.
fn mean_of_channels(node: &Node<'_>, view: &View) -> Option<Step> {
    let kernel = node.ints("kernel_shape")?;
    let place = view.channel_axis()?.checked_sub(2)?;
    let others = kernel
        .iter()
        .enumerate()
        .all(|(at, &it)| at == place || it == 1);
    let ones = |name: &str, usual: i64| {
        node.ints(name)
            .is_none_or(|values| values.iter().all(|&it| it == usual))
    };
    let size = usize::try_from(*kernel.get(place)?).ok()?;
    (others && ones("strides", 1) && ones("pads", 0)).then_some(Step::MeanOfChannels(size))
}

fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut turned = Vec::with_capacity(values.len());
    for column in 0..columns {
        turned.extend((0..rows).filter_map(|row| values.get(row * columns + column)));
    }
    turned
}

/// The kernels of the connected pairs; `None` where one of the others is not zero.
fn connected(values: &[f32], table: &[Vec<u32>], dims: &[usize]) -> Option<Vec<f32>> {
    let &[_, inputs, height, width] = dims else {
        return None;
    };
    let area = height * width;
    let mut kept = Vec::new();
    for (output, row) in table.iter().enumerate() {
        let kernel = |input: usize| {
            let start = (output * inputs + input) * area;
            values.get(start..start + area)
        };
        for input in 0..inputs {
            let is_connected = row.contains(&(input as u32));
            if !is_connected && kernel(input)?.iter().any(|&it| it != 0.0) {
                return None;
            }
        }
        for &input in row {
            kept.extend_from_slice(kernel(input as usize)?);
        }
    }
    Some(kept)
}
