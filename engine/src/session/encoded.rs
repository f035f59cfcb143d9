//! Parts of commands and events that cross the wire as JSON text, so that the code that sends every
//! command and reads every reply does not contain the code for them. A page fetches that when it first
//! needs it.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Failure;

/// A value as JSON text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Encoded<T> {
    json: String,
    #[serde(skip)]
    of: PhantomData<fn() -> T>,
}

impl<T: Serialize> Encoded<T> {
    /// The value as text.
    pub fn new(value: &T) -> Self {
        // Only a number that is not finite in a map's key cannot be written, and nothing has such a
        // one; what cannot be written cannot be read either, which the reader says.
        let json = serde_json::to_string(value).unwrap_or_else(|error| error.to_string());
        let of = PhantomData;
        Self { json, of }
    }
}

impl<T: DeserializeOwned> Encoded<T> {
    /// The value.
    ///
    /// # Errors
    /// When the text is not one.
    pub fn decode(&self) -> Result<T, Failure> {
        serde_json::from_str(&self.json).map_err(|error| Failure::Unreadable {
            why: error.to_string(),
        })
    }
}
