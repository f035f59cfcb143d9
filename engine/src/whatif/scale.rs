//! α and ρ: the zoo's own multipliers, applied to a network that may have been edited since.

use std::collections::HashMap;

use super::{Curve, Point};
use crate::graph::Edit;
use crate::zoo::{self, Entry, Options};
use crate::{Graph, Layer, Shape};

/// α from a tenth to one and a half in twentieths: the paper's 0.25, 0.5, 0.75 and 1 are among them.
const WIDTHS: std::ops::RangeInclusive<u32> = 2..=30;
const WIDTHS_IN_ONE: f64 = 20.0;

/// ρ in fourteenths: the paper's 128, 160, 192 and 224 of 224 pixels are among them.
const RESOLUTIONS: std::ops::RangeInclusive<u32> = 2..=20;
const RESOLUTIONS_IN_ONE: u32 = 14;

/// The zoo's entry, where its family has a width multiplier.
pub(super) fn family(origin: Option<&str>) -> Option<&'static Entry> {
    let entry = zoo::entry(origin?).ok()?;
    entry.scalable.then_some(entry)
}

pub(super) fn width(graph: &Graph, origin: Option<&str>) -> Curve {
    let Some(entry) = family(origin) else {
        return Box::new(std::iter::empty());
    };
    let published = |step: u32| {
        let options = Options {
            alpha: Some(f64::from(step) / WIDTHS_IN_ONE),
            ..Options::default()
        };
        entry.graph(&options).ok()
    };
    let Some(now) = present(graph, WIDTHS.filter_map(published)) else {
        return Box::new(std::iter::empty());
    };
    let graph = graph.clone();
    let unedited = graph.nodes() == now.nodes();
    Box::new(WIDTHS.filter_map(move |step| {
        let alpha = f64::from(step) / WIDTHS_IN_ONE;
        let then = published(step)?;
        let turned = match changes(&graph, &now, &then) {
            Some(edits) => graph.apply_all(&edits).ok()?,
            // The nodes differ: at some widths a shortcut fits that does not at others. The input
            // shape stays the person's.
            None if unedited => {
                let shape = graph.input();
                then.apply(&Edit::SetInput { shape }).ok()?
            }
            None => return None,
        };
        Some(Point::of(alpha, alpha.to_string(), turned))
    }))
}

/// The present α of the graph: that of the published network with which it shares most nodes.
fn present(graph: &Graph, published: impl Iterator<Item = Graph>) -> Option<Graph> {
    let mut most: Option<(usize, Graph)> = None;
    for it in published {
        let alike = alike(graph, &it);
        let whole = alike == it.nodes().len();
        if whole || most.as_ref().is_none_or(|(most, _)| alike >= *most) {
            most = Some((alike, it));
        }
        if whole {
            // No other has more.
            break;
        }
    }
    Some(most?.1)
}

/// How many nodes of the two have the same name and layer, at any position: an inserted layer shifts
/// all behind it.
fn alike(graph: &Graph, published: &Graph) -> usize {
    let own = graph.nodes().iter();
    let own: HashMap<&str, &Layer> = own.map(|node| (node.name.as_str(), &node.layer)).collect();
    let nodes = published.nodes().iter();
    nodes
        .filter(|node| own.get(node.name.as_str()) == Some(&&node.layer))
        .count()
}

/// What the multiplier changes between two published networks, for those nodes of `graph` that are
/// still equal to those of `now`: changes of the person stay. `None` if the two networks do not have
/// the same nodes.
fn changes(graph: &Graph, now: &Graph, then: &Graph) -> Option<Vec<Edit>> {
    if now.nodes().len() != then.nodes().len() {
        return None;
    }
    let mut edits = Vec::new();
    for (old, new) in now.nodes().iter().zip(then.nodes()) {
        if old.name != new.name || old.inputs != new.inputs {
            return None;
        }
        if old.layer != new.layer
            && let Some(own) = graph.named(&old.name).filter(|own| own.layer == old.layer)
        {
            edits.push(Edit::SetLayer {
                node: own.id,
                layer: new.layer.clone(),
            });
        }
    }
    Some(edits)
}

pub(super) fn resolution(graph: &Graph, origin: Option<&str>) -> Curve {
    let now = graph.input();
    let published = origin.and_then(|name| zoo::build(name, &Options::default()).ok());
    let whole = published.map_or(now, |published| published.input());
    let scaled = |side: u32, step: u32| {
        let exact = f64::from(side) * f64::from(step) / f64::from(RESOLUTIONS_IN_ONE);
        (exact.round() as u32).max(1)
    };
    let sizes = RESOLUTIONS.map(|step| [scaled(whole.height, step), scaled(whole.width, step)]);
    let mut sizes: Vec<[u32; 2]> = sizes.chain([now.size()]).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let graph = graph.clone();
    Box::new(sizes.into_iter().filter_map(move |[height, width]| {
        let shape = Shape::new(now.channels, height, width);
        let graph = graph.apply(&Edit::SetInput { shape }).ok()?;
        let rho = f64::from(height) / f64::from(whole.height);
        let pixels = if height == width {
            height.to_string()
        } else {
            format!("{height}×{width}")
        };
        Some(Point::of(rho, format!("{rho:.3} ({pixels} px)"), graph))
    }))
}
