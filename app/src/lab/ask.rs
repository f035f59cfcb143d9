//! Questions to an engine that are answered in the order they were asked.

use engine::session::{Command, DeviceKind, Event, Message};
use futures_channel::oneshot;

use super::Lab;

impl Lab {
    /// Asks this device's engine; anything but `Load` and `Run`, whose answers go elsewhere.
    ///
    /// # Errors
    /// A sentence, when there is no such engine, it ends before it answers, or it cannot answer.
    pub async fn ask(
        self,
        device: DeviceKind,
        command: Command,
        payload: Vec<u8>,
    ) -> Result<Message<Event>, String> {
        let question = Message {
            header: command,
            payload,
        };
        let answer = self.core(|core| {
            let Some(engine) = core
                .engine(device)
                .as_mut()
                .filter(|it| it.loaded.is_some())
            else {
                return Err(format!("The {} engine has no network yet.", device.title()));
            };
            engine
                .send(&question)
                .map_err(|error| format!("{error}."))?;
            let (sender, receiver) = oneshot::channel();
            engine.waiting.push_back(sender);
            Ok(receiver)
        })?;
        let message = answer
            .await
            .map_err(|_| format!("The {} engine stopped before it answered.", device.title()))?;
        match message.header {
            Event::Failed { message, .. } => Err(message),
            _ => Ok(message),
        }
    }

    /// Gives an answer to the one who has waited longest.
    pub(super) fn answered(self, device: DeviceKind, message: Message<Event>) {
        let first = self.core(|core| core.engine(device).as_mut()?.waiting.pop_front());
        if let Some(waiting) = first {
            // Whoever asked may have left meanwhile.
            let _unwanted = waiting.send(message).is_err();
        }
    }
}
