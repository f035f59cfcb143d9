//! Variants of 8 bits: whole numbers with the steps of their grids.

use super::net::{Net, Output, Setting};
use crate::NodeId;
use crate::checkpoint::Role;
use crate::compress::quantise::{Granularity, Grid, Scheme, Width, quantise};

const UINT8: i64 = 2;
const INT8: i64 = 3;
const INT32: i64 = 6;

impl Net<'_> {
    /// How the weights of a layer that takes this node's values are quantised, and the grid of these
    /// values; `None` where the layer runs in floats.
    pub fn grids_of(&self, from: NodeId) -> Option<(Granularity, Grid)> {
        let eight = self.eight?;
        let grid = eight.grid_of_input(self.graph, from)?;
        Some((eight.granularity, grid))
    }

    /// What a layer takes from a node, on its grid where it has one. Others that take it, such as a sum,
    /// take it as it is, and logits stay floats: so the lab runs it.
    pub fn rounded(&mut self, from: NodeId, output: Output) -> Output {
        let grid = self.grids_of(from).map(|(_, grid)| grid);
        let Some(grid) = grid.filter(|it| it.low >= 0 && it.high <= 255) else {
            return output;
        };
        if let Some(known) = self.rounded.get(&output.name) {
            return known.clone();
        }
        let [whole, rounded] =
            ["8bit", "rounded"].map(|it| self.free(&format!("{}/{it}", output.name)));
        let scale = self.floats(&format!("{}.scale", output.name), &[], vec![grid.scale]);
        let zero = self.free(&format!("{}.zero_point", output.name));
        self.bytes(&zero, &[], UINT8, &[grid.zero_point.clamp(0, 255) as u8]);
        let inputs = [output.name.as_str(), &scale, &zero];
        self.node("QuantizeLinear", &whole, &inputs, &[&whole], &[], "");
        let inputs = [whole.as_str(), &scale, &zero];
        self.node("DequantizeLinear", &rounded, &inputs, &[&rounded], &[], "");
        let name = output.name.clone();
        let output = Output {
            name: rounded,
            ..output
        };
        self.rounded.insert(name, output.clone());
        output
    }

    /// The weight of a layer that takes this node's values; its name.
    pub fn weight(&mut self, node: NodeId, from: NodeId) -> Result<String, String> {
        let Some((granularity, _)) = self.grids_of(from) else {
            return self.parameter(node, Role::Weight);
        };
        let (name, dims, values) = self.stored(node, Role::Weight)?;
        Ok(self.whole_weight(&name, &dims, values, granularity))
    }

    /// A weight as whole numbers around 0; its name.
    pub fn whole_weight(
        &mut self,
        name: &str,
        dims: &[usize],
        values: &[f32],
        granularity: Granularity,
    ) -> String {
        if !self.is_new(name) {
            return name.to_owned();
        }
        let outputs = dims.first().copied().unwrap_or(1);
        let scheme = Scheme::Symmetric;
        let quantised = quantise(values, outputs, Width::Int8, granularity, scheme);
        let bytes: Vec<u8> = { quantised.q.iter() }
            .map(|&it| (it as i8).cast_unsigned())
            .collect();
        let scales: Vec<f32> = quantised.grids.iter().map(|it| it.scale).collect();
        self.scales.insert(name.to_owned(), scales.clone());
        let zeros = vec![0; scales.len()];
        self.dequantised(name, dims, (INT8, &bytes), scales, (INT8, &zeros));
        name.to_owned()
    }

    /// The bias of a layer that takes this node's values; its name. A step of it is one of the sums.
    /// That of several nodes stays in floats, because the steps of their sums differ.
    pub fn bias(&mut self, node: NodeId, from: NodeId) -> Result<String, String> {
        let (weight, ..) = self.stored(node, Role::Weight)?;
        let scales = self.scales.get(&weight).cloned();
        let alone = self.graph.uses(node).count() == 1;
        let (Some((_, grid)), Some(scales), true) = (self.grids_of(from), scales, alone) else {
            return self.parameter(node, Role::Bias);
        };
        let (name, dims, values) = self.stored(node, Role::Bias)?;
        let only = scales.first().copied().unwrap_or(1.0);
        let steps: Vec<f64> = { 0..values.len() }
            .map(|at| f64::from(grid.scale) * f64::from(*scales.get(at).unwrap_or(&only)))
            .collect();
        let whole = values.iter().zip(&steps);
        let whole = whole.map(|(&value, step)| (f64::from(value) / step).round_ties_even() as i32);
        let bytes: Vec<u8> = whole.flat_map(i32::to_le_bytes).collect();
        let steps: Vec<f32> = match scales.len() {
            1 => steps.into_iter().take(1).map(|it| it as f32).collect(),
            _ => steps.into_iter().map(|it| it as f32).collect(),
        };
        let zeros: Vec<u8> = steps.iter().flat_map(|_| 0_i32.to_le_bytes()).collect();
        if self.is_new(&name) {
            self.dequantised(&name, &dims, (INT32, &bytes), steps, (INT32, &zeros));
        }
        Ok(name)
    }

    /// Whole numbers and the node that gives what they stand for, under this name.
    fn dequantised(
        &mut self,
        name: &str,
        dims: &[usize],
        (kind, values): (i64, &[u8]),
        scales: Vec<f32>,
        (zero_kind, zeros): (i64, &[u8]),
    ) {
        let whole = self.free(&format!("{name}_quantised"));
        let zero = self.free(&format!("{name}_zero_point"));
        let sides = [scales.len()];
        let sides = if scales.len() == 1 { &[] } else { &sides[..] };
        let axis = [("axis", Setting::Int(0))];
        let settings = if sides.is_empty() { &[] } else { &axis[..] };
        self.bytes(&whole, dims, kind, values);
        self.bytes(&zero, sides, zero_kind, zeros);
        let scale = self.floats(&format!("{name}_scale"), sides, scales);
        let inputs = [whole.as_str(), &scale, &zero];
        self.node("DequantizeLinear", &whole, &inputs, &[name], settings, "");
    }
}
