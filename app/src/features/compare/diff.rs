//! The difference of two pinned networks: nodes in one only, and changed nodes.

use engine::format::{GraphDiff, Line, side_by_side};
use engine::{Graph, Node};
use leptos::prelude::*;

use super::head::said;
use super::{choice, empty};
use crate::lab::Lab;
use state::compare::Pin;

/// Pairs of networks with an instructive difference: the label, and their names in the zoo.
const PAIRS: [(&str, [&str; 2]); 3] = [
    ("LeNet-5: textbook and 1998", ["lenet-5", "lenet-5-1998"]),
    (
        "AlexNet: published and the article's",
        ["alexnet", "alexnet-article"],
    ),
    ("VGG-16 and VGG-19", ["vgg-16", "vgg-19"]),
];

/// The alignment of two networks takes a table of one's nodes by the other's; with more cells than
/// this it would block the page for a second.
const MOST_CELLS: usize = 4_000_000;

/// The lines of two graphs, or why there are none.
fn lines(before: &Graph, after: &Graph) -> Result<(GraphDiff, Vec<Line>), String> {
    let [old, new] = [before, after].map(|graph| graph.nodes().len());
    if old * new > MOST_CELLS {
        return Err(format!(
            "These have {old} and {new} nodes, more than the page lines up at once. Save both and \
             run `cargo cnnlab diff A B`, which has no such limit."
        ));
    }
    let diff = GraphDiff::between(before, after);
    let lines = side_by_side(&diff, before, after);
    Ok((diff, lines))
}

/// A line, or the number of equal lines folded here.
#[derive(Clone, Debug, PartialEq)]
enum Shown {
    Line(Box<Line>),
    Alike(usize),
}

/// Folds runs of equal lines.
fn folded(lines: Vec<Line>) -> Vec<Shown> {
    let mut shown = Vec::new();
    for run in lines.chunk_by(|one, other| one.alike == other.alike) {
        if run[0].alike {
            shown.push(Shown::Alike(run.len()));
        } else {
            shown.extend(run.iter().cloned().map(|line| Shown::Line(Box::new(line))));
        }
    }
    shown
}

pub fn view(lab: Lab) -> AnyView {
    let pins = lab.compare.pins();
    // By slot, so that adding or removing a pin does not change the choice.
    let chosen = RwSignal::new([0_usize, 1]);
    let whole = RwSignal::new(false);
    let titles =
        Signal::derive(move || pins.with(|pins| pins.iter().map(Pin::title).collect::<Vec<_>>()));
    let places = Memo::new(move |_| {
        let slots = pins.with(|pins| pins.iter().map(|pin| pin.slot).collect::<Vec<_>>());
        placed(chosen.get(), &slots)
    });
    let placed = move |side: usize| places.get()[side];
    let pick = move |side: usize, label: &'static str, testid: &'static str| {
        let choose = Callback::new(move |place: usize| {
            let slot = pins.with_untracked(|pins| pins.get(place).map(|pin| pin.slot));
            if let Some(slot) = slot {
                chosen.update(|chosen| chosen[side] = slot);
            }
        });
        choice(
            label,
            testid,
            titles,
            Signal::derive(move || placed(side)),
            choose,
        )
    };
    let pair = move |(title, names): (&'static str, [&'static str; 2])| {
        let both = move |_| {
            let slots = names.map(|name| slot_of(lab, name));
            if let [Some(one), Some(other)] = slots {
                chosen.set([one, other]);
            }
        };
        view! { <button type="button" class="chip" data-testid="diff-pair" data-pair=names[0] on:click=both>{title}</button> }
    };
    let two = Memo::new(move |_| {
        let places = places.get();
        pins.with(|pins| {
            let [one, other] = places.map(|place| pins.get(place));
            Some([one?.clone(), other?.clone()])
        })
    });
    let body = move || match two.get() {
        Some([one, other]) => compared(&one, &other, whole),
        None => empty("Pin two networks, or take one of the pairs above."),
    };
    view! {
        <div class="compare-row-tools">
            {pick(0, "From", "diff-before")}
            {pick(1, "to", "diff-after")}
            <label class="compare-choice">
                <input
                    type="checkbox"
                    data-testid="diff-whole"
                    prop:checked=whole
                    on:change=move |event| whole.set(event_target_checked(&event))
                />
                "Show identical layers"
            </label>
            <span class="starters" role="group" aria-label="Pairs">
                {PAIRS.map(pair).into_iter().collect_view()}
            </span>
        </div>
        {body}
    }
    .into_any()
}

/// Where the pins of the two chosen slots stand among the pinned `slots`. One that was taken out
/// leaves its side to the first that the other side does not show.
fn placed(chosen: [usize; 2], slots: &[usize]) -> [usize; 2] {
    let found = chosen.map(|slot| slots.iter().position(|&it| it == slot));
    let but = |other: usize| usize::from(other == 0);
    match found {
        [Some(one), Some(other)] => [one, other],
        [Some(one), None] => [one, but(one)],
        [None, Some(other)] => [but(other), other],
        [None, None] => [0, 1],
    }
}

/// The slot of this network as published; it is pinned where it is not.
fn slot_of(lab: Lab, name: &'static str) -> Option<usize> {
    let pins = lab.compare.pins();
    let there = move || {
        let published = engine::zoo::build(name, &engine::zoo::Options::default()).ok()?;
        pins.with_untracked(|pins| {
            pins.iter()
                .find(|it| it.graph == published)
                .map(|it| it.slot)
        })
    };
    there().or_else(|| {
        said(lab, lab.compare.pin_preset(name));
        there()
    })
}

