//! What `model.summary()` of Keras prints: a table of names, output shapes and counts of parameters.
//! What it does not say follows from these where only one setting gives them, and is assumed where
//! several do.

use super::Unread;
use super::build::Draftsman;
use crate::Shape;
use crate::layer::{
    Activation, AvgPool, BatchNorm, Conv, Dropout, Flatten, FlattenOrder, GlobalPool, Layer,
    Linear, MaxPool, Merge, Pad, Padding, PoolMode, Window,
};

/// Whether a text is one.
pub(super) fn is_summary(text: &str) -> bool {
    text.contains("Param #") || (text.contains("Output Shape") && text.contains("(None"))
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    line: usize,
    name: String,
    class: String,
    shape: Option<Shape>,
    count: u64,
    /// The layers that it takes, where the table says it.
    from: Vec<String>,
}

/// The rows with what is no row.
fn rows(text: &str) -> (Vec<Row>, Vec<Unread>) {
    let mut rows: Vec<Row> = Vec::new();
    let mut unread = Vec::new();
    for (number, line) in (1..).zip(joined(text)) {
        let line: String = line
            .chars()
            .map(|it| if "│┃|".contains(it) { ' ' } else { it })
            .collect();
        let line = line.trim();
        let is_frame = |it: char| it.is_whitespace() || "─━═_=-+┏┓┗┛├┤└┘┡┩┳╇┬┼┴╈┌┐".contains(it);
        let is_head = ["Layer (type)", "Model:", "params:", "Output Shape"];
        if line.chars().all(is_frame) || is_head.iter().any(|it| line.contains(it)) {
            continue;
        }
        match row(line, number) {
            Some(row) => rows.push(row),
            None => unread.push(Unread::new(number, line, "it is no row of the table")),
        }
    }
    (rows, unread)
}

/// The lines of a text; a row whose cells go on in the next line is joined in its first.
fn joined(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let cells = |line: &str| -> Option<Vec<String>> {
        let inner = line
            .trim()
            .strip_prefix(['│', '┃'])?
            .strip_suffix(['│', '┃'])?;
        Some(
            inner
                .split(['│', '┃'])
                .map(|it| it.trim().to_owned())
                .collect(),
        )
    };
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let Some(of_line) = cells(line) else {
            open = None;
            lines.push(line.to_owned());
            continue;
        };
        let goes_on = open.and_then(|at| Some((at, cells(lines.get(at)?)?)));
        let is_start = of_line.get(2).is_some_and(|count| !count.is_empty());
        match goes_on {
            // Its count of parameters is in the first line.
            Some((at, before)) if !is_start && before.len() == of_line.len() => {
                let both: Vec<String> = { before.iter().zip(&of_line) }
                    .map(|(a, b)| {
                        let space = if a.ends_with(['_', '(']) || b.is_empty() {
                            ""
                        } else {
                            " "
                        };
                        format!("{a}{space}{b}")
                    })
                    .collect();
                lines[at] = format!("│{}│", both.join("│"));
                lines.push(String::new());
            }
            _ => {
                open = Some(lines.len());
                lines.push(line.to_owned());
            }
        }
    }
    lines
}

/// `conv2d (Conv2D)  (None, 26, 26, 32)  320  input_1[0][0]`.
fn row(line: &str, number: usize) -> Option<Row> {
    let (name, rest) = line.split_once('(')?;
    let (class, rest) = rest.split_once(')')?;
    let rest = rest.trim_start();
    let (shape, rest) = match rest.find('(').filter(|at| *at <= 1) {
        Some(at) => rest[at + 1..].split_once(')')?,
        // Several outputs, or an unknown one.
        None => return None,
    };
    let numbers = shape.split(',').map(str::trim).filter(|it| !it.is_empty());
    let sides: Vec<u32> = { numbers.skip(1) }
        .map(|it| it.parse().ok())
        .collect::<Option<_>>()
        .unwrap_or_default();
    let shape = match *sides.as_slice() {
        [height, width, channels] => Some(Shape::new(channels, height, width)),
        [features] => Some(Shape::vector(features)),
        _ => None,
    };
    let rest = rest.trim_start_matches([']', ' ']);
    let end = rest.find(|it: char| !(it.is_ascii_digit() || it == ','));
    let (count, from) = rest.split_at(end.unwrap_or(rest.len()));
    let from = { from.split(',') }.map(|it| it.split('[').next().unwrap_or("").trim().to_owned());
    Some(Row {
        line: number,
        name: name.trim().to_owned(),
        class: class.trim().to_owned(),
        shape,
        count: count.replace(',', "").parse().ok()?,
        from: from.filter(|it| !it.is_empty() && it != "-").collect(),
    })
}

