//! Comma-separated values (RFC 4180).

use std::borrow::Cow;

/// Characters that start a formula in a spreadsheet.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// One line of comma-separated values without line end, quoted where necessary. A name that a
/// spreadsheet would take for a formula gets an apostrophe before it (OWASP, “CSV Injection”): names
/// may come from an untrusted link.
pub fn line(cells: &[String]) -> String {
    let quoted = cells.iter().map(|cell| {
        let cell = without_escapes(as_text(cell));
        if cell.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.into_owned()
        }
    });
    quoted.collect::<Vec<_>>().join(",")
}

/// With control characters other than line ends and tabs written as `\u{1b}`: a table that is shown
/// on a terminal must not act on it.
fn without_escapes(cell: Cow<'_, str>) -> Cow<'_, str> {
    let acts = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if !cell.contains(acts) {
        return cell;
    }
    let mut text = String::with_capacity(cell.len());
    for letter in cell.chars() {
        if acts(letter) {
            text.extend(letter.escape_default());
        } else {
            text.push(letter);
        }
    }
    text.into()
}

/// A number stays one.
fn as_text(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(FORMULA) && cell.parse::<f64>().is_err() {
        format!("'{cell}").into()
    } else {
        cell.into()
    }
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

    #[test]
    fn no_cell_acts_on_a_terminal() {
        let cells = ["\u{1b}[31mred", "\u{9b}1m", "a\tb"].map(String::from);
        assert_eq!(line(&cells), "\\u{1b}[31mred,\\u{9b}1m,a\tb");
    }

    #[test]
    fn no_spreadsheet_computes_a_name() {
        let cells = ["=1+2", "@SUM(A1)", "+x", "-x", "\tx", "a=b"].map(String::from);
        assert_eq!(line(&cells), "'=1+2,'@SUM(A1),'+x,'-x,'\tx,a=b");
        let cells = ["=HYPERLINK(\"a\",1)", "-1.5", "+2"].map(String::from);
        assert_eq!(line(&cells), "\"'=HYPERLINK(\"\"a\"\",1)\",-1.5,+2");
    }
}
