//! The chain rule at one value: what comes back through each layer that takes it.

use engine::NodeId;
use engine::explain::{Chain, Term, Through};
use leptos::prelude::*;

use super::walk::{Walk, name};
use crate::ui::format::{exact, short};

/// Terms of a layer that are written out.
const ROWS: usize = 8;

pub fn chain(walk: Walk, node: NodeId) -> AnyView {
    let shown = move || {
        let seen = walk.seen()?;
        let chain = seen.told.chain.clone()?;
        (chain.unit.node == node).then(|| written(walk, &chain))
    };
    view! { {shown} }.into_any()
}

fn written(walk: Walk, chain: &Chain) -> AnyView {
    let unit = chain.unit;
    let scalar = walk.shape(unit.node).is_some_and(|it| it.positions() == 1);
    let place = place(scalar, unit.channel, unit.row, unit.column);
    let sum: f64 = chain.through.iter().map(|it| it.sum).sum();
    let through = chain.through.iter().map(|it| through(walk, it));
    let through = through.collect_view();
    view! {
        <section class="backward-chain" data-testid="backward-chain">
            <h4>{format!("Chain rule at {place}, value {}", short(chain.value))}</h4>
            {through}
            <p
                class="calc sum"
                data-testid="chain-sum"
                data-value=sum.to_string()
                data-gradient=chain.gradient.to_string()
            >
                <span>"sum = gradient of the loss here ="</span>
                <b>{short(chain.gradient)}</b>
            </p>
        </section>
    }
    .into_any()
}

/// “map 3, row 2, column 5”, or the number of a value.
fn place(scalar: bool, channel: u32, row: u32, column: u32) -> String {
    if scalar {
        format!("value {}", channel + 1)
    } else {
        format!(
            "map {}, row {}, column {}",
            channel + 1,
            row + 1,
            column + 1
        )
    }
}

fn through(walk: Walk, through: &Through) -> AnyView {
    let name = name(walk.lab, through.node);
    let scalar = walk
        .shape(through.node)
        .is_some_and(|it| it.positions() == 1);
    let sum = short(through.sum as f32);
    let Some((count, terms)) = &through.terms else {
        return view! {
            <p class="say">{format!("Through {name}: {sum} (too many terms to write out).")}</p>
        }
        .into_any();
    };
    if *count == 0 {
        return view! {
            <p class="say">
                {format!("Through {name}: nothing. No value of it changes with this one.")}
            </p>
        }
        .into_any();
    }
    let row = |term: &Term| {
        view! {
            <tr>
                <th scope="row">{place(scalar, term.channel, term.row, term.column)}</th>
                <td>{short(term.derivative)}</td>
                <td>{short(term.gradient)}</td>
                <td>{short(term.product() as f32)}</td>
            </tr>
        }
    };
    let rows: Vec<_> = terms.iter().take(ROWS).map(row).collect();
    let shown: f64 = terms.iter().take(ROWS).map(Term::product).sum();
    let more = count - rows.len() as u64;
    let rest = (more > 0).then(|| {
        let rest = short((through.sum - shown) as f32);
        view! {
            <tr>
                <th scope="row">{format!("{} more", exact(more))}</th>
                <td></td>
                <td></td>
                <td>{rest}</td>
            </tr>
        }
    });
    view! {
        <table class="health-table backward-table" data-testid="chain-terms" data-count=count.to_string()>
            <caption>{format!("Through {name}: {sum}")}</caption>
            <thead>
                <tr>
                    <th scope="col">"Value behind"</th>
                    <th scope="col">"Derivative"</th>
                    <th scope="col">"× gradient there"</th>
                    <th scope="col">"="</th>
                </tr>
            </thead>
            <tbody>{rows} {rest}</tbody>
        </table>
    }
    .into_any()
}
