//! An experiment: a network with the settings of the page. It is saved in documents and links;
//! settings with their default value are left out.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::DocumentError;
use super::limits::check_name;
use crate::data::Recipe;
use crate::{Graph, NodeId};

/// A network with its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    pub graph: Graph,
    pub settings: Settings,
}

/// The settings beside the network. Default values are left out of the text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// The name of the experiment; that of the network if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name of the zoo's network that it was opened as, which decides its weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The seed of random weights.
    #[serde(skip_serializing_if = "is_usual_seed")]
    pub seed: u64,
    #[serde(skip_serializing_if = "is_usual")]
    pub input: Input,
    #[serde(skip_serializing_if = "is_usual")]
    pub recipe: Recipe,
    /// The data set to train on, by the name that the page gives it, where the person chose one. A name
    /// that is not known is passed over: it may be a collection in another browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    #[serde(skip_serializing_if = "is_usual")]
    pub device: Preference,
    #[serde(skip_serializing_if = "is_usual")]
    pub view: View,
    #[serde(skip_serializing_if = "Locks::is_empty")]
    pub locks: Locks,
}

/// The default seed.
pub const USUAL_SEED: u64 = 1;

/// The requested device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preference {
    /// The faster one.
    #[default]
    Automatic,
    Cpu,
    WebGpu,
}

/// The input of the network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Input {
    /// The selected kind of input.
    pub source: Source,
    pub pad: Pad,
    /// The name of the photo, if it is one of those shipped with the lab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo: Option<String>,
}

/// The kinds of input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    #[default]
    Draw,
    Mnist,
    FashionMnist,
    Photo,
}

/// What is on the draw pad.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pad {
    /// A test image of MNIST, by its number from 0.
    Mnist(u32),
    FashionMnist(u32),
    /// A drawing; blank paper without strokes.
    Strokes(Vec<Stroke>),
}

impl Default for Pad {
    /// The digit that is shown when the page opens.
    fn default() -> Self {
        Self::Mnist(0)
    }
}

/// The most points of all strokes together: over a minute of the fastest mouse.
pub const MAX_POINTS: usize = 100_000;

/// Fractions of a pixel in which strokes are stored.
pub const PARTS: f64 = 8.0;

/// One stroke of the pen, in eighths of the pad's 280 × 280 pixels. As text it is one list of
/// numbers: thickness, first point, then the difference of each point to the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<i32>", into = "Vec<i32>")]
pub struct Stroke {
    pub thickness: u16,
    /// At least one point: distance from the left and from the top.
    pub points: Vec<[i16; 2]>,
}

impl From<Stroke> for Vec<i32> {
    fn from(stroke: Stroke) -> Self {
        let mut numbers = vec![i32::from(stroke.thickness)];
        let mut before = [0; 2];
        for point in stroke.points {
            let point = point.map(i32::from);
            numbers.extend([point[0] - before[0], point[1] - before[1]]);
            before = point;
        }
        numbers
    }
}

impl TryFrom<Vec<i32>> for Stroke {
    type Error = &'static str;

    fn try_from(numbers: Vec<i32>) -> Result<Self, Self::Error> {
        let Some((&thickness, steps)) = numbers.split_first() else {
            return Err("a stroke is an empty list");
        };
        let thickness =
            u16::try_from(thickness).map_err(|_| "a stroke's thickness is too large")?;
        let (steps, rest) = steps.as_chunks::<2>();
        if steps.is_empty() || !rest.is_empty() {
            return Err("a stroke's points are not pairs of numbers");
        }
        let mut at = [0_i32; 2];
        let mut points = Vec::with_capacity(steps.len());
        for step in steps {
            let mut point = [0_i16; 2];
            for axis in 0..2 {
                at[axis] = at[axis].saturating_add(step[axis]);
                point[axis] =
                    i16::try_from(at[axis]).map_err(|_| "a stroke leaves the pad by far")?;
            }
            points.push(point);
        }
        Ok(Self { thickness, points })
    }
}

