//! Operators on constants: exporters write the arithmetic of shapes into the graph.

use super::OnnxError;
use super::proto::Node;
use super::tensor::{self, Data, Tensor};

/// The most values of a constant that is computed.
const MAX_COMPUTED: usize = 1 << 26;

/// The result of an operator on constants; `None` where it is none that is folded, or does not fit.
pub(super) fn fold(
    node: &Node<'_>,
    inputs: &[Option<&Tensor>],
) -> Result<Option<Tensor>, OnnxError> {
    let size: usize = inputs.iter().flatten().map(|tensor| tensor.len()).sum();
    if size > MAX_COMPUTED {
        return Err(OnnxError::Constants);
    }
    let result = computed(node, inputs);
    match &result {
        Some(tensor) if tensor.len() > MAX_COMPUTED => Err(OnnxError::Constants),
        _ => Ok(result),
    }
}

fn computed(node: &Node<'_>, inputs: &[Option<&Tensor>]) -> Option<Tensor> {
    let input = |place: usize| inputs.get(place).copied().flatten();
    let first = input(0);
    // Whole numbers that older versions have as an attribute and newer ones as an input.
    let ints = |name: &str, place: usize| match node.ints(name) {
        Some(ints) => Some(ints.to_vec()),
        None => input(place).map(Tensor::to_ints),
    };
    match node.op {
        "Identity" | "Dropout" => first.cloned(),
        "Cast" => Some(cast(first?, node.int("to")?)),
        "Shape" => Some(Tensor::ints(ranged(node, &first?.dims)?)),
        "Size" => Some(Tensor::scalar(first?.len() as i64)),
        "ConstantOfShape" => {
            let dims = whole(first?)?;
            let count = { dims.iter() }.try_fold(1_usize, |all, &it| all.checked_mul(it))?;
            if count > MAX_COMPUTED {
                return None;
            }
            let value = node.attribute("value").and_then(|it| it.tensor.as_ref());
            let value = value.and_then(|tensor| Tensor::of(tensor, &[]).ok());
            let data = match value.map(|it| it.data) {
                None => Data::Floats(vec![0.0; count]),
                Some(Data::Floats(values)) => Data::Floats(vec![*values.first()?; count]),
                Some(Data::Ints(values)) => Data::Ints(vec![*values.first()?; count]),
            };
            Some(Tensor { dims, data })
        }
        "Reshape" => {
            let dims = reshape_sizes(&first?.dims, &input(1)?.to_ints(), node)?;
            Some(Tensor {
                dims,
                data: first?.data.clone(),
            })
        }
        "Flatten" => {
            let axis = axis(node.int("axis").unwrap_or(1), first?.dims.len() + 1)?;
            let (before, after) = first?.dims.split_at(axis);
            Some(Tensor {
                dims: vec![before.iter().product(), after.iter().product()],
                data: first?.data.clone(),
            })
        }
        "Unsqueeze" => {
            let axes = ints("axes", 1)?;
            let dims = unsqueezed(&first?.dims, &axes)?;
            Some(Tensor {
                dims,
                data: first?.data.clone(),
            })
        }
        "Squeeze" => {
            let dims = squeezed(&first?.dims, ints("axes", 1).as_deref())?;
            Some(Tensor {
                dims,
                data: first?.data.clone(),
            })
        }
        "Transpose" => {
            let rank = first?.dims.len();
            let order = permutation(node, rank)?;
            let dims: Vec<usize> = order
                .iter()
                .map(|&axis| first.map_or(0, |it| it.dims[axis]))
                .collect();
            let steps = strides(&first?.dims);
            let steps: Vec<usize> = order.iter().map(|&axis| steps[axis]).collect();
            Some(taken(first?, dims, &steps, 0))
        }
        "Slice" => slice(node, first?, &ints),
        "Gather" => gather(first?, input(1)?, node.int("axis").unwrap_or(0)),
        "Concat" => {
            let all: Option<Vec<&Tensor>> = inputs.iter().copied().collect();
            concat(&all?, node.int("axis").unwrap_or(0))
        }
        "Expand" => {
            let dims = broadcast(&first?.dims, &whole(input(1)?)?)?;
            let steps = broadcast_strides(&first?.dims, dims.len());
            Some(taken(first?, dims, &steps, 0))
        }
        "Range" => {
            let [start, limit, step] = [input(0)?, input(1)?, input(2)?].map(|it| it.to_ints());
            let (start, limit, step) = (*start.first()?, *limit.first()?, *step.first()?);
            let count = match step {
                0 => return None,
                1.. => limit
                    .checked_sub(start)?
                    .max(0)
                    .unsigned_abs()
                    .div_ceil(step.unsigned_abs()),
                _ => start
                    .checked_sub(limit)?
                    .max(0)
                    .unsigned_abs()
                    .div_ceil(step.unsigned_abs()),
            };
            let count = i64::try_from(count).ok().filter(|&it| it <= 1 << 20)?;
            Some(Tensor::ints(
                (0..count).map(|it| start + it * step).collect(),
            ))
        }
        "Where" => {
            let (condition, yes, no) = (first?, input(1)?, input(2)?);
            let dims = broadcast(&broadcast(&condition.dims, &yes.dims)?, &no.dims)?;
            let [condition, yes, no] = [condition, yes, no].map(|it| {
                taken(
                    it,
                    dims.clone(),
                    &broadcast_strides(&it.dims, dims.len()),
                    0,
                )
            });
            let chosen = condition.to_ints();
            let data = match (yes.data, no.data) {
                (Data::Ints(yes), Data::Ints(no)) => Data::Ints(choose(&chosen, yes, no)),
                (yes, no) => {
                    let floats = |data| {
                        Tensor {
                            dims: Vec::new(),
                            data,
                        }
                        .to_floats()
                    };
                    Data::Floats(choose(&chosen, floats(yes), floats(no)))
                }
            };
            Some(Tensor { dims, data })
        }
        "DequantizeLinear" => dequantized(node, first?, input(1)?, input(2)),
        "ReduceProd" | "ReduceSum" | "ReduceMax" | "ReduceMin" => {
            // Of a whole list only, as shapes have it.
            let values = first?.to_ints();
            if first?.is_float() || first?.dims.len() > 1 {
                return None;
            }
            let all = values.iter().copied();
            let value = match node.op {
                "ReduceProd" => all.fold(1, i64::saturating_mul),
                "ReduceSum" => all.fold(0, i64::saturating_add),
                "ReduceMax" => all.max()?,
                _ => all.min()?,
            };
            Some(match node.int("keepdims").unwrap_or(1) {
                0 => Tensor::scalar(value),
                _ => Tensor::ints(vec![value]),
            })
        }
        "Neg" | "Sqrt" | "Floor" | "Ceil" | "Abs" | "Exp" | "Reciprocal" | "Not" => {
            unary(node.op, first?)
        }
        _ => binary(node.op, first?, input(1)?),
    }
}

