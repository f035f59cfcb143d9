//! A network from the zoo or from a file, as the arguments name it.

use std::path::Path;

use super::{CliError, text};
use crate::format::{json, number};
use crate::graph::Edit;
use crate::zoo::{self, Entry, Options, ZooError};
use crate::{Graph, Shape};

/// How a network is chosen and varied.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Variation {
    /// Another shape of picture, as CxHxW: 3x224x224.
    #[arg(long, value_name = "CxHxW", value_parser = shape)]
    pub input: Option<Shape>,
    /// Another number of classes (networks of the zoo only).
    #[arg(long)]
    pub classes: Option<u32>,
    /// Width multiplier of the MobileNets: α times the channels in every layer.
    #[arg(long)]
    pub alpha: Option<f64>,
    /// Resolution multiplier of the MobileNets: ρ times the picture's height and width.
    #[arg(long)]
    pub rho: Option<f64>,
}

impl Variation {
    /// Whether the network is requested without variations.
    pub fn is_none(&self) -> bool {
        let Self {
            input,
            classes,
            alpha,
            rho,
        } = self;
        input.is_none() && classes.is_none() && alpha.is_none() && rho.is_none()
    }
}

/// The network that a verb is about.
#[derive(Debug, clap::Args)]
pub(super) struct Chosen {
    /// A network of the zoo (see `cnnlab list`), or the file of a saved one.
    #[arg(value_name = "NAME|FILE")]
    pub network: String,
    #[command(flatten)]
    pub variation: Variation,
}

impl Chosen {
    pub fn source(&self) -> Result<Source, CliError> {
        network(&self.network, &self.variation)
    }
}

/// A network and, when it is from the zoo, what the zoo knows of it.
pub(super) struct Source {
    pub graph: Graph,
    pub entry: Option<&'static Entry>,
}

/// The network of this name in the zoo, or in the file of this name.
pub(super) fn network(name: &str, variation: &Variation) -> Result<Source, CliError> {
    let &Variation {
        input,
        classes,
        alpha,
        rho,
    } = variation;
    // A file comes before a name of the zoo that is only like it.
    let found = match zoo::entry(name) {
        Ok(entry) if entry.name != name && Path::new(name).is_file() => Err(ZooError::Unknown {
            name: name.to_owned(),
            near: entry.name.to_owned(),
        }),
        found => found,
    };
    match found {
        Ok(entry) => {
            let graph = entry.graph(&Options {
                input,
                classes,
                alpha,
                rho,
            })?;
            Ok(Source {
                graph,
                entry: Some(entry),
            })
        }
        Err(ZooError::Unknown { name, near }) => {
            let path = Path::new(&name);
            if !path.exists() {
                return Err(CliError::Neither { name, near });
            }
            let refused = [
                ("classes", classes.is_some()),
                ("alpha", alpha.is_some()),
                ("rho", rho.is_some()),
            ];
            if let Some((option, _)) = refused.into_iter().find(|&(_, given)| given) {
                return Err(CliError::ZooOnly {
                    option,
                    path: path.to_owned(),
                });
            }
            let mut graph = file(path)?;
            if let Some(shape) = input {
                graph = graph.apply(&Edit::SetInput { shape })?;
            }
            Ok(Source { graph, entry: None })
        }
        Err(error) => Err(error.into()),
    }
}

fn file(path: &Path) -> Result<Graph, CliError> {
    let bytes = std::fs::read(path).map_err(|source| CliError::Read {
        path: path.to_owned(),
        source,
    })?;
    let graph = json::read(&bytes).map_err(|source| CliError::Document {
        path: path.to_owned(),
        source,
    })?;
    for unknown in json::unknown_keys(&bytes) {
        let warning = format!("{}: {unknown}", path.display());
        eprintln!("cnnlab: warning: {}", text::line(&warning));
    }
    Ok(graph)
}

/// `CxHxW` as a shape.
pub(super) fn shape(text: &str) -> Result<Shape, String> {
    let plain = number::plain(text);
    let parts: Vec<&str> = plain.split(['x', 'X', '×']).map(str::trim).collect();
    let wrong = || format!("“{text}” is not three whole numbers as in 3x224x224");
    let [channels, height, width] = parts.as_slice() else {
        return Err(wrong());
    };
    let number = |part: &str| match part.parse() {
        Ok(0) => Err(format!("“{text}” has a side of 0; each must be at least 1")),
        Ok(number) => Ok(number),
        Err(_) => Err(wrong()),
    };
    Ok(Shape::new(
        number(channels)?,
        number(height)?,
        number(width)?,
    ))
}
