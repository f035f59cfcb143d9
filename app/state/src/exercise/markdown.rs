//! The text of a task: Markdown as blocks and spans. Raw HTML and pictures are left out, and a link leads
//! to http and https only, so a text from anybody can be shown.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// Quotations and lists within each other, at most; deeper ones are shown at this depth.
const DEEPEST: usize = 12;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    Heading(u8, Vec<Span>),
    Paragraph(Vec<Span>),
    Code(String),
    /// The number of the first item of a numbered one.
    List(Option<u64>, Vec<Vec<Block>>),
    Quote(Vec<Block>),
    Rule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    Text(String),
    Code(String),
    Emphasis(Vec<Span>),
    Strong(Vec<Span>),
    Link(String, Vec<Span>),
    Break,
}

/// What is open.
enum Open {
    Quote(Vec<Block>),
    List(Option<u64>, Vec<Vec<Block>>),
    Item(Vec<Block>),
    Heading(u8, Vec<Span>),
    Paragraph(Vec<Span>),
    Code(String),
    Emphasis(Vec<Span>),
    Strong(Vec<Span>),
    Link(String, Vec<Span>),
    /// It is not shown: what is in it is a part of what is around it, or nothing.
    Through,
    Dropped,
}

/// The blocks of a text.
pub fn parse(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new(text) {
        match event {
            Event::Start(tag) => open.push(opened(tag, &open)),
            Event::End(end) => close(end, &mut open, &mut blocks),
            Event::Text(text) => put_span(&mut open, &mut blocks, Span::Text(text.into_string())),
            Event::Code(text) => put_span(&mut open, &mut blocks, Span::Code(text.into_string())),
            Event::SoftBreak => put_span(&mut open, &mut blocks, Span::Text(" ".to_owned())),
            Event::HardBreak => put_span(&mut open, &mut blocks, Span::Break),
            Event::Rule => put_block(&mut open, &mut blocks, Block::Rule),
            // Raw HTML, and what only extensions have.
            _ => {}
        }
    }
    blocks
}

fn opened(tag: Tag<'_>, open: &[Open]) -> Open {
    let deep = open.len() >= DEEPEST;
    match tag {
        Tag::Heading { level, .. } => Open::Heading(level as u8, Vec::new()),
        Tag::Paragraph => Open::Paragraph(Vec::new()),
        Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
            Open::Code(String::new())
        }
        Tag::BlockQuote(_) if !deep => Open::Quote(Vec::new()),
        Tag::List(first) if !deep => Open::List(first, Vec::new()),
        Tag::Item if matches!(open.last(), Some(Open::List(..))) => Open::Item(Vec::new()),
        Tag::Emphasis if !deep => Open::Emphasis(Vec::new()),
        Tag::Strong if !deep => Open::Strong(Vec::new()),
        Tag::Link { dest_url, .. } if is_web(&dest_url) => {
            Open::Link(dest_url.into_string(), Vec::new())
        }
        Tag::HtmlBlock => Open::Dropped,
        _ => Open::Through,
    }
}

/// Whether an address leads into the web, and not to a script or a file.
fn is_web(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    lower.starts_with("https://") || lower.starts_with("http://")
}

fn close(_end: TagEnd, open: &mut Vec<Open>, blocks: &mut Vec<Block>) {
    match open.pop() {
        Some(Open::Quote(inside)) => put_block(open, blocks, Block::Quote(inside)),
        Some(Open::List(first, items)) => put_block(open, blocks, Block::List(first, items)),
        Some(Open::Item(inside)) => {
            if let Some(Open::List(_, items)) = open.last_mut() {
                items.push(inside);
            }
        }
        Some(Open::Heading(level, spans)) => {
            put_block(open, blocks, Block::Heading(level, spans));
        }
        Some(Open::Paragraph(spans)) => put_block(open, blocks, Block::Paragraph(spans)),
        Some(Open::Code(text)) => put_block(open, blocks, Block::Code(text)),
        Some(Open::Emphasis(spans)) => put_span(open, blocks, Span::Emphasis(spans)),
        Some(Open::Strong(spans)) => put_span(open, blocks, Span::Strong(spans)),
        Some(Open::Link(to, spans)) => put_span(open, blocks, Span::Link(to, spans)),
        Some(Open::Through | Open::Dropped) | None => {}
    }
}

