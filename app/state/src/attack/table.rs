//! Studies as comma-separated values.

use engine::attack::{CorruptionRow, Transfer};
use engine::format::csv;

use super::plot::short;
use super::{Certified, Named};

fn joined(lines: impl Iterator<Item = Vec<String>>) -> String {
    let lines = lines.map(|cells| csv::line(&cells));
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// One row for each ε, one column for each attack.
pub fn curve_csv(lines: &[Named]) -> String {
    let names = lines.iter().map(|it| it.name.clone());
    let head = ["epsilon".to_owned()].into_iter().chain(names);
    let curves = || lines.iter().map(|it| &it.curve.points);
    let points = curves().next().map_or(0, Vec::len);
    let row = |at: usize| {
        let epsilon = curves().find_map(|it| it.get(at)).map(|it| it[0]);
        let epsilon = short(epsilon.unwrap_or_default());
        let shares = curves().map(|it| it.get(at).map(|it| it[1].to_string()));
        let shares = shares.map(Option::unwrap_or_default);
        [epsilon].into_iter().chain(shares).collect()
    };
    joined([head.collect()].into_iter().chain((0..points).map(row)))
}

/// One row for each smoothed network and radius.
pub fn certified_csv(all: &[Certified]) -> String {
    let head = ["smoothing", "radius", "certified_accuracy", "abstained"].map(str::to_owned);
    let rows = all.iter().flat_map(|it| {
        let row = |[radius, share]: &[f64; 2]| {
            vec![
                it.name.clone(),
                radius.to_string(),
                share.to_string(),
                it.abstained.to_string(),
            ]
        };
        it.points.iter().map(row)
    });
    joined([head.to_vec()].into_iter().chain(rows))
}

/// One row for each corruption and severity.
pub fn corruptions_csv(clean: f64, rows: &[CorruptionRow]) -> String {
    let head = ["corruption", "severity", "number", "accuracy"].map(str::to_owned);
    let none = ["none", "0", "", &clean.to_string()].map(str::to_owned);
    let rows = rows.iter().flat_map(|row| {
        let each = row.severities.into_iter().enumerate();
        each.map(|(at, [number, accuracy])| {
            vec![
                row.corruption.name().to_owned(),
                (at + 1).to_string(),
                (number as f32).to_string(),
                accuracy.to_string(),
            ]
        })
    });
    joined([head.to_vec(), none.to_vec()].into_iter().chain(rows))
}

/// One row for each network whose pictures they are, one column for each that judges them.
pub fn transfer_csv(transfer: &Transfer) -> String {
    let names = || transfer.networks.iter().cloned();
    let head = ["pictures of".to_owned()].into_iter().chain(names());
    let row = |(name, shares): (String, &Vec<f64>)| {
        let shares = shares.iter().map(f64::to_string);
        [name].into_iter().chain(shares).collect()
    };
    let clean = ("none".to_owned(), &transfer.clean);
    let rows = [clean].into_iter().chain(names().zip(&transfer.accuracy));
    joined([head.collect()].into_iter().chain(rows.map(row)))
}

#[cfg(test)]
mod tests {
    use engine::attack::{Corruption, Curve, Method, Settings};

    use super::*;
    use crate::attack::name;

    #[test]
    fn tables_have_a_row_for_each_number() {
        let curve = |method, accuracy| {
            let curve = Curve {
                settings: Settings::of(method),
                points: vec![[0.0, 1.0], [0.1, accuracy]],
            };
            Named {
                name: name(&curve),
                curve,
            }
        };
        let text = curve_csv(&[curve(Method::Fgsm, 0.5), curve(Method::Pgd, 0.25)]);
        assert_eq!(text, "epsilon,FGSM,PGD-10\n0,1,1\n0.1,0.5,0.25\n");
        let smoothed = Certified {
            name: "σ 0.5, 200 samples".to_owned(),
            images: 100,
            clean: 1.0,
            points: vec![[0.0, 0.9], [0.5, 0.25]],
            abstained: 0.05,
        };
        let text = certified_csv(&[smoothed]);
        let last = text.lines().next_back();
        assert_eq!(last, Some("\"σ 0.5, 200 samples\",0.5,0.25,0.05"));
        let row = CorruptionRow {
            corruption: Corruption::Blur,
            severities: [[0.4, 0.9]; 5],
        };
        let text = corruptions_csv(0.95, &[row]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "none,0,,0.95");
        assert_eq!((lines.len(), lines[6]), (7, "Gaussian blur,5,0.4,0.9"));
        let transfer = Transfer {
            networks: vec!["a".to_owned(), "b".to_owned()],
            clean: vec![1.0, 0.9],
            accuracy: vec![vec![0.1, 0.5], vec![0.6, 0.2]],
        };
        let text = transfer_csv(&transfer);
        assert_eq!(text, "pictures of,a,b\nnone,1,0.9\na,0.1,0.5\nb,0.6,0.2\n");
    }
}