/// Makes the network of the table.
pub(super) fn build(text: &str, net: &mut Option<Draftsman>, given: Option<Shape>) -> Vec<Unread> {
    let (rows, mut unread) = rows(text);
    let Some(first) = rows.first() else {
        return unread;
    };
    let is_input = |row: &Row| row.class == "InputLayer";
    let input = given.or(if is_input(first) {
        first.shape
    } else {
        before(first)
    });
    let Some(input) = input else {
        let why = "the shape of the pictures does not follow from it";
        unread.push(Unread::new(first.line, &first.name, why));
        return unread;
    };
    let mut made = Draftsman::new(input);
    if !is_input(first) && given.is_none() {
        let told = format!("the pictures are {input}, as the first layer fits them");
        made.assume(told);
    }
    let mut bare = Vec::new();
    for row in rows.iter().filter(|row| !is_input(row)) {
        made.from(&row.from);
        match layer(row, &mut made) {
            Ok(Some(layer)) => {
                if matches!(
                    row.class.as_str(),
                    "Conv2D" | "Dense" | "DepthwiseConv2D" | "SeparableConv2D"
                ) {
                    bare.push(row.name.clone());
                }
                made.add(&row.name, layer);
                if let (Some(wanted), Some(got)) = (row.shape, made.shape())
                    && wanted != got
                {
                    let told = format!(
                        "line {}: “{}” gives {wanted} in the table, here {got}",
                        row.line, row.name
                    );
                    made.assume(told);
                }
            }
            Ok(None) => {
                made.pass(&row.name);
            }
            Err(why) => {
                unread.push(Unread::new(
                    row.line,
                    &format!("{} ({})", row.name, row.class),
                    &why,
                ));
                made.pass(&row.name);
            }
        }
    }
    if !bare.is_empty() {
        let names = bare.join(", ");
        made.assume(format!(
            "the table does not say which activations {names} have within them: none is added"
        ));
    }
    *net = Some(made);
    unread
}

/// What a first layer takes.
fn before(row: &Row) -> Option<Shape> {
    let out = row.shape?;
    if row.class == "Dense" {
        let features = u64::from(out.channels);
        let inputs = row.count.checked_sub(features)?.checked_div(features)?;
        return Some(Shape::vector(u32::try_from(inputs).ok()?));
    }
    if row.class != "Conv2D" {
        return None;
    }
    let usual = [28, 32, 224, 227, 299, 64, 96, 128, 256];
    for channels in [1, 3, 4, 2] {
        for side in [3, 5, 7, 1, 11, 9, 2, 4, 6, 8] {
            if row.count != weights(side * side, channels, out.channels) + u64::from(out.channels) {
                continue;
            }
            for stride in 1..=4 {
                let whole = (out.height - 1).checked_mul(stride)?.checked_add(side)?;
                let found = usual.into_iter().find(|&size| {
                    (whole..whole + stride).contains(&size) || size.div_ceil(stride) == out.height
                });
                if let Some(size) = found {
                    return Some(Shape::new(channels, size, size));
                }
            }
            return Some(Shape::new(channels, out.height, out.width));
        }
    }
    None
}

fn weights(area: u32, channels: u32, features: u32) -> u64 {
    u64::from(area) * u64::from(channels) * u64::from(features)
}