/// Sides as whole numbers.
fn whole(tensor: &Tensor) -> Option<Vec<usize>> {
    let sides = tensor.to_ints().into_iter();
    sides.map(|side| usize::try_from(side).ok()).collect()
}

fn choose<T>(chosen: &[i64], yes: Vec<T>, no: Vec<T>) -> Vec<T> {
    let both = yes.into_iter().zip(no).zip(chosen);
    both.map(|((yes, no), &chosen)| if chosen != 0 { yes } else { no })
        .collect()
}

fn cast(tensor: &Tensor, to: i64) -> Tensor {
    let data = match to {
        it if tensor::is_float_type(it) => Data::Floats(tensor.to_floats()),
        tensor::BOOL => match &tensor.data {
            Data::Floats(values) => {
                Data::Ints(values.iter().map(|&it| i64::from(it != 0.0)).collect())
            }
            Data::Ints(values) => Data::Ints(values.iter().map(|&it| i64::from(it != 0)).collect()),
        },
        _ => Data::Ints(tensor.to_ints()),
    };
    Tensor {
        dims: tensor.dims.clone(),
        data,
    }
}

/// The sides from `start` to `end`, as the attributes of Shape say.
pub(super) fn ranged(node: &Node<'_>, dims: &[usize]) -> Option<Vec<i64>> {
    let rank = dims.len() as i64;
    let bound = |value: i64| {
        let value = if value < 0 {
            value.saturating_add(rank)
        } else {
            value
        };
        usize::try_from(value.clamp(0, rank)).ok()
    };
    let start = bound(node.int("start").unwrap_or(0))?;
    let end = bound(node.int("end").unwrap_or(rank))?;
    let sides = dims.get(start..end.max(start))?;
    Some(sides.iter().map(|&side| side as i64).collect())
}

