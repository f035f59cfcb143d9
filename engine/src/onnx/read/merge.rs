//! Operators of two maps, or of a map and a constant.

use std::rc::Rc;

use super::constants::map;
use super::lazy::{Amount, Distances, Lazy, Step, Value};
use super::name::name;
use super::walk::{Outcome, Walk, refused};
use crate::layer::Merge;
use crate::onnx::fold::axis;
use crate::onnx::proto::Node;
use crate::onnx::view::View;

impl<'a> Walk<'a, '_> {
    pub fn merge_or_shape(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Vec<Value>> {
        let value = match (node.op, inputs) {
            ("Add" | "Sum", [Value::Map(lazy), Value::Constant(tensor)])
            | ("Add" | "Sum", [Value::Constant(tensor), Value::Map(lazy)]) => {
                self.with_constant(node, lazy, tensor, Step::Add)?
            }
            ("Mul", [Value::Map(lazy), Value::Constant(tensor)])
            | ("Mul", [Value::Constant(tensor), Value::Map(lazy)]) => {
                self.with_constant(node, lazy, tensor, Step::Multiply)?
            }
            ("Sub", [Value::Map(lazy), Value::Constant(tensor)]) => {
                if let Some(distances) = self.distances(node, lazy, tensor)? {
                    return Ok(vec![distances]);
                }
                self.with_constant(node, lazy, tensor, |amount| Step::Add(amount.map(|it| -it)))?
            }
            ("Sub", [Value::Constant(tensor), Value::Map(lazy)]) => {
                let turned = self.stepped(node, lazy, [Step::Multiply(Amount::One(-1.0))]);
                self.with_constant(node, &turned, tensor, Step::Add)?
            }
            ("Div", [Value::Map(lazy), Value::Constant(tensor)]) => {
                self.with_constant(node, lazy, tensor, |amount| {
                    Step::Multiply(amount.map(|it| 1.0 / it))
                })?
            }
            ("Div", [Value::Map(of), Value::Map(by)]) => match self.response(node, of, by)? {
                Some(value) => value,
                None => return refused("a quotient of two maps that is no LRN"),
            },
            ("Neg", [Value::Map(_)]) => {
                self.step(node, inputs, Step::Multiply(Amount::One(-1.0)))?
            }
            ("Mul", [Value::Map(a), Value::Map(b)]) => self.product(node, a, b)?,
            ("Add" | "Sum", [Value::Map(_), ..]) => self.merged(node, inputs, Merge::Add)?,
            ("Concat", [Value::Map(_), ..]) => self.concat(node, inputs)?,
            _ => return self.shape_only(node, inputs),
        };
        Ok(vec![value])
    }

    /// A product of two maps: a square, a gate, or an activation that has its input as a factor.
    fn product(&mut self, node: &Node<'a>, a: &Lazy, b: &Lazy) -> Outcome<Value> {
        if a.view == b.view {
            let scales = |lazy: &Lazy| {
                let is_scale = |step: &Step| matches!(step, Step::Multiply(Amount::One(_)));
                lazy.steps.iter().all(is_scale)
            };
            if a.steps.is_empty() && b.steps.is_empty() {
                return Ok(Value::Map(self.stepped(node, a, [Step::Square])));
            }
            let (base, other) = if scales(a) { (a, b) } else { (b, a) };
            let has_base = other.steps.contains(&Step::TimesBase);
            if scales(base) && !has_base {
                let factors = base.steps.iter().cloned();
                let steps = factors.chain([Step::TimesBase]).collect::<Vec<_>>();
                return Ok(Value::Map(self.stepped(node, other, steps)));
            }
        }
        let both = [Value::Map(a.clone()), Value::Map(b.clone())];
        self.merged(node, &both, Merge::Multiply)
    }

    /// Element by element.
    fn merged(&mut self, node: &Node<'a>, inputs: &[Value], merge: Merge) -> Outcome<Value> {
        let mut views = Vec::with_capacity(inputs.len());
        for place in 0..inputs.len() {
            views.push(self.forced(map(inputs, place)?)?);
        }
        let same = |a: &View, b: &View| a.dims == b.dims && a.shape == b.shape;
        let Some(first) = views.first().cloned() else {
            return refused("it has no input");
        };
        if !views.iter().all(|view| same(view, &first)) {
            let rank = first.dims.len();
            for view in &mut views {
                if view.dims.len() != rank {
                    return refused("its inputs have different counts of axes");
                }
                *view = self.plain(&Lazy::of(view.clone()))?;
            }
        }
        let nodes: Vec<_> = views.iter().map(|view| view.node).collect();
        let stem = if merge == Merge::Add {
            "add"
        } else {
            "multiply"
        };
        let new = self.drafts.add(&name(node, None, stem), merge, &nodes)?;
        let shape = self.drafts.shape(new);
        let widest = views.iter().find(|view| view.shape == shape);
        let view = match widest.and_then(|view| view.over(new, shape)) {
            Some(view) => view,
            None if first.dims.len() == 4 => View::map(new, shape, first.batch),
            None => return refused("its inputs broadcast in a way that is not supported"),
        };
        Ok(Value::Map(Lazy::of(view)))
    }

    fn concat(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        let mut views = Vec::with_capacity(inputs.len());
        for place in 0..inputs.len() {
            let view = self.forced(map(inputs, place)?)?;
            let along = axis(node.int("axis").unwrap_or(1), view.dims.len());
            if along.is_none() {
                return refused("its axis is none of its inputs'");
            }
            // Vectors are flattened first.
            let view = match view.dims.len() {
                2 => self.plain(&Lazy::of(view))?,
                _ => view,
            };
            if along != view.channel_axis() {
                return refused("it is not over the channels");
            }
            views.push(view);
        }
        let nodes: Vec<_> = views.iter().map(|view| view.node).collect();
        if let [view] = views.as_slice() {
            return Ok(Value::Map(Lazy::of(view.clone())));
        }
        let new = self
            .drafts
            .add(&name(node, None, "concat"), Merge::Concat, &nodes)?;
        let shape = self.drafts.shape(new);
        match views.first().and_then(|view| view.over(new, shape)) {
            Some(view) => Ok(Value::Map(Lazy::of(view))),
            None => refused("its inputs' axes are mixed"),
        }
    }

    /// `x − code` for each code, on the way to their squared distances.
    fn distances(
        &mut self,
        node: &Node<'a>,
        lazy: &Lazy,
        codes: &Rc<crate::onnx::tensor::Tensor>,
    ) -> Outcome<Option<Value>> {
        let sizes = lazy.view.sizes();
        let (&[_, 1, length], Some(&side)) = (sizes.as_slice(), codes.dims.last()) else {
            return Ok(None);
        };
        let is_list = match *codes.dims.as_slice() {
            [rows, _] | [1, rows, _] => rows > 1 || length == side,
            _ => false,
        };
        if !is_list || side != length {
            return Ok(None);
        }
        let vector = lazy.view.reshaped(&[sizes[0], length]);
        let Some(vector) = vector else {
            return Ok(None);
        };
        let of = self.plain(&lazy.seen(vector))?;
        Ok(Some(Value::Distances(Box::new(Distances {
            of,
            codes: Rc::clone(codes),
            name: node.inputs.get(1).copied().unwrap_or_default().to_owned(),
        }))))
    }
}
