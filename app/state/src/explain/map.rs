//! An attribution map as it is shown.

use engine::Shape;
use engine::explain::{Area, Explanation, SanityLevel, per_position};

/// One value for each place.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    pub about: Explanation,
    pub width: u32,
    pub height: u32,
    /// Row by row.
    pub values: Vec<f32>,
    /// The largest size of a value.
    pub most: f32,
}

impl Map {
    /// Of the values that came with the explanation.
    pub fn new(about: Explanation, values: &[f32]) -> Self {
        let shape = about.shape;
        let values = per_position(values, shape);
        let most = values.iter().fold(0.0_f32, |most, it| most.max(it.abs()));
        Self {
            width: shape.width,
            height: shape.height,
            values,
            most,
            about,
        }
    }

    /// The map of the network as it is, and those of the levels of a sanity check.
    pub fn of_levels(
        original: &Explanation,
        levels: &[SanityLevel],
        values: &[f32],
    ) -> (Self, Vec<Self>) {
        let each = (original.shape.elements() as usize).max(1);
        let mut maps = values
            .chunks_exact(each)
            .map(|values| Self::new(original.clone(), values));
        let first = maps
            .next()
            .unwrap_or_else(|| Self::new(original.clone(), &[]));
        (first, maps.take(levels.len()).collect())
    }

    /// Where the map lies over a picture of this shape, in percent: left, top, width, height.
    pub fn place(&self, picture: Shape) -> [f32; 4] {
        let Area {
            top,
            left,
            height,
            width,
        } = self.about.area;
        let [high, wide] = [picture.height, picture.width].map(|side| side.max(1) as f32);
        [left / wide, top / high, width / wide, height / high].map(|share| share * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use engine::explain::{Method, Occlusion};

    use super::*;

    fn about(shape: Shape, area: Area) -> Explanation {
        let occlusion = Occlusion {
            patch: 4,
            stride: 2,
            fill: 0.0,
        };
        Explanation {
            method: Method::Occlusion(occlusion),
            class: 0,
            predicted: 0,
            logit: 1.0,
            shape,
            area,
            least: 0.0,
            largest: 0.0,
            completeness: None,
            notes: Vec::new(),
        }
    }

    #[test]
    fn colours_of_a_photo_are_added_and_the_scale_is_the_largest_size() {
        let shape = Shape::new(3, 1, 2);
        let about = about(shape, Area::all(shape));
        let map = Map::new(about, &[1.0, -1.0, 2.0, -3.0, 0.5, -1.0]);
        assert_eq!((map.values.as_slice(), map.most), (&[3.5, -5.0][..], 5.0));
        assert_eq!(map.place(shape), [0.0, 0.0, 100.0, 100.0]);
    }

    #[test]
    fn places_of_occlusion_lie_in_the_middle_of_their_patches() {
        // A patch of 4 every 2 pixels of 8: three places, drawn from pixel 1 to pixel 7.
        let area = Area {
            top: 1.0,
            left: 1.0,
            height: 6.0,
            width: 6.0,
        };
        let map = Map::new(about(Shape::new(1, 3, 3), area), &[0.0; 9]);
        let place = map.place(Shape::new(1, 8, 8));
        assert_eq!(place, [12.5, 12.5, 75.0, 75.0]);
    }

    #[test]
    fn each_level_has_its_map() {
        let shape = Shape::new(1, 1, 2);
        let about = about(shape, Area::all(shape));
        let level = SanityLevel {
            node: engine::NodeId(3),
            name: "fc".to_owned(),
            correlation: None,
        };
        let (first, maps) = Map::of_levels(&about, &[level], &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(first.values, [1.0, 2.0]);
        assert_eq!(maps.len(), 1);
        assert_eq!(maps[0].values, [3.0, 4.0]);
    }
}
