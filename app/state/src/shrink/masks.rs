//! Which weights of a network are 0: a small picture of each layer, an output a row.

use engine::checkpoint::{Role, Weights, WeightsError};
use engine::compress::prune::is_two_of_four;
use engine::{Graph, NodeId};

/// Most pixels of a picture across and down: what is larger is told as shares.
const MOST: [usize; 2] = [256, 96];

/// One layer with a matrix of weights.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerMask {
    pub node: NodeId,
    pub name: String,
    pub weights: usize,
    pub zeros: usize,
    /// At least two of every four consecutive inputs are 0.
    pub two_of_four: bool,
    pub width: u32,
    pub height: u32,
    /// The share of each pixel's weights that is not 0, row by row.
    pub left: Vec<f32>,
}

impl LayerMask {
    /// The share of its weights that is 0.
    pub fn sparsity(&self) -> f64 {
        self.zeros as f64 / self.weights.max(1) as f64
    }

    fn new(node: NodeId, name: String, dims: &[usize], values: &[f32]) -> Self {
        let rows = dims.first().copied().unwrap_or(1).max(1);
        let columns = (values.len() / rows).max(1);
        let [across, down] = [columns.div_ceil(MOST[0]), rows.div_ceil(MOST[1])];
        let [width, height] = [columns.div_ceil(across), rows.div_ceil(down)];
        let mut left = vec![0.0_f32; width * height];
        let mut all = vec![0.0_f32; width * height];
        for (at, value) in values.iter().enumerate() {
            let pixel = at / columns / down * width + at % columns / across;
            if let (Some(left), Some(all)) = (left.get_mut(pixel), all.get_mut(pixel)) {
                *all += 1.0;
                *left += f32::from(*value != 0.0);
            }
        }
        for (left, all) in left.iter_mut().zip(all) {
            *left /= all.max(1.0);
        }
        Self {
            node,
            name,
            weights: values.len(),
            zeros: values.iter().filter(|it| **it == 0.0).count(),
            two_of_four: is_two_of_four(dims, values),
            width: width as u32,
            height: height as u32,
            left,
        }
    }
}

/// Of every convolution and linear layer, with the weights of this checkpoint.
///
/// # Errors
/// When the file does not fit the network.
pub fn masks(graph: &Graph, file: &[u8]) -> Result<Vec<LayerMask>, WeightsError> {
    let (weights, _) = Weights::read(graph, file)?;
    let matrices = weights
        .iter()
        .filter(|(it, _)| it.role == Role::Weight && it.dims.len() > 1);
    let mask = |(parameter, values): (&engine::checkpoint::Parameter, &[f32])| {
        let node = graph.node(parameter.node);
        let name = node.map_or_else(String::new, |it| it.name.clone());
        LayerMask::new(parameter.node, name, &parameter.dims, values)
    };
    Ok(matrices.map(mask).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(dims: &[usize], values: &[f32]) -> LayerMask {
        LayerMask::new(NodeId(1), "C1".to_owned(), dims, values)
    }

    #[test]
    fn an_output_is_a_row_and_zeros_are_empty() {
        let it = mask(&[2, 3], &[1.0, 0.0, -2.0, 0.0, 0.0, -0.0]);
        assert_eq!((it.width, it.height), (3, 2));
        assert_eq!(it.left, [1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!((it.zeros, it.weights), (4, 6));
        assert!(!it.two_of_four);
    }

    #[test]
    fn many_weights_are_shares_of_a_pixel() {
        // Every second of 512 inputs; two of them are a pixel.
        let values: Vec<f32> = (0..1024).map(|at| (at % 2) as f32).collect();
        let it = mask(&[2, 512], &values);
        assert_eq!((it.width, it.height), (256, 2));
        assert!(it.left.iter().all(|share| *share == 0.5));
        assert!(it.two_of_four);
        assert_eq!(it.sparsity(), 0.5);
    }
}
