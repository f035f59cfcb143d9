//! The arrays of a file by the layers that they belong to.

use std::collections::HashMap;

use crate::checkpoint::Role;
use crate::hdf5::Array;

/// How the arrays are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// By their place in their layer: `layers/conv2d/vars/0`.
    Numbers,
    /// As their variables: `model_weights/conv2d/sequential/conv2d/kernel`.
    Variables,
}

#[derive(Debug)]
pub(super) struct Store {
    arrays: Vec<Array>,
    names: Names,
    /// By path, or by the last two names of it.
    places: HashMap<String, usize>,
}

/// What a parameter is in Keras.
pub(super) struct Asked<'q> {
    /// Of the layer in the file, as `layers/conv2d`.
    pub path: &'q str,
    /// The layer's own name.
    pub layer: &'q str,
    /// The layer is separable, and this is its second convolution.
    pub is_pointwise: bool,
    pub role: Role,
    /// Which of its layer's variables it is.
    pub number: usize,
}

impl Store {
    pub fn new(arrays: Vec<Array>, names: Names) -> Self {
        let mut places = HashMap::new();
        for (place, array) in arrays.iter().enumerate() {
            let key = match names {
                Names::Numbers => array.path.replace('\\', "/"),
                Names::Variables => match key(&array.path) {
                    Some(key) => key,
                    None => continue,
                },
            };
            places.entry(key).or_insert(place);
        }
        Self {
            arrays,
            names,
            places,
        }
    }

    pub fn arrays(&self) -> &[Array] {
        &self.arrays
    }

    /// The array of a parameter.
    pub fn get(&self, asked: &Asked<'_>) -> Option<&Array> {
        let place = match self.names {
            Names::Numbers => {
                let number = asked.number;
                // The second is what Keras wrote before version 3.
                let paths = ["", "_layer_checkpoint_dependencies"].map(|root| match root {
                    "" => format!("{}/vars/{number}", asked.path),
                    root => format!("{}/vars/{number}", asked.path.replacen("layers", root, 1)),
                });
                paths.iter().find_map(|path| self.places.get(path))
            }
            Names::Variables => {
                let names: &[&str] = match asked.role {
                    Role::Weight if asked.is_pointwise => &["pointwise_kernel"],
                    Role::Weight => &["depthwise_kernel", "kernel", "gamma", "alpha"],
                    Role::Bias => &["bias", "beta"],
                    Role::RunningMean => &["moving_mean"],
                    Role::RunningVar => &["moving_variance"],
                    _ => &[],
                };
                let path = |name| format!("{}/{name}", asked.layer);
                names.iter().find_map(|name| self.places.get(&path(name)))
            }
        };
        self.arrays.get(*place?)
    }
}

/// `conv2d/kernel` of `model_weights/conv2d/conv2d/kernel:0`.
fn key(path: &str) -> Option<String> {
    let mut parts = path.rsplit('/');
    let variable = parts.next()?;
    let variable = variable.split(':').next().unwrap_or(variable);
    Some(format!("{}/{variable}", parts.next()?))
}
