//! The step of the preprocessing that is differentiated: the normalisation of each channel.

use super::{MNIST_MEAN, MNIST_STD, Means, takes_drawings};
use crate::Shape;

/// The network's input is `(x − mean) / std` of a picture x of 0 to 1, channel by channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaling {
    /// One for each channel.
    pub mean: Vec<f32>,
    pub std: Vec<f32>,
}

/// How far a value may be outside of 0 to 1 by rounding.
const ROUNDING: f32 = 1e-3;

impl Scaling {
    /// That of the preparation which makes inputs of this shape from a drawing, from the digit in a
    /// photo, or from a photo.
    pub fn of(means: &Means, target: Shape) -> Self {
        Self::of_source(means, target, takes_drawings(target))
    }

    /// As [`Self::of`], for images of a data set of this shape: those of one colour are drawings for a
    /// network that reads drawings, others photos.
    pub fn of_images(means: &Means, images: Shape, target: Shape) -> Self {
        Self::of_source(
            means,
            target,
            takes_drawings(target) && images.channels == 1,
        )
    }

    fn of_source(means: &Means, target: Shape, drawing: bool) -> Self {
        let channels = target.channels as usize;
        let same = |mean: f32, std: f32| Self {
            mean: vec![mean; channels],
            std: vec![std; channels],
        };
        if drawing {
            return match means.drawing.normalise {
                true => same(MNIST_MEAN, MNIST_STD),
                false => same(0.0, 1.0),
            };
        }
        let photo = means.photo;
        if channels != 3 {
            let (mean, scale) = photo.of_grey();
            return same(mean / 255.0, scale / 255.0);
        }
        let colours = photo.order.colours();
        Self {
            mean: colours.map(|it| photo.mean[it] / 255.0).to_vec(),
            std: colours.map(|it| photo.scale[it] / 255.0).to_vec(),
        }
    }

    /// One mean and deviation for each value of a picture of `area` values a channel.
    fn each(&self, area: usize) -> impl Iterator<Item = (f32, f32)> + use<'_> {
        let channels = self.mean.iter().zip(&self.std);
        channels.flat_map(move |(&mean, &std)| std::iter::repeat_n((mean, std), area))
    }

    fn area(&self, shape: Shape) -> usize {
        shape.elements() as usize / self.mean.len().max(1)
    }

    /// Pictures as the network's input.
    pub fn input(&self, pictures: &[f32], shape: Shape) -> Vec<f32> {
        let area = self.area(shape);
        let size = (shape.elements() as usize).max(1);
        let rows = pictures.chunks(size);
        rows.flat_map(|row| row.iter().zip(self.each(area)))
            .map(|(value, (mean, std))| (value - mean) / std)
            .collect()
    }

    /// Gradients with respect to the input as gradients with respect to the picture, in place.
    pub fn pull_back(&self, gradients: &mut [f32], shape: Shape) {
        let area = self.area(shape);
        let size = (shape.elements() as usize).max(1);
        for row in gradients.chunks_mut(size) {
            for (value, (_, std)) in row.iter_mut().zip(self.each(area)) {
                *value /= std;
            }
        }
    }

    /// The picture that an input was made of, within 0 to 1.
    pub fn picture(&self, input: &[f32], shape: Shape) -> Vec<f32> {
        let values = self.unscaled(input, shape);
        values.map(|it| it.clamp(0.0, 1.0)).collect()
    }

    /// A value of the picture outside of 0 to 1, where this normalisation does not make the input of
    /// any picture.
    pub fn stray(&self, input: &[f32], shape: Shape) -> Option<f32> {
        let outside = |it: &f32| !(-ROUNDING..=1.0 + ROUNDING).contains(it);
        self.unscaled(input, shape).find(outside)
    }

    fn unscaled(&self, input: &[f32], shape: Shape) -> impl Iterator<Item = f32> {
        let size = (shape.elements() as usize).max(1);
        let area = self.area(shape);
        let rows = input.chunks(size);
        let values = rows.flat_map(move |row| row.iter().zip(self.each(area)));
        values.map(|(it, (mean, std))| it * std + mean)
    }
}
