//! The IDX format of the MNIST files: big-endian magic, one 32-bit size a dimension, bytes.
//! Source: "The IDX file format" on the MNIST page, yann.lecun.com/exdb/mnist.

use anyhow::{Context, Result, ensure};

/// Unsigned bytes in three dimensions: images, height, width.
pub const IMAGES: u32 = 0x0803;
/// Unsigned bytes in one dimension: labels.
pub const LABELS: u32 = 0x0801;

/// An IDX file of unsigned bytes; the first dimension counts the items.
#[derive(Debug, PartialEq)]
pub struct Idx {
    pub magic: u32,
    pub sizes: Vec<u32>,
    pub bytes: Vec<u8>,
}

impl Idx {
    /// Reads a file whose magic number must be `magic`.
    pub fn parse(file: &[u8], magic: u32) -> Result<Self> {
        let mut words = file
            .chunks_exact(4)
            .map(|it| u32::from_be_bytes([it[0], it[1], it[2], it[3]]));
        let found = words
            .next()
            .context("the IDX file is shorter than its magic number")?;
        ensure!(
            found == magic,
            "the IDX magic is {found:#06x}, expected {magic:#06x}"
        );
        let dimensions = (magic & 0xff) as usize;
        let sizes: Vec<u32> = words.take(dimensions).collect();
        ensure!(
            sizes.len() == dimensions,
            "the IDX file ends inside its header"
        );
        let bytes = file[4 + 4 * dimensions..].to_vec();
        let wanted: u64 = sizes.iter().map(|&it| u64::from(it)).product();
        ensure!(
            bytes.len() as u64 == wanted,
            "the IDX header promises {wanted} bytes, the file has {}",
            bytes.len()
        );
        Ok(Self {
            magic,
            sizes,
            bytes,
        })
    }

    /// How many items: images or labels.
    pub fn count(&self) -> usize {
        self.sizes.first().map_or(0, |&it| it as usize)
    }

    /// The `count` items from `first` on, as a complete IDX file.
    pub fn part(&self, first: usize, count: usize) -> Result<Vec<u8>> {
        let item = self.sizes[1..]
            .iter()
            .map(|&it| it as usize)
            .product::<usize>();
        let part = self
            .bytes
            .get(first * item..(first + count) * item)
            .with_context(|| format!("items {first}..{} of {}", first + count, self.count()))?;
        let mut file = self.magic.to_be_bytes().to_vec();
        file.extend(u32::try_from(count)?.to_be_bytes());
        for size in &self.sizes[1..] {
            file.extend(size.to_be_bytes());
        }
        file.extend(part);
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three 1×2 images, written by hand after the format's description.
    const FILE: [u8; 22] = [
        0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 10, 11, 20, 21, 30, 31,
    ];

    #[test]
    fn a_part_is_a_complete_file_of_its_own() {
        let whole = Idx::parse(&FILE, IMAGES).unwrap();
        let part = Idx::parse(&whole.part(1, 2).unwrap(), IMAGES).unwrap();
        assert_eq!(part.sizes, [2, 1, 2]);
        assert_eq!(part.bytes, [20, 21, 30, 31]);
        assert_eq!(whole.part(0, 3).unwrap(), FILE);
    }

    #[test]
    fn wrong_magic_short_and_long_files_are_refused() {
        assert!(Idx::parse(&FILE, LABELS).is_err());
        assert!(Idx::parse(&FILE[..21], IMAGES).is_err());
        assert!(Idx::parse(&FILE[..9], IMAGES).is_err());
        assert!(Idx::parse(&[], IMAGES).is_err());
        let long: Vec<u8> = FILE.iter().copied().chain([0]).collect();
        assert!(Idx::parse(&long, IMAGES).is_err());
    }

    #[test]
    fn a_part_outside_the_file_is_refused() {
        assert!(Idx::parse(&FILE, IMAGES).unwrap().part(2, 2).is_err());
    }
}
