//! How a tensor of the file lies over a map of the network. Reshape and Transpose only change this
//! view; what it amounts to (flatten, channel shuffle, channels last) is decided where it is used.

use crate::{NodeId, Shape};

/// An axis of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    Batch,
    Channels,
    Height,
    Width,
}

/// A part of an axis: its index is the sum of `index · stride` of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub axis: Axis,
    pub size: usize,
    pub stride: usize,
}

/// A tensor whose values are those of a node's output, in the order of these parts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    pub node: NodeId,
    pub shape: Shape,
    pub batch: usize,
    /// The parts that each axis of the tensor has.
    pub dims: Vec<Vec<Part>>,
}

/// What a node has to do so that a view becomes its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Nothing,
    FlattenChw,
    FlattenHwc,
    Shuffle(u32),
}

const ORDER: [Axis; 4] = [Axis::Batch, Axis::Channels, Axis::Height, Axis::Width];

impl View {
    /// Batch × channels × height × width.
    pub fn map(node: NodeId, shape: Shape, batch: usize) -> Self {
        let whole = |axis| vec![part(axis, shape, batch)];
        Self {
            node,
            shape,
            batch,
            dims: ORDER.map(whole).to_vec(),
        }
    }

    /// Batch × features.
    pub fn vector(node: NodeId, shape: Shape, batch: usize) -> Self {
        let whole = |axis| part(axis, shape, batch);
        Self {
            node,
            shape,
            batch,
            dims: vec![
                vec![whole(Axis::Batch)],
                [Axis::Channels, Axis::Height, Axis::Width]
                    .map(whole)
                    .to_vec(),
            ],
        }
    }

    pub fn sizes(&self) -> Vec<usize> {
        let size = |dim: &Vec<Part>| dim.iter().map(|part| part.size).product();
        self.dims.iter().map(size).collect()
    }

    pub fn count(&self) -> usize {
        self.sizes().iter().product()
    }

    /// The same view of another node, whose axes may have other lengths. `None` where parts of an axis
    /// stand apart and its length changes.
    pub fn over(&self, node: NodeId, shape: Shape) -> Option<Self> {
        let mut view = self.clone();
        (view.node, view.shape) = (node, shape);
        for place in view.dims.iter_mut().flatten() {
            let before = part(place.axis, self.shape, self.batch);
            let now = part(place.axis, shape, self.batch);
            if before.size == now.size {
                continue;
            }
            if *place != before {
                return None;
            }
            *place = now;
        }
        Some(view)
    }

    /// The tensor with these sides and the same values in the same order. `None` where a side cuts
    /// across parts.
    pub fn reshaped(&self, sizes: &[usize]) -> Option<Self> {
        if sizes
            .iter()
            .try_fold(1_usize, |all, &it| all.checked_mul(it))?
            != self.count()
        {
            return None;
        }
        let parts: Vec<Part> = self.dims.iter().flatten().copied().collect();
        // What an earlier reshape cut may be cut elsewhere now.
        let mut rest = joined(&parts);
        rest.reverse();
        let mut dims = Vec::with_capacity(sizes.len());
        for &size in sizes {
            let mut dim = Vec::new();
            let mut left = size;
            while left > 1 {
                let next = rest.pop()?;
                if next.size <= left {
                    if !left.is_multiple_of(next.size) {
                        return None;
                    }
                    left /= next.size;
                    dim.push(next);
                } else {
                    if !next.size.is_multiple_of(left) {
                        return None;
                    }
                    let inner = next.size / left;
                    dim.push(Part {
                        size: left,
                        stride: next.stride * inner,
                        ..next
                    });
                    rest.push(Part {
                        size: inner,
                        ..next
                    });
                    left = 1;
                }
            }
            // A side of 1 is an axis of length 1, if one comes next.
            if size == 1 && rest.last().is_some_and(|part| part.size == 1) {
                dim.extend(rest.pop());
            }
            dims.push(dim);
        }
        match dims.last_mut() {
            Some(last) => last.extend(rest.into_iter().rev()),
            None if rest.is_empty() => {}
            None => return None,
        }
        Some(Self {
            dims,
            ..self.clone()
        })
    }

