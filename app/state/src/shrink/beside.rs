//! The maps of a variant beside those of the network that it was made of, for the same input.

use engine::checkpoint::Header;
use engine::compress::quantise::{ACTIVATIONS, Activations};
use engine::layer::Layer;
use engine::{Analysis, Graph, NodeId, Shape};

/// How far a layer's maps are from the original ones.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerError {
    pub node: NodeId,
    pub name: String,
    pub shape: Shape,
    /// The root of the mean squared difference.
    pub rms: f64,
    /// The largest difference.
    pub largest: f64,
    /// `rms` divided by the root of the mean square of the original; `None` where that is 0.
    pub relative: Option<f64>,
    pub original: Vec<f32>,
    pub variant: Vec<f32>,
}

impl LayerError {
    /// The same values under each other.
    pub fn new(
        node: NodeId,
        name: String,
        shape: Shape,
        original: Vec<f32>,
        variant: Vec<f32>,
    ) -> Self {
        let (mut error, mut size, mut largest) = (0.0, 0.0, 0.0_f64);
        for (&a, &b) in original.iter().zip(&variant) {
            let step = f64::from(b) - f64::from(a);
            error += step * step;
            size += f64::from(a) * f64::from(a);
            largest = largest.max(step.abs());
        }
        let count = original.len().max(1) as f64;
        Self {
            node,
            name,
            shape,
            rms: (error / count).sqrt(),
            largest,
            relative: (size > 0.0).then(|| (error / size).sqrt()),
            original,
            variant,
        }
    }

    /// The difference of each value.
    pub fn difference(&self) -> Vec<f32> {
        let pairs = self.original.iter().zip(&self.variant);
        pairs.map(|(a, b)| b - a).collect()
    }
}

/// A layer that both networks have, and its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layers {
    /// With maps of the same shape.
    pub same: Vec<(NodeId, String, Shape)>,
    /// Of another shape, because channels were taken out: names.
    pub other: Vec<String>,
}

/// Convolutions and linear layers of the variant, by whether the original has them with the same shape.
pub fn layers(original: &Graph, variant: &Graph) -> Layers {
    let (before, after) = (Analysis::of(original), Analysis::of(variant));
    let mut layers = Layers {
        same: Vec::new(),
        other: Vec::new(),
    };
    for node in variant.nodes() {
        let of_kind = matches!(
            node.layer,
            Layer::Conv(_) | Layer::TableConv(_) | Layer::Linear(_)
        );
        let Some(shape) = after
            .node(node.id)
            .and_then(|it| it.shape)
            .filter(|_| of_kind)
        else {
            continue;
        };
        match before.node(node.id).and_then(|it| it.shape) {
            Some(was) if was == shape => layers.same.push((node.id, node.name.clone(), shape)),
            Some(_) | None => layers.other.push(node.name.clone()),
        }
    }
    layers
}

/// The grids of a quantised variant's activations, where its checkpoint has some.
pub fn activations(file: &[u8]) -> Option<Activations> {
    let header = Header::of_file(file).ok()?;
    serde_json::from_str(header.notes.get(ACTIVATIONS)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(original: &[f32], variant: &[f32]) -> LayerError {
        let shape = Shape::new(1, 1, original.len() as u32);
        LayerError::new(
            NodeId(1),
            "C1".to_owned(),
            shape,
            original.to_vec(),
            variant.to_vec(),
        )
    }

    /// By hand: differences 3 and −4, original 0 and 10.
    #[test]
    fn errors_are_the_largest_and_the_root_of_the_mean_square() {
        let it = error(&[0.0, 10.0], &[3.0, 6.0]);
        assert_eq!(it.difference(), [3.0, -4.0]);
        assert_eq!(it.largest, 4.0);
        assert_eq!(it.rms, 12.5_f64.sqrt());
        assert_eq!(it.relative, Some(0.5));
        assert_eq!(error(&[0.0], &[1.0]).relative, None);
        assert_eq!(error(&[2.0], &[2.0]).relative, Some(0.0));
    }

    #[test]
    fn layers_that_lost_channels_are_named() {
        let graph = engine::zoo::lenet5().unwrap();
        let whole = layers(&graph, &graph);
        assert_eq!(whole.same.len(), 5);
        assert!(whole.other.is_empty());
        let smaller = engine::compress::structure::preview(&graph, 0.5, None);
        let some = layers(&graph, &smaller);
        // The output layer keeps its ten classes.
        assert_eq!(some.same.len(), 1);
        assert_eq!(some.other.len(), 4);
    }
}
