//! Attributes that are texts.

use std::collections::BTreeMap;

use super::Hdf5Error;
use super::dataset::dims;
use super::header::{Kind, Message};
use super::reader::{Cursor, Reader};

/// The texts of these names among an object's attributes; what is damaged is left out.
pub(super) fn texts(
    reader: &Reader<'_>,
    header: &[Message<'_>],
    names: &[&str],
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for message in header.iter().filter(|it| it.kind == Kind::Attribute) {
        let Ok(name) = name(message) else { continue };
        // The first of a name, so that many of them cost nothing.
        if names.contains(&name.as_str()) && !found.contains_key(&name) {
            let text = text(reader, message).ok().flatten();
            found.insert(name, text);
        }
    }
    let texts = found
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?)));
    texts.collect()
}

/// The lengths of an attribute's name, kind and space, and whether each part is filled up to eight bytes.
fn lengths(cursor: &mut Cursor<'_>) -> Result<([u64; 3], bool, bool), Hdf5Error> {
    let version = cursor.byte()?;
    let flags = cursor.byte()?;
    let lengths = [cursor.u16()?, cursor.u16()?, cursor.u16()?].map(u64::from);
    if version == 3 {
        cursor.skip(1)?;
    }
    let is_shared = version != 1 && flags & 3 != 0;
    Ok((lengths, version == 1, is_shared))
}

fn part<'a>(cursor: &mut Cursor<'a>, length: u64, filled: bool) -> Result<&'a [u8], Hdf5Error> {
    let piece = cursor.piece(length)?;
    if filled {
        cursor.skip(length.next_multiple_of(8) - length)?;
    }
    Ok(piece)
}

fn name(message: &Message<'_>) -> Result<String, Hdf5Error> {
    let mut cursor = message.cursor();
    let ([length, ..], filled, _) = lengths(&mut cursor)?;
    part(&mut cursor, length, filled).map(plain)
}

fn text(reader: &Reader<'_>, message: &Message<'_>) -> Result<Option<String>, Hdf5Error> {
    let mut cursor = message.cursor();
    let ([name, kind, space], filled, is_shared) = lengths(&mut cursor)?;
    part(&mut cursor, name, filled)?;
    let kind = part(&mut cursor, kind, filled)?;
    let space = part(&mut cursor, space, filled)?;
    let dims = dims(&mut Cursor::new(space, 0), "")?;
    if is_shared || dims.iter().any(|&side| side != 1) {
        return Ok(None);
    }
    let mut of_kind = Cursor::new(kind, 0);
    let class = of_kind.byte()? & 15;
    let bits = of_kind.byte()?;
    of_kind.skip(2)?;
    let size = of_kind.u32()?;
    let value = match (class, bits & 15) {
        (3, _) => cursor.piece(size.into())?,
        // A text of any length, in the file's heap.
        (9, 1) => {
            let length = cursor.u32()?;
            let (heap, number) = (cursor.u64()?, cursor.u32()?);
            in_heap(reader, heap, number, length)?
        }
        _ => return Ok(None),
    };
    Ok(Some(plain(value)))
}

/// Up to the first zero.
fn plain(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0);
    String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]).into_owned()
}

/// The object of this number in a global heap.
fn in_heap<'a>(
    reader: &Reader<'a>,
    heap: u64,
    number: u32,
    length: u32,
) -> Result<&'a [u8], Hdf5Error> {
    reader.expect(heap, b"GCOL", "texts of attributes")?;
    let size = reader.u64(heap + 8)?;
    let bytes = reader.piece(heap, size)?;
    let mut cursor = Cursor::new(bytes, heap);
    cursor.skip(16)?;
    loop {
        let found = cursor.u16()?;
        cursor.skip(6)?;
        let size = cursor.u64()?;
        if u32::from(found) == number {
            return cursor.piece(size.min(length.into()));
        }
        if found == 0 {
            return Err(Hdf5Error::Damaged {
                at: heap,
                what: "texts of attributes",
            });
        }
        let padded = size.checked_next_multiple_of(8).unwrap_or(u64::MAX);
        cursor.skip(padded)?;
    }
}
