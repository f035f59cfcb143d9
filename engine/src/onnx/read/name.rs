//! Names of layers from those of the file: PyTorch's modules where the weights have them.

use crate::graph::is_reserved;
use crate::onnx::proto::Node;

/// The longest name that is taken over.
const MAX_NAME: usize = 120;

/// What a layer is to be named; `weight` is the name of its first weights.
pub(super) fn name(node: &Node<'_>, weight: Option<&str>, stem: &str) -> String {
    let of_weight = weight.and_then(|weight| {
        let (module, role) = weight.rsplit_once('.')?;
        matches!(role, "weight" | "bias" | "running_mean" | "codes" | "coef").then_some(module)
    });
    let own = of_weight.map_or_else(|| of_node(node), str::to_owned);
    let own: String = own
        .trim()
        .chars()
        .filter(|it| !it.is_control())
        .take(MAX_NAME)
        .collect();
    if own.is_empty() || is_reserved(&own) {
        return stem.to_owned();
    }
    own
}

/// `/layer1/layer1.0/conv1/Conv` is `layer1.0.conv1`.
fn of_node(node: &Node<'_>) -> String {
    if !node.name.starts_with('/') {
        return node.name.to_owned();
    }
    let mut parts: Vec<&str> = node.name.split('/').filter(|it| !it.is_empty()).collect();
    let is_operator = |part: &&str| part.split('_').next() == Some(node.op);
    if parts.len() > 1 && parts.last().is_some_and(is_operator) {
        parts.pop();
    }
    parts.into_iter().fold(String::new(), |module, part| {
        if module.is_empty()
            || part
                .strip_prefix(&module)
                .is_some_and(|it| it.starts_with('.'))
        {
            part.to_owned()
        } else {
            format!("{module}.{part}")
        }
    })
}
