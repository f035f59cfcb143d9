//! Norms by the statistics of one picture, and PReLU, as operators.

use super::layers::Done;
use super::net::{Net, Output, Setting};
use crate::checkpoint::Role;
use crate::layer::{GroupNorm, InstanceNorm, LayerNorm, LayerNormAxes};
use crate::{NodeId, Shape};

/// Batch × channels × positions, and back again.
const LAST: [i64; 4] = [0, 2, 3, 1];
const SECOND: [i64; 4] = [0, 3, 1, 2];

impl Net<'_> {
    /// A parameter, or as many of one value where it is not learnt; the name.
    fn or_constant(
        &mut self,
        id: NodeId,
        role: Role,
        is_learnt: bool,
        dims: &[usize],
    ) -> Result<String, String> {
        if is_learnt {
            let values = self.values(id, role)?.to_vec();
            let node = self.graph.node(id).map_or("", |node| &node.name);
            let name = format!("{node}.{role}");
            return Ok(self.named(&name, dims, values));
        }
        let (value, ending) = match role {
            Role::Weight => (1.0, "ones"),
            _ => (0.0, "zeros"),
        };
        let node = self
            .graph
            .node(id)
            .map_or_else(String::new, |it| it.name.clone());
        let count = dims.iter().product();
        Ok(self.floats(&format!("{node}.{ending}"), dims, vec![value; count]))
    }

    /// Each group as a channel of its own: what PyTorch's exporter writes, as ONNX 17 has no operator.
    pub fn group_norm(&mut self, id: NodeId, name: &str, from: NodeId, norm: &GroupNorm) -> Done {
        let x = self.map(from)?;
        let groups = norm.groups as usize;
        let parts = [0, norm.groups.into(), -1];
        let parts = self.ints(&format!("{name}.groups"), &parts);
        let Shape {
            channels,
            height,
            width,
        } = x.shape;
        let whole = [0, channels, height, width].map(i64::from);
        let whole = self.ints(&format!("{name}.whole"), &whole);
        let ones = self.floats(&format!("{name}.ones"), &[groups], vec![1.0; groups]);
        let zeros = self.floats(&format!("{name}.zeros"), &[groups], vec![0.0; groups]);
        let [apart, even] = ["apart", "even"].map(|it| self.free(&format!("{name}/{it}")));
        self.node("Reshape", &apart, &[&x.name, &parts], &[&apart], &[], "");
        let eps = [("epsilon", Setting::Float(norm.eps))];
        let inputs = [apart.as_str(), &ones, &zeros];
        self.node("InstanceNormalization", &even, &inputs, &[&even], &eps, "");
        let steps = [
            (norm.scale, Role::Weight, "Mul"),
            (norm.shift, Role::Bias, "Add"),
        ];
        let mut left = steps.iter().filter(|step| step.0).count();
        let free = |net: &mut Self, left: usize, ending: &str| match left {
            0 => name.to_owned(),
            _ => net.free(&format!("{name}/{ending}")),
        };
        let mut last = free(self, left, "joined");
        self.node("Reshape", &last, &[&even, &whole], &[&last], &[], "");
        for (is_learnt, role, operator) in steps {
            if !is_learnt {
                continue;
            }
            left -= 1;
            let amount = self.or_constant(id, role, true, &[channels as usize, 1, 1])?;
            let next = free(self, left, "scaled");
            self.node(operator, &next, &[&last, &amount], &[&next], &[], "");
            last = next;
        }
        self.done(id, name.to_owned(), false)
    }

    pub fn instance_norm(
        &mut self,
        id: NodeId,
        name: &str,
        from: NodeId,
        norm: &InstanceNorm,
    ) -> Done {
        let x = self.map(from)?;
        let dims = [x.shape.channels as usize];
        let scale = self.or_constant(id, Role::Weight, norm.scale, &dims)?;
        let shift = self.or_constant(id, Role::Bias, norm.shift, &dims)?;
        let eps = [("epsilon", Setting::Float(norm.eps))];
        let hints = super::hints(norm.scale, norm.shift);
        let inputs = [x.name.as_str(), &scale, &shift];
        self.node(
            "InstanceNormalization",
            name,
            &inputs,
            &[name],
            &eps,
            &hints,
        );
        self.done(id, name.to_owned(), false)
    }

    pub fn layer_norm(&mut self, id: NodeId, name: &str, from: NodeId, norm: &LayerNorm) -> Done {
        let x = self.output(from)?;
        let Shape {
            channels,
            height,
            width,
        } = x.shape;
        let is_whole = norm.axes == LayerNormAxes::All && !x.shape.is_vector();
        let dims: Vec<usize> = match is_whole {
            true => [channels, height, width].map(|it| it as usize).to_vec(),
            false => vec![channels as usize],
        };
        let scale = self.or_constant(id, Role::Weight, norm.scale, &dims)?;
        let shift = self.or_constant(id, Role::Bias, norm.shift, &dims)?;
        let hints = super::hints(norm.scale, norm.shift);
        let axis = if is_whole { 1 } else { -1 };
        let settings = [
            ("axis", Setting::Int(axis)),
            ("epsilon", Setting::Float(norm.eps)),
        ];
        if is_whole || x.is_flat {
            let inputs = [x.name.as_str(), &scale, &shift];
            self.node(
                "LayerNormalization",
                name,
                &inputs,
                &[name],
                &settings,
                &hints,
            );
            return self.done(id, name.to_owned(), x.is_flat);
        }
        let [last, even] = ["last", "even"].map(|it| self.free(&format!("{name}/{it}")));
        let order = [("perm", Setting::Ints(&LAST))];
        self.node("Transpose", &last, &[&x.name], &[&last], &order, "");
        let inputs = [last.as_str(), &scale, &shift];
        self.node(
            "LayerNormalization",
            &even,
            &inputs,
            &[&even],
            &settings,
            &hints,
        );
        let order = [("perm", Setting::Ints(&SECOND))];
        self.node("Transpose", name, &[&even], &[name], &order, "");
        self.done(id, name.to_owned(), false)
    }

    pub fn prelu(&mut self, id: NodeId, name: &str, from: NodeId) -> Done {
        let x: Output = self.output(from)?;
        let slopes = self.values(id, Role::Weight)?.len();
        let dims: &[usize] = match (slopes, x.is_flat) {
            (1, _) => &[1],
            (_, true) => &[slopes],
            (_, false) => &[slopes, 1, 1],
        };
        let slope = self.or_constant(id, Role::Weight, true, dims)?;
        self.node("PRelu", name, &[&x.name, &slope], &[name], &[], "");
        self.done(id, name.to_owned(), x.is_flat)
    }
}
