//! One sentence about what more work buys.

use super::Row;
use crate::analysis::grouped;

/// A difference in accuracy below this many points is called none.
const SAME: f64 = 0.5;
/// Work below this ratio is called the same.
const MORE: f64 = 1.05;

/// The rows whose accuracy was measured on the same images: those of the data set that most of them
/// have; none where that is only one.
pub fn comparable(rows: &[Row]) -> Vec<&Row> {
    let sets = rows.iter().filter_map(|row| row.accuracy.map(|it| it.on));
    let of = |set: &str| -> Vec<&Row> {
        let same = |row: &&Row| row.accuracy.is_some_and(|it| it.on == set);
        rows.iter().filter(same).collect()
    };
    let mut most = Vec::new();
    for set in sets {
        let rows = of(set);
        if rows.len() > most.len() {
            most = rows;
        }
    }
    if most.len() < 2 { Vec::new() } else { most }
}

/// What more work buys in accuracy: of the pairs where it buys nothing the one with the largest ratio
/// of work, else the network with the most work against the one with the least.
pub fn accuracy_for_work(rows: &[Row]) -> Option<String> {
    let rows = comparable(rows);
    let points = |row: &Row| row.accuracy.map_or(0.0, |it| it.top1);
    let mut unpaid: Option<(f64, &Row, &Row)> = None;
    for &more in &rows {
        for &less in &rows {
            let ratio = times(more.macs, less.macs)?;
            let gain = points(more) - points(less);
            if ratio >= MORE && gain < SAME && unpaid.is_none_or(|it| it.0 < ratio) {
                unpaid = Some((ratio, more, less));
            }
        }
    }
    let (ratio, more, less) = match unpaid {
        Some(found) => found,
        None => extremes(&rows)?,
    };
    let gain = points(more) - points(less);
    let bought = if gain.abs() < SAME {
        "about the same accuracy".to_owned()
    } else {
        let word = if gain > 0.0 { "more" } else { "less" };
        format!("{:.1} points {word} accuracy", gain.abs())
    };
    Some(format!(
        "{} does {} times the work of {} for {bought}.",
        more.name,
        said(ratio),
        less.name
    ))
}

/// How work and parameters go together, where there is no accuracy to compare.
pub fn parameters_for_work(rows: &[Row]) -> Option<String> {
    let rows: Vec<&Row> = rows.iter().collect();
    let (ratio, more, less) = extremes(&rows)?;
    let params = times(more.params, less.params)?;
    Some(format!(
        "{} does {} times the work of {} with {} times its parameters.",
        more.name,
        said(ratio),
        less.name,
        said(params)
    ))
}

/// The rows with the most and the least work, where these differ.
fn extremes<'a>(rows: &[&'a Row]) -> Option<(f64, &'a Row, &'a Row)> {
    let more = rows.iter().max_by_key(|row| row.macs)?;
    let less = rows.iter().min_by_key(|row| row.macs)?;
    let ratio = times(more.macs, less.macs)?;
    (ratio >= MORE).then_some((ratio, *more, *less))
}

fn times(more: u64, less: u64) -> Option<f64> {
    (less > 0).then(|| more as f64 / less as f64)
}

/// A ratio as people say it: 2,242, 51, 2.3, 0.54.
fn said(ratio: f64) -> String {
    match ratio {
        large if large >= 10.0 => grouped(large.round() as u64),
        some if some >= 1.0 => format!("{some:.1}"),
        small => format!("{small:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::zoo::{self, Options};

    use super::*;

    fn rows(names: &[&str]) -> Vec<Row> {
        let row =
            |name: &&str| Row::of(&zoo::build(name, &Options::default()).unwrap(), Some(name));
        names.iter().map(row).collect()
    }

    // torchvision's tables: 15.47 and 0.30 GMAC, 71.592 and 71.878 %; 4.09 GMAC, 76.13 %.
    #[test]
    fn work_that_buys_no_accuracy_is_named_first() {
        let rows = rows(&["vgg-16", "resnet-50", "mobilenet-v2"]);
        assert_eq!(
            accuracy_for_work(&rows).unwrap(),
            "VGG-16 does 51 times the work of MobileNet V2 for about the same accuracy."
        );
    }

    #[test]
    fn else_the_most_work_is_set_against_the_least() {
        let two = rows(&["mobilenet-v2", "resnet-50"]);
        assert_eq!(
            accuracy_for_work(&two).unwrap(),
            "ResNet-50 does 14 times the work of MobileNet V2 for 4.3 points more accuracy."
        );
        // AlexNet: 59.3 %, table 2 of Krizhevsky et al.
        let less = rows(&["alexnet", "mobilenet-v2"]);
        assert_eq!(
            accuracy_for_work(&less).unwrap(),
            "AlexNet does 2.4 times the work of MobileNet V2 for 12.6 points less accuracy."
        );
    }

    #[test]
    fn accuracies_on_other_images_are_not_compared() {
        let mixed = rows(&["lenet-5-1998", "vgg-16", "lenet-5"]);
        assert!(comparable(&mixed).is_empty());
        assert_eq!(accuracy_for_work(&mixed), None);
        let three = rows(&["lenet-5-1998", "vgg-16", "resnet-50"]);
        let names: Vec<_> = comparable(&three).iter().map(|it| &it.name).collect();
        assert_eq!(names, ["VGG-16", "ResNet-50"]);
    }

    #[test]
    fn without_accuracies_work_is_set_against_parameters() {
        // 61,706 parameters and 416,520 MACs; 138,357,544 and 15,470,264,320 (torchvision).
        let two = rows(&["lenet-5", "vgg-16"]);
        assert_eq!(
            parameters_for_work(&two).unwrap(),
            "VGG-16 does 37,142 times the work of LeNet-5 with 2,242 times its parameters."
        );
        assert_eq!(parameters_for_work(&two[..1]), None);
        assert_eq!(parameters_for_work(&[]), None);
    }
}