/// An axis that may be counted from the end.
pub(super) fn axis(axis: i64, rank: usize) -> Option<usize> {
    let from_start = if axis < 0 {
        axis.checked_add(rank as i64)?
    } else {
        axis
    };
    usize::try_from(from_start).ok().filter(|&it| it < rank)
}

/// The sides that Reshape gives.
pub(super) fn reshape_sizes(dims: &[usize], wanted: &[i64], node: &Node<'_>) -> Option<Vec<usize>> {
    let count: usize = dims.iter().product();
    let zero_is_zero = node.int("allowzero") == Some(1);
    let mut sizes = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (place, &side) in wanted.iter().enumerate() {
        sizes.push(match side {
            -1 if open.is_none() => {
                open = Some(place);
                1
            }
            0 if !zero_is_zero => *dims.get(place)?,
            side => usize::try_from(side).ok()?,
        });
    }
    let known = { sizes.iter() }.try_fold(1_usize, |all, &it| all.checked_mul(it))?;
    if let Some(place) = open {
        if known == 0 || !count.is_multiple_of(known) {
            return None;
        }
        sizes[place] = count / known;
        return Some(sizes);
    }
    (known == count).then_some(sizes)
}

pub(super) fn unsqueezed(dims: &[usize], axes: &[i64]) -> Option<Vec<usize>> {
    let rank = dims.len() + axes.len();
    if rank > super::MAX_RANK {
        return None;
    }
    let axes: Option<Vec<usize>> = axes.iter().map(|&it| axis(it, rank)).collect();
    let axes = axes?;
    let mut rest = dims.iter();
    let sides = (0..rank).map(|place| {
        if axes.contains(&place) {
            Some(1)
        } else {
            rest.next().copied()
        }
    });
    sides.collect()
}

pub(super) fn squeezed(dims: &[usize], axes: Option<&[i64]>) -> Option<Vec<usize>> {
    let axes: Vec<usize> = match axes {
        Some(axes) => { axes.iter() }
            .map(|&it| axis(it, dims.len()))
            .collect::<Option<_>>()?,
        None => (0..dims.len()).filter(|&place| dims[place] == 1).collect(),
    };
    if axes.iter().any(|&place| dims[place] != 1) {
        return None;
    }
    let kept = dims
        .iter()
        .enumerate()
        .filter(|(place, _)| !axes.contains(place));
    Some(kept.map(|(_, &side)| side).collect())
}

/// The order of the axes that Transpose gives.
pub(super) fn permutation(node: &Node<'_>, rank: usize) -> Option<Vec<usize>> {
    let order: Vec<usize> = match node.ints("perm") {
        Some(order) => { order.iter() }
            .map(|&it| axis(it, rank))
            .collect::<Option<_>>()?,
        None => (0..rank).rev().collect(),
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    (sorted.len() == rank && sorted.iter().enumerate().all(|(place, &it)| place == it))
        .then_some(order)
}

fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for place in (1..dims.len()).rev() {
        strides[place - 1] = strides[place] * dims[place];
    }
    strides
}

pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let side = |dims: &[usize], place: usize| match (place + dims.len()).checked_sub(rank) {
        Some(place) => dims[place],
        None => 1,
    };
    let sides = (0..rank).map(|place| match (side(a, place), side(b, place)) {
        (1, side) | (side, 1) => Some(side),
        (a, b) => (a == b).then_some(a),
    });
    sides.collect()
}

fn broadcast_strides(dims: &[usize], rank: usize) -> Vec<usize> {
    let own = strides(dims);
    let missing = rank.saturating_sub(dims.len());
    let mut steps = vec![0; missing];
    steps.extend(
        own.iter()
            .zip(dims)
            .map(|(&step, &side)| if side == 1 { 0 } else { step }),
    );
    steps
}

/// The values at the places that sides and steps say.
fn taken(tensor: &Tensor, dims: Vec<usize>, steps: &[usize], start: usize) -> Tensor {
    fn values<T: Copy>(from: &[T], dims: &[usize], steps: &[usize], start: usize) -> Vec<T> {
        let count: usize = dims.iter().product();
        let mut all = Vec::with_capacity(count.min(MAX_COMPUTED));
        let mut index = vec![0; dims.len()];
        let mut place = start;
        for _ in 0..count.min(MAX_COMPUTED + 1) {
            all.extend(from.get(place).copied());
            for axis in (0..dims.len()).rev() {
                index[axis] += 1;
                place += steps[axis];
                if index[axis] < dims[axis] {
                    break;
                }
                place -= steps[axis] * dims[axis];
                index[axis] = 0;
            }
        }
        all
    }
    let data = match &tensor.data {
        Data::Floats(from) => Data::Floats(values(from, &dims, steps, start)),
        Data::Ints(from) => Data::Ints(values(from, &dims, steps, start)),
    };
    Tensor { dims, data }
}

/// Start, end and step of a slice on one axis, as ONNX limits them; forward ones only.
pub(super) fn bounds(start: i64, end: i64, side: usize) -> (usize, usize) {
    let side = side as i64;
    let limit = |value: i64| {
        let value = if value < 0 {
            value.saturating_add(side)
        } else {
            value
        };
        value.clamp(0, side) as usize
    };
    let (start, end) = (limit(start), limit(end));
    (start, end.max(start))
}

fn slice(
    node: &Node<'_>,
    tensor: &Tensor,
    ints: &dyn Fn(&str, usize) -> Option<Vec<i64>>,
) -> Option<Tensor> {
    let (starts, ends) = (ints("starts", 1)?, ints("ends", 2)?);
    let axes = ints("axes", 3).unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = ints("steps", 4).unwrap_or_else(|| vec![1; starts.len()]);
    let mut result = tensor.clone();
    let _ = node;
    for (place, &wanted) in axes.iter().enumerate() {
        let along = axis(wanted, result.dims.len())?;
        let (start, end) = (*starts.get(place)?, *ends.get(place)?);
        let side = result.dims[along];
        let chosen: Vec<usize> = match *steps.get(place)? {
            0 => return None,
            step @ 1.. => {
                let (start, end) = bounds(start, end, side);
                (start..end).step_by(usize::try_from(step).ok()?).collect()
            }
            step => {
                let side = side as i64;
                let from_end = |value: i64| {
                    if value < 0 {
                        value.saturating_add(side)
                    } else {
                        value
                    }
                };
                let start = from_end(start).clamp(-1, side - 1);
                let end = from_end(end).clamp(-1, side - 1);
                let step = usize::try_from(step.unsigned_abs()).ok()?;
                let all = (end + 1..=start).rev().step_by(step);
                all.map(|it| it as usize).collect()
            }
        };
        result = picked(&result, along, &chosen)?;
    }
    Some(result)
}

