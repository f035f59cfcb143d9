//! One worker: starting it, sending requests, and detecting its end.

use engine::session::{DeviceKind, Message, Request, RequestId, WireError};
use js_sys::{Array, ArrayBuffer, Function, Promise, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, ErrorEvent, MessageEvent, MessagePort, Navigator};

use super::received::Received;
use crate::platform::fetch::reason;

// web-sys has Web Locks only behind a compiler flag.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = Navigator)]
    type LockingNavigator;

    #[wasm_bindgen(method, getter)]
    fn locks(this: &LockingNavigator) -> Option<LockManager>;

    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, granted: &Function) -> Result<Promise, JsValue>;
}

/// A message from a worker.
pub enum WorkerMessage {
    /// A reply, unless it is unreadable.
    Reply(Result<Received, WorkerError>),
    /// The start script reports why the engine did not start or has stopped.
    Failed(String),
    /// An uncaught error in the worker.
    Error(String),
    /// Its lock was released: the worker has ended.
    Gone,
}

/// Why a worker cannot be started or sent a message.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error("the browser does not start the engine's worker: {0}")]
    Start(String),
    #[error("the browser does not pass a message on to the engine: {0}")]
    Post(String),
    #[error("the browser keeps no file of this size: {0}")]
    File(String),
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("the reply to request {0} does not begin as replies do")]
    Header(RequestId),
}

/// A running worker; dropping it ends it.
pub(super) struct Worker {
    worker: web_sys::Worker,
    /// The name of the Web Lock that it holds for its life.
    lock: String,
}

impl Worker {
    /// Starts a worker. `on_message` gets its messages.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn start(
        device: DeviceKind,
        start: u32,
        on_message: impl Fn(WorkerMessage) + Clone + 'static,
    ) -> Result<Self, WorkerError> {
        let short = match device {
            DeviceKind::Cpu => "cpu",
            DeviceKind::WebGpu => "gpu",
        };
        // Other tabs of this site have locks too.
        let tab = (js_sys::Math::random() * 1e15) as u64;
        let lock = format!("cnn-lab-{short}-{start}-{tab}");
        let worker = web_sys::Worker::new(&format!("worker.js?device={short}&name={lock}"))
            .map_err(|error| WorkerError::Start(reason(&error)))?;

        let tell = on_message.clone();
        let received = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data();
            if let Some(buffer) = data.dyn_ref::<ArrayBuffer>() {
                return tell(WorkerMessage::Reply(Received::read(buffer)));
            }
            let failed = Reflect::get(&data, &"failed".into())
                .ok()
                .and_then(|it| it.as_string());
            if let Some(sentence) = failed {
                tell(WorkerMessage::Failed(sentence));
            }
        });
        // The closure is leaked: a few hundred bytes for each start, and starts are rare.
        worker.set_onmessage(Some(received.into_js_value().unchecked_ref()));

        let failed = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            event.prevent_default();
            let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
            let message = message.filter(|message| !message.is_empty());
            on_message(WorkerMessage::Error(message.unwrap_or_else(|| {
                "its start file did not load, as happens offline".into()
            })));
        });
        worker.set_onerror(Some(failed.into_js_value().unchecked_ref()));
        Ok(Self { worker, lock })
    }

    /// Waits for the worker's end by requesting its lock; where the browser refuses that, `refused`
    /// is called. `false` where the browser has no locks.
    pub fn watch(
        &self,
        on_message: impl Fn(WorkerMessage) + 'static,
        refused: impl Fn() + 'static,
    ) -> bool {
        let navigator = window().navigator();
        let Some(locks) = navigator.unchecked_ref::<LockingNavigator>().locks() else {
            return false;
        };
        let gone = Closure::once_into_js(move |_lock: JsValue| on_message(WorkerMessage::Gone));
        let Ok(asked) = locks.request(&self.lock, gone.unchecked_ref()) else {
            return false;
        };
        spawn_local(async move {
            if JsFuture::from(asked).await.is_err() {
                refused();
            }
        });
        true
    }

    /// Sends a request; its buffer is transferred instead of copied. The file, if there is one, is
    /// the payload.
    ///
    /// # Errors
    /// When it cannot be written or the browser refuses.
    pub fn send(&self, request: &Message<Request>, file: Option<&Blob>) -> Result<(), WorkerError> {
        let buffer = Uint8Array::from(request.encode()?.as_slice()).buffer();
        let both = file.map(|file| Array::of2(&buffer, file));
        let data: &JsValue = both.as_deref().unwrap_or(&buffer);
        self.worker
            .post_message_with_transfer(data, &Array::of1(&buffer))
            .map_err(|error| WorkerError::Post(reason(&error)))
    }

    /// Sends a request with a port, which is handed over.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn send_port(
        &self,
        request: &Message<Request>,
        port: &MessagePort,
    ) -> Result<(), WorkerError> {
        let buffer = Uint8Array::from(request.encode()?.as_slice()).buffer();
        let both = Array::of2(&buffer, port);
        self.worker
            .post_message_with_transfer(&both, &both)
            .map_err(|error| WorkerError::Post(reason(&error)))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
