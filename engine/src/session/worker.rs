//! The session inside a Web Worker: buffers in, buffers out.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort};

use web_time::Instant;

#[cfg(feature = "run")]
use super::Command;
use super::first::First;
#[cfg(feature = "run")]
use super::ports::Ports;
use super::{
    Event, Failure, Inbox, Message, NO_REQUEST, Reply, Request, RequestId, Session, WireError,
    YieldPoint, turn,
};

/// Runs the session for as long as the worker lives: says `Ready`, then answers every message. When
/// a small engine has answered in this worker before, goes on in its place.
///
/// # Errors
/// When the browser refuses a message channel.
pub fn serve(session: Session) -> Result<(), JsValue> {
    let handed = property(&scope(), "handed");
    let ready = handed.is_none().then(|| session.ready());
    let worker = started(session, None, Message::decode)?;
    if let Some(bytes) = handed {
        worker.take_over(Uint8Array::new(&bytes).to_vec());
    }
    match ready {
        Some(ready) => post(&worker.scope, &ready),
        None => Ok(()),
    }
}

/// Runs the session of the small engine that answers first: says `Ready`, then answers what it
/// knows. It asks `worker.js` for the whole engine when it has answered a drawing, or when something
/// comes that it does not know; and hands over to it.
///
/// # Errors
/// When the browser refuses a message channel.
pub fn serve_first(session: Session) -> Result<(), JsValue> {
    let ready = session.ready();
    let worker = started(session, Some(First::default()), super::first::decode)?;
    super::first::offer(&worker)?;
    post(&worker.scope, &ready)
}

/// Reads a request.
type Decode = fn(&[u8]) -> Result<Message<Request>, WireError>;

fn started(session: Session, first: Option<First>, decode: Decode) -> Result<Rc<Worker>, JsValue> {
    let channel = MessageChannel::new()?;
    let worker = Rc::new(Worker {
        scope: scope(),
        inbox: RefCell::default(),
        session: RefCell::default(),
        wake: channel.port1(),
        woken: Cell::new(false),
        arrived: RefCell::default(),
        reading: Cell::default(),
        first,
        decode,
        #[cfg(feature = "run")]
        ports: RefCell::default(),
    });
    let pauses = Rc::new(Pauses::new()?);
    let yield_point = {
        let worker = Rc::clone(&worker);
        YieldPoint::new(move || {
            let (worker, pauses) = (Rc::clone(&worker), Rc::clone(&pauses));
            Box::pin(async move {
                pauses.take().await;
                worker.inbox.borrow().interrupts()
            })
        })
    };
    worker.session.replace(Some(session.yielding(yield_point)));
    let on_wake = {
        let worker = Rc::clone(&worker);
        Closure::<dyn FnMut()>::new(move || {
            worker.woken.set(false);
            spawn_local(Rc::clone(&worker).step());
        })
    };
    channel
        .port2()
        .set_onmessage(Some(on_wake.as_ref().unchecked_ref()));
    let on_message = {
        let worker = Rc::clone(&worker);
        Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
            Rc::clone(&worker).take(event.data())
        })
    };
    worker
        .scope
        .set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // Both live as long as the worker.
    on_wake.forget();
    on_message.forget();
    Ok(worker)
}

/// Tells the page why the session could not start.
///
/// # Errors
/// When the page cannot be told.
pub fn refuse(why: String) -> Result<(), JsValue> {
    let failure = Failure::NoDevice { why };
    post(&scope(), &failed(NO_REQUEST, failure))
}

pub(super) fn failed(id: RequestId, failure: Failure) -> Message<Reply> {
    let event = Event::Failed {
        failure: failure.into(),
    };
    Message::new(Reply { id, event })
}

/// What every adapter binds at least, says the WebGPU standard.
pub const LEAST_BUFFER_BYTES: u64 = 128 << 20;

/// The largest buffer that the adapter binds, in bytes. Read property by property, because web-sys
/// has WebGPU only behind a compiler flag.
pub async fn buffer_bytes() -> u64 {
    let limits = async {
        let gpu = property(&property(&js_sys::global(), "navigator")?, "gpu")?;
        let request = property(&gpu, "requestAdapter")?
            .dyn_into::<Function>()
            .ok()?;
        let asked = request.call0(&gpu).ok()?.dyn_into::<Promise>().ok()?;
        property(&JsFuture::from(asked).await.ok()?, "limits")
    };
    let limits = limits.await.unwrap_or(JsValue::UNDEFINED);
    let bytes = |name| property(&limits, name).and_then(|bytes| bytes.as_f64());
    let sizes = ["maxStorageBufferBindingSize", "maxBufferSize"];
    let bound = sizes.map(|name| bytes(name).map_or(LEAST_BUFFER_BYTES, |bytes| bytes as u64));
    bound[0].min(bound[1])
}