/// The layer of a row, which takes what the draftsman stands at; `None` for what does nothing.
fn layer(row: &Row, made: &mut Draftsman) -> Result<Option<Layer>, String> {
    let input = made.shape().ok_or("what it takes has no shape")?;
    let out = row.shape.ok_or("its output shape is not read")?;
    let some = |layer: Layer| Ok(Some(layer));
    match row.class.as_str() {
        "Conv2D" => some(Layer::from(conv(row, made, input, out)?)),
        "DepthwiseConv2D" => {
            let mut of_each = conv(
                row,
                made,
                Shape {
                    channels: 1,
                    ..input
                },
                out,
            )?;
            of_each.groups = input.channels;
            some(Layer::from(of_each))
        }
        "Dense" => {
            let features = u64::from(out.channels);
            let plain = u64::from(input.elements() as u32) * features;
            let bias = match row.count.checked_sub(plain) {
                Some(0) => false,
                Some(rest) if rest == features => true,
                _ => {
                    return Err(format!(
                        "{} parameters fit no layer from {input}",
                        row.count
                    ));
                }
            };
            some(Layer::from(Linear {
                features: out.channels,
                bias,
            }))
        }
        "MaxPooling2D" | "AveragePooling2D" => {
            let (kernel, stride, padding) = pooling(row, made, input, out)?;
            some(match row.class.as_str() {
                "MaxPooling2D" => Layer::from(MaxPool {
                    kernel,
                    stride,
                    padding,
                    dilation: [1, 1],
                    ceil_mode: false,
                }),
                _ => Layer::from(AvgPool {
                    kernel,
                    stride,
                    padding,
                    ceil_mode: false,
                    count_include_pad: padding == Padding::Valid,
                }),
            })
        }
        "GlobalAveragePooling2D" => some(Layer::from(GlobalPool {
            mode: PoolMode::Avg,
        })),
        "GlobalMaxPooling2D" => some(Layer::from(GlobalPool {
            mode: PoolMode::Max,
        })),
        "BatchNormalization" => {
            let each = row.count / u64::from(input.channels.max(1));
            if each == 3 {
                made.assume(format!(
                    "line {}: “{}” has a shift and no scale",
                    row.line, row.name
                ));
            }
            some(Layer::from(BatchNorm {
                eps: 1e-3,
                momentum: 0.01,
                scale: each >= 4,
                shift: each >= 3,
            }))
        }
        "Flatten" | "Reshape" if out.is_vector() => some(Layer::from(Flatten {
            order: FlattenOrder::Hwc,
        })),
        "Dropout" | "SpatialDropout2D" => {
            made.assume(format!("line {}: “{}” drops 0.5", row.line, row.name));
            some(Layer::from(Dropout { p: 0.5 }))
        }
        "Activation" => {
            let last = made.is_last(row.line);
            let function = if last {
                Activation::Softmax
            } else {
                Activation::Relu
            };
            made.assume(format!(
                "line {}: “{}” is {}",
                row.line,
                row.name,
                function.title()
            ));
            some(Layer::from(function))
        }
        "ReLU" => some(Layer::from(Activation::Relu)),
        "LeakyReLU" => some(Layer::from(Activation::LeakyRelu { slope: 0.3 })),
        "ELU" => some(Layer::from(Activation::Elu { alpha: 1.0 })),
        "Softmax" => some(Layer::from(Activation::Softmax)),
        "Add" => some(Layer::from(Merge::Add)),
        "Multiply" => some(Layer::from(Merge::Multiply)),
        "Concatenate" => some(Layer::from(Merge::Concat)),
        "ZeroPadding2D" => {
            let more = |out: u32, of: u32| {
                out.checked_sub(of)
                    .ok_or("its output is smaller than its input")
            };
            let (rows, columns) = (
                more(out.height, input.height)?,
                more(out.width, input.width)?,
            );
            if rows % 2 + columns % 2 > 0 {
                made.assume(format!(
                    "line {}: “{}” adds the odd row at the bottom and right",
                    row.line, row.name
                ));
            }
            let sides = [
                rows / 2,
                columns / 2,
                rows - rows / 2,
                columns - columns / 2,
            ];
            some(Layer::from(Pad { sides, value: 0.0 }))
        }
        "Rescaling" | "Normalization" => Ok(None),
        _ => Err("no layer of this name is read".to_owned()),
    }
}

