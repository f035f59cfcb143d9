//! What is read of a text before it is a network: layers by name and line, and groups of them.

use super::value::{Arg, Call, Value};
use crate::Shape;
use crate::layer::{Conv, Layer};

/// A layer or group with its name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub line: usize,
    pub name: String,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// One layer, or several that follow each other, such as a convolution with its activation; and
    /// what was read in another way than it is written.
    Layers {
        drafts: Vec<Draft>,
        notes: Vec<String>,
    },
    Group {
        class: String,
        items: Vec<Item>,
    },
    /// A layer or group that has a name of its own in the text and may be called more than once: what
    /// has the same number is the same, with the same weights.
    Called {
        object: usize,
        item: Box<Item>,
    },
    /// Why it is no layer.
    Unknown(String),
}

/// A layer whose settings may depend on what it takes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Draft {
    /// `takes` is how many channels or values it says that it takes.
    Layer { layer: Layer, takes: Option<u32> },
    /// One convolution a channel; `conv` has the multiplier as its channels.
    Depthwise(Conv),
    /// Keras' `Dense`, which on maps is a convolution of 1×1.
    Dense { features: u32, bias: bool },
    /// What the network takes.
    Input(Shape),
}

impl From<Layer> for Draft {
    fn from(layer: Layer) -> Self {
        Self::Layer { layer, takes: None }
    }
}

/// A layer's drafts and what is to be said of them.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub drafts: Vec<Draft>,
    pub notes: Vec<String>,
}

impl<T: Into<Layer>> From<T> for Read {
    fn from(layer: T) -> Self {
        Self {
            drafts: vec![Draft::from(layer.into())],
            notes: Vec::new(),
        }
    }
}

/// The largest number of a setting.
const MOST: f64 = 1e6;

/// The arguments of a call by place and key.
pub(crate) struct Args<'c> {
    pub call: &'c Call,
}

impl<'c> Args<'c> {
    /// The argument with this key, or in this place among those without key.
    pub fn get(&self, place: usize, keys: &[&str]) -> Option<&'c Value> {
        let args = &self.call.args;
        let named = |arg: &&Arg| arg.key.as_deref().is_some_and(|key| keys.contains(&key));
        let plain = || args.iter().filter(|arg| arg.key.is_none()).nth(place);
        let found = args.iter().find(named).or_else(plain)?;
        match &found.value {
            Value::Name(name) if name == "None" => None,
            value => Some(value),
        }
    }

    pub fn key(&self, keys: &[&str]) -> Option<&'c Value> {
        self.get(usize::MAX, keys)
    }

    pub fn whole(&self, place: usize, keys: &[&str]) -> Result<Option<u32>, String> {
        let Some(value) = self.get(place, keys) else {
            return Ok(None);
        };
        whole(value)
            .map(Some)
            .ok_or_else(|| format!("its {} is no whole number", keys[0]))
    }

    pub fn needed(&self, place: usize, keys: &[&str]) -> Result<u32, String> {
        let value = self.whole(place, keys)?;
        value.ok_or_else(|| format!("its {} is missing", keys[0]))
    }

    /// One number for both axes, or two.
    pub fn pair(&self, place: usize, keys: &[&str]) -> Result<Option<[u32; 2]>, String> {
        let Some(value) = self.get(place, keys) else {
            return Ok(None);
        };
        pair(value)
            .map(Some)
            .ok_or_else(|| format!("its {} is neither a whole number nor two", keys[0]))
    }

    pub fn number(&self, place: usize, keys: &[&str], default: f64) -> Result<f64, String> {
        match self.get(place, keys) {
            None => Ok(default),
            Some(Value::Number(number)) if number.is_finite() => Ok(*number),
            Some(_) => Err(format!("its {} is no number", keys[0])),
        }
    }

    pub fn flag(&self, place: usize, keys: &[&str], default: bool) -> Result<bool, String> {
        match self.get(place, keys) {
            None => Ok(default),
            Some(Value::Name(name)) if name == "True" => Ok(true),
            Some(Value::Name(name)) if name == "False" => Ok(false),
            Some(_) => Err(format!("its {} is neither True nor False", keys[0])),
        }
    }

    pub fn text(&self, place: usize, keys: &[&str]) -> Option<&'c str> {
        match self.get(place, keys) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}

pub(crate) fn whole(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) if (0.0..=MOST).contains(number) && number.fract() == 0.0 => {
            Some(*number as u32)
        }
        _ => None,
    }
}

pub(super) fn pair(value: &Value) -> Option<[u32; 2]> {
    match value {
        Value::List(items) => match items.as_slice() {
            [one] => whole(&one.value).map(|side| [side, side]),
            [height, width] => Some([whole(&height.value)?, whole(&width.value)?]),
            _ => None,
        },
        value => whole(value).map(|side| [side, side]),
    }
}

impl What {
    /// A layer that was read; what is to be said of it goes with it.
    pub fn of(call: &Call, read: Result<Read, String>) -> Self {
        match read {
            Ok(read) => Self::Layers {
                drafts: read.drafts,
                notes: read.notes,
            },
            Err(why) => Self::Unknown(format!("{}: {why}", call.name)),
        }
    }
}
