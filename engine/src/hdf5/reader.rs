//! Numbers and pieces of a file by their addresses; what lies outside of it is an error.

use super::Hdf5Error;

/// An address that says that there is nothing.
pub(super) const NOWHERE: u64 = u64::MAX;

#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    pub bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// `length` bytes from `at` on.
    pub fn piece(&self, at: u64, length: u64) -> Result<&'a [u8], Hdf5Error> {
        let range = || {
            let start = usize::try_from(at).ok()?;
            let end = start.checked_add(usize::try_from(length).ok()?)?;
            self.bytes.get(start..end)
        };
        range().ok_or(Hdf5Error::Damaged {
            at,
            what: "bytes (it ends before them)",
        })
    }

    fn number<const N: usize>(&self, at: u64) -> Result<[u8; N], Hdf5Error> {
        let piece = self.piece(at, N as u64)?;
        piece.try_into().map_err(|_| Hdf5Error::Damaged {
            at,
            what: "bytes of a number",
        })
    }

    pub fn byte(&self, at: u64) -> Result<u8, Hdf5Error> {
        self.number::<1>(at).map(|[byte]| byte)
    }

    pub fn u16(&self, at: u64) -> Result<u16, Hdf5Error> {
        self.number(at).map(u16::from_le_bytes)
    }

    pub fn u32(&self, at: u64) -> Result<u32, Hdf5Error> {
        self.number(at).map(u32::from_le_bytes)
    }

    pub fn u64(&self, at: u64) -> Result<u64, Hdf5Error> {
        self.number(at).map(u64::from_le_bytes)
    }

    /// A number of 1, 2, 4 or 8 bytes.
    pub fn of_size(&self, at: u64, size: u64) -> Result<u64, Hdf5Error> {
        match size {
            1 => self.byte(at).map(u64::from),
            2 => self.u16(at).map(u64::from),
            4 => self.u32(at).map(u64::from),
            _ => self.u64(at),
        }
    }

    /// Checks that a part begins with its name.
    pub fn expect(&self, at: u64, name: &[u8; 4], what: &'static str) -> Result<(), Hdf5Error> {
        if self.piece(at, 4)? == name {
            return Ok(());
        }
        Err(Hdf5Error::Damaged { at, what })
    }
}

/// A cursor over one message: what is behind its end is an error at the message's place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    reader: Reader<'a>,
    /// Where the message lies in the file.
    start: u64,
    at: u64,
}

impl<'a> Cursor<'a> {
    pub const fn new(bytes: &'a [u8], start: u64) -> Self {
        Self {
            reader: Reader::new(bytes),
            start,
            at: 0,
        }
    }

    fn step<T>(
        &mut self,
        size: u64,
        read: impl FnOnce(&Reader<'a>, u64) -> Result<T, Hdf5Error>,
    ) -> Result<T, Hdf5Error> {
        let value = read(&self.reader, self.at).map_err(|_| Hdf5Error::Damaged {
            at: self.start,
            what: "fields of a message",
        })?;
        self.at += size;
        Ok(value)
    }

    pub fn byte(&mut self) -> Result<u8, Hdf5Error> {
        self.step(1, Reader::byte)
    }

    pub fn u16(&mut self) -> Result<u16, Hdf5Error> {
        self.step(2, Reader::u16)
    }

    pub fn u32(&mut self) -> Result<u32, Hdf5Error> {
        self.step(4, Reader::u32)
    }

    pub fn u64(&mut self) -> Result<u64, Hdf5Error> {
        self.step(8, Reader::u64)
    }

    pub fn of_size(&mut self, size: u64) -> Result<u64, Hdf5Error> {
        self.step(size, |reader, at| reader.of_size(at, size))
    }

    pub fn piece(&mut self, length: u64) -> Result<&'a [u8], Hdf5Error> {
        self.step(length, |reader, at| reader.piece(at, length))
    }

    pub fn skip(&mut self, length: u64) -> Result<(), Hdf5Error> {
        self.piece(length).map(|_| ())
    }

    /// All that is left.
    pub fn rest(&self) -> &'a [u8] {
        let start = usize::try_from(self.at).unwrap_or(usize::MAX);
        self.reader.bytes.get(start..).unwrap_or_default()
    }
}
