//! The parameters of a smaller layer from those of the large one.

use super::walk::Change;
use crate::Node;
use crate::checkpoint::{Parameter, Role};
use crate::compress::{Tensor, Weights};
use crate::layer::Layer;

/// The values of one parameter of the small network.
pub(super) fn values(
    large: &Weights,
    node: &Node,
    change: &Change,
    wanted: &Parameter,
) -> Option<Vec<f32>> {
    let tensor = large.get(wanted.node, wanted.role);
    match change {
        Change::None => Some(tensor?.values.clone()),
        Change::Channels { rows } => {
            let tensor = tensor?;
            rows.iter()
                .map(|&it| tensor.values.get(it).copied())
                .collect()
        }
        Change::Matrix {
            rows,
            columns,
            constants,
        } => match wanted.role {
            Role::Weight => matrix(tensor?, rows, columns),
            _ => {
                let weight = large.get(wanted.node, Role::Weight)?;
                let added = |row: usize| added(weight, row, constants, node);
                bias(tensor, rows, added)
            }
        },
        Change::Pairs {
            pairs,
            rows,
            constants,
        } => match wanted.role {
            Role::Weight => {
                let tensor = tensor?;
                let all: Option<Vec<&[f32]>> =
                    { pairs.iter() }.map(|&pair| row(tensor, pair)).collect();
                Some(all?.concat())
            }
            _ => {
                let weight = large.get(wanted.node, Role::Weight)?;
                bias(tensor, rows, |row| of_table(weight, row, constants, node))
            }
        },
    }
}

fn row(tensor: &Tensor, place: usize) -> Option<&[f32]> {
    let each = tensor.row();
    tensor.values.get(place * each..(place + 1) * each)
}

fn matrix(tensor: &Tensor, rows: &[usize], columns: &[Vec<usize>]) -> Option<Vec<f32>> {
    let area: usize = tensor.dims().iter().skip(2).product();
    let each = rows.len() / columns.len().max(1);
    let mut values = Vec::new();
    for (place, &at) in rows.iter().enumerate() {
        let row = row(tensor, at)?;
        for &column in columns.get(place / each.max(1))? {
            values.extend_from_slice(row.get(column * area..(column + 1) * area)?);
        }
    }
    Some(values)
}

/// The biases of these rows, with what is added to each; 0 where there were none.
fn bias(
    tensor: Option<&Tensor>,
    rows: &[usize],
    added: impl Fn(usize) -> Option<f64>,
) -> Option<Vec<f32>> {
    let value = |&row: &usize| {
        let old = match tensor {
            Some(tensor) => f64::from(*tensor.values.get(row)?),
            None => 0.0,
        };
        Some((old + added(row)?) as f32)
    };
    rows.iter().map(value).collect()
}

/// What the constants add to a row.
fn added(weight: &Tensor, at: usize, constants: &[(usize, f32)], node: &Node) -> Option<f64> {
    let area: usize = weight.dims().iter().skip(2).product();
    let (outputs, inputs) = (*weight.dims().first()?, *weight.dims().get(1)?);
    let groups = match &node.layer {
        Layer::Conv(conv) => conv.groups as usize,
        _ => 1,
    };
    let group = at / (outputs / groups).max(1);
    let row = row(weight, at)?;
    let mut sum = 0.0;
    for &(channel, value) in constants {
        if channel / inputs != group {
            continue;
        }
        let column = channel % inputs;
        let kernel = row.get(column * area..(column + 1) * area)?;
        sum += kernel.iter().map(|&it| f64::from(it)).sum::<f64>() * f64::from(value);
    }
    Some(sum)
}

fn of_table(weight: &Tensor, at: usize, constants: &[(usize, f32)], node: &Node) -> Option<f64> {
    let Layer::TableConv(conv) = &node.layer else {
        return Some(0.0);
    };
    let start: usize = conv.table.iter().take(at).map(Vec::len).sum();
    let mut sum = 0.0;
    for (pair, &map) in conv.table.get(at)?.iter().enumerate() {
        if let Some((_, value)) = constants.iter().find(|it| it.0 == map as usize) {
            let kernel = row(weight, start + pair)?;
            sum += kernel.iter().map(|&it| f64::from(it)).sum::<f64>() * f64::from(*value);
        }
    }
    Some(sum)
}
