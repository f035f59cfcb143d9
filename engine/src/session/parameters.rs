//! The answer to the question for a node's parameters.

use super::{Ended, Event, Failure, Message, ParamSlice, Session};
use crate::NodeId;

impl Session {
    /// A node's parameters.
    pub(super) async fn params(&mut self, id: NodeId) -> Result<Message<Event>, Ended> {
        let graph = self.graph()?;
        let node = graph.node(id).ok_or(Failure::NoNode { node: id.0 })?;
        let owner = node.owner();
        self.settle().await?;
        let weights = self.model()?.weights().unwrap_or_default();
        let (mut params, mut values) = (Vec::new(), Vec::new());
        for param in weights.iter().filter(|param| param.node == owner) {
            params.push(ParamSlice {
                name: param.name.clone(),
                role: param.role.name().to_owned(),
                dims: param.dims.clone(),
                offset: values.len(),
            });
            values.extend_from_slice(&param.values);
        }
        let event = Event::Params { node: id, params };
        Ok(Message::with_values(event, &values))
    }
}
