//! The channels of a worker's session to those of other workers.

use std::collections::HashMap;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, MessagePort};

/// See the module.
#[derive(Default)]
pub struct Ports(HashMap<u32, Port>);

/// Closed when it is dropped.
struct Port {
    port: MessagePort,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Ports {
    /// Another session is at this port; `hear` gets its messages.
    pub fn connect(&mut self, peer: u32, port: MessagePort, hear: impl Fn(Vec<u8>) + 'static) {
        let on_message = Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
            hear(Uint8Array::new(&event.data()).to_vec());
        });
        port.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let port = Port {
            port,
            _on_message: on_message,
        };
        self.0.insert(peer, port);
    }

    /// That session has ended.
    pub fn disconnect(&mut self, peer: u32) {
        self.0.remove(&peer);
    }

    /// Sends these messages; their buffers are handed over, not copied. One to a session that has
    /// ended is dropped: the page tells of its end.
    ///
    /// # Errors
    /// When the browser does not pass one on.
    pub fn post(&self, messages: Vec<(u32, Vec<u8>)>) -> Result<(), JsValue> {
        for (peer, bytes) in messages {
            let Some(Port { port, .. }) = self.0.get(&peer) else {
                continue;
            };
            let buffer = Uint8Array::from(bytes.as_slice()).buffer();
            port.post_message_with_transferable(&buffer, &Array::of1(&buffer))?;
        }
        Ok(())
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.port.set_onmessage(None);
        self.port.close();
    }
}
