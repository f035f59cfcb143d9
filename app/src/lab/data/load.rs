//! Loading the images of a set, part by part.

use js_sys::Uint8Array;
use state::data::{Origin, Progress, SetId, SetInfo};
use wasm_bindgen_futures::spawn_local;

use super::SetError;
use super::held::HeldPart;
use crate::lab::Lab;

impl Lab {
    /// The part of this number, once it is loaded; `None` when there are no more. Loading begins with
    /// the first call.
    pub(in crate::lab) async fn part_of_set(
        self,
        id: SetId,
        part: usize,
    ) -> Result<Option<HeldPart>, SetError> {
        let (waiting, begin) = self.core(|core| {
            let held = core.data.entry(id).or_default();
            let begin = !held.loading && !held.whole;
            held.loading |= begin;
            (held.wait(part), begin)
        });
        if begin {
            spawn_local(async move { self.load(id).await });
        }
        let gone = |_| SetError("loading it was stopped".into());
        waiting.await.map_err(gone)??;
        Ok(self.core(|core| core.data.get(&id)?.parts.get(part).cloned()))
    }

    async fn load(self, id: SetId) {
        let loaded = self.load_all(id).await;
        self.data.set_progress(None);
        self.core(|core| {
            let held = core.data.entry(id).or_default();
            match loaded {
                Ok(()) => {
                    (held.whole, held.loading) = (true, false);
                    held.wake();
                }
                Err(error) => held.fail(&error),
            }
        });
    }

    async fn load_all(self, id: SetId) -> Result<(), SetError> {
        let info = self.data.info(id);
        let info = info.ok_or_else(|| SetError("the data set is gone; choose another".into()))?;
        self.tell_loaded(id, info.images);
        match &info.origin {
            Origin::Mnist | Origin::Fashion => match info.origin.shipped() {
                Some(set) => self.load_shipped(id, set, &info).await,
                None => Ok(()),
            },
            Origin::Own(_) => {
                // What an attempt before has loaded is loaded again.
                self.data.forget_images(id);
                self.core(|core| core.data.entry(id).or_default().parts.clear());
                (self.lazy.own_images)(self, id).await
            }
            Origin::Dropped => Ok(()),
        }
    }

    /// The next images of a set are here.
    pub(super) fn hold(self, id: SetId, part: HeldPart, of: u64) {
        self.data.put_images(id, part.part());
        self.core(|core| {
            let held = core.data.entry(id).or_default();
            held.parts.push(part);
            held.wake();
        });
        self.tell_loaded(id, of);
    }

    /// The next images of a set are here, of a size that is sent together.
    pub fn hold_images(self, info: &SetInfo, pixels: &[u8], labels: Vec<u16>, held_out: bool) {
        let pixels = Uint8Array::from(pixels);
        let part = HeldPart::new(pixels, labels, info.shape, held_out);
        self.hold(info.id, part, info.images);
    }

    /// The images of a set are not wanted any longer; those that an engine has stay for what shows
    /// them.
    pub fn forget_set(self, id: SetId) {
        let in_use = self.core(|core| {
            let engines = [&core.cpu, &core.gpu];
            let mut engines = engines.into_iter().flatten();
            let in_use = engines.any(|engine| engine.sets.contains_key(&id));
            if !in_use {
                core.data.remove(&id);
            }
            in_use
        });
        if !in_use {
            self.data.forget_images(id);
        }
    }

    fn tell_loaded(self, set: SetId, total: u64) {
        let done = self.data.loaded(set) as u64;
        self.data.set_progress(Some(Progress { set, done, total }));
    }
}