/// The convolution of so many parameters between these shapes.
fn conv(row: &Row, made: &mut Draftsman, input: Shape, out: Shape) -> Result<Conv, String> {
    let features = u64::from(out.channels);
    let each = u64::from(input.channels) * features;
    let mut found = Vec::new();
    for bias in [true, false] {
        let count = row.count.checked_sub(if bias { features } else { 0 });
        let area = match count {
            Some(count) if each > 0 && count > 0 && count % each == 0 => count / each,
            _ => continue,
        };
        for kernel in kernels(area) {
            for (stride, padding) in windows(kernel, input, out) {
                found.push((kernel, bias, stride, padding));
            }
        }
    }
    let Some(&(kernel, bias, stride, padding)) = found.first() else {
        return Err(format!(
            "no kernel of {} parameters makes {out} of {input}",
            row.count
        ));
    };
    if found.len() > 1 {
        let [height, width] = kernel;
        let padding = if padding == Padding::Same {
            "same"
        } else {
            "valid"
        };
        made.assume(format!(
            "line {}: “{}” has a kernel of {height}×{width}, stride {}, padding “{padding}”; {} other settings \
             give the same shape and count",
            row.line,
            row.name,
            stride[0],
            found.len() - 1
        ));
    }
    Ok(Conv {
        kernel,
        stride,
        padding,
        bias,
        ..Conv::new(out.channels, 1)
    })
}

/// The kernels of this area; square ones first, long ones only where there is none.
fn kernels(area: u64) -> Vec<[u32; 2]> {
    const MOST: u64 = 31;
    let sides = (1..=MOST).filter(|side| area.is_multiple_of(*side) && area / side <= MOST);
    let all: Vec<[u32; 2]> = sides
        .map(|side| [side as u32, (area / side) as u32])
        .collect();
    let square: Vec<[u32; 2]> = all.iter().copied().filter(|[a, b]| a == b).collect();
    if square.is_empty() { all } else { square }
}

/// Strides and paddings by which a window makes one size of another. Without stride both paddings of a
/// point are the same.
fn windows(kernel: [u32; 2], input: Shape, out: Shape) -> Vec<([u32; 2], Padding)> {
    let mut found = Vec::new();
    for stride in 1..=8 {
        for padding in [Padding::Valid, Padding::Same] {
            let window = Window {
                kernel,
                stride: [stride, stride],
                padding,
                ..Window::POINT
            };
            let fits = window.output(input.size()) == Ok(out.size());
            let is_same =
                found.iter().any(|&(before, _)| before == [stride, stride]) && kernel == [1, 1];
            if fits && !is_same {
                found.push(([stride, stride], padding));
            }
        }
    }
    found
}

type Pooling = ([u32; 2], [u32; 2], Padding);

/// A window as wide as its stride first.
fn pooling(row: &Row, made: &mut Draftsman, input: Shape, out: Shape) -> Result<Pooling, String> {
    let mut found: Vec<Pooling> = Vec::new();
    for side in 2..=8 {
        for (stride, padding) in windows([side, side], input, out) {
            found.push(([side, side], stride, padding));
        }
    }
    found.sort_by_key(|(kernel, stride, padding)| (kernel != stride, *padding != Padding::Valid));
    let Some(&(kernel, stride, padding)) = found.first() else {
        return Err(format!("no window makes {out} of {input}"));
    };
    if found.len() > 1 {
        made.assume(format!(
            "line {}: “{}” has a window of {}×{} and stride {}",
            row.line, row.name, kernel[0], kernel[1], stride[0]
        ));
    }
    Ok((kernel, stride, padding))
}
