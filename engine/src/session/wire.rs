//! How a request or a reply becomes one transferable buffer and back.
//!
//! ```text
//! bytes 0..4   PROTOCOL, little-endian
//! bytes 4..8   length of the header in bytes, little-endian, a multiple of 4
//! header       JSON, filled up with spaces
//! payload      bytes or f32 values, 4-aligned
//! ```
//!
//! A page may send a request's payload as a file beside the buffer, so that the bytes of a large one
//! do not pass through the page.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Failure;

/// The version of the requests and replies; page and worker must have the same.
pub const PROTOCOL: u32 = 14;

/// A request or reply with the bytes that belong to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Message<T> {
    pub header: T,
    pub payload: Vec<u8>,
}

/// Why a buffer is not a message.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error(
        "the page and its engine are of different versions (protocol {got}, wanted {PROTOCOL}); \
         reload the page to get matching ones"
    )]
    Protocol { got: u32 },
    #[error("the message ends early: {got} bytes, at least {wanted} were announced")]
    Truncated { got: usize, wanted: usize },
    #[error("the message cannot be read: {0}")]
    Header(#[from] serde_json::Error),
    #[error("the payload of {0} bytes is not a whole number of 32-bit values")]
    NotValues(usize),
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        match error {
            WireError::NotValues(bytes) => Self::NotValues { bytes },
            error => Self::Unreadable {
                why: error.to_string(),
            },
        }
    }
}

impl<T> Message<T> {
    /// A message without payload.
    pub const fn new(header: T) -> Self {
        Self {
            header,
            payload: Vec::new(),
        }
    }

    /// A message that carries these values.
    pub fn with_values(header: T, values: &[f32]) -> Self {
        let payload = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        Self { header, payload }
    }

    /// The payload as values.
    ///
    /// # Errors
    /// When it is not a whole number of them.
    pub fn values(&self) -> Result<Vec<f32>, WireError> {
        let (chunks, []) = self.payload.as_chunks::<4>() else {
            return Err(WireError::NotValues(self.payload.len()));
        };
        Ok(chunks
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect())
    }
}

impl<T: Serialize> Message<T> {
    /// The message as one buffer.
    ///
    /// # Errors
    /// When the header cannot be written as JSON (a number that is not finite).
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        let mut header = serde_json::to_vec(&self.header)?;
        header.resize(header.len().next_multiple_of(4), b' ');
        let mut buffer = Vec::with_capacity(8 + header.len() + self.payload.len());
        buffer.extend_from_slice(&PROTOCOL.to_le_bytes());
        buffer.extend_from_slice(
            &u32::try_from(header.len())
                .unwrap_or(u32::MAX)
                .to_le_bytes(),
        );
        buffer.append(&mut header);
        buffer.extend_from_slice(&self.payload);
        Ok(buffer)
    }
}

impl<T: DeserializeOwned> Message<T> {
    /// The message in a buffer.
    ///
    /// # Errors
    /// When it is of another protocol, cut off, or its header is not one of `T`.
    pub fn decode(buffer: &[u8]) -> Result<Self, WireError> {
        let word = |at: usize| {
            let bytes = buffer
                .get(at..at + 4)
                .and_then(|bytes| bytes.try_into().ok());
            let truncated = WireError::Truncated {
                got: buffer.len(),
                wanted: 8,
            };
            bytes.map(u32::from_le_bytes).ok_or(truncated)
        };
        let got = word(0)?;
        if got != PROTOCOL {
            return Err(WireError::Protocol { got });
        }
        let end = (word(4)? as usize).saturating_add(8);
        let Some(header) = buffer.get(8..end) else {
            return Err(WireError::Truncated {
                got: buffer.len(),
                wanted: end,
            });
        };
        Ok(Self {
            header: serde_json::from_slice(header)?,
            payload: buffer[end..].to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::session::{Command, DeviceKind, Event, Reply, Request, Weights};

    #[test]
    fn a_request_survives_the_wire() {
        let graph = crate::zoo::lenet5().unwrap();
        let command = Command::Load {
            graph,
            weights: Weights::Payload,
        };
        let header = Request { id: 7, command };
        let sent = Message {
            header,
            payload: vec![1, 2, 3],
        };
        assert_eq!(Message::decode(&sent.encode().unwrap()).unwrap(), sent);
    }

    #[test]
    fn values_survive_the_wire() {
        let event = Event::Ready {
            device: DeviceKind::Cpu,
        };
        let sent = Message::with_values(Reply { id: 0, event }, &[0.5, -1.0, f32::MAX]);
        let got = Message::<Reply>::decode(&sent.encode().unwrap()).unwrap();
        assert_eq!(got.values().unwrap(), [0.5, -1.0, f32::MAX]);
    }

    #[test]
    fn another_protocol_is_named() {
        let mut buffer = Message::new(Event::Measured { ms: 1.0 }).encode().unwrap();
        buffer[0] = 99;
        let error = Message::<Event>::decode(&buffer).unwrap_err().to_string();
        assert!(
            error.contains("protocol 99") && error.contains("reload"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Message::<Request>::decode(&bytes);
            let mut headed = PROTOCOL.to_le_bytes().to_vec();
            headed.extend(&bytes);
            let _ = Message::<Reply>::decode(&headed);
        }
    }
}
