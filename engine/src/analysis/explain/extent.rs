//! The formulas of shapes, receptive fields and output strides.

use super::{Explanation, Subject};
use crate::layer::quotient;
use crate::layer::{
    Formula, OutputFormula, Padding, Window, difference, grouped, named, number, sum, times,
};
use crate::{Layer, Shape};

const AXES: [&str; 2] = ["height", "width"];

/// The output's shape, axis by axis where a window slides.
pub(super) fn shape(subject: &Subject<'_>) -> Explanation {
    let (input, output) = (subject.input(), subject.output);
    match subject.layer.rule().output_formula(&subject.inputs) {
        OutputFormula::Words(words) => Explanation::words(words, output.to_string()),
        OutputFormula::Channels(formula) => Explanation::new(&formula, output.to_string()),
        OutputFormula::Sliding { channels, window } => {
            let axes = [0, 1].map(|axis| positions(&window, input, output, axis));
            sides(channels, &axes, output)
        }
        OutputFormula::Axes { channels, axes } => sides(channels, &axes, output),
    }
}

/// “6 channels; height ⌊(32 + 0 + 0 − 5) ÷ 1⌋ + 1; width …”.
fn sides(channels: &str, axes: &[Formula; 2], output: Shape) -> Explanation {
    let with = |write: fn(&Formula) -> String, channels: &str| {
        format!(
            "{channels}; {}: {}; {}: {}",
            AXES[0],
            write(&axes[0]),
            AXES[1],
            write(&axes[1])
        )
    };
    Explanation {
        formula: with(Formula::with_names, channels),
        with_values: with(Formula::with_values, &grouped(output.channels.into())),
        result: output.to_string(),
    }
}

/// The count of the window's positions on one axis.
fn positions(window: &Window, input: Shape, output: Shape, axis: usize) -> Formula {
    let size = named("size", input.size()[axis]);
    let stride = named("stride", window.stride[axis]);
    if window.padding == Padding::Same {
        return Formula::Ceil(Box::new(size), Box::new(stride));
    }
    let sides = window.sides(input.size());
    let padded = sum([
        size,
        named("padding before", sides[axis]),
        named("padding after", sides[axis + 2]),
    ]);
    let padded_size =
        u64::from(input.size()[axis]) + u64::from(sides[axis]) + u64::from(sides[axis + 2]);
    let spare = padded_size.saturating_sub(window.extent(axis));
    // Ceil mode rounds up, except for a window that would start in the padding behind the map.
    let up = spare.div_ceil(u64::from(window.stride[axis])) + 1;
    let rounds_up = window.ceil && up == u64::from(output.size()[axis]);
    let room = difference(padded, extent(window, axis));
    let (room, stride) = (Box::new(room), Box::new(stride));
    let steps = if rounds_up {
        Formula::Ceil(room, stride)
    } else {
        Formula::Floor(room, stride)
    };
    sum([steps, number(1)])
}

/// How many pixels the kernel spans on one axis.
fn extent(window: &Window, axis: usize) -> Formula {
    let kernel = named("kernel", window.kernel[axis]);
    if window.dilation[axis] == 1 {
        return kernel;
    }
    let gaps = difference(kernel, number(1));
    sum([
        times([named("dilation", window.dilation[axis]), gaps]),
        number(1),
    ])
}

/// The receptive field, axis by axis where they differ.
pub(super) fn field(subject: &Subject<'_>) -> Explanation {
    let Some(own) = subject.facts.receptive_field else {
        return Explanation::words("every value sees the whole input", "the whole input");
    };
    let [height, width] = own.size;
    let result = format!("{}×{} pixels", grouped(height), grouped(width));
    if matches!(subject.layer, Layer::Merge(_)) {
        return Explanation::words("the smallest window that holds those of its inputs", result);
    }
    if let (Some(Some(before)), Some(spread)) =
        (subject.fields.first(), subject.layer.rule().spread())
    {
        let axes = [0, 1].map(|axis| {
            let wider = difference(named("span of a value", spread.extent[axis]), number(1));
            sum([
                named("field of the input", before.size[axis]),
                times([wider, named("output stride", own.stride[axis])]),
            ])
        });
        return both_axes(&axes, result);
    }
    let (Some(Some(before)), Some(window)) = (
        subject.fields.first(),
        subject.layer.rule().window(subject.input()),
    ) else {
        return Explanation::words("as its input", result);
    };
    if window.kernel == [1, 1] {
        return Explanation::words("as its input: one value sees through one value", result);
    }
    let axes = [0, 1].map(|axis| {
        let wider = difference(extent(&window, axis), number(1));
        let step = named("output stride of the input", before.stride[axis]);
        sum([
            named("field of the input", before.size[axis]),
            times([wider, step]),
        ])
    });
    both_axes(&axes, result)
}

/// The output stride, axis by axis where they differ.
pub(super) fn stride(subject: &Subject<'_>) -> Explanation {
    let Some(own) = subject.facts.receptive_field else {
        return Explanation::words("every value sees the whole input", "none");
    };
    let [height, width] = own.stride;
    let result = if height == width {
        let pixels = if height == 1 { "pixel" } else { "pixels" };
        format!("{} {pixels}", grouped(height))
    } else {
        format!("{}×{} pixels", grouped(height), grouped(width))
    };
    if let (Some(Some(before)), Some(spread)) =
        (subject.fields.first(), subject.layer.rule().spread())
    {
        let axes = [0, 1].map(|axis| {
            let step = named("output stride of the input", before.stride[axis]);
            quotient(step, named("factor", spread.stride[axis]))
        });
        return both_axes(&axes, result);
    }
    let (Some(Some(before)), Some(window), false) = (
        subject.fields.first(),
        subject.layer.rule().window(subject.input()),
        matches!(subject.layer, Layer::Merge(_)),
    ) else {
        return Explanation::words("as its inputs", result);
    };
    let axes = [0, 1].map(|axis| {
        let step = named("output stride of the input", before.stride[axis]);
        times([step, named("stride", window.stride[axis])])
    });
    both_axes(&axes, result)
}

fn both_axes(axes: &[Formula; 2], result: String) -> Explanation {
    let [height, width] = axes;
    let (with_values, other) = (height.with_values(), width.with_values());
    let formula = height.with_names();
    if with_values == other {
        return Explanation {
            formula,
            with_values,
            result,
        };
    }
    let with_values = format!("{}: {with_values}; {}: {other}", AXES[0], AXES[1]);
    Explanation {
        formula,
        with_values,
        result,
    }
}
