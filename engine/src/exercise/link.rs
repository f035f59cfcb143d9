//! An exercise in the fragment of an address: `#exercise=1…`, deflated and in base64url.

use std::io::{Read, Write};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::Exercise;
use super::error::{ExerciseError, not_written};
use crate::format::share::{MAX_INFLATED, MAX_TEXT};

/// The digit that the text begins with.
const VERSION: char = '1';

/// The text of the link, without the key.
///
/// # Errors
/// When it would be longer than a link can be.
pub fn encode(exercise: &Exercise) -> Result<String, ExerciseError> {
    let json = exercise.value()?.to_string();
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
    deflate.write_all(json.as_bytes()).map_err(not_written)?;
    let mut text = VERSION.to_string();
    BASE64_URL_SAFE_NO_PAD.encode_string(deflate.finish().map_err(not_written)?, &mut text);
    let (got, limit) = (text.len(), MAX_TEXT);
    if got > limit || json.len() > MAX_INFLATED {
        return Err(ExerciseError::LinkTooLong { got, limit });
    }
    Ok(text)
}

/// The exercise of such a text; white space and punctuation around it are passed over.
///
/// # Errors
/// When it is damaged, too long, or of a newer version.
pub fn decode(text: &str) -> Result<Exercise, ExerciseError> {
    let text = text.trim_matches(|it: char| !it.is_ascii_alphanumeric() && it != '-' && it != '_');
    let (got, limit) = (text.len(), MAX_TEXT);
    if got > limit {
        return Err(ExerciseError::LinkTooLong { got, limit });
    }
    let damaged = |why: String| ExerciseError::Link { why };
    let packed = text.strip_prefix(VERSION).ok_or_else(|| {
        damaged("it does not begin with the version that this lab reads".to_owned())
    })?;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(packed);
    let bytes = bytes.map_err(|error| damaged(error.to_string()))?;
    let mut json = Vec::new();
    let mut inflate = DeflateDecoder::new(bytes.as_slice()).take(MAX_INFLATED as u64 + 1);
    let read = inflate.read_to_end(&mut json);
    read.map_err(|error| damaged(error.to_string()))?;
    if json.len() > MAX_INFLATED {
        return Err(damaged(format!(
            "it unpacks to more than {MAX_INFLATED} bytes"
        )));
    }
    Exercise::read(json)
}
