//! Arithmetic formulas that can be written with names and with numbers.

use std::borrow::Cow;

use crate::Shape;

/// An arithmetic expression over named whole numbers.
#[derive(Clone, Debug)]
pub enum Formula {
    /// A quantity with a name.
    Named(Cow<'static, str>, u64),
    /// A constant.
    Number(u64),
    Sum(Vec<Self>),
    Product(Vec<Self>),
    Difference(Box<Self>, Box<Self>),
    Quotient(Box<Self>, Box<Self>),
    /// The quotient rounded down.
    Floor(Box<Self>, Box<Self>),
    /// The quotient rounded up.
    Ceil(Box<Self>, Box<Self>),
}

pub(crate) fn named(name: impl Into<Cow<'static, str>>, value: impl Into<u64>) -> Formula {
    Formula::Named(name.into(), value.into())
}

pub(crate) fn number(value: u64) -> Formula {
    Formula::Number(value)
}

pub(crate) fn sum(terms: impl IntoIterator<Item = Formula>) -> Formula {
    Formula::Sum(terms.into_iter().collect())
}

pub(crate) fn times(factors: impl IntoIterator<Item = Formula>) -> Formula {
    Formula::Product(factors.into_iter().collect())
}

pub(crate) fn difference(from: Formula, less: Formula) -> Formula {
    Formula::Difference(Box::new(from), Box::new(less))
}

pub(crate) fn quotient(over: Formula, under: Formula) -> Formula {
    Formula::Quotient(Box::new(over), Box::new(under))
}

pub(super) fn minus_one(formula: Formula) -> Formula {
    difference(formula, number(1))
}

/// Height and width of a kernel.
pub(super) fn kernel([height, width]: [u32; 2]) -> [Formula; 2] {
    [named("kernel height", height), named("kernel width", width)]
}

/// How many values a map has.
pub(super) fn values(map: Shape) -> Formula {
    let [height, width] = positions(map);
    times([named("channels", map.channels), height, width])
}

/// Height and width of a map.
pub(super) fn positions(map: Shape) -> [Formula; 2] {
    [named("height", map.height), named("width", map.width)]
}

/// Operator precedence: a part with a lower precedence than its surroundings gets brackets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Sum,
    Product,
    Value,
}

impl Formula {
    /// With the quantities' names: “channels × (inputs + 1)”.
    pub fn with_names(&self) -> String {
        self.write(&|name, _| name.to_owned())
    }

    /// With the quantities' values: “120 × (400 + 1)”.
    pub fn with_values(&self) -> String {
        self.write(&|_, value| grouped(value))
    }

    fn write(&self, leaf: &dyn Fn(&str, u64) -> String) -> String {
        let inside = |part: &Self, least| {
            let text = part.write(leaf);
            if part.binding() < least {
                format!("({text})")
            } else {
                text
            }
        };
        let list = |parts: &[Self], sign, least| {
            let parts: Vec<String> = parts.iter().map(|part| inside(part, least)).collect();
            parts.join(sign)
        };
        match self {
            Self::Named(name, value) => leaf(name, *value),
            Self::Number(value) => grouped(*value),
            Self::Sum(terms) => list(terms, " + ", Binding::Sum),
            Self::Product(factors) => list(factors, " × ", Binding::Product),
            Self::Difference(from, less) => {
                format!(
                    "{} − {}",
                    inside(from, Binding::Sum),
                    inside(less, Binding::Product)
                )
            }
            Self::Quotient(over, under) => {
                format!(
                    "{} ÷ {}",
                    inside(over, Binding::Product),
                    inside(under, Binding::Value)
                )
            }
            Self::Floor(over, under) => format!(
                "⌊{} ÷ {}⌋",
                inside(over, Binding::Product),
                inside(under, Binding::Value)
            ),
            Self::Ceil(over, under) => format!(
                "⌈{} ÷ {}⌉",
                inside(over, Binding::Product),
                inside(under, Binding::Value)
            ),
        }
    }

    fn binding(&self) -> Binding {
        match self {
            Self::Named(..) | Self::Number(_) | Self::Floor(..) | Self::Ceil(..) => Binding::Value,
            Self::Sum(terms) | Self::Product(terms) if terms.len() == 1 => {
                terms.first().map_or(Binding::Value, Self::binding)
            }
            Self::Sum(_) | Self::Difference(..) => Binding::Sum,
            Self::Product(_) | Self::Quotient(..) => Binding::Product,
        }
    }
}

/// A whole number with its thousands set apart by commas: 61,706.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
