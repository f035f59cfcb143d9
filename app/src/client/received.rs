//! A reply as it comes from a worker.

use engine::session::{Event, Message, Reply};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use web_sys::Blob;

use super::WorkerError;
use crate::platform::fetch::reason;

/// Bytes of a message before its header: see `engine::session::Message`.
const BEFORE_HEADER: u32 = 8;

/// See the module.
pub struct Received {
    pub message: Message<Reply>,
    /// The payload of a checkpoint. The browser has its bytes, the page none of them, and the
    /// message's payload is empty.
    pub file: Option<Blob>,
}

impl Received {
    /// Reads the header; copies the payload, except that of a checkpoint.
    ///
    /// # Errors
    /// When it is no reply, or the browser makes no file of its payload.
    pub(super) fn read(buffer: &ArrayBuffer) -> Result<Self, WorkerError> {
        let bytes = Uint8Array::new(buffer);
        let start = bytes.subarray(0, BEFORE_HEADER).to_vec();
        let length = start.get(4..).and_then(|it| it.try_into().ok());
        let length = length.map_or(0, u32::from_le_bytes);
        // Past the end it is cut off, which the reader of the header notices.
        let end = length.saturating_add(BEFORE_HEADER);
        let mut message = Message::<Reply>::decode(&bytes.subarray(0, end).to_vec())?;
        let payload = bytes.subarray(end, bytes.length());
        let file = if matches!(message.header.event, Event::Checkpoint) {
            let file = Blob::new_with_u8_array_sequence(&Array::of1(&payload));
            Some(file.map_err(|error| WorkerError::File(reason(&error)))?)
        } else {
            message.payload = payload.to_vec();
            None
        };
        Ok(Self { message, file })
    }
}
