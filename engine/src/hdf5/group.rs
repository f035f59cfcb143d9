//! The links of a group: a symbol table's, or messages of its header.

use std::collections::HashSet;

use super::header::{Kind, Message};
use super::reader::{NOWHERE, Reader};
use super::{Hdf5Error, MAX_OBJECTS, only};

/// The longest name.
const MAX_NAME: usize = 1024;
/// How deep a tree of names may be: each level has at least two branches.
const MAX_LEVEL: u8 = 32;

/// The names of what lies in a group, with the addresses.
pub(super) fn links(
    reader: &Reader<'_>,
    header: &[Message<'_>],
    path: &str,
) -> Result<Vec<(String, u64)>, Hdf5Error> {
    if let Some(table) = only(header, Kind::SymbolTable) {
        let mut cursor = table.cursor();
        return of_table(reader, cursor.u64()?, cursor.u64()?);
    }
    let mut links = Vec::new();
    for message in header {
        match message.kind {
            Kind::Link => links.extend(of_message(message)?),
            Kind::LinkInfo => {
                let mut cursor = message.cursor();
                cursor.skip(1)?;
                if cursor.byte()? & 1 != 0 {
                    cursor.skip(8)?;
                }
                if cursor.u64()? != NOWHERE {
                    return Err(Hdf5Error::Unread {
                        path: path.to_owned(),
                        what: "a group whose links lie in a heap".to_owned(),
                    });
                }
            }
            _ => {}
        }
    }
    Ok(links)
}

/// `None` for a link that is no object of this file.
fn of_message(message: &Message<'_>) -> Result<Option<(String, u64)>, Hdf5Error> {
    let mut cursor = message.cursor();
    cursor.skip(1)?;
    let flags = cursor.byte()?;
    let kind = if flags & 8 != 0 { cursor.byte()? } else { 0 };
    if flags & 4 != 0 {
        cursor.skip(8)?;
    }
    if flags & 0x10 != 0 {
        cursor.skip(1)?;
    }
    let length = cursor.of_size(1 << (flags & 3))?;
    let name = cursor.piece(length)?;
    if kind != 0 {
        return Ok(None);
    }
    let address = cursor.u64()?;
    Ok(Some((named(name), address)))
}

fn named(name: &[u8]) -> String {
    String::from_utf8_lossy(&name[..name.len().min(MAX_NAME)]).into_owned()
}

/// The entries of a symbol table, whose names lie in a heap.
fn of_table(reader: &Reader<'_>, tree: u64, heap: u64) -> Result<Vec<(String, u64)>, Hdf5Error> {
    reader.expect(heap, b"HEAP", "names of a group")?;
    let length = reader.u64(heap + 8)?;
    let names = reader.piece(reader.u64(heap + 24)?, length)?;
    let mut seen = HashSet::new();
    let mut open = vec![tree];
    let mut links = Vec::new();
    while let Some(at) = open.pop() {
        if !seen.insert(at) || seen.len() > MAX_OBJECTS {
            return Err(Hdf5Error::Damaged {
                at,
                what: "entries of a group (they are reached twice)",
            });
        }
        if reader.piece(at, 4)? == b"SNOD" {
            entries(reader, at, names, &mut links)?;
            continue;
        }
        reader.expect(at, b"TREE", "entries of a group")?;
        if reader.byte(at + 4)? != 0 || reader.byte(at + 5)? > MAX_LEVEL {
            return Err(Hdf5Error::Damaged {
                at,
                what: "entries of a group",
            });
        }
        // Two siblings, then keys and children in turn.
        let count = u64::from(reader.u16(at + 6)?);
        for number in (0..count).rev() {
            open.push(reader.u64(at + 24 + 16 * number + 8)?);
        }
    }
    Ok(links)
}

fn entries(
    reader: &Reader<'_>,
    at: u64,
    names: &[u8],
    links: &mut Vec<(String, u64)>,
) -> Result<(), Hdf5Error> {
    const SYMBOLIC: u32 = 2;
    for number in 0..u64::from(reader.u16(at + 6)?) {
        let entry = at + 8 + 40 * number;
        let place = usize::try_from(reader.u64(entry)?).unwrap_or(usize::MAX);
        let name = names.get(place..).ok_or(Hdf5Error::Damaged {
            at: entry,
            what: "name of an entry",
        })?;
        let end = name.iter().position(|&byte| byte == 0);
        let name = &name[..end.unwrap_or(name.len())];
        if reader.u32(entry + 16)? != SYMBOLIC {
            links.push((named(name), reader.u64(entry + 8)?));
        }
        if links.len() > MAX_OBJECTS {
            return Err(Hdf5Error::TooMany);
        }
    }
    Ok(())
}
