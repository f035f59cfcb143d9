//! Comma-separated values (RFC 4180).

/// One line of comma-separated values without its end, quoted where need be.
pub fn line(cells: &[String]) -> String {
    let quoted = cells.iter().map(|cell| {
        if cell.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    });
    quoted.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_quotes_and_line_ends_are_quoted_and_nothing_else() {
        let cells = ["plain", "a, b", "say \"no\"", "two\nlines", "", "–"].map(String::from);
        assert_eq!(
            line(&cells),
            "plain,\"a, b\",\"say \"\"no\"\"\",\"two\nlines\",,–"
        );
    }
}