fn put_block(open: &mut [Open], blocks: &mut Vec<Block>, block: Block) {
    for around in open.iter_mut().rev() {
        match around {
            Open::Quote(inside) | Open::Item(inside) => return inside.push(block),
            Open::Dropped => return,
            _ => {}
        }
    }
    blocks.push(block);
}

fn put_span(open: &mut [Open], blocks: &mut Vec<Block>, span: Span) {
    for around in open.iter_mut().rev() {
        match around {
            Open::Heading(_, spans)
            | Open::Paragraph(spans)
            | Open::Emphasis(spans)
            | Open::Strong(spans)
            | Open::Link(_, spans) => return spans.push(span),
            Open::Code(text) => {
                if let Span::Text(more) = span {
                    text.push_str(&more);
                }
                return;
            }
            Open::Quote(inside) | Open::Item(inside) => return put_loose(inside, span),
            Open::Dropped => return,
            Open::List(..) | Open::Through => {}
        }
    }
    put_loose(blocks, span);
}

/// Text of a tight list's item, which is in no paragraph.
fn put_loose(blocks: &mut Vec<Block>, span: Span) {
    match blocks.last_mut() {
        Some(Block::Paragraph(spans)) => spans.push(span),
        _ => blocks.push(Block::Paragraph(vec![span])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Span {
        Span::Text(text.to_owned())
    }

    #[test]
    fn blocks_and_spans_are_those_of_common_mark() {
        let source = "# Task\n\nMake it *smaller* and **faster**, see [here](https://a.b/).\n\n1. \
                      `conv1`\n2. two\n\n> quoted\n\n```\ncode\n```\n\n---\n";
        assert_eq!(
            parse(source),
            [
                Block::Heading(1, vec![text("Task")]),
                Block::Paragraph(vec![
                    text("Make it "),
                    Span::Emphasis(vec![text("smaller")]),
                    text(" and "),
                    Span::Strong(vec![text("faster")]),
                    text(", see "),
                    Span::Link("https://a.b/".to_owned(), vec![text("here")]),
                    text("."),
                ]),
                Block::List(
                    Some(1),
                    vec![
                        vec![Block::Paragraph(vec![Span::Code("conv1".to_owned())])],
                        vec![Block::Paragraph(vec![text("two")])],
                    ]
                ),
                Block::Quote(vec![Block::Paragraph(vec![text("quoted")])]),
                Block::Code("code\n".to_owned()),
                Block::Rule,
            ]
        );
    }

    #[test]
    fn nothing_of_a_text_can_run() {
        for source in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html,hello)",
            "<javascript:alert(1)>",
            "![x](javascript:alert(1))",
            "[x](//a.b)",
        ] {
            let shown = format!("{:?}", parse(source));
            assert!(!shown.contains("Link"), "{source}: {shown}");
            assert!(!shown.contains("onerror"), "{source}: {shown}");
            assert!(!shown.contains("<script"), "{source}: {shown}");
        }
    }

    #[test]
    fn a_text_that_is_nested_without_end_is_shown_flat() {
        fn depth(blocks: &[Block]) -> usize {
            let inside = blocks.iter().map(|block| match block {
                Block::Quote(blocks) => 1 + depth(blocks),
                Block::List(_, items) => 1 + items.iter().map(|it| depth(it)).max().unwrap_or(0),
                _ => 0,
            });
            inside.max().unwrap_or(0)
        }
        for source in [">".repeat(5_000) + " deep", "- ".repeat(5_000) + "deep"] {
            let blocks = parse(&source);
            assert!(depth(&blocks) <= DEEPEST, "{}", depth(&blocks));
        }
    }
}
