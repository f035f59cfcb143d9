//! A small formula that can be written with names and with numbers.

use std::borrow::Cow;

/// An arithmetic expression over named whole numbers.
#[derive(Clone, Debug)]
pub(super) enum Formula {
    /// A quantity with a name.
    Named(Cow<'static, str>, u64),
    /// A constant of the convention.
    Number(u64),
    Sum(Vec<Formula>),
    Product(Vec<Formula>),
    Difference(Box<Formula>, Box<Formula>),
    Quotient(Box<Formula>, Box<Formula>),
    /// The quotient rounded down.
    Floor(Box<Formula>, Box<Formula>),
    /// The quotient rounded up.
    Ceil(Box<Formula>, Box<Formula>),
}

pub(super) fn named(name: impl Into<Cow<'static, str>>, value: impl Into<u64>) -> Formula {
    Formula::Named(name.into(), value.into())
}

pub(super) fn number(value: u64) -> Formula {
    Formula::Number(value)
}

pub(super) fn sum(terms: impl IntoIterator<Item = Formula>) -> Formula {
    Formula::Sum(terms.into_iter().collect())
}

pub(super) fn times(factors: impl IntoIterator<Item = Formula>) -> Formula {
    Formula::Product(factors.into_iter().collect())
}

/// How tightly a formula binds: what binds less than its surroundings is put in brackets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Sum,
    Product,
    Value,
}

impl Formula {
    /// With the quantities' names: “channels × (inputs + 1)”.
    pub(super) fn with_names(&self) -> String {
        self.write(&|name, _| name.to_owned())
    }

    /// With the quantities' values: “120 × (400 + 1)”.
    pub(super) fn with_values(&self) -> String {
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
