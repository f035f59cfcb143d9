//! The weights of a network on the host, as plain numbers that no backend owns.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::header::format_error;
use super::{Header, LENGTH_BYTES, Note, Parameter, Role, WeightsError, adapt, parameters};
use crate::{Graph, NodeId};

/// Every parameter of a network with its values, in the graph's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    arrays: Vec<(Parameter, Vec<f32>)>,
    places: HashMap<(NodeId, Role), usize>,
}

impl Weights {
    /// Adds a parameter behind the others.
    pub fn push(&mut self, parameter: Parameter, values: Vec<f32>) {
        let key = (parameter.node, parameter.role);
        self.places.insert(key, self.arrays.len());
        self.arrays.push((parameter, values));
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Parameter, &[f32])> {
        let arrays = self.arrays.iter();
        arrays.map(|(parameter, values)| (parameter, values.as_slice()))
    }

    /// The values of one parameter.
    pub fn get(&self, node: NodeId, role: Role) -> Option<&[f32]> {
        let place = *self.places.get(&(node, role))?;
        self.arrays.get(place).map(|(_, values)| values.as_slice())
    }

    /// How many values there are in all.
    pub fn count(&self) -> usize {
        self.arrays.iter().map(|(_, values)| values.len()).sum()
    }

    /// The weights of a checkpoint or a safetensors file of this or another program, and how it
    /// differs from one of this program.
    ///
    /// # Errors
    /// When the file is not one, its names and shapes are not exactly the network's, or a value is
    /// not a finite 32-bit float.
    pub fn read(graph: &Graph, file: &[u8]) -> Result<(Self, Vec<Note>), WeightsError> {
        let header = Header::of_file(file)?;
        let data = &file[LENGTH_BYTES + Header::length(file)?..];
        let wanted = parameters(graph);
        let fit = adapt(&header, &wanted, graph);
        if !fit.mismatch.is_empty() {
            return Err(WeightsError::Mismatch(fit.mismatch));
        }
        let mut weights = Self::default();
        let places = fit.found.into_iter().flatten();
        for (number, (parameter, place)) in wanted.into_iter().zip(places).enumerate() {
            let stored = &header.tensors[place];
            let [start, end] = stored.offsets.map(|offset| offset as usize);
            let values = stored.finite_floats(&data[start..end])?;
            let values = match fit.turns.get(number) {
                Some(Some(turn)) => turn.apply(&values),
                _ => values,
            };
            weights.push(parameter, values);
        }
        Ok((weights, fit.notes))
    }

    /// As a safetensors file with these names; `notes` become its metadata.
    ///
    /// # Errors
    /// When two parameters have one name.
    pub fn write(
        &self,
        name: impl Fn(&Parameter) -> String,
        notes: &BTreeMap<String, String>,
    ) -> Result<Vec<u8>, WeightsError> {
        let arrays = self.arrays.iter();
        let arrays = arrays.map(|(it, values)| (name(it), it.dims.as_slice(), values.as_slice()));
        pack(arrays.collect(), notes)
    }
}

/// Arrays of 32-bit floats with their names and axes as a safetensors file.
///
/// # Errors
/// When two have one name.
pub fn pack(
    arrays: Vec<(String, &[usize], &[f32])>,
    notes: &BTreeMap<String, String>,
) -> Result<Vec<u8>, WeightsError> {
    let mut header = Map::new();
    if !notes.is_empty() {
        header.insert("__metadata__".to_owned(), json!(notes));
    }
    let mut end = 0;
    for (name, dims, values) in &arrays {
        let start = end;
        end += 4 * values.len();
        let entry = json!({ "dtype": "F32", "shape": dims, "data_offsets": [start, end] });
        if header.insert(name.clone(), entry).is_some() {
            return Err(WeightsError::Duplicate { name: name.clone() });
        }
    }
    let header = serde_json::to_vec(&Value::Object(header));
    let mut header = header.map_err(|error| format_error(error.to_string()))?;
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut file = Vec::with_capacity(LENGTH_BYTES + header.len() + end);
    file.extend_from_slice(&(header.len() as u64).to_le_bytes());
    file.append(&mut header);
    for (_, _, values) in arrays {
        file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    Ok(file)
}