/// How the network is shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// As a graph or as a list; without it as the person last chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    /// The folded blocks, each by its first and last node; without it the default of the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folded: Option<Vec<(NodeId, NodeId)>>,
    /// The node in the inspector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected: Option<NodeId>,
}

/// The two ways to show a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    List,
    Graph,
}

/// A part of the lab that the author of an experiment can lock or hide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Every change of the network.
    Network,
    /// Opening another network.
    Presets,
    /// Inserting layers.
    Palette,
    /// The settings of layers.
    Fields,
    Undo,
    /// The choice of the input, and the pad.
    Input,
    /// The steps of the preprocessing.
    Recipe,
    Device,
    /// List or graph.
    View,
    Answer,
    Inspector,
    Totals,
    Compare,
    Share,
}

impl Control {
    pub const ALL: [Self; 14] = [
        Self::Network,
        Self::Presets,
        Self::Palette,
        Self::Fields,
        Self::Undo,
        Self::Input,
        Self::Recipe,
        Self::Device,
        Self::View,
        Self::Answer,
        Self::Inspector,
        Self::Totals,
        Self::Compare,
        Self::Share,
    ];

    /// Whether it can be operated; a part that only shows something can be hidden but not locked.
    pub const fn can_be_locked(self) -> bool {
        !matches!(self, Self::Answer | Self::Inspector | Self::Totals)
    }
}

/// What the author has done to a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// It is seen and cannot be operated.
    Locked,
    /// It is neither seen nor can it be operated.
    Hidden,
}

/// All locks of an experiment.
pub type Locks = BTreeMap<Control, Lock>;

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: None,
            origin: None,
            seed: USUAL_SEED,
            input: Input::default(),
            recipe: Recipe::default(),
            data: None,
            device: Preference::default(),
            view: View::default(),
            locks: Locks::new(),
        }
    }
}

impl Experiment {
    /// The graph with the usual settings.
    pub fn of(graph: Graph) -> Self {
        let settings = Settings::default();
        Self { graph, settings }
    }

    /// The name it goes by.
    pub fn name(&self) -> &str {
        self.settings.name.as_deref().unwrap_or(self.graph.name())
    }
}

impl Settings {
    /// The settings beside `graph` in a document's or a link's object; keys it does not know are
    /// passed over.
    ///
    /// # Errors
    /// When one cannot be read; the error names it.
    pub(super) fn from_value(value: &Value) -> Result<Self, DocumentError> {
        let settings = Self {
            name: setting(value, "name")?.unwrap_or_default(),
            origin: setting(value, "origin")?.unwrap_or_default(),
            seed: setting(value, "seed")?.unwrap_or(USUAL_SEED),
            input: setting(value, "input")?.unwrap_or_default(),
            recipe: setting(value, "recipe")?.unwrap_or_default(),
            data: setting(value, "data")?.unwrap_or_default(),
            device: setting(value, "device")?.unwrap_or_default(),
            view: setting(value, "view")?.unwrap_or_default(),
            locks: setting(value, "locks")?.unwrap_or_default(),
        };
        check_name(
            "the experiment",
            settings.name.as_deref().unwrap_or_default(),
        )?;
        if let Pad::Strokes(strokes) = &settings.input.pad {
            let got: usize = strokes.iter().map(|stroke| stroke.points.len()).sum();
            if got > MAX_POINTS {
                return Err(DocumentError::TooLarge {
                    place: "the drawing".into(),
                    field: "number of points".into(),
                    got: got.to_string(),
                    limit: MAX_POINTS as u64,
                });
            }
        }
        Ok(settings)
    }
}

fn setting<T: DeserializeOwned>(value: &Value, key: &str) -> Result<Option<T>, DocumentError> {
    let Some(value) = value.get(key) else {
        return Ok(None);
    };
    let read = T::deserialize(value).map_err(|error| DocumentError::Malformed {
        place: format!("“{key}”"),
        reason: error.to_string(),
    })?;
    Ok(Some(read))
}

fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

const fn is_usual_seed(seed: &u64) -> bool {
    *seed == USUAL_SEED
}
