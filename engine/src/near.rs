//! Names in another spelling, and the names most like one that is not known.

/// The letters and digits of a name in lower case: what stays the same in another spelling
/// (“ResNet50”, “resnet_50”).
pub(crate) fn plain(name: &str) -> Vec<char> {
    let letters = name.chars().filter(|c| c.is_alphanumeric()).take(64);
    letters.flat_map(char::to_lowercase).collect()
}

/// Whether each word of a search is in one of these texts, in any case and punctuation: “vgg16” is in
/// “VGG-16”.
pub fn is_found(wanted: &str, texts: &[&str]) -> bool {
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    wanted.split_whitespace().all(|word| {
        let (lower, plain) = (word.to_lowercase(), letters(word));
        texts.iter().any(|text| {
            text.to_lowercase().contains(&lower)
                || (!plain.is_empty() && letters(text).contains(&plain))
        })
    })
}

/// Those of the known names that differ from `name` in at most half of their letters, the nearest
/// first.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = plain(name);
    let mut near: Vec<(usize, &str)> = known
        .map(|known| (known, plain(known)))
        .map(|(known, letters)| (distance(&wanted, &letters), letters.len(), known))
        .filter(|&(distance, letters, _)| distance * 2 <= letters)
        .map(|(distance, _, known)| (distance, known))
        .collect();
    near.sort_by_key(|&(distance, _)| distance);
    near.into_iter().map(|(_, name)| name).collect()
}

/// The edit distance (Levenshtein 1966).
fn distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, letter) in one.iter().enumerate() {
        let mut diagonal = place;
        row[0] = place + 1;
        for (column, there) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != there);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::is_found;

    #[test]
    fn a_search_finds_every_spelling() {
        let texts = ["vgg-16", "VGG-16", "Simonyan & Zisserman 2014", "2014"];
        for wanted in [
            "",
            " ",
            "vgg16",
            "VGG-16",
            "Vgg_16",
            "2014 vgg",
            "&",
            "simonyan\u{3000}16",
        ] {
            assert!(is_found(wanted, &texts), "{wanted}");
        }
        for wanted in ["vgg19", "resnet", "vgg16 2015", "—"] {
            assert!(!is_found(wanted, &texts), "{wanted}");
        }
    }
}
