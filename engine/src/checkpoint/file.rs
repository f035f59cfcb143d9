//! Checkpoints read and written, with their values.

use std::collections::BTreeMap;

use safetensors::{SafeTensorError, SafeTensors};
use serde_json::{Map, Value, json};

use super::header::format_error;
use super::{
    ABOUT, About, Fit, Header, OPTIMIZER, Parameter, StoredNode, Turn, VERSION, WeightsError,
};
use crate::Graph;
#[cfg(feature = "run")]
use crate::run::Network;
use crate::train::Run;
use crate::weights::{Param, Provenance};

/// A file of weights: a checkpoint, or a plain safetensors file.
pub struct File<'a> {
    pub header: Header,
    tensors: SafeTensors<'a>,
}

/// A tensor of optimiser state.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Without [`OPTIMIZER`].
    pub name: String,
    pub dims: Vec<usize>,
    pub values: Vec<f32>,
}

/// How far a network was trained.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress<'a> {
    /// The seed of its first weights.
    pub seed: u64,
    pub step: u64,
    /// Of the optimiser.
    pub states: &'a [State],
    /// The training that is under way.
    pub training: Option<&'a Run>,
}

impl From<SafeTensorError> for WeightsError {
    fn from(error: SafeTensorError) -> Self {
        format_error(error.to_string())
    }
}

impl<'a> File<'a> {
    /// Reads the header and checks that the data are where it says.
    ///
    /// # Errors
    /// When the bytes are no safetensors file, or of a checkpoint that cannot be read.
    pub fn read(bytes: &'a [u8]) -> Result<Self, WeightsError> {
        Ok(Self {
            header: Header::of_file(bytes)?,
            tensors: SafeTensors::deserialize(bytes)?,
        })
    }

    /// Which of the file's tensors are which parameters of the network.
    #[cfg(feature = "run")]
    pub fn fit(&self, network: &Network) -> Fit {
        self.fit_of(&crate::run::parameters(network), network.graph())
    }

    /// As [`Self::fit`], of a graph's parameters, which may not be made yet.
    pub fn fit_of(&self, parameters: &[Parameter], graph: &Graph) -> Fit {
        super::adapt(&self.header, parameters, graph)
    }

    /// As [`Self::values`], turned into PyTorch's layout.
    ///
    /// # Errors
    /// As [`Self::values`].
    pub fn turned(&self, place: usize, turn: Option<&Turn>) -> Result<Vec<f32>, WeightsError> {
        let values = self.values(place)?;
        Ok(match turn {
            Some(turn) => turn.apply(&values),
            None => values,
        })
    }

    /// The values of the tensor at this place of [`Header::tensors`].
    ///
    /// # Errors
    /// When they are not floats of 64, 32 or 16 bits, or not all finite numbers of 32 bits.
    pub fn values(&self, place: usize) -> Result<Vec<f32>, WeightsError> {
        let stored = self.header.tensors.get(place);
        let stored = stored.ok_or_else(|| format_error(format!("it has no tensor {place}")))?;
        stored.finite_floats(self.tensors.tensor(&stored.name)?.data())
    }

    /// Whether the tensor at this place is trained; in a plain file all are.
    pub fn is_trained(&self, place: usize) -> bool {
        let name = self.header.tensors.get(place).map(|stored| &stored.name);
        let trained = self.header.about.as_ref().map(|about| &about.trained);
        trained.is_none_or(|trained| name.is_some_and(|name| trained.contains(name)))
    }

    /// The optimiser state, in the header's order.
    ///
    /// # Errors
    /// As [`Self::values`].
    pub fn states(&self) -> Result<Vec<State>, WeightsError> {
        let stored = self.header.tensors.iter().enumerate();
        let states = stored.filter_map(|(place, stored)| {
            let name = stored.name.strip_prefix(OPTIMIZER)?;
            Some((place, name, stored))
        });
        states
            .map(|(place, name, stored)| {
                Ok(State {
                    name: name.to_owned(),
                    dims: stored.dims.clone(),
                    values: self.values(place)?,
                })
            })
            .collect()
    }
}

