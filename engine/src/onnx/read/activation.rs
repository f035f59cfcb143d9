//! Element-wise arithmetic that waited, as activations and scales.

use super::lazy::{Amount, Lazy, Step};
use super::walk::{Outcome, Walk, refused};
use crate::NodeId;
use crate::checkpoint::Role;
use crate::layer::{Activation, Conv, Layer, Lrn, Merge};
use crate::onnx::view::View;

/// Whether a number is another one within the rounding of 32-bit floats.
fn near(got: f32, wanted: f64) -> bool {
    (f64::from(got) - wanted).abs() <= 1e-5 * wanted.abs().max(1e-6)
}

const fn one(amount: &Amount) -> Option<f32> {
    match amount {
        Amount::One(value) => Some(*value),
        Amount::PerChannel(_) => None,
    }
}

fn adds(step: Option<&Step>, wanted: f64) -> bool {
    matches!(step, Some(Step::Add(amount)) if one(amount).is_some_and(|it| near(it, wanted)))
}

fn multiplies(step: Option<&Step>, wanted: f64) -> bool {
    matches!(step, Some(Step::Multiply(amount)) if one(amount).is_some_and(|it| near(it, wanted)))
}

/// The activation that the first of these steps are, and how many of them; `is_first` where they
/// start with the base.
fn activation(steps: &[Step], is_first: bool) -> Option<(Activation, usize)> {
    let at = |place: usize| steps.get(place);
    let times_base = |place: usize| is_first && at(place) == Some(&Step::TimesBase);
    // x · Φ(x): the factor ½ may come before or after.
    if is_first
        && multiplies(at(0), std::f64::consts::FRAC_1_SQRT_2)
        && at(1) == Some(&Step::Erf)
        && adds(at(2), 1.0)
    {
        let rest = [at(3), at(4)];
        let half = |step: Option<&Step>| multiplies(step, 0.5);
        let base = |step: Option<&Step>| step == Some(&Step::TimesBase);
        if (half(rest[0]) && base(rest[1])) || (base(rest[0]) && half(rest[1])) {
            return Some((Activation::Gelu, 5));
        }
    }
    // a · tanh(s · x)
    if let [Step::Multiply(s), Step::Tanh, Step::Multiply(a), ..] = steps
        && let (Some(s), Some(a)) = (one(s), one(a))
    {
        return Some((
            Activation::ScaledTanh {
                a: exact(a),
                s: exact(s),
            },
            3,
        ));
    }
    // relu6(x + 3) / 6
    let six = |step: Option<&Step>| multiplies(step, 1.0 / 6.0);
    if adds(at(0), 3.0) && at(1) == Some(&Step::Clip(0.0, 6.0)) {
        if six(at(2)) {
            return Some(match times_base(3) {
                true => (Activation::HardSwish, 4),
                false => (Activation::HardSigmoid, 3),
            });
        }
        if times_base(2) && six(at(3)) {
            return Some((Activation::HardSwish, 4));
        }
    }
    match at(0)? {
        Step::HardSigmoid(alpha, beta) if near(*alpha, 1.0 / 6.0) && near(*beta, 0.5) => {
            Some(match times_base(1) {
                true => (Activation::HardSwish, 2),
                false => (Activation::HardSigmoid, 1),
            })
        }
        Step::Sigmoid if times_base(1) => Some((Activation::Silu, 2)),
        Step::Sigmoid => Some((Activation::Sigmoid, 1)),
        Step::Tanh => Some((Activation::Tanh, 1)),
        Step::Clip(0.0, 6.0) => Some((Activation::Relu6, 1)),
        &Step::Clip(0.0, high) if high >= f32::MAX => Some((Activation::Relu, 1)),
        _ => None,
    }
}

/// A number as the shortest decimal that is the same 32-bit float.
pub(super) fn exact(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| value.into())
}

/// `x / (k + alpha / size · Σ x²)^beta` from what divides x.
pub(super) fn response_norm(steps: &[Step]) -> Option<Lrn> {
    let [Step::Square, rest @ ..] = steps else {
        return None;
    };
    let [
        Step::PadChannels(before, after),
        Step::MeanOfChannels(size),
        rest @ ..,
    ] = rest
    else {
        return None;
    };
    // An odd window in the middle.
    if before + after + 1 != *size || before != after {
        return None;
    }
    let (alpha, k, beta) = match rest {
        [Step::Multiply(alpha), Step::Add(k), Step::Power(beta)] => (one(alpha)?, one(k)?, *beta),
        _ => return None,
    };
    Some(Lrn {
        size: u32::try_from(*size).ok()?,
        alpha: exact(alpha),
        beta: exact(beta),
        k: exact(k),
        alpha_divided_by_size: true,
    })
}

