//! Giving a set to an engine.

use engine::session::{Command, DeviceKind};
use futures_channel::oneshot;
use state::data::SetId;
use state::notices::Place;
use wasm_bindgen_futures::spawn_local;

use super::SetError;
use super::held::HeldPart;
use crate::client::QueryError;
use crate::lab::Lab;

/// How much of a set an engine has.
#[derive(Default)]
pub struct Sent {
    parts: usize,
    /// Some of its images can be trained on.
    usable: bool,
    whole: bool,
    sending: bool,
    waiting: Vec<oneshot::Sender<Result<(), SetError>>>,
}

impl Lab {
    /// Gives the engine what it does not have of this set. Returns once it has enough to begin a
    /// training; the rest follows, and joins with the training's next epoch.
    ///
    /// # Errors
    /// When images do not come, or the engine does not take them.
    pub async fn send_set(self, device: DeviceKind, id: SetId) -> Result<(), SetError> {
        let (begin, waiting) = self.core(|core| {
            let engine = core.engine(device).as_mut();
            let Some(engine) = engine.filter(|it| it.loaded.is_some()) else {
                return Err(SetError::of(QueryError::NotReady));
            };
            let start = engine.start;
            let sent = engine.sets.entry(id).or_default();
            let begin = (!sent.whole && !sent.sending).then_some(start);
            sent.sending |= begin.is_some();
            let waiting = (!sent.usable).then(|| {
                let (sender, receiver) = oneshot::channel();
                sent.waiting.push(sender);
                receiver
            });
            Ok((begin, waiting))
        })?;
        if let Some(start) = begin {
            spawn_local(async move { self.send(device, start, id).await });
        }
        match waiting {
            // Dropped with its engine.
            Some(waiting) => waiting.await.unwrap_or(Err(SetError::of(QueryError::Gone))),
            None => Ok(()),
        }
    }

    /// All parts of a set, for a worker of one's own, once they are loaded.
    ///
    /// # Errors
    /// When images do not come.
    pub(in crate::lab) async fn whole_set(self, id: SetId) -> Result<Vec<HeldPart>, SetError> {
        let mut parts = Vec::new();
        while let Some(part) = self.part_of_set(id, parts.len()).await? {
            parts.push(part);
        }
        Ok(parts)
    }

    /// Whether images of this set are on their way to the engine.
    pub fn is_sending(self, device: DeviceKind, id: SetId) -> bool {
        self.core(|core| {
            let engine = core.engine(device).as_ref();
            engine.is_some_and(|it| it.sets.get(&id).is_some_and(|sent| sent.sending))
        })
    }

    async fn send(self, device: DeviceKind, start: u32, id: SetId) {
        let sent = self.send_parts(device, start, id).await;
        let usable = self.with_sent(device, start, id, |it| {
            it.sending = false;
            it.whole = sent.is_ok();
            for waiting in it.waiting.drain(..) {
                // Whoever waited may be gone.
                let _gone = waiting.send(sent.clone()).is_err();
            }
            it.usable
        });
        // Whoever waits says it; the rest of a set is waited for by nobody.
        if let (Err(error), Some(true)) = (sent, usable) {
            let name = self
                .data
                .info(id)
                .map_or_else(String::new, |info| info.name);
            let text = format!(
                "Not all of {name} is loaded: {error}. The training goes on with what is; start it \
                 again to load the rest."
            );
            self.notices.fail(Place::Data, text);
        }
    }

    async fn send_parts(self, device: DeviceKind, start: u32, id: SetId) -> Result<(), SetError> {
        self.drop_old_sets(device, id).await?;
        let info = self.data.info(id);
        let info = info.ok_or_else(|| SetError("the data set is gone; choose another".into()))?;
        let classes = info.classes.len() as u32;
        loop {
            let next = self.with_sent(device, start, id, |it| it.parts);
            let next = next.ok_or_else(|| SetError::of(QueryError::Gone))?;
            let Some(part) = self.part_of_set(id, next).await? else {
                let usable = self.with_sent(device, start, id, |it| it.usable);
                return match usable {
                    Some(true) => Ok(()),
                    Some(false) => Err(SetError(format!(
                        "{} has no images to train on; add some first",
                        info.name
                    ))),
                    None => Err(SetError::of(QueryError::Gone)),
                };
            };
            let (command, file) = part.command(id, classes)?;
            // The engine may have been started again meanwhile.
            let there = self.with_sent(device, start, id, |_| ());
            there.ok_or_else(|| SetError::of(QueryError::Gone))?;
            let query = self.query_with(device, command, Vec::new(), Some(&file));
            let (_, replies) = query.map_err(SetError::of)?;
            replies.result(|_, _| {}).await.map_err(SetError::of)?;
            self.with_sent(device, start, id, |it| {
                it.parts = next + 1;
                it.usable |= !part.held_out;
                if it.usable {
                    for waiting in it.waiting.drain(..) {
                        let _gone = waiting.send(Ok(())).is_err();
                    }
                }
            });
        }
    }

    /// The engine forgets the sets that are on the list no longer, except `wanted`, which a training goes
    /// on with.
    async fn drop_old_sets(self, device: DeviceKind, wanted: SetId) -> Result<(), SetError> {
        let old: Vec<SetId> = self.core(|core| {
            let engine = core.engine(device).as_ref();
            let sets = engine.into_iter().flat_map(|it| it.sets.keys());
            sets.copied()
                .filter(|id| *id != wanted && !self.data.is_listed(*id))
                .collect()
        });
        for id in old {
            let command = Command::DropData { set: id.0 };
            let dropped = self.request(device, command, Vec::new()).await;
            dropped.map_err(SetError::of)?;
            self.core(|core| {
                if let Some(engine) = core.engine(device) {
                    engine.sets.remove(&id);
                }
            });
            self.forget_set(id);
        }
        Ok(())
    }

    /// What this start of the engine has of a set; `None` when another start has taken its place.
    fn with_sent<T>(
        self,
        device: DeviceKind,
        start: u32,
        id: SetId,
        act: impl FnOnce(&mut Sent) -> T,
    ) -> Option<T> {
        self.core(|core| {
            let engine = core.engine(device).as_mut()?;
            let sent = engine.sets.get_mut(&id).filter(|_| engine.start == start)?;
            Some(act(sent))
        })
    }
}
