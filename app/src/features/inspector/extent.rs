//! The range of a layer's maps in words.

use engine::Shape;

use super::maps::comes_whole;
use super::tiles::Tiles;
use crate::ui::format::value;
use crate::ui::maps::Range;

/// The smallest and largest value of these maps of a node, and which part of the node they are. The
/// range of the colours differs: it includes 0.
pub fn extent(shape: Shape, maps: &Tiles) -> Option<String> {
    let Range { min, max } = maps.range()?;
    let what = if shape.is_vector() {
        "all values".to_owned()
    } else if shape.channels == 1 {
        "the map".to_owned()
    } else if comes_whole(shape) {
        "all maps".to_owned()
    } else {
        format!("channels {} to {}", maps.first, maps.last())
    };
    let reduced = (maps.height, maps.width) != (shape.height, shape.width);
    let how = if reduced {
        format!(", averaged to {} × {},", maps.height, maps.width)
    } else {
        String::new()
    };
    Some(format!("{what}{how} from {} to {}", value(min), value(max)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiles(side: u32, first: u32, values: Vec<f32>) -> Tiles {
        Tiles {
            width: side,
            height: side,
            first,
            values,
            empty: 0,
        }
    }

    #[test]
    fn the_extent_names_the_part_of_the_layer() {
        let small = tiles(1, 0, vec![0.5, 2.0]);
        let text = extent(Shape::new(2, 1, 1), &small);
        assert_eq!(text.as_deref(), Some("all values from 0.5000 to 2.0000"));
        let text = extent(Shape::new(2, 2, 2), &tiles(2, 0, vec![0.5; 8]));
        assert_eq!(text.as_deref(), Some("all maps from 0.5000 to 0.5000"));
        let text = extent(Shape::new(1, 2, 2), &tiles(2, 0, vec![0.5; 4]));
        assert_eq!(text.as_deref(), Some("the map from 0.5000 to 0.5000"));
        // A page of 64 of VGG's 128 maps, reduced.
        let page = tiles(1, 64, vec![-1.0; 64]);
        let text = extent(Shape::new(128, 112, 112), &page);
        assert_eq!(
            text.as_deref(),
            Some("channels 64 to 127, averaged to 1 × 1, from −1.0000 to −1.0000")
        );
    }
}
