//! Comma-separated values (RFC 4180).

use std::borrow::Cow;

/// Characters that start a formula in a spreadsheet.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// One line of comma-separated values without line end, quoted where necessary. A name that a
/// spreadsheet would take for a formula gets an apostrophe before it (OWASP, “CSV Injection”): names
/// may come from an untrusted link.
pub fn line(cells: &[String]) -> String {
    let quoted = cells.iter().map(|cell| {
        let cell = as_text(cell);
        if cell.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.into_owned()
        }
    });
    quoted.collect::<Vec<_>>().join(",")
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
    fn no_spreadsheet_computes_a_name() {
        let cells = ["=1+2", "@SUM(A1)", "+x", "-x", "\tx", "a=b"].map(String::from);
        assert_eq!(line(&cells), "'=1+2,'@SUM(A1),'+x,'-x,'\tx,a=b");
        let cells = ["=HYPERLINK(\"a\",1)", "-1.5", "+2"].map(String::from);
        assert_eq!(line(&cells), "\"'=HYPERLINK(\"\"a\"\",1)\",-1.5,+2");
    }
}
