//! The images of a set by their numbers, wherever their bytes are.

use std::fmt;
use std::rc::Rc;

/// Gives the bytes of one image of a part, by its number in the part.
pub type Read = Rc<dyn Fn(usize) -> Option<Vec<u8>>>;

/// A run of images.
#[derive(Clone)]
pub struct Part {
    pub images: usize,
    pub read: Read,
}

/// Parts in the order of their images' numbers.
#[derive(Clone, Default)]
pub struct Images(Vec<Part>);

impl fmt::Debug for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} images in {} parts", self.len(), self.0.len())
    }
}

impl Images {
    /// Appends a run of images.
    pub fn push(&mut self, part: Part) {
        self.0.push(part);
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.0.iter().map(|part| part.images).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of one image.
    pub fn get(&self, mut index: usize) -> Option<Vec<u8>> {
        for part in &self.0 {
            if index < part.images {
                return (part.read)(index);
            }
            index -= part.images;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_found_in_the_part_that_its_number_falls_in() {
        let mut images = Images::default();
        for (name, count) in [(b'a', 2), (b'b', 0), (b'c', 3)] {
            images.push(Part {
                images: count,
                read: Rc::new(move |index| Some(vec![name, index as u8])),
            });
        }
        assert_eq!(images.len(), 5);
        assert_eq!(images.get(1), Some(vec![b'a', 1]));
        assert_eq!(images.get(2), Some(vec![b'c', 0]));
        assert_eq!(images.get(4), Some(vec![b'c', 2]));
        assert_eq!(images.get(5), None);
    }
}