impl Walk<'_, '_> {
    /// The view with everything done that waited.
    pub fn forced(&mut self, lazy: &Lazy) -> Outcome<View> {
        if lazy.steps.is_empty() {
            return Ok(lazy.view.clone());
        }
        let node = match self.done.get(&lazy.number) {
            Some(&node) => node,
            None => {
                let node = self.done_now(lazy)?;
                self.done.insert(lazy.number, node);
                node
            }
        };
        match lazy.view.over(node, self.drafts.shape(node)) {
            Some(view) => Ok(view),
            None => refused("its input's axes are mixed"),
        }
    }

    fn done_now(&mut self, lazy: &Lazy) -> Outcome<NodeId> {
        let base = lazy.view.node;
        let stem = lazy.name.as_str();
        let mut node = base;
        let mut rest = lazy.steps.as_slice();
        while let Some(first) = rest.first() {
            let is_first = rest.len() == lazy.steps.len();
            if let Some((activation, used)) = activation(rest, is_first) {
                let name = if stem.is_empty() {
                    Layer::from(activation).rule().name_stem()
                } else {
                    stem
                };
                node = self.drafts.add(name, activation, &[node])?;
                rest = &rest[used..];
                continue;
            }
            match first {
                Step::Add(_) | Step::Multiply(_) => {
                    let affine = |step: &&Step| matches!(step, Step::Add(_) | Step::Multiply(_));
                    let taken = if node == base && is_first {
                        self.taken_by_norm(node, rest)
                    } else {
                        0
                    };
                    if taken > 0 {
                        rest = &rest[taken..];
                        continue;
                    }
                    let count = rest.iter().take_while(affine).count();
                    node = self.affine(node, &rest[..count], stem)?;
                    rest = &rest[count..];
                }
                Step::TimesBase => {
                    node = self
                        .drafts
                        .add("multiply", Merge::Multiply, &[base, node])?;
                    rest = &rest[1..];
                }
                Step::Clip(low, high) => {
                    return refused(format!(
                        "values are clipped to {low} … {high}; no layer does that"
                    ));
                }
                Step::HardSigmoid(alpha, beta) => {
                    return refused(format!(
                        "a hard sigmoid of {alpha} · x + {beta}; only x / 6 + 1/2 is supported"
                    ));
                }
                Step::Erf => return refused("the error function outside of a GELU"),
                _ => return refused("squares, powers or sums of channels outside of an LRN"),
            }
        }
        Ok(node)
    }

    /// `a · x + b` for each channel: the bias of the layer before, or a depthwise 1×1 convolution.
    fn affine(&mut self, node: NodeId, steps: &[Step], stem: &str) -> Outcome<NodeId> {
        let shape = self.drafts.shape(node);
        let channels = shape.channels as usize;
        let only_adds = steps.iter().all(|step| matches!(step, Step::Add(_)));
        let mut scale = vec![1.0_f32; channels];
        let mut shift = vec![0.0_f32; channels];
        for step in steps {
            match step {
                Step::Add(amount) => {
                    let values = amount.per_channel(channels);
                    shift
                        .iter_mut()
                        .zip(values)
                        .for_each(|(it, value)| *it += value);
                }
                Step::Multiply(amount) => {
                    let values = amount.per_channel(channels);
                    for (place, value) in values.into_iter().enumerate() {
                        scale[place] *= value;
                        shift[place] *= value;
                    }
                }
                _ => {}
            }
        }
        if only_adds
            && let Some(draft) = self.drafts.get_mut(node)
            && !draft.is_shared
        {
            let bias = match &mut draft.layer {
                Layer::Conv(conv) => Some(&mut conv.bias),
                Layer::Linear(linear) => Some(&mut linear.bias),
                _ => None,
            };
            if let Some(bias) = bias.filter(|bias| !**bias) {
                *bias = true;
                self.drafts.set(node, Role::Bias, shift);
                return Ok(node);
            }
        }
        let has_shift = shift.iter().any(|&value| value != 0.0);
        let conv = Conv {
            groups: shape.channels,
            bias: has_shift,
            ..Conv::new(shape.channels, 1)
        };
        let name = if stem.is_empty() { "scale" } else { stem };
        let new = self.drafts.add(name, conv, &[node])?;
        self.drafts.set(new, Role::Weight, scale);
        if has_shift {
            self.drafts.set(new, Role::Bias, shift);
        }
        let what = if has_shift {
            "a scale and a shift"
        } else {
            "a scale"
        };
        let note = format!(
            "{what} of each channel became the depthwise 1×1 convolution “{}”",
            self.drafts.get(new).map_or(name, |draft| &draft.name)
        );
        self.notes.push(note);
        Ok(new)
    }
}
