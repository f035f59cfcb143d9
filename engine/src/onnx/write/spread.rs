//! Layers that make maps larger, and the adaptive maximum, as operators.

use super::layers::Done;
use super::net::{Net, Setting};
use crate::NodeId;
use crate::checkpoint::Role;
use crate::layer::{AdaptiveMaxPool, TransposedConv, Upsample, UpsampleMode, Window};

impl Net<'_> {
    pub fn transposed(
        &mut self,
        id: NodeId,
        name: &str,
        from: NodeId,
        conv: &TransposedConv,
    ) -> Done {
        let x = self.map(from)?;
        let weight = self.parameter(id, Role::Weight)?;
        let mut inputs = vec![x.name, weight];
        if conv.bias {
            inputs.push(self.parameter(id, Role::Bias)?);
        }
        let [kernel, strides, dilations, more] =
            [conv.kernel, conv.stride, conv.dilation, conv.output_padding]
                .map(|it| it.map(i64::from));
        let pads = conv.crop.map(i64::from);
        let settings = [
            ("kernel_shape", Setting::Ints(&kernel)),
            ("strides", Setting::Ints(&strides)),
            ("dilations", Setting::Ints(&dilations)),
            ("pads", Setting::Ints(&pads)),
            ("output_padding", Setting::Ints(&more)),
            ("group", Setting::Int(conv.groups.into())),
        ];
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.node("ConvTranspose", name, &inputs, &[name], &settings, "");
        self.done(id, name.to_owned(), false)
    }

    pub fn upsample(&mut self, id: NodeId, name: &str, from: NodeId, up: &Upsample) -> Done {
        let x = self.map(from)?;
        let [height, width] = up.factor.map(|it| it as f32);
        let scales = self.floats(
            &format!("{name}.scales"),
            &[4],
            vec![1.0, 1.0, height, width],
        );
        let settings: &[(&str, Setting<'_>)] = match (up.mode, up.align_corners) {
            (UpsampleMode::Nearest, _) => &[
                ("mode", Setting::Text("nearest")),
                (
                    "coordinate_transformation_mode",
                    Setting::Text("asymmetric"),
                ),
                ("nearest_mode", Setting::Text("floor")),
            ],
            (UpsampleMode::Bilinear, false) => &[
                ("mode", Setting::Text("linear")),
                (
                    "coordinate_transformation_mode",
                    Setting::Text("half_pixel"),
                ),
            ],
            (UpsampleMode::Bilinear, true) => &[
                ("mode", Setting::Text("linear")),
                (
                    "coordinate_transformation_mode",
                    Setting::Text("align_corners"),
                ),
            ],
        };
        self.node(
            "Resize",
            name,
            &[&x.name, "", &scales],
            &[name],
            settings,
            "",
        );
        self.done(id, name.to_owned(), false)
    }

    /// Bins of one size as a pool; ONNX has nothing for others.
    pub fn adaptive_max(
        &mut self,
        id: NodeId,
        name: &str,
        from: NodeId,
        pool: &AdaptiveMaxPool,
    ) -> Done {
        let x = self.map(from)?;
        let size = x.shape.size();
        let mut kernel = [1; 2];
        for axis in 0..2 {
            if !size[axis].is_multiple_of(pool.output[axis].max(1)) {
                return Err(format!(
                    "ONNX has no maxima over {} bins of {} values, which are not of one size",
                    pool.output[axis], size[axis]
                ));
            }
            kernel[axis] = size[axis] / pool.output[axis].max(1);
        }
        let window = Window {
            kernel,
            stride: kernel,
            ..Window::POINT
        };
        self.pool("MaxPool", name, &x, &window, None);
        self.done(id, name.to_owned(), false)
    }
}