/// The network as a checkpoint: its parameters in its order, then the optimiser state. The same
/// values give the same bytes.
///
/// # Errors
/// When the device cannot give the values back.
#[cfg(feature = "run")]
pub async fn write(
    network: &Network,
    provenance: &Provenance,
    progress: Progress<'_>,
    notes: &BTreeMap<String, String>,
) -> Result<Vec<u8>, WeightsError> {
    let params = network.params();
    let mut file = start(network.graph(), params, provenance, progress, notes)?;
    for param in params {
        append(&mut file, &values(param).await?);
    }
    for state in progress.states {
        append(&mut file, &state.values);
    }
    Ok(file)
}

/// As [`write`], of parameters on the host.
///
/// # Errors
/// When two have the same name.
pub fn write_params<V: AsRef<[f32]>>(
    graph: &Graph,
    params: &[Param<V>],
    provenance: &Provenance,
    progress: Progress<'_>,
    notes: &BTreeMap<String, String>,
) -> Result<Vec<u8>, WeightsError> {
    let mut file = start(graph, params, provenance, progress, notes)?;
    for param in params {
        append(&mut file, param.values.as_ref());
    }
    for state in progress.states {
        append(&mut file, &state.values);
    }
    Ok(file)
}

/// A checkpoint without the values, with room for them.
fn start<V>(
    graph: &Graph,
    params: &[Param<V>],
    provenance: &Provenance,
    progress: Progress<'_>,
    notes: &BTreeMap<String, String>,
) -> Result<Vec<u8>, WeightsError> {
    let Progress {
        seed,
        step,
        states,
        training,
    } = progress;
    let weighted = |id| params.iter().any(|param| param.node == id);
    let nodes = graph.nodes().iter().filter(|node| weighted(node.id));
    let trained = params
        .iter()
        .filter(|param| provenance.is_trained(param.node, param.role));
    let about = About {
        version: VERSION,
        network: graph.name().to_owned(),
        seed,
        step,
        nodes: nodes
            .map(|node| StoredNode {
                number: node.id,
                name: node.name.clone(),
            })
            .collect(),
        trained: trained.map(|param| param.name.clone()).collect(),
        training: training.cloned(),
    };
    let unwritable = |error: serde_json::Error| format_error(error.to_string());
    let about = serde_json::to_string(&about).map_err(unwritable)?;
    let mut metadata: BTreeMap<&str, &str> = notes
        .iter()
        .map(|(key, text)| (key.as_str(), text.as_str()))
        .collect();
    metadata.insert(ABOUT, &about);

    let mut header = Map::new();
    header.insert("__metadata__".to_owned(), json!(metadata));
    let mut end = 0;
    let mut describe = |name: String, dims: &[usize]| {
        let start = end;
        end += 4 * dims.iter().product::<usize>();
        let entry = json!({ "dtype": "F32", "shape": dims, "data_offsets": [start, end] });
        match header.insert(name.clone(), entry) {
            Some(_) => Err(WeightsError::Duplicate { name }),
            None => Ok(()),
        }
    };
    for param in params {
        describe(param.name.clone(), &param.dims)?;
    }
    for state in states {
        describe(format!("{OPTIMIZER}{}", state.name), &state.dims)?;
    }
    let mut header = serde_json::to_vec(&Value::Object(header)).map_err(unwritable)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut file = Vec::with_capacity(8 + header.len() + end);
    file.extend_from_slice(&(header.len() as u64).to_le_bytes());
    file.append(&mut header);
    Ok(file)
}

fn append(file: &mut Vec<u8>, values: &[f32]) {
    file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

/// A parameter's values, from its device.
#[cfg(feature = "run")]
async fn values(param: &crate::run::Param) -> Result<Vec<f32>, WeightsError> {
    let data = param.values.clone().inner().into_data_async().await;
    let data = data.map_err(|error| WeightsError::Read {
        why: error.to_string(),
    })?;
    data.try_into_vec().map_err(|error| WeightsError::Read {
        why: format!("{error:?}"),
    })
}
