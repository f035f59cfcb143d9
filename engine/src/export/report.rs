//! A report: one HTML file that needs nothing else, not even a script.

mod curves;
mod picture;

use crate::layer::Cost;
use crate::{Analysis, Graph};

pub use curves::Curve;

/// What a report tells beside the network.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// A line under the title: when and with what it was written.
    pub subtitle: String,
    /// Names and values: settings, seeds, data.
    pub settings: Vec<(String, String)>,
    pub curves: Vec<Curve>,
    /// What was checked, and the result.
    pub checks: Vec<(String, String)>,
    /// Variants, confusions.
    pub tables: Vec<Table>,
    /// Opens the experiment again.
    pub link: Option<String>,
}

/// Rows under a heading; the first value of each names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub title: String,
    /// What the rows are, in a sentence.
    pub caption: String,
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    fn html(&self) -> String {
        let mut html = format!("<h2>{}</h2>\n<table>\n", escaped(&self.title));
        if !self.caption.is_empty() {
            html += &format!("<caption>{}</caption>\n", escaped(&self.caption));
        }
        html += "<thead><tr>";
        for cell in &self.head {
            html += &format!("<th scope=\"col\">{}</th>", escaped(cell));
        }
        html += "</tr></thead>\n<tbody>\n";
        for row in &self.rows {
            html += "<tr>";
            for (place, cell) in row.iter().enumerate() {
                let cell = escaped(cell);
                html += &match place {
                    0 => format!("<th scope=\"row\">{cell}</th>"),
                    _ => format!("<td>{cell}</td>"),
                };
            }
            html += "</tr>\n";
        }
        html + "</tbody>\n</table>\n"
    }
}

/// The report of a network.
pub fn report(graph: &Graph, facts: &Facts) -> String {
    let analysis = Analysis::of(graph);
    let name = escaped(graph.name());
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{name}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{name}</h1>\n"
    );
    if !facts.subtitle.is_empty() {
        html += &format!("<p class=\"faint\">{}</p>\n", escaped(&facts.subtitle));
    }
    if let Some(link) = &facts.link {
        html += &format!(
            "<p><a href=\"{}\">Open this experiment in the CNN lab</a></p>\n",
            escaped(link)
        );
    }
    html += &counts(&analysis.total, graph);
    if !analysis.problems.is_empty() {
        html += "<h2>Problems</h2>\n<ul>\n";
        for problem in &analysis.problems {
            let node = graph.node(problem.node).map_or("", |node| &node.name);
            html += &format!(
                "<li>{}: {}</li>\n",
                escaped(node),
                escaped(&problem.error.to_string())
            );
        }
        html += "</ul>\n";
    }
    html += &table("Settings", &facts.settings);
    for curve in &facts.curves {
        html += &curve.figure();
    }
    html += &table("Checks", &facts.checks);
    for table in &facts.tables {
        html += &table.html();
    }
    html += "<h2>Network</h2>\n";
    html += &picture::picture(graph, &analysis);
    html += &layers(graph, &analysis);
    html += "</body>\n</html>\n";
    html
}

fn counts(total: &Cost, graph: &Graph) -> String {
    let rows = [
        ("Input".to_owned(), graph.input().to_string()),
        ("Layers".to_owned(), graph.nodes().len().to_string()),
        ("Trainable parameters".to_owned(), grouped(total.trainable)),
        ("Other parameters".to_owned(), grouped(total.other)),
        (
            "Multiply-adds for one picture".to_owned(),
            grouped(total.macs),
        ),
    ];
    table("Counts", &rows)
}

fn table(title: &str, rows: &[(String, String)]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut html = format!("<h2>{}</h2>\n<table>\n", escaped(title));
    for (name, value) in rows {
        html += &format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n",
            escaped(name),
            escaped(value)
        );
    }
    html + "</table>\n"
}

fn layers(graph: &Graph, analysis: &Analysis) -> String {
    let mut html = "<table>\n<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Layer</th>\
         <th scope=\"col\">From</th><th scope=\"col\">Output</th>\
         <th scope=\"col\">Parameters</th><th scope=\"col\">Multiply-adds</th></tr></thead>\n<tbody>\n"
        .to_owned();
    for node in graph.nodes() {
        let facts = analysis.node(node.id);
        let shape = facts
            .and_then(|facts| facts.shape)
            .map_or_else(String::new, |it| it.to_string());
        let cost = facts.map_or_else(Cost::default, |facts| facts.cost);
        let inputs = node.inputs.iter().map(|&input| match graph.node(input) {
            Some(node) => node.name.as_str(),
            None => "input",
        });
        let inputs: Vec<&str> = inputs.collect();
        html += &format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{shape}</td><td class=\"number\">{}</td>\
             <td class=\"number\">{}</td></tr>\n",
            escaped(&node.name),
            escaped(&graph.title(node)),
            escaped(&inputs.join(", ")),
            grouped(cost.params()),
            grouped(cost.macs),
        );
    }
    html + "</tbody>\n</table>\n"
}

/// A number in groups of three digits.
fn grouped(number: u64) -> String {
    crate::layer::grouped(number)
}

/// A text within HTML.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => html += "&amp;",
            '<' => html += "&lt;",
            '>' => html += "&gt;",
            '"' => html += "&quot;",
            it => html.push(it),
        }
    }
    html
}

const STYLE: &str = ":root{color-scheme:light dark}\
body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}\
caption{text-align:left;opacity:.7;padding-bottom:.3rem}th,td{text-align:left;font-weight:normal;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #8884;\
vertical-align:top}thead th{font-weight:600}.number{text-align:right}.faint{opacity:.7}\
svg{max-width:100%;height:auto}svg text{fill:currentColor;font:12px system-ui,sans-serif}\
.box{fill:#8881;stroke:currentColor}.wire{fill:none;stroke:currentColor;opacity:.6}\
.axis{stroke:currentColor;opacity:.5}.s0{stroke:#0b7285}.s1{stroke:#c2410c}.s2{stroke:#7048e8}\
.s3{stroke:#5c940d}.series{fill:none;stroke-width:2}\
@media print{a{color:inherit}}";
