//! The names most like one that is not known.

/// The letters and digits of a name in lower case: what stays the same in another spelling
/// (“ResNet50”, “resnet_50”).
pub(crate) fn plain(name: &str) -> Vec<char> {
    let letters = name.chars().filter(|c| c.is_alphanumeric()).take(64);
    letters.flat_map(char::to_lowercase).collect()
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