/// The tensor with these places of one axis.
fn picked(tensor: &Tensor, along: usize, places: &[usize]) -> Option<Tensor> {
    let side = *tensor.dims.get(along)?;
    let inner: usize = tensor.dims[along + 1..].iter().product();
    let outer: usize = tensor.dims[..along].iter().product();
    if places.iter().any(|&place| place >= side) {
        return None;
    }
    let count = outer.checked_mul(places.len())?.checked_mul(inner)?;
    if count > MAX_COMPUTED {
        return None;
    }
    fn values<T: Copy>(
        from: &[T],
        outer: usize,
        side: usize,
        inner: usize,
        places: &[usize],
    ) -> Vec<T> {
        let mut all = Vec::with_capacity(outer * places.len() * inner);
        for row in 0..outer {
            for &place in places {
                let start = (row * side + place) * inner;
                all.extend(from.get(start..start + inner).unwrap_or_default());
            }
        }
        all
    }
    let data = match &tensor.data {
        Data::Floats(from) => Data::Floats(values(from, outer, side, inner, places)),
        Data::Ints(from) => Data::Ints(values(from, outer, side, inner, places)),
    };
    let mut dims = tensor.dims.clone();
    dims[along] = places.len();
    Some(Tensor { dims, data })
}

fn gather(tensor: &Tensor, places: &Tensor, along: i64) -> Option<Tensor> {
    let along = axis(along, tensor.dims.len())?;
    let side = tensor.dims[along];
    let places_of = places.to_ints();
    let chosen: Option<Vec<usize>> = places_of.iter().map(|&it| axis(it, side)).collect();
    let mut result = picked(tensor, along, &chosen?)?;
    result
        .dims
        .splice(along..=along, places.dims.iter().copied());
    (result.dims.len() <= super::MAX_RANK).then_some(result)
}

fn concat(all: &[&Tensor], along: i64) -> Option<Tensor> {
    let first = all.first()?;
    let along = axis(along, first.dims.len())?;
    let outer: usize = first.dims[..along].iter().product();
    let mut dims = first.dims.clone();
    dims[along] = 0;
    for tensor in all {
        let same = tensor.dims.len() == dims.len()
            && (0..dims.len()).all(|it| it == along || tensor.dims[it] == first.dims[it]);
        if !same {
            return None;
        }
        dims[along] = dims[along].checked_add(tensor.dims[along])?;
    }
    let row = |tensor: &Tensor| tensor.len() / outer.max(1);
    let data = if all.iter().any(|tensor| tensor.is_float()) {
        let floats: Vec<Vec<f32>> = all.iter().map(|tensor| tensor.to_floats()).collect();
        let mut values = Vec::new();
        for at in 0..outer {
            for (tensor, floats) in all.iter().zip(&floats) {
                let row = row(tensor);
                values.extend_from_slice(&floats[at * row..(at + 1) * row]);
            }
        }
        Data::Floats(values)
    } else {
        let ints: Vec<Vec<i64>> = all.iter().map(|tensor| tensor.to_ints()).collect();
        let mut values = Vec::new();
        for at in 0..outer {
            for (tensor, ints) in all.iter().zip(&ints) {
                let row = row(tensor);
                values.extend_from_slice(&ints[at * row..(at + 1) * row]);
            }
        }
        Data::Ints(values)
    };
    Some(Tensor { dims, data })
}

fn unary(op: &str, tensor: &Tensor) -> Option<Tensor> {
    let data = match &tensor.data {
        Data::Floats(values) => {
            let function: fn(f32) -> f32 = match op {
                "Neg" => |it| -it,
                "Sqrt" => f32::sqrt,
                "Floor" => f32::floor,
                "Ceil" => f32::ceil,
                "Abs" => f32::abs,
                "Reciprocal" => |it| 1.0 / it,
                "Exp" => libm::expf,
                _ => return None,
            };
            Data::Floats(values.iter().map(|&it| function(it)).collect())
        }
        Data::Ints(values) => {
            let function: fn(i64) -> i64 = match op {
                "Neg" => i64::saturating_neg,
                "Abs" => i64::saturating_abs,
                "Floor" | "Ceil" => |it| it,
                "Not" => |it| i64::from(it == 0),
                _ => return None,
            };
            Data::Ints(values.iter().map(|&it| function(it)).collect())
        }
    };
    Some(Tensor {
        dims: tensor.dims.clone(),
        data,
    })
}

