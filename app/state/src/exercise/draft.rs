//! An exercise that is being made: its checks as fields of text, and the checks that these are.

use engine::Shape;
use engine::exercise::{Bound, Check, Drawing, Item, Quantity, Question, kinds};
use engine::format::number::{real, whole};

/// A kind of check, as the list offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Parameters,
    Macs,
    Memory,
    Depth,
    ReceptiveField,
    Layers,
    Output,
    Accuracy,
    Reads,
    Flips,
    Choice,
    Number,
    Text,
}

impl Kind {
    pub const ALL: [Self; 13] = [
        Self::Parameters,
        Self::Macs,
        Self::Memory,
        Self::Depth,
        Self::ReceptiveField,
        Self::Layers,
        Self::Output,
        Self::Accuracy,
        Self::Reads,
        Self::Flips,
        Self::Choice,
        Self::Number,
        Self::Text,
    ];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Parameters => "Parameters, at most",
            Self::Macs => "Multiply-adds, at most",
            Self::Memory => "Memory, at most",
            Self::Depth => "Depth, at least",
            Self::ReceptiveField => "Receptive field, at least",
            Self::Layers => "Layers of a kind",
            Self::Output => "Shape of the output",
            Self::Accuracy => "Accuracy, at least",
            Self::Reads => "Reads the drawing on the pad",
            Self::Flips => "Changes the answer to the drawing on the pad",
            Self::Choice => "Question: a choice",
            Self::Number => "Question: a number",
            Self::Text => "Question: a word",
        }
    }

    /// Whether it takes the drawing on the pad.
    pub const fn draws(self) -> bool {
        matches!(self, Self::Reads | Self::Flips)
    }

    /// Its fields with what they begin with.
    fn fields(self) -> Vec<Field> {
        let number = |title, value: &str| Field::new(title, Form::Number, value);
        let text = |title, value: &str| Field::new(title, Form::Text, value);
        match self {
            Self::Parameters => vec![number("At most", "50000")],
            Self::Macs => vec![number("At most", "400000")],
            Self::Memory => vec![number("Bytes, at most", "1000000")],
            Self::Depth => vec![number("At least", "5")],
            Self::ReceptiveField => vec![
                number("Pixels, at least", "16"),
                text("At the node (empty: the last)", ""),
            ],
            Self::Layers => vec![
                Field::new("Kind", Form::Select(kinds()), "conv"),
                Field::new(
                    "Bound",
                    Form::Select(vec![AT_LEAST.to_owned(), AT_MOST.to_owned()]),
                    AT_LEAST,
                ),
                number("Number", "1"),
            ],
            Self::Output => vec![
                number("Channels", "10"),
                number("Height", "1"),
                number("Width", "1"),
            ],
            Self::Accuracy => vec![
                Field::new(
                    "Data set",
                    Form::Select(["mnist", "fashion-mnist"].map(str::to_owned).to_vec()),
                    "mnist",
                ),
                number("Percent, at least", "95"),
                number("Test images", "1000"),
                number("Seed", "1"),
            ],
            Self::Reads => vec![number("Class", "7")],
            Self::Flips => vec![number("ε, at most", "0.1")],
            Self::Choice => vec![
                text("Question", ""),
                Field::new("Choices, one a line", Form::Area, ""),
                text("Right answer", ""),
            ],
            Self::Number => vec![
                text("Question", ""),
                number("Right answer", ""),
                number("Tolerance", "0"),
            ],
            Self::Text => vec![text("Question", ""), text("Right answer", "")],
        }
    }
}

const AT_LEAST: &str = "at least";
const AT_MOST: &str = "at most";

/// How a field is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    Number,
    Text,
    Area,
    Select(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub title: &'static str,
    pub form: Form,
    pub value: String,
}

impl Field {
    fn new(title: &'static str, form: Form, value: &str) -> Self {
        Self {
            title,
            form,
            value: value.to_owned(),
        }
    }
}

/// A check that is being made.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftCheck {
    /// Tells it from the others.
    pub key: u32,
    pub kind: Kind,
    pub points: String,
    pub fields: Vec<Field>,
    pub drawing: Option<Drawing>,
    /// Of a question's answer.
    pub salt: String,
}

impl DraftCheck {
    /// A new one; `salt` is random.
    pub fn new(key: u32, kind: Kind, drawing: Option<Drawing>, salt: String) -> Self {
        Self {
            key,
            kind,
            points: "1".to_owned(),
            fields: kind.fields(),
            drawing,
            salt,
        }
    }

    fn value(&self, place: usize) -> &str {
        self.fields.get(place).map_or("", |field| &field.value)
    }

    fn whole(&self, place: usize) -> Result<u32, String> {
        let title = self.fields.get(place).map_or("", |field| field.title);
        whole(self.value(place)).map_err(|why| format!("{title}: {why}"))
    }

    fn real(&self, place: usize) -> Result<f64, String> {
        let title = self.fields.get(place).map_or("", |field| field.title);
        real(self.value(place)).map_err(|why| format!("{title}: {why}"))
    }

    fn question(&self) -> Result<&str, String> {
        match self.value(0).trim() {
            "" => Err("The question is empty.".to_owned()),
            question => Ok(question),
        }
    }

    /// The check.
    ///
    /// # Errors
    /// Which field is wrong and why.
    pub fn item(&self) -> Result<Item, String> {
        let points = whole(&self.points).map_err(|why| format!("Points: {why}"))?;
        Ok(Item {
            points,
            check: self.check()?,
        })
    }

