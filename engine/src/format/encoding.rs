//! The encodings that editors and shells save a text in: UTF-8 with a byte-order mark, and UTF-16 as
//! the `>` of Windows PowerShell writes it.

use std::borrow::Cow;

const UTF_8: [u8; 3] = [0xef, 0xbb, 0xbf];
const UTF_16_LE: [u8; 2] = [0xff, 0xfe];
const UTF_16_BE: [u8; 2] = [0xfe, 0xff];

/// The bytes of this text in UTF-8, without byte-order mark. UTF-16 is known by its mark, or by the
/// zero byte beside its first character, which is ASCII in JSON. Bytes of any other kind stay as
/// they are.
///
/// # Errors
/// When it is UTF-16 and ends within a character, or has half of a surrogate pair.
pub fn as_utf_8(bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    if let Some(text) = bytes.strip_prefix(&UTF_8) {
        return Ok(Cow::Borrowed(text));
    }
    let (units, number): (_, fn([u8; 2]) -> u16) =
        if let Some(units) = bytes.strip_prefix(&UTF_16_LE) {
            (units, u16::from_le_bytes)
        } else if let Some(units) = bytes.strip_prefix(&UTF_16_BE) {
            (units, u16::from_be_bytes)
        } else {
            match bytes {
                [0, second, ..] if *second != 0 => (bytes, u16::from_be_bytes),
                [first, 0, ..] if *first != 0 => (bytes, u16::from_le_bytes),
                _ => return Ok(Cow::Borrowed(bytes)),
            }
        };
    let (units, rest) = units.as_chunks::<2>();
    if !rest.is_empty() {
        return Err("it is UTF-16 that ends within a character: it was cut short".to_owned());
    }
    let text = char::decode_utf16(units.iter().map(|&unit| number(unit)));
    let text: Result<String, _> = text.collect();
    let text = text.map_err(|half| {
        let unit = half.unpaired_surrogate();
        format!("it is UTF-16 with {unit:04X}, half of a character, alone")
    })?;
    Ok(Cow::Owned(text.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_same_in_every_encoding() {
        let text = "{\"é🙂\"}";
        let utf_16: Vec<u16> = text.encode_utf16().collect();
        let le: Vec<u8> = utf_16.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let be: Vec<u8> = utf_16.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for bytes in [
            text.as_bytes().to_vec(),
            [&UTF_8, text.as_bytes()].concat(),
            [&UTF_16_LE, le.as_slice()].concat(),
            [&UTF_16_BE, be.as_slice()].concat(),
            le,
            be,
        ] {
            assert_eq!(as_utf_8(&bytes).unwrap(), text.as_bytes(), "{bytes:?}");
        }
        assert_eq!(as_utf_8(&[]).unwrap(), [0_u8; 0].as_slice());
    }

    #[test]
    fn broken_utf_16_is_named() {
        assert!(as_utf_8(&[0xff, 0xfe, b'{']).is_err());
        assert!(as_utf_8(&[0xff, 0xfe, 0x3d, 0xd8]).is_err());
    }
}
