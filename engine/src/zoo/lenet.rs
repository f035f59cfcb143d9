//! LeNet-5 (LeCun, Bottou, Bengio and Haffner 1998) in its textbook form.

use crate::layer::{Activation, AvgPool, Conv, Flatten, Linear};
use crate::{Graph, GraphBuilder, GraphError, Shape};

/// The article's LeNet-5: tanh, plain average pooling, a fully connected C3, softmax.
/// 61,706 parameters, 416,520 MACs on 32×32.
///
/// # Errors
/// Never for this fixed list of nodes; the builder checks it all the same.
pub fn lenet5() -> Result<Graph, GraphError> {
    let mut net = GraphBuilder::new("LeNet-5", Shape::new(1, 32, 32));
    net.then("C1", Conv::new(6, 5));
    net.then("tanh1", Activation::Tanh);
    net.then("S2", AvgPool::new(2));
    net.then("C3", Conv::new(16, 5));
    net.then("tanh3", Activation::Tanh);
    net.then("S4", AvgPool::new(2));
    net.then("flatten", Flatten::default());
    net.then("F5", Linear::new(120));
    net.then("tanh5", Activation::Tanh);
    net.then("F6", Linear::new(84));
    net.then("tanh6", Activation::Tanh);
    net.then("output", Linear::new(10));
    net.then("softmax", Activation::Softmax);
    net.finish()
}