    pub fn transposed(&self, order: &[usize]) -> Option<Self> {
        let mut seen = vec![false; self.dims.len()];
        if order.len() != self.dims.len() {
            return None;
        }
        let mut dims = Vec::with_capacity(order.len());
        for &axis in order {
            if std::mem::replace(seen.get_mut(axis)?, true) {
                return None;
            }
            dims.push(self.dims[axis].clone());
        }
        Some(Self {
            dims,
            ..self.clone()
        })
    }

    /// The tensor's axis that is all of the channels and nothing else.
    pub fn channel_axis(&self) -> Option<usize> {
        self.axis_of(Axis::Channels)
    }

    /// The tensor's axis that is all of this axis and nothing else that is longer than 1.
    pub fn axis_of(&self, axis: Axis) -> Option<usize> {
        let whole = part(axis, self.shape, self.batch);
        let is_it = |dim: &Vec<Part>| {
            let merged = merged(dim);
            merged == [whole] || (whole.size == 1 && dim.contains(&whole) && merged.is_empty())
        };
        self.dims.iter().position(is_it)
    }

    /// Whether axis 1 is so many runs of channels, and the rest of the channels and all positions follow
    /// in their order.
    pub fn is_in_groups(&self, groups: usize) -> bool {
        let Shape {
            channels,
            height,
            width,
        } = self.shape;
        let whole = View::map(self.node, self.shape, self.batch);
        let positions = height as usize * width as usize;
        if groups == 0 || !(channels as usize).is_multiple_of(groups) {
            return false;
        }
        let each = channels as usize / groups * positions;
        let apart = whole.reshaped(&[self.batch, groups, each]);
        let sizes = self.sizes();
        let Some((before, after)) = sizes.split_at_checked(2) else {
            return false;
        };
        let flat = [before, &[after.iter().product()]].concat();
        apart.is_some() && self.reshaped(&flat) == apart
    }

    /// Whether these axes of the tensor are height and width, whole and nothing else.
    pub fn are_spatial(&self, axes: &[usize]) -> bool {
        let parts: Option<Vec<&Vec<Part>>> = axes.iter().map(|&axis| self.dims.get(axis)).collect();
        let Some(parts) = parts else { return false };
        let parts: Vec<Part> = parts.into_iter().flatten().copied().collect();
        let height_and_width = [Axis::Height, Axis::Width];
        let long: Vec<Part> = merged(&parts);
        let wanted: Vec<Part> = height_and_width
            .map(|axis| part(axis, self.shape, self.batch))
            .into_iter()
            .filter(|part| part.size > 1)
            .collect();
        let same = long.len() == wanted.len() && wanted.iter().all(|part| long.contains(part));
        same && (!wanted.is_empty()
            || parts
                .iter()
                .any(|part| height_and_width.contains(&part.axis)))
    }

    /// What makes a tensor of rank 4 batch × channels × height × width, or one of rank 2 batch ×
    /// features; `None` for anything else.
    pub fn change(&self) -> Option<Change> {
        let shape = self.shape;
        match self.dims.as_slice() {
            [_, channels, height, width] => {
                let whole = |dim: &[Part], axis| is_whole(dim, part(axis, shape, self.batch));
                let rest = whole(&self.dims[0], Axis::Batch)
                    && whole(height, Axis::Height)
                    && whole(width, Axis::Width);
                if !rest {
                    return None;
                }
                if whole(channels, Axis::Channels) {
                    return Some(Change::Nothing);
                }
                // index = a · k + b becomes b · g + a: g groups of k channels are interleaved.
                let [inner, outer] = merged(channels)[..] else {
                    return None;
                };
                let is_shuffle = inner.axis == Axis::Channels
                    && outer.axis == Axis::Channels
                    && inner.stride == 1
                    && outer.stride == inner.size
                    && inner.size * outer.size == shape.channels as usize;
                let groups = u32::try_from(outer.size).ok()?;
                is_shuffle.then_some(Change::Shuffle(groups))
            }
            [batch, features] => {
                if !is_whole(batch, part(Axis::Batch, shape, self.batch)) {
                    return None;
                }
                let parts = merged(features);
                let natural = |order: [Axis; 3]| {
                    let wanted = order.map(|axis| part(axis, shape, self.batch));
                    parts == merged(&wanted)
                };
                if natural([Axis::Channels, Axis::Height, Axis::Width]) {
                    return Some(match shape.is_vector() {
                        true => Change::Nothing,
                        false => Change::FlattenChw,
                    });
                }
                natural([Axis::Height, Axis::Width, Axis::Channels]).then_some(Change::FlattenHwc)
            }
            _ => None,
        }
    }
}

