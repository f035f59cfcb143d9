//! Arrays in chunks, packed or not.

use std::collections::HashSet;
use std::io::Read as _;

use flate2::read::ZlibDecoder;

use super::dataset::{Float, unread};
use super::header::{Kind, Message};
use super::reader::{Cursor, NOWHERE, Reader};
use super::{Hdf5Error, MAX_OBJECTS, only};

/// Bytes that the chunks of an array may have beyond eight times its own.
const MOST_MORE: u64 = 1 << 26;

/// What is done to the bytes of a chunk when it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    Deflate,
    /// First bytes of all values, then second ones, and so on.
    Shuffle,
    /// A sum of four bytes behind them.
    Fletcher,
}

/// A chunk: where it begins on each axis, which filters were left out, and its bytes.
struct Chunk<'a> {
    start: Vec<u64>,
    left_out: u32,
    bytes: &'a [u8],
}

pub(super) struct Chunks<'a> {
    path: &'a str,
    sides: Vec<u64>,
    filters: Vec<Filter>,
    all: Vec<Chunk<'a>>,
}

impl<'a> Chunks<'a> {
    pub fn of(
        reader: &Reader<'a>,
        header: &[Message<'_>],
        cursor: &mut Cursor<'_>,
        version: u8,
        path: &'a str,
        dims: &[u64],
        float: Float,
    ) -> Result<Self, Hdf5Error> {
        let filters = match only(header, Kind::Filters) {
            Some(message) => filters(message, path)?,
            None => Vec::new(),
        };
        let mut chunks = Self {
            path,
            sides: Vec::new(),
            filters,
            all: Vec::new(),
        };
        // The last side is that of a value.
        if version == 3 {
            let rank = cursor.byte()?;
            let tree = cursor.u64()?;
            for _ in 1..rank {
                chunks.sides.push(cursor.u32()?.into());
            }
            chunks.check(dims)?;
            chunks.all = of_tree(reader, tree, dims.len())?;
            return Ok(chunks);
        }
        let flags = cursor.byte()?;
        let rank = cursor.byte()?;
        let size = cursor.byte()?.into();
        if ![1, 2, 4, 8].contains(&size) {
            return Err(unread(path, "chunks with sides of an unusual length"));
        }
        for _ in 1..rank {
            chunks.sides.push(cursor.of_size(size)?);
        }
        cursor.skip(size)?;
        chunks.check(dims)?;
        let one = chunks.bytes(float);
        let start = vec![0; dims.len()];
        match cursor.byte()? {
            1 => {
                let (length, left_out) = match flags & 2 {
                    0 => (one, 0),
                    _ => (cursor.u64()?, cursor.u32()?),
                };
                let bytes = reader.piece(cursor.u64()?, length)?;
                chunks.all.push(Chunk {
                    start,
                    left_out,
                    bytes,
                });
                Ok(chunks)
            }
            _ => Err(unread(path, "chunks by an index of libver=\"latest\"")),
        }
    }

    fn check(&self, dims: &[u64]) -> Result<(), Hdf5Error> {
        if self.sides.len() == dims.len() && !self.sides.contains(&0) {
            return Ok(());
        }
        Err(self.error("its sides are not those of the array"))
    }

    fn error(&self, why: impl std::fmt::Display) -> Hdf5Error {
        Hdf5Error::Chunk {
            path: self.path.to_owned(),
            why: why.to_string(),
        }
    }

    /// How many bytes a whole chunk has.
    fn bytes(&self, float: Float) -> u64 {
        let sides = self.sides.iter();
        sides.fold(float.size(), |all, &side| all.saturating_mul(side))
    }

    /// The bytes of a chunk before the filters.
    fn unpacked(&self, chunk: &Chunk<'_>, float: Float, wanted: u64) -> Result<Vec<u8>, Hdf5Error> {
        let mut bytes = chunk.bytes.to_vec();
        for (number, filter) in self.filters.iter().enumerate().rev() {
            if chunk.left_out >> number & 1 == 1 {
                continue;
            }
            bytes = match filter {
                Filter::Deflate => {
                    let mut unpacked = Vec::new();
                    // A sum may be behind the values.
                    let most = wanted.saturating_add(8);
                    let mut decoder = ZlibDecoder::new(bytes.as_slice()).take(most);
                    decoder
                        .read_to_end(&mut unpacked)
                        .map_err(|error| self.error(error))?;
                    unpacked
                }
                Filter::Shuffle => unshuffled(&bytes, float.size() as usize),
                Filter::Fletcher => {
                    bytes.truncate(bytes.len().saturating_sub(4));
                    bytes
                }
            };
        }
        if bytes.len() as u64 != wanted {
            let got = bytes.len();
            return Err(self.error(format!("it has {got} bytes and not {wanted}")));
        }
        Ok(bytes)
    }
}

fn unshuffled(bytes: &[u8], size: usize) -> Vec<u8> {
    let count = bytes.len() / size;
    let mut plain = bytes.to_vec();
    for value in 0..count {
        for byte in 0..size {
            plain[value * size + byte] = bytes[byte * count + value];
        }
    }
    plain
}

fn filters(message: &Message<'_>, path: &str) -> Result<Vec<Filter>, Hdf5Error> {
    let mut cursor = message.cursor();
    let version = cursor.byte()?;
    let count = cursor.byte()?;
    if version == 1 {
        cursor.skip(6)?;
    }
    let mut found = Vec::new();
    for _ in 0..count {
        let number = cursor.u16()?;
        let name = match version == 1 || number >= 256 {
            true => u64::from(cursor.u16()?),
            false => 0,
        };
        cursor.skip(2)?;
        let values = u64::from(cursor.u16()?);
        match version {
            1 => cursor.skip(name.next_multiple_of(8) + 4 * (values + values % 2))?,
            _ => cursor.skip(name + 4 * values)?,
        }
        found.push(match number {
            1 => Filter::Deflate,
            2 => Filter::Shuffle,
            3 => Filter::Fletcher,
            other => return Err(unread(path, &format!("chunks packed by filter {other}"))),
        });
    }
    Ok(found)
}

/// The chunks of a tree of the first version.
fn of_tree<'a>(reader: &Reader<'a>, tree: u64, rank: usize) -> Result<Vec<Chunk<'a>>, Hdf5Error> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut open: Vec<u64> = (tree != NOWHERE).then_some(tree).into_iter().collect();
    // Size and filters, then the place along each axis and within a value.
    let key = 8 + 8 * (rank as u64 + 1);
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            return Err(Hdf5Error::Damaged {
                at,
                what: "chunks (they are reached twice)",
            });
        }
        reader.expect(at, b"TREE", "chunks of an array")?;
        if reader.byte(at + 4)? != 1 {
            return Err(Hdf5Error::Damaged {
                at,
                what: "chunks of an array",
            });
        }
        let level = reader.byte(at + 5)?;
        for number in 0..u64::from(reader.u16(at + 6)?) {
            let entry = at + 24 + number * (key + 8);
            let child = reader.u64(entry + key)?;
            if level > 0 {
                open.push(child);
                continue;
            }
            let start: Result<_, _> = { 0..rank as u64 }
                .map(|axis| reader.u64(entry + 8 + 8 * axis))
                .collect();
            found.push(Chunk {
                start: start?,
                left_out: reader.u32(entry + 4)?,
                bytes: reader.piece(child, reader.u32(entry)?.into())?,
            });
        }
        if found.len() + open.len() > MAX_OBJECTS {
            return Err(Hdf5Error::TooMany);
        }
    }
    Ok(found)
}

