//! One engine worker: starting it, talking to it, and learning of its end.

use engine::Shape;
use engine::session::{DeviceKind, Message, Request, WireError};
use js_sys::{Array, ArrayBuffer, Function, Promise, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, ErrorEvent, MessageEvent, Worker};

use super::ask::Waiting;
use super::core::Version;
use super::fetch::reason;

/// What a worker tells the page.
pub enum Word {
    /// A reply's buffer.
    Buffer(Vec<u8>),
    /// The worker's start file says why there is no engine, or no longer one.
    Failed(String),
    /// An error that nothing in the worker caught.
    Error(String),
    /// The lock it held is free: it is gone.
    Gone,
}

/// Why a worker cannot be started or spoken to.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error("the browser does not start the engine's worker: {0}")]
    Start(String),
    #[error("the browser does not pass a message on to the engine: {0}")]
    Post(String),
    #[error(transparent)]
    Wire(#[from] WireError),
}

/// A photo that a worker has as its last input: it need not be sent again for other maps of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    pub photo: u64,
    /// Another network may want it prepared otherwise …
    pub opening: u64,
    /// … and with another input it is forgotten.
    pub input: Shape,
}

/// The request a worker is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// The request's number.
    pub generation: u64,
    /// Only to warm up and measure: its answer is not shown.
    pub quiet: bool,
    pub blank: bool,
    /// The network that was opened, as its number.
    pub opening: u64,
    /// The last photo once more: the pictures of its preparation do not come again.
    pub again: bool,
    /// The person wants the maps as a file.
    pub save: bool,
}

/// A running worker; dropping it ends it.
pub struct Engine {
    /// Counts up with each start, so that words of an earlier worker are known.
    pub start: u32,
    worker: Worker,
    lock: String,
    /// The engine has said that it takes commands.
    pub ready: bool,
    /// The network that was sent to it and is not answered yet.
    pub loading: Option<Version>,
    /// Its network.
    pub loaded: Option<Version>,
    /// The network that it cannot take; it keeps the one before.
    pub refused: Option<Version>,
    pub waiting: Waiting,
    /// What it does on first use only is over, and it was timed: it answers at its own pace.
    pub warm: bool,
    /// Its end is noticed by its lock.
    pub locked: bool,
    pub running: Option<Running>,
    pub given: Option<Given>,
}

impl Engine {
    /// Starts a worker. `hear` gets what it says.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn start(
        device: DeviceKind,
        start: u32,
        hear: impl Fn(Word) + Clone + 'static,
    ) -> Result<Self, WorkerError> {
        let short = match device {
            DeviceKind::Cpu => "cpu",
            DeviceKind::WebGpu => "gpu",
        };
        // Other tabs of this site have locks too.
        let tab = (js_sys::Math::random() * 1e15) as u64;
        let lock = format!("cnn-lab-{short}-{start}-{tab}");
        let worker = Worker::new(&format!("worker.js?device={short}&name={lock}"))
            .map_err(|error| WorkerError::Start(reason(&error)))?;

        let hear_message = hear.clone();
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data();
            if let Some(buffer) = data.dyn_ref::<ArrayBuffer>() {
                return hear_message(Word::Buffer(Uint8Array::new(buffer).to_vec()));
            }
            let failed = Reflect::get(&data, &"failed".into())
                .ok()
                .and_then(|it| it.as_string());
            if let Some(sentence) = failed {
                hear_message(Word::Failed(sentence));
            }
        });
        // Leaked with the worker: a few hundred bytes a start, and starts are rare.
        worker.set_onmessage(Some(on_message.into_js_value().unchecked_ref()));

        let on_error = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            event.prevent_default();
            let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
            let message = message.filter(|message| !message.is_empty());
            hear(Word::Error(message.unwrap_or_else(|| {
                "its start file did not load, as happens offline".into()
            })));
        });
        worker.set_onerror(Some(on_error.into_js_value().unchecked_ref()));
        Ok(Self {
            start,
            worker,
            lock,
            ready: false,
            loading: None,
            loaded: None,
            refused: None,
            waiting: Waiting::default(),
            warm: false,
            locked: false,
            running: None,
            given: None,
        })
    }

    /// Waits for the worker's end by asking for its lock; where the browser refuses that, `refused`
    /// is called. `false` where the browser has no locks.
    /// Read property by property, because web-sys has Web Locks only behind a compiler flag.
    pub fn watch(&self, hear: impl Fn(Word) + 'static, refused: impl Fn() + 'static) -> bool {
        let navigator = window().navigator();
        let Ok(locks) = Reflect::get(&navigator, &"locks".into()) else {
            return false;
        };
        if !locks.is_truthy() {
            return false;
        }
        let Ok(request) = Reflect::get(&locks, &"request".into()) else {
            return false;
        };
        let gone = Closure::once_into_js(move |_lock: JsValue| hear(Word::Gone));
        let asked =
            request
                .unchecked_into::<Function>()
                .call2(&locks, &(&*self.lock).into(), &gone);
        let Ok(Ok(asked)) = asked.map(JsCast::dyn_into::<Promise>) else {
            return false;
        };
        spawn_local(async move {
            if JsFuture::from(asked).await.is_err() {
                refused();
            }
        });
        true
    }

    /// Sends a request; its buffer changes hands instead of being copied.
    ///
    /// # Errors
    /// When it cannot be written or the browser refuses.
    pub fn send(&self, message: &Message<Request>) -> Result<(), WorkerError> {
        self.send_with(message, None)
    }

    /// As [`Self::send`]; the file, if there is one, is the payload.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn send_with(
        &self,
        message: &Message<Request>,
        file: Option<&Blob>,
    ) -> Result<(), WorkerError> {
        let buffer = Uint8Array::from(message.encode()?.as_slice()).buffer();
        let both = file.map(|file| Array::of2(&buffer, file));
        let data: &JsValue = both.as_deref().unwrap_or(&buffer);
        self.worker
            .post_message_with_transfer(data, &Array::of1(&buffer))
            .map_err(|error| WorkerError::Post(reason(&error)))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