fn binary(op: &str, a: &Tensor, b: &Tensor) -> Option<Tensor> {
    let dims = broadcast(&a.dims, &b.dims)?;
    let count = { dims.iter() }.try_fold(1_usize, |all, &it| all.checked_mul(it))?;
    if count > MAX_COMPUTED {
        return None;
    }
    let [a, b] = [a, b].map(|it| {
        if it.dims == dims {
            it.clone()
        } else {
            taken(
                it,
                dims.clone(),
                &broadcast_strides(&it.dims, dims.len()),
                0,
            )
        }
    });
    let truth = |yes: bool| i64::from(yes);
    let data = match (&a.data, &b.data) {
        (Data::Ints(a), Data::Ints(b)) => {
            let function = |(&a, &b): (&i64, &i64)| {
                Some(match op {
                    "Add" => a.saturating_add(b),
                    "Sub" => a.saturating_sub(b),
                    "Mul" => a.saturating_mul(b),
                    "Div" => a.checked_div(b)?,
                    "Mod" => a.checked_rem_euclid(b)?,
                    "Min" => a.min(b),
                    "Max" => a.max(b),
                    "Equal" => truth(a == b),
                    "Greater" => truth(a > b),
                    "GreaterOrEqual" => truth(a >= b),
                    "Less" => truth(a < b),
                    "LessOrEqual" => truth(a <= b),
                    "And" => truth(a != 0 && b != 0),
                    "Or" => truth(a != 0 || b != 0),
                    _ => return None,
                })
            };
            Data::Ints(a.iter().zip(b).map(function).collect::<Option<_>>()?)
        }
        _ => {
            let (a, b) = (a.to_floats(), b.to_floats());
            let both = || a.iter().zip(&b);
            if matches!(op, "Equal" | "Greater" | "Less") {
                let function = |(a, b): (&f32, &f32)| match op {
                    "Equal" => truth(a == b),
                    "Greater" => truth(a > b),
                    _ => truth(a < b),
                };
                Data::Ints(both().map(function).collect())
            } else {
                let function = |(&a, &b): (&f32, &f32)| {
                    Some(match op {
                        "Add" => a + b,
                        "Sub" => a - b,
                        "Mul" => a * b,
                        "Div" => a / b,
                        "Min" => a.min(b),
                        "Max" => a.max(b),
                        "Pow" => libm::powf(a, b),
                        _ => return None,
                    })
                };
                Data::Floats(both().map(function).collect::<Option<_>>()?)
            }
        }
    };
    Some(Tensor { dims, data })
}

/// `(q − zero point) · scale`, per tensor or along an axis.
fn dequantized(
    node: &Node<'_>,
    q: &Tensor,
    scale: &Tensor,
    zero: Option<&Tensor>,
) -> Option<Tensor> {
    let values = q.to_floats();
    let scales = scale.to_floats();
    let zeros = zero.map_or_else(|| vec![0.0; scales.len()], Tensor::to_floats);
    if zeros.len() != scales.len() || scales.is_empty() {
        return None;
    }
    let inner: usize = if scales.len() == 1 {
        values.len()
    } else {
        let along = axis(node.int("axis").unwrap_or(1), q.dims.len())?;
        if q.dims[along] != scales.len() {
            return None;
        }
        q.dims[along + 1..].iter().product()
    };
    let value = |(place, value): (usize, f32)| {
        let at = place / inner.max(1) % scales.len();
        (value - zeros[at]) * scales[at]
    };
    Some(Tensor {
        dims: q.dims.clone(),
        data: Data::Floats(values.into_iter().enumerate().map(value).collect()),
    })
}
