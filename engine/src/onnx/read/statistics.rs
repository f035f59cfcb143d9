//! Norms by the statistics of one picture, and PReLU.

use super::activation::exact;
use super::constants::{amount, is_given, map, weights};
use super::lazy::{Amount, Step, Value};
use super::walk::{Outcome, Walk, refused};
use crate::NodeId;
use crate::checkpoint::Role;
use crate::layer::{GroupNorm, InstanceNorm, Layer, LayerNorm, LayerNormAxes, PRelu};
use crate::onnx::fold::axis;
use crate::onnx::proto::Node;
use crate::onnx::write::{NO_SCALE, NO_SHIFT};

/// Which of a norm's scale and shift are learnt, and their values.
struct Learnt {
    scale: Option<Vec<f32>>,
    shift: Option<Vec<f32>>,
}

impl<'a> Walk<'a, '_> {
    fn learnt(node: &Node<'a>, inputs: &[Value]) -> Outcome<Learnt> {
        let of = |place: usize, what: &str, hint: &str, usual: f32| -> Outcome<Option<Vec<f32>>> {
            if !is_given(inputs, place) {
                return Ok(None);
            }
            let values = weights(inputs, place, what)?.to_floats();
            let is_left_out = node.doc.contains(hint) && values.iter().all(|&it| it == usual);
            Ok((!is_left_out).then_some(values))
        };
        Ok(Learnt {
            scale: of(1, "scale", NO_SCALE, 1.0)?,
            shift: of(2, "shift", NO_SHIFT, 0.0)?,
        })
    }

    fn set_learnt(&mut self, node: NodeId, learnt: Learnt) {
        let roles = [(Role::Weight, learnt.scale), (Role::Bias, learnt.shift)];
        for (role, values) in roles {
            if let Some(values) = values {
                self.drafts.set(node, role, values);
            }
        }
    }

    /// Over each channel; over groups of them where the channels were brought into groups first.
    pub fn instance_norm(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        let lazy = map(inputs, 0)?;
        let eps = exact(node.float("epsilon").unwrap_or(1e-5));
        let view = self.forced(lazy)?;
        let mut learnt = Self::learnt(node, inputs)?;
        if view.channel_axis() == Some(1) {
            if view.dims.len() == 3 {
                // Groups of one channel: their factors follow.
                for (values, usual) in [(&mut learnt.scale, 1.0), (&mut learnt.shift, 0.0)] {
                    *values = values.take().filter(|it| it.iter().any(|&it| it != usual));
                }
            }
            let norm = InstanceNorm {
                eps,
                scale: learnt.scale.is_some(),
                shift: learnt.shift.is_some(),
            };
            let name = node.inputs.get(1).copied();
            let value = self.over(node, &view, norm.into(), name)?;
            self.set_learnt(Self::new_node(&value), learnt);
            return Ok(value);
        }
        let sizes = view.sizes();
        let channels = view.shape.channels as usize;
        let groups = match sizes.as_slice() {
            &[_, groups, ..] if view.is_in_groups(groups) => groups,
            _ => return refused("it is not over the channels, or groups of them"),
        };
        // The factors of whole groups; usually 1 and 0, and those of the channels follow.
        let each = channels / groups;
        for (values, usual) in [(&mut learnt.scale, 1.0), (&mut learnt.shift, 0.0)] {
            let by_channel = |values: Vec<f32>| {
                let all = values.into_iter();
                all.flat_map(|it| std::iter::repeat_n(it, each)).collect()
            };
            *values = values
                .take()
                .filter(|values| values.iter().any(|&it| it != usual))
                .map(by_channel);
        }
        let [groups] = super::layers::sides([groups])?;
        let norm = GroupNorm {
            groups,
            eps,
            scale: learnt.scale.is_some(),
            shift: learnt.shift.is_some(),
        };
        let value = self.over(node, &view, norm.into(), None)?;
        self.set_learnt(Self::new_node(&value), learnt);
        Ok(value)
    }

    pub fn group_norm(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        let view = self.forced(map(inputs, 0)?)?;
        if view.channel_axis() != Some(1) {
            return refused("it is not over the channels");
        }
        let groups = u32::try_from(node.int("num_groups").unwrap_or(0)).unwrap_or(0);
        let mut learnt = Self::learnt(node, inputs)?;
        // Version 18 has a factor for each group, later ones for each channel.
        let each = (view.shape.channels / groups.max(1)) as usize;
        for values in [&mut learnt.scale, &mut learnt.shift].into_iter().flatten() {
            if values.len() == groups as usize && each > 1 {
                *values = { values.iter() }
                    .flat_map(|&it| std::iter::repeat_n(it, each))
                    .collect();
            }
        }
        let norm = GroupNorm {
            groups,
            eps: exact(node.float("epsilon").unwrap_or(1e-5)),
            scale: learnt.scale.is_some(),
            shift: learnt.shift.is_some(),
        };
        let value = self.over(node, &view, norm.into(), node.inputs.get(1).copied())?;
        self.set_learnt(Self::new_node(&value), learnt);
        Ok(value)
    }

    pub fn layer_norm(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        let view = self.forced(map(inputs, 0)?)?;
        let rank = view.dims.len();
        let along = axis(node.int("axis").unwrap_or(-1), rank);
        let last = rank.checked_sub(1);
        let axes = if along == Some(1) && view.channel_axis() == Some(1) {
            LayerNormAxes::All
        } else if along.is_some() && along == last && view.channel_axis() == last {
            LayerNormAxes::Channels
        } else if along == Some(1) && rank == 2 {
            let plain = self.plain(map(inputs, 0)?)?;
            return self.layer_norm_over(node, inputs, &plain, LayerNormAxes::All);
        } else {
            return refused("it is neither over a whole map nor over the channels");
        };
        self.layer_norm_over(node, inputs, &view, axes)
    }

    fn layer_norm_over(
        &mut self,
        node: &Node<'a>,
        inputs: &[Value],
        view: &crate::onnx::view::View,
        axes: LayerNormAxes,
    ) -> Outcome<Value> {
        let learnt = Self::learnt(node, inputs)?;
        let norm = LayerNorm {
            axes,
            eps: exact(node.float("epsilon").unwrap_or(1e-5)),
            scale: learnt.scale.is_some(),
            shift: learnt.shift.is_some(),
        };
        let value = self.over(node, view, norm.into(), node.inputs.get(1).copied())?;
        self.set_learnt(Self::new_node(&value), learnt);
        Ok(value)
    }

    pub fn prelu(&mut self, node: &Node<'a>, inputs: &[Value]) -> Outcome<Value> {
        let view = self.forced(map(inputs, 0)?)?;
        let slope = weights(inputs, 1, "slope")?;
        let amount = amount(slope, &view)?;
        let (per_channel, values) = match &amount {
            Amount::One(value) => (view.shape.channels == 1, vec![*value]),
            Amount::PerChannel(values) => (true, values.to_vec()),
        };
        let prelu = PRelu { per_channel };
        let value = self.over(node, &view, prelu.into(), node.inputs.get(1).copied())?;
        self.drafts
            .set(Self::new_node(&value), Role::Weight, values);
        Ok(value)
    }

    /// A factor or summand of each channel right behind a norm that has none of its own: how many of
    /// these steps it takes.
    pub fn taken_by_norm(&mut self, node: NodeId, steps: &[Step]) -> usize {
        let channels = self.drafts.shape(node).channels as usize;
        let mut taken = 0;
        for step in steps {
            let (role, amount) = match step {
                Step::Multiply(amount) => (Role::Weight, amount),
                Step::Add(amount) => (Role::Bias, amount),
                _ => break,
            };
            if self.drafts.weights.contains_key(&(node, Role::Bias)) {
                break;
            }
            let Some(draft) = self.drafts.get_mut(node).filter(|it| !it.is_shared) else {
                break;
            };
            let learnt = match &mut draft.layer {
                Layer::GroupNorm(norm) => [&mut norm.scale, &mut norm.shift],
                Layer::InstanceNorm(norm) => [&mut norm.scale, &mut norm.shift],
                _ => break,
            };
            let [scale, shift] = learnt;
            let is_learnt = if role == Role::Weight { scale } else { shift };
            if *is_learnt {
                break;
            }
            *is_learnt = true;
            self.drafts.set(node, role, amount.per_channel(channels));
            taken += 1;
        }
        taken
    }
}
