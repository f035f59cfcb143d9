//! Which node first gave a value that is not a number.

use super::network::{Network, NetworkError, read};
use super::params::Param;
use crate::NodeId;

/// The first node of a pass with a value that is not finite; what follows it means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonFinite {
    /// [`NodeId::INPUT`] for the picture itself.
    pub node: NodeId,
    /// The node's name; “input” for the picture.
    pub name: String,
    /// Whether the value is NaN rather than infinite.
    pub nan: bool,
    pub cause: Cause,
}

/// Where such a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The picture had it.
    Picture,
    /// The node's parameter of this name has it.
    Weights(String),
    /// Picture and weights are finite: the result does not fit a 32-bit float.
    Arithmetic,
}

impl std::fmt::Display for NonFinite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, nan, .. } = self;
        let value = if *nan { "NaN" } else { "an infinite value" };
        write!(f, "“{name}” is the first node with {value}: ")?;
        match &self.cause {
            Cause::Picture => f.write_str("the input has it; load the picture again"),
            Cause::Weights(param) => write!(f, "its “{param}” has it; load the weights again"),
            Cause::Arithmetic => f.write_str(
                "input and weights are numbers, but the result does not fit a 32-bit float; \
                 normalise before it, or train with a smaller learning rate",
            ),
        }
    }
}

impl NonFinite {
    /// That the picture itself has such a value.
    pub(super) fn in_picture(values: &[f32]) -> Option<Self> {
        let value = first(values)?;
        Some(Self {
            node: NodeId::INPUT,
            name: "input".to_owned(),
            nan: value.is_nan(),
            cause: Cause::Picture,
        })
    }
}

fn first(values: &[f32]) -> Option<f32> {
    values.iter().copied().find(|value| !value.is_finite())
}

impl Network {
    /// Runs this finite input again and looks at every value. `None` when all are finite.
    pub(super) async fn find_non_finite(
        &self,
        input: Vec<f32>,
    ) -> Result<Option<NonFinite>, NetworkError> {
        let ids: Vec<NodeId> = self.graph().nodes().iter().map(|node| node.id).collect();
        let outputs = self.forward(self.input(input)?, &ids)?;
        for (node, output) in self.graph().nodes().iter().zip(outputs) {
            let values = read(vec![output]).await?.remove(0);
            if let Some(value) = first(&values) {
                return Ok(Some(NonFinite {
                    node: node.id,
                    name: node.name.clone(),
                    nan: value.is_nan(),
                    cause: self.cause(node.id).await?,
                }));
            }
        }
        Ok(None)
    }

    async fn cause(&self, node: NodeId) -> Result<Cause, NetworkError> {
        for Param { name, values, .. } in self.params().iter().filter(|param| param.node == node) {
            let count = values.dims()[0];
            let values = values.clone().inner().reshape([count, 1, 1, 1]);
            if first(&read(vec![values]).await?.remove(0)).is_some() {
                return Ok(Cause::Weights(name.clone()));
            }
        }
        Ok(Cause::Arithmetic)
    }
}
