//! The header of a group or array: messages in one block or several.

use super::reader::{Cursor, Reader};
use super::{Hdf5Error, MAX_OBJECTS};

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dataspace,
    LinkInfo,
    Datatype,
    Link,
    Layout,
    Filters,
    Attribute,
    Continuation,
    SymbolTable,
    Other,
}

impl Kind {
    const fn of(number: u16) -> Self {
        match number {
            0x01 => Self::Dataspace,
            0x02 => Self::LinkInfo,
            0x03 => Self::Datatype,
            0x06 => Self::Link,
            0x08 => Self::Layout,
            0x0b => Self::Filters,
            0x0c => Self::Attribute,
            0x10 => Self::Continuation,
            0x11 => Self::SymbolTable,
            _ => Self::Other,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub kind: Kind,
    /// It lies elsewhere, for several objects; here is only where.
    pub is_shared: bool,
    data: &'a [u8],
    at: u64,
}

impl<'a> Message<'a> {
    pub const fn cursor(&self) -> Cursor<'a> {
        Cursor::new(self.data, self.at)
    }
}

/// A block of messages.
struct Block {
    start: u64,
    length: u64,
}

/// How the messages of an object are laid out.
#[derive(Clone, Copy)]
enum Version {
    First,
    /// With the order in which they were made, or not.
    Second {
        ordered: bool,
    },
}

/// All messages of the object at this address.
pub(super) fn messages<'a>(
    reader: &Reader<'a>,
    address: u64,
    path: &str,
) -> Result<Vec<Message<'a>>, Hdf5Error> {
    let (version, first) = first_block(reader, address, path)?;
    let mut blocks = vec![first];
    let mut all = Vec::new();
    // Bytes of blocks: those of a sound file lie beside each other.
    let mut left = reader.bytes.len() as u64;
    let mut next = 0;
    while let Some(block) = blocks.get(next) {
        next += 1;
        let Some(rest) = left.checked_sub(block.length.max(1)) else {
            return Err(Hdf5Error::Damaged {
                at: address,
                what: "blocks of a header (they overlap)",
            });
        };
        left = rest;
        let found = of_block(reader, version, block)?;
        for message in found {
            if message.kind == Kind::Continuation {
                let mut cursor = message.cursor();
                let (at, length) = (cursor.u64()?, cursor.u64()?);
                blocks.push(continued(reader, version, at, length)?);
            } else {
                all.push(message);
            }
        }
        if all.len() + blocks.len() > MAX_OBJECTS {
            return Err(Hdf5Error::TooMany);
        }
    }
    Ok(all)
}

fn first_block(
    reader: &Reader<'_>,
    address: u64,
    path: &str,
) -> Result<(Version, Block), Hdf5Error> {
    if reader.piece(address, 4)? != b"OHDR" {
        let version = reader.byte(address)?;
        if version != 1 {
            return Err(Hdf5Error::Damaged {
                at: address,
                what: "header of a group or array",
            });
        }
        // Version, messages, references and the length; eight bytes before the first.
        let length = u64::from(reader.u32(address + 8)?);
        let start = address + 16;
        return Ok((Version::First, Block { start, length }));
    }
    let version = reader.byte(address + 4)?;
    if version != 2 {
        return Err(Hdf5Error::Unread {
            path: path.to_owned(),
            what: format!("a header of version {version}"),
        });
    }
    let flags = reader.byte(address + 5)?;
    let mut at = address + 6;
    if flags & 0x20 != 0 {
        at += 16;
    }
    if flags & 0x10 != 0 {
        at += 4;
    }
    let size = 1 << (flags & 3);
    let length = reader.of_size(at, size)?;
    let ordered = flags & 4 != 0;
    let start = at + size;
    Ok((Version::Second { ordered }, Block { start, length }))
}

fn continued(
    reader: &Reader<'_>,
    version: Version,
    at: u64,
    length: u64,
) -> Result<Block, Hdf5Error> {
    match version {
        Version::First => Ok(Block { start: at, length }),
        Version::Second { .. } => {
            reader.expect(at, b"OCHK", "more messages of a header")?;
            // Its name before the messages, a checksum behind them.
            let length = length.checked_sub(8).ok_or(Hdf5Error::Damaged {
                at,
                what: "more messages of a header",
            })?;
            Ok(Block {
                start: at + 4,
                length,
            })
        }
    }
}

fn of_block<'a>(
    reader: &Reader<'a>,
    version: Version,
    block: &Block,
) -> Result<Vec<Message<'a>>, Hdf5Error> {
    let bytes = reader.piece(block.start, block.length)?;
    let mut cursor = Cursor::new(bytes, block.start);
    let before = match version {
        Version::First => 8,
        Version::Second { ordered: true } => 6,
        Version::Second { ordered: false } => 4,
    };
    let mut found = Vec::new();
    // Less than one message's start is a gap.
    while cursor.rest().len() >= before {
        let (number, size, flags) = match version {
            Version::First => {
                let (number, size, flags) = (cursor.u16()?, cursor.u16()?, cursor.byte()?);
                cursor.skip(3)?;
                (number, size, flags)
            }
            Version::Second { ordered } => {
                let number = u16::from(cursor.byte()?);
                let (size, flags) = (cursor.u16()?, cursor.byte()?);
                if ordered {
                    cursor.skip(2)?;
                }
                (number, size, flags)
            }
        };
        let data = cursor.piece(size.into())?;
        found.push(Message {
            kind: Kind::of(number),
            is_shared: flags & 2 != 0,
            data,
            at: block.start,
        });
    }
    Ok(found)
}
