//! The text of a task.

use leptos::prelude::*;
use state::exercise::markdown::{Block, Span, parse};

/// The text as it is shown; raw HTML in it is left out.
pub fn text(source: &str) -> AnyView {
    view! { <div class="exercise-text" translate="no" data-testid="exercise-text">{blocks(parse(source))}</div> }
        .into_any()
}

fn blocks(all: Vec<Block>) -> AnyView {
    all.into_iter().map(block).collect_view().into_any()
}

fn block(it: Block) -> AnyView {
    match it {
        // The panel has the heading of the first order.
        Block::Heading(1, inside) => view! { <h3>{spans(inside)}</h3> }.into_any(),
        Block::Heading(_, inside) => view! { <h4>{spans(inside)}</h4> }.into_any(),
        Block::Paragraph(inside) => view! { <p>{spans(inside)}</p> }.into_any(),
        Block::Code(code) => view! { <pre><code>{code}</code></pre> }.into_any(),
        Block::List(None, items) => view! { <ul>{list(items)}</ul> }.into_any(),
        Block::List(Some(first), items) => {
            view! { <ol start=first.to_string()>{list(items)}</ol> }.into_any()
        }
        Block::Quote(inside) => view! { <blockquote>{blocks(inside)}</blockquote> }.into_any(),
        Block::Rule => view! { <hr /> }.into_any(),
    }
}

fn list(items: Vec<Vec<Block>>) -> AnyView {
    let items = items.into_iter();
    items
        .map(|item| view! { <li>{blocks(item)}</li> })
        .collect_view()
        .into_any()
}

fn spans(all: Vec<Span>) -> AnyView {
    all.into_iter().map(span).collect_view().into_any()
}

fn span(it: Span) -> AnyView {
    match it {
        Span::Text(text) => text.into_any(),
        Span::Code(code) => view! { <code>{code}</code> }.into_any(),
        Span::Emphasis(inside) => view! { <em>{spans(inside)}</em> }.into_any(),
        Span::Strong(inside) => view! { <strong>{spans(inside)}</strong> }.into_any(),
        Span::Link(to, inside) => {
            view! { <a href=to target="_blank" rel="noopener noreferrer nofollow">{spans(inside)}</a> }
                .into_any()
        }
        Span::Break => view! { <br /> }.into_any(),
    }
}
