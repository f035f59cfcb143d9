//! What an answer is worth: whether the network is trained, runs as it stands, and knows such inputs.

use engine::zoo::{Classes, Judgement, Kind, Pretrained, expert};

use crate::engine::WeightState;

/// What decides the worth of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The classes of the network's outputs, if they are known.
    pub classes: Option<Classes>,
    /// The weights are from a file of the person's own or were trained here.
    pub own: bool,
    /// `None` until an engine has the network.
    pub weights: Option<WeightState>,
    pub kind: Kind,
    /// The document has no problem; otherwise the last valid network answers.
    pub valid: bool,
}

/// What an answer is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standing {
    /// The network knows such inputs.
    Known(Classes),
    /// The input may be of another kind.
    Perhaps(Classes, Option<&'static Pretrained>),
    /// The input is of another kind; the network that knows it.
    Foreign(Classes, Option<&'static Pretrained>),
    /// So many of the layers have random weights; a trained network for this input.
    Untrained {
        random: usize,
        of: usize,
        open: Option<&'static Pretrained>,
    },
    /// The document has problems: the last valid network answers.
    Last,
    /// Nothing is known of the classes.
    Unknown,
}

impl Standing {
    pub fn of(facts: Facts) -> Self {
        let Facts {
            classes,
            own,
            weights,
            kind,
            valid,
        } = facts;
        let open = expert(kind);
        if !valid {
            return Self::Last;
        }
        if let Some(WeightState { trained, weighted }) = weights
            && trained < weighted
        {
            let random = weighted - trained;
            let of = weighted;
            return Self::Untrained { random, of, open };
        }
        match classes {
            // What weights of the person's own were trained on is not in their file.
            Some(classes) if !own => match classes.judge(kind) {
                Judgement::Knows => Self::Known(classes),
                Judgement::Perhaps => Self::Perhaps(classes, expert(Kind::Photo)),
                Judgement::Foreign => Self::Foreign(classes, open),
            },
            Some(_) | None => Self::Unknown,
        }
    }

    /// The name in `data-standing`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Known(_) => "known",
            Self::Perhaps(..) => "perhaps",
            Self::Foreign(..) => "foreign",
            Self::Untrained { .. } => "untrained",
            Self::Last => "last",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the answer means nothing, so that it is neither right nor wrong.
    pub const fn is_void(self) -> bool {
        matches!(
            self,
            Self::Foreign(..) | Self::Untrained { .. } | Self::Last
        )
    }

    /// What a network of this name knows; of an untrained one that it knows nothing.
    pub fn sentence(self, network: &str) -> String {
        match self {
            Self::Known(classes) | Self::Perhaps(classes, _) | Self::Foreign(classes, _) => {
                format!("{network} knows {}.", classes.domain())
            }
            Self::Untrained { random, of, .. } if random == of => {
                "Untrained: random weights, so the answer is a guess.".to_owned()
            }
            Self::Untrained { random, of, .. } => {
                let have = if random == 1 { "has" } else { "have" };
                format!(
                    "Untrained: {random} of {of} layers {have} random weights, so the answer is a \
                     guess."
                )
            }
            Self::Last => "The last valid network's answer.".to_owned(),
            Self::Unknown => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRAINED: WeightState = WeightState {
        trained: 5,
        weighted: 5,
    };

    fn standing(classes: Option<Classes>, kind: Kind) -> Standing {
        Standing::of(Facts {
            classes,
            own: false,
            weights: Some(TRAINED),
            kind,
            valid: true,
        })
    }

    fn opens(standing: Standing) -> Option<&'static str> {
        match standing {
            Standing::Foreign(_, open)
            | Standing::Perhaps(_, open)
            | Standing::Untrained { open, .. } => open.map(|it| it.network),
            Standing::Known(_) | Standing::Last | Standing::Unknown => None,
        }
    }

    #[test]
    fn an_input_of_another_kind_leads_to_the_network_that_knows_it() {
        use Classes::{Digits, Fashion, ImageNet};
        for (classes, kind, expected) in [
            (Digits, Kind::Clothes, "lenet-5-fashion"),
            (Digits, Kind::Photo, "efficientnet-lite0"),
            (ImageNet, Kind::Drawing, "lenet-5"),
            (ImageNet, Kind::Digit, "lenet-5"),
            (Fashion, Kind::Digit, "lenet-5"),
            (Fashion, Kind::OwnPhoto, "efficientnet-lite0"),
        ] {
            let standing = standing(Some(classes), kind);
            assert_eq!(standing.name(), "foreign", "{classes:?} {kind:?}");
            assert!(standing.is_void());
            assert_eq!(opens(standing), Some(expected), "{classes:?} {kind:?}");
        }
        assert_eq!(
            standing(Some(Digits), Kind::Digit).sentence("LeNet-5"),
            "LeNet-5 knows the digits 0–9."
        );
    }

    #[test]
    fn a_photo_of_one_s_own_may_be_of_a_digit() {
        let own = standing(Some(Classes::Digits), Kind::OwnPhoto);
        assert_eq!((own.name(), own.is_void()), ("perhaps", false));
        assert_eq!(opens(own), Some("efficientnet-lite0"));
    }

    #[test]
    fn random_weights_come_before_what_the_network_would_know() {
        let facts = Facts {
            classes: Some(Classes::Digits),
            own: false,
            weights: Some(WeightState {
                trained: 0,
                weighted: 5,
            }),
            kind: Kind::Clothes,
            valid: true,
        };
        let untrained = Standing::of(facts);
        assert_eq!(
            untrained.sentence("LeNet-4"),
            "Untrained: random weights, so the answer is a guess."
        );
        assert_eq!(opens(untrained), Some("lenet-5-fashion"));
        let weights = Some(WeightState {
            trained: 4,
            weighted: 5,
        });
        let text = Standing::of(Facts { weights, ..facts }).sentence("LeNet-5");
        assert!(text.starts_with("Untrained: 1 of 5 layers has"), "{text}");
    }

    #[test]
    fn own_weights_and_unknown_classes_are_not_judged_and_problems_come_first() {
        let facts = Facts {
            classes: Some(Classes::Digits),
            own: true,
            weights: Some(TRAINED),
            kind: Kind::Photo,
            valid: true,
        };
        assert_eq!(Standing::of(facts), Standing::Unknown);
        assert_eq!(standing(None, Kind::Photo), Standing::Unknown);
        let broken = Facts {
            valid: false,
            own: false,
            ..facts
        };
        assert_eq!(Standing::of(broken), Standing::Last);
    }
}
