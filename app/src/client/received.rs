//! A reply as it comes from a worker.

use engine::session::{Message, Peek, Pushed, PushedReply, Reply, RequestId};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use web_sys::Blob;

use super::WorkerError;
use crate::platform::fetch::reason;

/// Bytes of a message before its header: see `engine::session::Message`.
const BEFORE_HEADER: u32 = 8;

/// A reply whose header is not read yet: whoever takes it reads as much as it needs.
pub struct Received {
    pub id: RequestId,
    /// Whether no other reply to the request follows.
    pub is_last: bool,
    /// Whether it is one that the page takes up without having waited for it.
    is_pushed: bool,
    /// The message up to its payload.
    start: Vec<u8>,
    payload: Vec<u8>,
    /// The payload of a checkpoint. The browser has its bytes, the page none of them, and `payload`
    /// is empty.
    file: Option<Blob>,
}

impl Received {
    /// Looks at the header; copies the payload, except that of a checkpoint.
    ///
    /// # Errors
    /// When it is no reply, or the browser makes no file of its payload.
    pub(super) fn read(buffer: &ArrayBuffer) -> Result<Self, WorkerError> {
        let bytes = Uint8Array::new(buffer);
        let start = bytes.subarray(0, BEFORE_HEADER).to_vec();
        let length = start.get(4..).and_then(|it| it.try_into().ok());
        let length = length.map_or(0, u32::from_le_bytes);
        // Past the end it is cut off, which whoever reads the header notices.
        let end = length.saturating_add(BEFORE_HEADER);
        let start = bytes.subarray(0, end).to_vec();
        let header = start.get(BEFORE_HEADER as usize..).unwrap_or_default();
        let peek = std::str::from_utf8(header).ok().and_then(Peek::of);
        let Some(peek) = peek else {
            // It says what is wrong: another protocol, a header that is cut off or none.
            let Message { header, .. } = Message::<PushedReply>::decode(&start)?;
            return Err(WorkerError::Header(header.id));
        };
        let (id, is_last) = (peek.id, peek.is_last());
        let is_pushed = Pushed::has(peek.event);
        let payload = bytes.subarray(end, bytes.length());
        let is_file = matches!(peek.event, "checkpoint" | "snapshot" | "trained");
        let (payload, file) = if is_file {
            let file = Blob::new_with_u8_array_sequence(&Array::of1(&payload));
            let file = file.map_err(|error| WorkerError::File(reason(&error)))?;
            (Vec::new(), Some(file))
        } else {
            (payload.to_vec(), None)
        };
        Ok(Self {
            id,
            is_last,
            is_pushed,
            start,
            payload,
            file,
        })
    }

    /// The reply, where it is one that the page takes up without having waited for it.
    ///
    /// # Errors
    /// When its header cannot be read.
    pub fn pushed(self) -> Result<Option<Message<PushedReply>>, WorkerError> {
        if !self.is_pushed {
            return Ok(None);
        }
        let mut message = Message::<PushedReply>::decode(&self.start)?;
        message.payload = self.payload;
        Ok(Some(message))
    }

    /// The reply, whatever it is, and the file of a checkpoint.
    ///
    /// # Errors
    /// When its header cannot be read.
    pub(super) fn reply(self) -> Result<(Message<Reply>, Option<Blob>), WorkerError> {
        let mut message = Message::<Reply>::decode(&self.start)?;
        message.payload = self.payload;
        Ok((message, self.file))
    }
}