pub(super) fn property(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &name.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// A pass lets messages in when it has run for so long, in milliseconds, behind the node that ends
/// next.
const UNINTERRUPTED: f64 = 8.0;

/// Lets messages in that have arrived, at most every [`UNINTERRUPTED`] milliseconds.
struct Pauses {
    port: MessagePort,
    /// Who waits for the messages that were there before ours.
    waiting: Rc<RefCell<Option<Function>>>,
    last: Cell<Instant>,
}

impl Pauses {
    fn new() -> Result<Self, JsValue> {
        let channel = MessageChannel::new()?;
        let waiting = Rc::new(RefCell::new(None::<Function>));
        let on_message = {
            let waiting = Rc::clone(&waiting);
            Closure::<dyn FnMut()>::new(move || {
                if let Some(resolve) = waiting.take() {
                    let resumed = resolve.call0(&JsValue::NULL);
                    debug_assert!(resumed.is_ok());
                }
            })
        };
        channel
            .port2()
            .set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        // It lives as long as the worker.
        on_message.forget();
        Ok(Self {
            port: channel.port1(),
            waiting,
            last: Cell::new(Instant::now()),
        })
    }

    async fn take(&self) {
        if self.last.get().elapsed().as_secs_f64() * 1e3 < UNINTERRUPTED {
            return;
        }
        let paused = Promise::new(&mut |resolve, _reject| {
            self.waiting.replace(Some(resolve));
            if self.port.post_message(&JsValue::NULL).is_err()
                && let Some(resolve) = self.waiting.take()
            {
                // Without a pause the pass goes on all the same.
                let resumed = resolve.call0(&JsValue::NULL);
                debug_assert!(resumed.is_ok());
            }
        });
        let resumed = JsFuture::from(paused).await;
        debug_assert!(resumed.is_ok());
        self.last.set(Instant::now());
    }
}

pub(super) struct Worker {
    pub scope: DedicatedWorkerGlobalScope,
    pub inbox: RefCell<Inbox>,
    /// `None` during a turn.
    pub session: RefCell<Option<Session>>,
    /// A port to this worker: its messages queue behind the requests that have already arrived, so
    /// that all of them are in the inbox, where the latest drawing wins, before a turn begins.
    wake: MessagePort,
    woken: Cell<bool>,
    /// Messages that wait for a file to be read.
    arrived: RefCell<VecDeque<JsValue>>,
    reading: Cell<bool>,
    decode: Decode,
    /// Of the small engine.
    pub first: Option<First>,
    /// The channels to other sessions.
    #[cfg(feature = "run")]
    ports: RefCell<Ports>,
}

impl Worker {
    /// Takes a message: a buffer, or a buffer and a file that is its payload, or a buffer and a port
    /// to another session. A file has to be read, and what comes meanwhile waits.
    fn take(self: Rc<Self>, data: JsValue) {
        if let Some(first) = &self.first
            && first.keeps(&self, &data)
        {
            return;
        }
        if !self.reading.get() && !Array::is_array(&data) {
            return self.accept(&data, None);
        }
        self.arrived.borrow_mut().push_back(data);
        if self.reading.replace(true) {
            return;
        }
        spawn_local(async move {
            loop {
                let next = self.arrived.borrow_mut().pop_front();
                let Some(data) = next else { break };
                if Array::is_array(&data) {
                    let parts = Array::from(&data);
                    #[cfg(feature = "run")]
                    if let Some(port) = parts.get(1).dyn_ref::<MessagePort>() {
                        self.connect(&parts.get(0), port.clone());
                        continue;
                    }
                    match read(parts.get(1)).await {
                        Ok(file) => self.accept(&parts.get(0), Some(file)),
                        Err(why) => self.refuse_file(&parts.get(0), why),
                    }
                } else {
                    self.accept(&data, None);
                }
            }
            self.reading.set(false);
        });
    }

    fn accept(&self, buffer: &JsValue, file: Option<Vec<u8>>) {
        match self.decoded(buffer) {
            Ok(mut request) => {
                if let Some(file) = file {
                    request.payload = file;
                }
                #[cfg(feature = "run")]
                if let Command::Disconnect { peer } = request.header.command {
                    self.ports.borrow_mut().disconnect(peer);
                }
                let replies = self.inbox.borrow_mut().push(request);
                self.tell(&replies);
                self.call();
            }
            Err(error) => self.tell(&[failed(NO_REQUEST, error.into())]),
        }
    }

    /// Another session is at this port.
    #[cfg(feature = "run")]
    fn connect(self: &Rc<Self>, buffer: &JsValue, port: MessagePort) {
        if let Ok(Message { header, .. }) = self.decoded(buffer)
            && let Command::Connect { peer } = header.command
        {
            let worker = Rc::clone(self);
            let hear = move |bytes| {
                worker.inbox.borrow_mut().hear(peer, bytes);
                worker.call();
            };
            self.ports.borrow_mut().connect(peer, port, hear);
        }
        self.accept(buffer, None);
    }

    /// The file that came with this request cannot be read.
    fn refuse_file(&self, buffer: &JsValue, why: String) {
        let (id, failure) = match self.decoded(buffer) {
            Ok(request) => (request.header.id, Failure::File { why }),
            Err(error) => (NO_REQUEST, error.into()),
        };
        self.tell(&[failed(id, failure)]);
    }

    /// Goes on as the small engine that answered before; messages wait meanwhile.
    fn take_over(self: &Rc<Self>, bytes: Vec<u8>) {
        let Some(mut session) = self.session.take() else {
            return;
        };
        let worker = Rc::clone(self);
        spawn_local(async move {
            if let Err(ended) = session.take_over(&bytes).await {
                // The page notices the end and starts another worker with the same network.
                web_sys::console::error_1(&format!("{ended:?}").into());
                worker.scope.close();
            }
            worker.session.replace(Some(session));
            worker.call();
        });
    }

    fn decoded(&self, buffer: &JsValue) -> Result<Message<Request>, WireError> {
        (self.decode)(&Uint8Array::new(buffer).to_vec())
    }

    /// A file beside a message is being read.
    pub fn is_reading(&self) -> bool {
        self.reading.get()
    }

    pub fn call(&self) {
        if !self.woken.replace(true)
            && let Err(error) = self.wake.post_message(&JsValue::NULL)
        {
            web_sys::console::error_1(&error);
        }
    }

    async fn step(self: Rc<Self>) {
        // A turn is under way; the call at its end comes back here.
        let Some(mut session) = self.session.take() else {
            return;
        };
        let replies = turn(&mut session, &self.inbox).await;
        #[cfg(feature = "run")]
        let outgoing = session.take_outgoing();
        self.session.replace(Some(session));
        #[cfg(feature = "run")]
        if let Err(error) = self.ports.borrow().post(outgoing) {
            web_sys::console::error_1(&error);
            self.scope.close();
        }
        if let Some(replies) = replies {
            self.tell(&replies);
            if let Some(first) = &self.first {
                first.told(&self.scope, &replies);
            }
            // Behind the messages that have come meanwhile.
            self.call();
        } else if let Some(first) = &self.first {
            first.leave_if_asked(&self).await;
        }
    }

    /// A page that cannot be told would wait for ever: the worker ends, which the page notices.
    pub fn tell(&self, replies: &[Message<Reply>]) {
        for reply in replies {
            if let Err(error) = post(&self.scope, reply) {
                web_sys::console::error_1(&error);
                self.scope.close();
            }
        }
    }
}

/// The bytes of a file; the error is the browser's own text.
async fn read(file: JsValue) -> Result<Vec<u8>, String> {
    let why = |error: JsValue| {
        let why = error.dyn_ref::<js_sys::Error>().map(js_sys::Error::message);
        why.map_or_else(|| format!("{error:?}"), String::from)
    };
    let file: Blob = file.dyn_into().map_err(why)?;
    let buffer = JsFuture::from(file.array_buffer()).await.map_err(why)?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// Sends one message; its buffer is handed over, not copied.
fn post(scope: &DedicatedWorkerGlobalScope, reply: &Message<Reply>) -> Result<(), JsValue> {
    let bytes = reply
        .encode()
        .map_err(|error| JsValue::from_str(&error.to_string()))?;
    let buffer = Uint8Array::from(bytes.as_slice()).buffer();
    scope.post_message_with_transfer(&buffer, &Array::of1(&buffer))
}