    fn check(&self) -> Result<Check, String> {
        let count = |quantity, bound| Ok(Check::Count { quantity, bound });
        let at_most = |value: u32| Bound::AtMost(value.into());
        let at_least = |value: u32| Bound::AtLeast(value.into());
        let drawing = || {
            let none = "There is no drawing: draw one on the pad, then add this check again.";
            self.drawing.clone().ok_or_else(|| none.to_owned())
        };
        match self.kind {
            Kind::Parameters => count(Quantity::Parameters, at_most(self.whole(0)?)),
            Kind::Macs => count(Quantity::Macs, at_most(self.whole(0)?)),
            Kind::Memory => count(Quantity::Memory, at_most(self.whole(0)?)),
            Kind::Depth => count(Quantity::Depth, at_least(self.whole(0)?)),
            Kind::ReceptiveField => {
                let node = Some(self.value(1).trim().to_owned()).filter(|it| !it.is_empty());
                count(Quantity::ReceptiveField { node }, at_least(self.whole(0)?))
            }
            Kind::Layers => {
                let layer = self.value(0).to_owned();
                let bound = match self.value(1) {
                    AT_MOST => at_most(self.whole(2)?),
                    _ => at_least(self.whole(2)?),
                };
                count(Quantity::Layers { layer }, bound)
            }
            Kind::Output => Ok(Check::Output {
                shape: Shape::new(self.whole(0)?, self.whole(1)?, self.whole(2)?),
            }),
            Kind::Accuracy => {
                let percent = self.real(1)?;
                if !(0.0..=100.0).contains(&percent) {
                    return Err("The accuracy must be 0 to 100 percent.".to_owned());
                }
                let images = match self.whole(2)? {
                    0 => return Err("There must be a test image at least.".to_owned()),
                    images => images,
                };
                Ok(Check::Accuracy {
                    data: self.value(0).to_owned(),
                    least: percent / 100.0,
                    images,
                    seed: self.whole(3)?.into(),
                })
            }
            Kind::Reads => Ok(Check::Reads {
                drawing: drawing()?,
                class: self.whole(0)?,
            }),
            Kind::Flips => {
                let epsilon = self.real(0)?;
                if !(epsilon > 0.0 && epsilon <= 1.0) {
                    return Err("ε must be above 0 and at most 1.".to_owned());
                }
                Ok(Check::Flips {
                    drawing: drawing()?,
                    epsilon: epsilon as f32,
                })
            }
            Kind::Choice => {
                let options = self.value(1).lines().map(str::trim);
                let options: Vec<&str> = options.filter(|it| !it.is_empty()).collect();
                let answer = self.value(2).trim();
                let right = options.iter().position(|it| *it == answer);
                let right = right.ok_or("The right answer is none of the choices.")?;
                let question = Question::choice(self.question()?, &options, right, &self.salt);
                Ok(Check::Answer { question })
            }
            Kind::Number => {
                let (right, tolerance) = (self.real(1)?, self.real(2)?);
                let question = Question::number(self.question()?, right, tolerance, &self.salt);
                Ok(Check::Answer { question })
            }
            Kind::Text => {
                let right = self.value(1).trim();
                if right.is_empty() {
                    return Err("The right answer is empty.".to_owned());
                }
                let question = Question::text(self.question()?, right, &self.salt);
                Ok(Check::Answer { question })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(kind: Kind, values: &[&str]) -> Result<Check, String> {
        let drawing = kind.draws().then(|| Drawing {
            width: 1,
            height: 1,
            ink: vec![255],
        });
        let mut draft = DraftCheck::new(0, kind, drawing, "salt".to_owned());
        for (field, value) in draft.fields.iter_mut().zip(values) {
            field.value = (*value).to_owned();
        }
        draft.item().map(|item| item.check)
    }

    #[test]
    fn every_kind_makes_a_check_of_its_fields() {
        for kind in Kind::ALL {
            let values: &[&str] = match kind {
                Kind::Choice => &["Which?", "a\nb\n", "b"],
                Kind::Number => &["How many?", "3", "0.5"],
                Kind::Text => &["Which?", "dropout"],
                _ => &[],
            };
            filled(kind, values).unwrap_or_else(|why| panic!("{kind:?}: {why}"));
        }
        assert_eq!(
            filled(Kind::Layers, &["max_pool", "at most", "0"]),
            Ok(Check::Count {
                quantity: Quantity::Layers {
                    layer: "max_pool".to_owned()
                },
                bound: Bound::AtMost(0)
            })
        );
        let Ok(Check::Answer { question }) = filled(Kind::Choice, &["?", "a\n b ", "b"]) else {
            panic!("no question");
        };
        assert!(question.is_right("b") && !question.is_right("a"));
        assert!(matches!(
            filled(Kind::Accuracy, &["mnist", "97.5", "500", "3"]),
            Ok(Check::Accuracy { images: 500, seed: 3, least, .. }) if (least - 0.975).abs() < 1e-12
        ));
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (kind, values, named) in [
            (Kind::Parameters, &["many"][..], "At most"),
            (Kind::Accuracy, &["mnist", "120"], "percent"),
            (Kind::Choice, &["?", "a\nb", "c"], "choices"),
            (Kind::Number, &["", "3", "0"], "question"),
            (Kind::Text, &["?", " "], "right answer"),
            (Kind::Flips, &["2"], "ε"),
        ] {
            let why = filled(kind, values).unwrap_err();
            assert!(why.contains(named), "{kind:?}: {why}");
        }
        let blank = DraftCheck::new(0, Kind::Reads, None, String::new());
        assert!(blank.item().unwrap_err().contains("draw one"));
    }
}