fn part(axis: Axis, shape: Shape, batch: usize) -> Part {
    let size = match axis {
        Axis::Batch => batch,
        Axis::Channels => shape.channels as usize,
        Axis::Height => shape.height as usize,
        Axis::Width => shape.width as usize,
    };
    Part {
        axis,
        size,
        stride: 1,
    }
}

fn is_whole(dim: &[Part], whole: Part) -> bool {
    let parts = merged(dim);
    if whole.size == 1 {
        parts.is_empty()
    } else {
        parts == [whole]
    }
}

/// The parts that are longer than 1, neighbours of one axis joined.
fn merged(parts: &[Part]) -> Vec<Part> {
    let long: Vec<Part> = parts.iter().copied().filter(|it| it.size > 1).collect();
    joined(&long)
}

/// The same parts, neighbours that continue each other as one; those of length 1 stay.
fn joined(parts: &[Part]) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::with_capacity(parts.len());
    for &next in parts {
        let long = next.size > 1;
        match all.last_mut() {
            Some(last)
                if long
                    && last.size > 1
                    && last.axis == next.axis
                    && last.stride == next.stride * next.size =>
            {
                last.size *= next.size;
                last.stride = next.stride;
            }
            _ => all.push(next),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(channels: u32, height: u32, width: u32) -> View {
        View::map(NodeId(1), Shape::new(channels, height, width), 2)
    }

    #[test]
    fn a_reshape_to_rank_2_flattens_channel_after_channel() {
        let view = map(3, 4, 5).reshaped(&[2, 60]).unwrap();
        assert_eq!(view.change(), Some(Change::FlattenChw));
        let view = map(60, 1, 1).reshaped(&[2, 60]).unwrap();
        assert_eq!(view.change(), Some(Change::Nothing));
    }

    #[test]
    fn a_transposed_map_flattens_position_after_position() {
        let last = map(3, 4, 5).transposed(&[0, 2, 3, 1]).unwrap();
        assert_eq!(last.sizes(), [2, 4, 5, 3]);
        assert_eq!(last.change(), None);
        assert_eq!(last.channel_axis(), Some(3));
        let flat = last.reshaped(&[2, 60]).unwrap();
        assert_eq!(flat.change(), Some(Change::FlattenHwc));
        let back = last.transposed(&[0, 3, 1, 2]).unwrap();
        assert_eq!(back.change(), Some(Change::Nothing));
    }

    /// Zhang et al. 2018: reshape to (groups, n), transpose, flatten back.
    #[test]
    fn split_transposed_and_joined_channels_are_shuffled() {
        let split = map(12, 4, 5).reshaped(&[2, 3, 4, 4, 5]).unwrap();
        let turned = split.transposed(&[0, 2, 1, 3, 4]).unwrap();
        let joined = turned.reshaped(&[2, 12, 4, 5]).unwrap();
        assert_eq!(joined.change(), Some(Change::Shuffle(3)));
        assert_eq!(
            split.reshaped(&[2, 12, 4, 5]).unwrap().change(),
            Some(Change::Nothing)
        );
    }

    #[test]
    fn a_side_that_cuts_across_axes_is_no_view() {
        assert_eq!(map(3, 4, 5).reshaped(&[2, 30]), None);
        assert_eq!(map(6, 4, 5).reshaped(&[2, 4, 30]), None);
        assert_eq!(map(3, 4, 5).transposed(&[0, 1, 1, 2]), None);
    }

    #[test]
    fn height_and_width_are_found_in_any_order() {
        assert!(map(3, 4, 5).are_spatial(&[2, 3]));
        assert!(
            map(3, 4, 5)
                .reshaped(&[2, 3, 20])
                .unwrap()
                .are_spatial(&[2])
        );
        assert!(!map(3, 4, 5).are_spatial(&[3]));
        assert!(!map(3, 4, 5).are_spatial(&[1, 2]));
        assert!(map(3, 1, 1).are_spatial(&[2, 3]));
    }
}