/// All chunks at their places; what no chunk has is zero.
pub(super) fn joined(
    chunks: &Chunks<'_>,
    dims: &[u64],
    float: Float,
    size: u64,
) -> Result<Vec<u8>, Hdf5Error> {
    let one = chunks.bytes(float);
    // Chunks at the edge are whole, so that they may be larger than the array, but not by much.
    let together = one.saturating_mul(chunks.all.len() as u64);
    if together > size.saturating_mul(8).saturating_add(MOST_MORE) {
        return Err(chunks.error("its chunks are much larger than it"));
    }
    let places: HashSet<&Vec<u64>> = chunks.all.iter().map(|chunk| &chunk.start).collect();
    if places.len() != chunks.all.len() {
        return Err(chunks.error("two are at the same place"));
    }
    let length = usize::try_from(size).map_err(|_| chunks.error("it is too large"))?;
    let mut all = vec![0; length];
    let value = float.size();
    for chunk in &chunks.all {
        let bytes = chunks.unpacked(chunk, float, one)?;
        for (axis, &start) in chunk.start.iter().enumerate() {
            if start % chunks.sides[axis] != 0 || start >= dims[axis] {
                return Err(chunks.error("it lies outside of the array"));
            }
        }
        let Some((&width, rows)) = chunks.sides.split_last() else {
            // A single value.
            all.copy_from_slice(&bytes);
            continue;
        };
        let last = dims.len() - 1;
        let kept = width.min(dims[last] - chunk.start[last]);
        let count: u64 = rows.iter().product();
        'row: for row in 0..count {
            // Where the row lies in the array.
            let (mut rest, mut place, mut step) = (row, chunk.start[last], dims[last]);
            for axis in (0..last).rev() {
                let along = chunk.start[axis] + rest % rows[axis];
                rest /= rows[axis];
                if along >= dims[axis] {
                    continue 'row;
                }
                place += along * step;
                step *= dims[axis];
            }
            let (from, to) = ((row * width * value) as usize, (place * value) as usize);
            let length = (kept * value) as usize;
            all[to..to + length].copy_from_slice(&bytes[from..from + length]);
        }
    }
    Ok(all)
}