fn compared(one: &Pin, other: &Pin, whole: RwSignal<bool>) -> AnyView {
    if one.slot == other.slot {
        return empty("Choose two different networks.");
    }
    let (diff, all) = match lines(&one.graph, &other.graph) {
        Ok(found) => found,
        Err(why) => {
            return view! { <p class="compare-refused" role="alert" data-testid="diff-refused">{why}</p> }.into_any();
        }
    };
    let GraphDiff {
        input,
        added,
        removed,
        changed,
        same,
    } = diff;
    let renamed = changed.iter().filter(|it| !it.layer && !it.inputs).count();
    let names = match renamed {
        0 => String::new(),
        renamed => format!(" ({renamed} under another name)"),
    };
    let sum = format!(
        "{} removed, {} added, {} changed, {} alike{names}",
        removed.len(),
        added.len(),
        changed.len() - renamed,
        same + renamed
    );
    let input = input.map(|[old, new]| {
        let words = format!("The input is {new} instead of {old}.").replace('x', "×");
        view! { <p data-testid="diff-input">{words}</p> }
    });
    let shown = StoredValue::new(all);
    let rows = move || {
        let all = shown.get_value();
        let rows = if whole.get() {
            all.into_iter()
                .map(|line| Shown::Line(Box::new(line)))
                .collect()
        } else {
            folded(all)
        };
        rows.into_iter().map(row).collect_view()
    };
    view! {
        <h3>{one.title()} " → " {other.title()}</h3>
        <p data-testid="diff-sum">{sum}</p>
        {input}
        <div class="table-scroll" tabindex="0" role="group" aria-label="Both networks, node by node">
            <table class="compare-table diff" data-testid="diff-table">
                <thead>
                    <tr>
                        <th scope="col">"What"</th>
                        <th scope="col">{one.title()}</th>
                        <th scope="col">{other.title()}</th>
                        <th scope="col">"Difference"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(shown: Shown) -> AnyView {
    let line = match shown {
        Shown::Line(line) => *line,
        Shown::Alike(count) => {
            let words = match count {
                1 => "1 identical layer".to_owned(),
                _ => format!("{count} identical layers"),
            };
            return view! {
                <tr class="diff-alike">
                    <td></td>
                    <td colspan="3" class="quiet">{words}</td>
                </tr>
            }
            .into_any();
        }
    };
    let (how, what) = match (&line.before, &line.after) {
        (Some(_), None) => ("removed", String::new()),
        (None, Some(_)) => ("added", String::new()),
        _ if line.alike => ("alike", line.what.join("; ")),
        _ => ("changed", line.what.join("; ")),
    };
    let sign = match how {
        "removed" => "−",
        "added" => "+",
        "changed" => "~",
        _ => "",
    };
    let description = (!sign.is_empty()).then_some(how);
    view! {
        <tr data-testid="diff-line" data-how=how data-name=name(&line)>
            <td class="diff-sign"><span aria-hidden="true">{sign}</span> " " {description}</td>
            <td>{line.before.as_ref().map(node)}</td>
            <td>{line.after.as_ref().map(node)}</td>
            <td>{what}</td>
        </tr>
    }
    .into_any()
}

/// The node's name in the second network, or in the first where it is only there.
fn name(line: &Line) -> String {
    let node = line.after.as_ref().or(line.before.as_ref());
    node.map_or_else(String::new, |node| node.name.clone())
}

fn node(node: &Node) -> AnyView {
    view! {
        <span class="diff-node" data-family=node.layer.family().name()>
            <strong translate="no">{node.name.clone()}</strong>
            " "
            {node.layer.title()}
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use engine::layer::Activation;
    use engine::zoo::{self, Options};
    use engine::{GraphBuilder, Shape};

    use super::*;

    #[test]
    fn a_removed_pin_is_not_replaced_by_its_neighbour() {
        assert_eq!(placed([0, 1], &[0, 1, 2]), [0, 1]);
        // The first of three was removed: the second stays “after”, the third becomes “before”.
        assert_eq!(placed([0, 1], &[1, 2]), [1, 0]);
        assert_eq!(placed([0, 1], &[0, 2]), [0, 1]);
        assert_eq!(placed([3, 4], &[1, 2]), [0, 1]);
        assert_eq!(placed([0, 1], &[1]), [1, 0]);
    }

    #[test]
    fn two_networks_of_thousands_of_nodes_are_refused_with_a_way_out() {
        let mut long = GraphBuilder::new("long", Shape::new(1, 8, 8));
        for number in 0..2500 {
            long.then(format!("relu{number}"), Activation::Relu);
        }
        let long = long.finish().unwrap();
        let why = lines(&long, &long).unwrap_err();
        assert!(
            why.contains("2500") && why.contains("cargo cnnlab diff"),
            "{why}"
        );
    }

    #[test]
    fn a_run_that_is_alike_is_one_line_and_nothing_else_is_lost() {
        let [old, new] =
            ["vgg-16", "vgg-19"].map(|it| zoo::build(it, &Options::default()).unwrap());
        let (diff, all) = lines(&old, &new).unwrap();
        let shown = folded(all.clone());
        let alike: usize = shown
            .iter()
            .map(|it| match it {
                Shown::Alike(count) => *count,
                Shown::Line(_) => 1,
            })
            .sum();
        assert_eq!(alike, all.len());
        // A run of one, too.
        let (mut before, alike) = (false, |it: &Shown| matches!(it, Shown::Alike(_)));
        for it in &shown {
            assert!(!(before && alike(it)), "{shown:?}");
            assert!(!matches!(it, Shown::Line(line) if line.alike), "{it:?}");
            before = alike(it);
        }
        let kept = shown.iter().filter(|it| !alike(it));
        // Three convolutions and their activations.
        assert_eq!(
            (kept.count(), diff.added.len(), diff.removed.len()),
            (6, 6, 0)
        );
    }
}
