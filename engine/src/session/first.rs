//! The small engine that answers first, inside its worker: what it does not know waits, as it came,
//! for the whole engine, to which it hands over. `worker.js` has the other half:
//!
//! - `wantWhole()` of the worker's scope is called when the whole engine is to be fetched;
//! - `handOver(take)` is called by it when that engine is there; once no request is under way,
//!   `take` gets the session and the messages that wait, and this engine answers nothing more;
//! - `noWhole(why)` is called by it when that engine cannot be had.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Function, Reflect, Uint8Array};
use serde::Deserialize;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

use super::worker::{Worker, failed, property};
use super::{
    CancelReason, Command, Event, Failure, Input, Message, Reply, Request, RequestId, Wanted,
    Weights, WireError,
};
use crate::{Graph, NodeId};

/// Bytes before a message's header.
const BEFORE_HEADER: u32 = 8;
/// So many bytes of a header tell the command.
const START: u32 = 64;

/// Whether a header that begins so is that of a drawing.
fn is_run(header: &[u8]) -> bool {
    let name = br#""command":{"command":"run""#;
    header.windows(name.len()).any(|it| it == name)
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct First {
    /// Messages for the whole engine, with their requests' numbers.
    kept: RefCell<Vec<(RequestId, JsValue)>>,
    /// Takes the session.
    take: RefCell<Option<Function>>,
    /// The whole engine was asked for.
    asked: Cell<bool>,
}

/// What the small engine carries out, as [`super::Command`] has it. A type of its own, because the
/// code that reads all commands is large.
#[derive(Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
enum Known {
    Load { graph: Graph, weights: Weights },
    Run { input: Input, maps: Vec<Wanted> },
    Cancel { request: RequestId },
    Checkpoint,
    Params { node: NodeId },
}

#[derive(Deserialize)]
struct KnownRequest {
    id: RequestId,
    command: Known,
}

/// What decides whether a request waits for the whole engine.
#[derive(Deserialize)]
struct Head {
    id: RequestId,
    command: Name,
}

#[derive(Deserialize)]
struct Name {
    command: String,
    /// Of a `Cancel`.
    #[serde(default)]
    request: RequestId,
}

/// Reads a request that the small engine knows.
///
/// # Errors
/// When it is no such request.
pub(super) fn decode(buffer: &[u8]) -> Result<Message<Request>, WireError> {
    let Message { header, payload } = Message::<KnownRequest>::decode(buffer)?;
    let command = match header.command {
        Known::Load { graph, weights } => Command::Load { graph, weights },
        Known::Run { input, maps } => Command::Run { input, maps },
        Known::Cancel { request } => Command::Cancel { request },
        Known::Checkpoint => Command::Checkpoint,
        Known::Params { node } => Command::Params { node },
    };
    let id = header.id;
    let header = Request { id, command };
    Ok(Message { header, payload })
}

/// Puts the functions that `worker.js` calls into the worker's scope.
///
/// # Errors
/// When the browser refuses.
pub(super) fn offer(worker: &Rc<Worker>) -> Result<(), JsValue> {
    let hand_over = {
        let worker = Rc::clone(worker);
        Closure::<dyn FnMut(Function)>::new(move |take| {
            if let Some(first) = &worker.first {
                first.take.replace(Some(take));
                // When nothing is left to do, the next turn hands over.
                worker.call();
            }
        })
    };
    let no_whole = {
        let worker = Rc::clone(worker);
        Closure::<dyn FnMut(String)>::new(move |why: String| {
            if let Some(first) = &worker.first {
                first.asked.set(false);
                let kept = first.kept.take().into_iter();
                let refused = |(id, _)| {
                    let why = why.clone();
                    failed(id, Failure::NoDevice { why })
                };
                worker.tell(&kept.map(refused).collect::<Vec<_>>());
            }
        })
    };
    for (name, function) in [
        ("handOver", hand_over.into_js_value()),
        ("noWhole", no_whole.into_js_value()),
    ] {
        Reflect::set(&worker.scope, &name.into(), &function)?;
    }
    Ok(())
}

impl First {
    /// Whether a message is for the whole engine; then it is kept.
    pub fn keeps(&self, worker: &Worker, data: &JsValue) -> bool {
        let buffer = if Array::is_array(data) {
            Array::from(data).get(0)
        } else {
            data.clone()
        };
        // A drawing does not wait for another engine, and its bytes are not read twice.
        let start = Uint8Array::new(&buffer).subarray(BEFORE_HEADER, BEFORE_HEADER + START);
        if is_run(&start.to_vec()) {
            return false;
        }
        // Whoever reads it as a request says what is wrong with it.
        let bytes = Uint8Array::new(&buffer).to_vec();
        let Ok(Message { header, .. }) = Message::<Head>::decode(&bytes) else {
            return false;
        };
        let Head { id, command } = header;
        let waits = !self.kept.borrow().is_empty();
        match command.command.as_str() {
            "cancel" => {
                let mut kept = self.kept.borrow_mut();
                let place = kept.iter().position(|(id, _)| *id == command.request);
                let Some(place) = place else {
                    return false;
                };
                kept.remove(place);
                let reason = CancelReason::Requested;
                let told = [
                    (command.request, Event::Cancelled { reason }),
                    (id, Event::Done),
                ];
                worker.tell(&told.map(|(id, event)| Message::new(Reply { id, event })));
                return true;
            }
            "run" => return false,
            "load" | "checkpoint" | "params" if !waits => return false,
            _ => {}
        }
        self.kept.borrow_mut().push((id, data.clone()));
        self.want_whole(&worker.scope);
        true
    }

    /// After the first answer the whole engine is fetched.
    pub fn told(&self, scope: &DedicatedWorkerGlobalScope, replies: &[Message<Reply>]) {
        let traced = |it: &Message<Reply>| matches!(it.header.event, Event::Traced { .. });
        if replies.iter().any(traced) {
            self.want_whole(scope);
        }
    }

    fn want_whole(&self, scope: &DedicatedWorkerGlobalScope) {
        if self.asked.replace(true) {
            return;
        }
        let want = property(scope, "wantWhole").and_then(|it| it.dyn_into::<Function>().ok());
        if let Some(Err(error)) = want.map(|want| want.call0(scope)) {
            web_sys::console::error_1(&error);
        }
    }

    /// Hands over when the whole engine is there. Called when there is nothing to do.
    pub async fn leave_if_asked(&self, worker: &Rc<Worker>) {
        // A file that is being read belongs to a request that this engine has begun with.
        if worker.is_reading() {
            return;
        }
        let Some(take) = self.take.take() else {
            return;
        };
        let Some(mut session) = worker.session.take() else {
            return;
        };
        let handed = session.hand_over().await;
        let bytes = handed.map_err(|ended| format!("{ended:?}"));
        let bytes = bytes.and_then(|it| it.encode().map_err(|error| error.to_string()));
        match bytes {
            // The session stays away: this engine answers nothing more.
            Ok(bytes) => {
                let kept = self.kept.take().into_iter().map(|(_, data)| data);
                let kept: Array = kept.collect();
                let bytes = Uint8Array::from(bytes.as_slice());
                if let Err(error) = take.call2(&worker.scope, &bytes, &kept) {
                    web_sys::console::error_1(&error);
                    worker.scope.close();
                }
            }
            Err(why) => {
                web_sys::console::error_1(&why.into());
                worker.session.replace(Some(session));
            }
        }
    }
}
