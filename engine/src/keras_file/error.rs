//! Why a file of Keras cannot be opened.

use crate::hdf5::Hdf5Error;

/// Why a file of Keras cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KerasError {
    #[error("it is no Keras file: {0}")]
    Zip(String),
    #[error("it is no Keras file: there is no {0} in it")]
    NoPart(&'static str),
    #[error("its {part} is larger than {limit} bytes")]
    TooLarge { part: String, limit: u64 },
    #[error("its {part} is no JSON text: {why}")]
    Json { part: String, why: String },
    #[error("its file of weights cannot be read: {0}")]
    Weights(#[from] Hdf5Error),
    #[error(
        "it has weights only, and no network: open it as the weights of a network that it fits, or save the \
         model in Python with `model.save(\"model.keras\")`"
    )]
    WeightsOnly,
    #[error("it has no weights")]
    NoWeights,
    #[error("its arrays cannot be named: {0}")]
    Names(String),
    #[error(
        "its network is a class “{0}”, of which the file has the name only: save a Sequential or functional \
         model, or export it as ONNX with `model.export(\"model.onnx\", format=\"onnx\")`"
    )]
    Class(String),
    #[error("its configuration is damaged: {0}")]
    Config(String),
    #[error("it has {0} inputs; networks of one input are read")]
    Inputs(usize),
    #[error("it does not say what its input is")]
    NoInput,
    #[error(
        "the size of its input “{name}” is left open ({dims}): say which it is, as \
         channels × height × width"
    )]
    OpenInput { name: String, dims: String },
    #[error(
        "its input “{name}” is {dims}, which is neither height × width × channels nor features"
    )]
    InputRank { name: String, dims: String },
    #[error("no layer of it can be opened: {0}")]
    Nothing(String),
    #[error("its layers make no network: {0}")]
    Graph(String),
    #[error("the weights of “{layer}”: {why}")]
    Tensor { layer: String, why: String },
}
