//! The protobuf encoding: fields one after the other, without copying and without recursion.
//! <https://protobuf.dev/programming-guides/encoding/>

use super::OnnxError;

/// The fields of one message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The value of a field, as the encoding tells it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

impl<'a> Fields<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next field and its number; `None` at the end.
    pub fn next(&mut self) -> Result<Option<(u32, Field<'a>)>, OnnxError> {
        if self.at >= self.bytes.len() {
            return Ok(None);
        }
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).ok().filter(|&number| number > 0);
        let number = number.ok_or(OnnxError::Encoding)?;
        let field = match key & 7 {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = self.varint()?;
                let length = usize::try_from(length).ok();
                let length = length.filter(|&length| length <= self.bytes.len() - self.at);
                let length = length.ok_or(OnnxError::Truncated)?;
                let start = self.at;
                self.at += length;
                Field::Bytes(&self.bytes[start..self.at])
            }
            5 => Field::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => {
                return Err(OnnxError::Encoding);
            }
        };
        Ok(Some((number, field)))
    }

    fn varint(&mut self) -> Result<u64, OnnxError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or(OnnxError::Truncated)?;
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(OnnxError::Encoding)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], OnnxError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let array = rest.first_chunk().ok_or(OnnxError::Truncated)?;
        self.at += N;
        Ok(*array)
    }
}

impl<'a> Field<'a> {
    pub fn bytes(self) -> Result<&'a [u8], OnnxError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(OnnxError::Encoding),
        }
    }

    pub fn text(self) -> Result<&'a str, OnnxError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| OnnxError::Encoding)
    }

    /// A whole number: negative ones are in two's complement.
    pub fn int(self) -> Result<i64, OnnxError> {
        match self {
            Self::Varint(value) => Ok(value.cast_signed()),
            _ => Err(OnnxError::Encoding),
        }
    }

    /// Whole numbers, packed or one.
    pub fn ints(self, into: &mut Vec<i64>) -> Result<(), OnnxError> {
        match self {
            Self::Bytes(bytes) => {
                let mut packed = Fields::new(bytes);
                while packed.at < bytes.len() {
                    into.push(packed.varint()?.cast_signed());
                }
                Ok(())
            }
            one => {
                into.push(one.int()?);
                Ok(())
            }
        }
    }

    /// 32-bit floats, packed or one.
    pub fn floats(self, into: &mut Vec<f32>) -> Result<(), OnnxError> {
        match self {
            Self::Bytes(bytes) if bytes.len().is_multiple_of(4) => {
                let floats = bytes.as_chunks().0.iter();
                into.extend(floats.map(|&bytes| f32::from_le_bytes(bytes)));
                Ok(())
            }
            Self::Fixed32(bits) => {
                into.push(f32::from_bits(bits));
                Ok(())
            }
            _ => Err(OnnxError::Encoding),
        }
    }

    /// 64-bit floats, packed or one.
    pub fn doubles(self, into: &mut Vec<f64>) -> Result<(), OnnxError> {
        match self {
            Self::Bytes(bytes) if bytes.len().is_multiple_of(8) => {
                let floats = bytes.as_chunks().0.iter();
                into.extend(floats.map(|&bytes| f64::from_le_bytes(bytes)));
                Ok(())
            }
            Self::Fixed64(bits) => {
                into.push(f64::from_bits(bits));
                Ok(())
            }
            _ => Err(OnnxError::Encoding),
        }
    }
}

/// Writes fields.
#[derive(Clone, Debug, Default)]
pub(super) struct Message {
    pub bytes: Vec<u8>,
}

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    pub fn int(&mut self, number: u32, value: i64) {
        self.varint(u64::from(number) << 3);
        self.varint(value.cast_unsigned());
    }

    pub fn float(&mut self, number: u32, value: f32) {
        self.varint(u64::from(number) << 3 | 5);
        self.bytes.extend(value.to_le_bytes());
    }

    pub fn bytes(&mut self, number: u32, value: &[u8]) {
        self.varint(u64::from(number) << 3 | 2);
        self.varint(value.len() as u64);
        self.bytes.extend_from_slice(value);
    }

    pub fn text(&mut self, number: u32, value: &str) {
        self.bytes(number, value.as_bytes());
    }

    pub fn message(&mut self, number: u32, value: &Self) {
        self.bytes(number, &value.bytes);
    }

    pub fn ints(&mut self, number: u32, values: &[i64]) {
        let mut packed = Self::default();
        for &value in values {
            packed.varint(value.cast_unsigned());
        }
        self.message(number, &packed);
    }
}
