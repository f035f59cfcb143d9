//! The picture before and after an attack.

use engine::attack::PictureReport;
use engine::data::ChannelOrder;
use engine::session::answers;
use engine::{Graph, Shape};

/// What an attack of the picture came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Attacked {
    pub report: PictureReport,
    pub pictures: Pictures,
}

/// Values of 0 to 1, channel after channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Pictures {
    pub shape: Shape,
    pub before: Vec<f32>,
    pub after: Vec<f32>,
}

impl Attacked {
    /// What an engine's report and values say of a picture of this shape.
    ///
    /// # Errors
    /// When they are not of the format, as a sentence.
    pub fn read(report: &str, values: &[f32], shape: Shape) -> Result<Self, String> {
        let unreadable = "The engine's report is not of the format: reload the page.";
        let report =
            serde_json::from_str(report).map_err(|error| format!("{unreadable} ({error})"))?;
        let size = shape.elements() as usize;
        if values.len() != 2 * size {
            return Err(unreadable.to_owned());
        }
        let (before, after) = values.split_at(size);
        let pictures = Pictures {
            shape,
            before: before.to_vec(),
            after: after.to_vec(),
        };
        Ok(Self { report, pictures })
    }
}

/// How many times the noise is enlarged so that its largest change is black or white.
pub fn amplification(linf: f64) -> f64 {
    if linf > 0.0 { 0.5 / linf } else { 1.0 }
}

impl Pictures {
    /// The noise, ×[`amplification`], on grey.
    pub fn noise(&self, times: f64) -> Vec<f32> {
        let pairs = self.before.iter().zip(&self.after);
        let noise = pairs.map(|(before, after)| 0.5 + (after - before) * times as f32);
        noise.map(|it| it.clamp(0.0, 1.0)).collect()
    }

    /// Red, green, blue and opacity of each pixel.
    pub fn rgba(&self, values: &[f32], order: ChannelOrder) -> Vec<u8> {
        let area = self.shape.positions() as usize;
        let channels = self.shape.channels as usize;
        let planes = match channels {
            3 => order.colours(),
            // The first channel in all colours.
            _ => [0; 3],
        };
        let mut rgba = Vec::with_capacity(4 * area);
        for at in 0..area {
            for plane in planes {
                let value = values.get(plane * area + at).copied().unwrap_or_default();
                rgba.push((value * 255.0).round() as u8);
            }
            rgba.push(255);
        }
        rgba
    }
}

/// Why this network cannot be attacked, as a sentence; what it ends in.
pub fn obstacle(graph: &Graph, output: Option<Shape>) -> Option<String> {
    if graph.nodes().is_empty() {
        return Some("The network has no layers, so it has no answer to change.".to_owned());
    }
    let shape = output?;
    if shape.elements() < 2 && answers(shape) {
        return Some("The network has one output only: there is no other class.".to_owned());
    }
    (!answers(shape)).then(|| {
        format!(
            "This network ends in maps of {shape}, so there is no class to change. Add a global average \
             pool or a flatten and a linear layer in Build."
        )
    })
}

#[cfg(test)]
mod tests {
    use engine::attack::Sizes;

    use super::*;

    const SHAPE: Shape = Shape::new(1, 1, 2);

    fn report() -> PictureReport {
        PictureReport {
            label: 1,
            before: vec![0.1, 0.9],
            after: vec![0.8, 0.2],
            success: true,
            sizes: Sizes {
                l2: 0.25,
                linf: 0.25,
                changed: 1,
            },
            trace: vec![0.1, 1.6],
            iterations: 1,
            smallest: Some(0.2),
            defended: None,
            smoothed: None,
        }
    }

    #[test]
    fn a_reply_is_read_and_one_of_another_size_is_refused() {
        let text = serde_json::to_string(&report()).unwrap();
        let values = [0.0, 0.5, 0.25, 0.5];
        let attacked = Attacked::read(&text, &values, SHAPE).unwrap();
        assert_eq!(attacked.report, report());
        assert_eq!(attacked.pictures.before, [0.0, 0.5]);
        assert_eq!(attacked.pictures.after, [0.25, 0.5]);
        // The largest change is white, none is grey.
        let noise = attacked.pictures.noise(amplification(0.25));
        assert_eq!(noise, [1.0, 0.5]);
        assert!(Attacked::read(&text, &values[..3], SHAPE).is_err());
        assert!(Attacked::read("{}", &values, SHAPE).is_err());
    }

    #[test]
    fn grey_has_one_level_and_colours_stand_in_their_places() {
        let grey = Pictures {
            shape: SHAPE,
            before: vec![0.2, 1.0],
            after: Vec::new(),
        };
        let rgba = grey.rgba(&grey.before, ChannelOrder::Rgb);
        assert_eq!(rgba, [51, 51, 51, 255, 255, 255, 255, 255]);
        let colours = Pictures {
            shape: Shape::new(3, 1, 1),
            before: vec![0.0, 0.2, 1.0],
            after: Vec::new(),
        };
        let rgba = colours.rgba(&colours.before, ChannelOrder::Bgr);
        assert_eq!(rgba, [255, 51, 0, 255]);
    }

    #[test]
    fn a_network_that_ends_in_maps_has_no_class_to_change() {
        let lenet = engine::zoo::lenet5().unwrap();
        assert_eq!(obstacle(&lenet, Some(Shape::vector(10))), None);
        let maps = obstacle(&lenet, Some(Shape::new(16, 5, 5))).unwrap();
        assert!(maps.contains("16"), "{maps}");
        assert!(obstacle(&lenet, Some(Shape::vector(1))).is_some());
    }
}
