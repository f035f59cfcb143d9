//! What a network knows: the domain of its classes, and whether an input is of it.

use super::{Classes, PRETRAINED, Pretrained};

/// What an input is a picture of, as far as the page knows without looking at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Drawn by hand on the pad.
    Drawing,
    /// A picture of MNIST.
    Digit,
    /// A picture of Fashion-MNIST.
    Clothes,
    /// A photo that is shipped with the page; none of them is of a digit.
    Photo,
    /// A photo of the person's own, which may be of a digit on paper.
    OwnPhoto,
}

/// What an answer to an input is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The input is of a kind that the network knows.
    Knows,
    /// It may be of that kind.
    Perhaps,
    /// It is something else.
    Foreign,
}

impl Classes {
    /// What a network of these classes knows, as it follows “knows”.
    pub const fn domain(self) -> &'static str {
        match self {
            Self::Digits => "the digits 0–9",
            Self::Fashion => "ten kinds of clothes",
            Self::ImageNet => "1,000 things, among them five cats",
        }
    }

    /// What an answer of a network of these classes to such an input is worth.
    pub const fn judge(self, kind: Kind) -> Judgement {
        match (self, kind) {
            (Self::Digits, Kind::Drawing | Kind::Digit)
            | (Self::Fashion, Kind::Clothes)
            | (Self::ImageNet, Kind::Photo | Kind::OwnPhoto) => Judgement::Knows,
            (Self::Digits, Kind::OwnPhoto) => Judgement::Perhaps,
            (Self::Digits, Kind::Clothes | Kind::Photo)
            | (Self::Fashion, Kind::Drawing | Kind::Digit | Kind::Photo | Kind::OwnPhoto)
            | (Self::ImageNet, Kind::Drawing | Kind::Digit | Kind::Clothes) => Judgement::Foreign,
        }
    }

    /// The classes that the network of the zoo with this name was made for, if it has so many
    /// outputs.
    pub fn of_network(name: &str, outputs: u64) -> Option<Self> {
        let classes = match super::pretrained(name) {
            Some(shipped) => shipped.classes,
            None if name.starts_with("lenet") => Self::Digits,
            // The small versions and CIFAR-10's have fewer outputs.
            None => Self::ImageNet,
        };
        (classes.count() as u64 == outputs).then_some(classes)
    }
}

/// The shipped network that knows such an input best: of several the one with the highest accuracy.
/// Small versions of larger networks do not count, whose training was short.
pub fn expert(kind: Kind) -> Option<&'static Pretrained> {
    let known = PRETRAINED
        .iter()
        .filter(|it| it.classes.judge(kind) == Judgement::Knows && !it.network.contains("-mini"));
    known.max_by(|one, other| {
        let of = |it: &Pretrained| it.accuracy.unwrap_or_default();
        of(one).total_cmp(&of(other))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 5] = [
        Kind::Drawing,
        Kind::Digit,
        Kind::Clothes,
        Kind::Photo,
        Kind::OwnPhoto,
    ];

    #[test]
    fn the_expert_of_every_kind_knows_it_and_nobody_offers_itself() {
        for kind in KINDS {
            let expert = expert(kind).unwrap();
            assert_eq!(expert.classes.judge(kind), Judgement::Knows, "{kind:?}");
        }
        let names = KINDS.map(|kind| expert(kind).unwrap().network);
        assert_eq!(names[0], "lenet-5");
        assert_eq!(names[1], "lenet-5");
        assert_eq!(names[2], "lenet-5-fashion");
        assert_eq!(names[3], "efficientnet-lite0");
    }

    #[test]
    fn what_was_taken_for_a_digit_without_a_word_is_something_else() {
        // Tried by people: a boot was “2, 61.6 %”, a cat “3, 92.2 %”.
        assert_eq!(Classes::Digits.judge(Kind::Clothes), Judgement::Foreign);
        assert_eq!(Classes::Digits.judge(Kind::Photo), Judgement::Foreign);
        assert_eq!(Classes::ImageNet.judge(Kind::Drawing), Judgement::Foreign);
        assert_eq!(Classes::Fashion.judge(Kind::Digit), Judgement::Foreign);
    }

    #[test]
    fn a_network_has_the_classes_it_was_made_for_only_with_as_many_outputs() {
        assert_eq!(Classes::of_network("lenet-1", 10), Some(Classes::Digits));
        assert_eq!(
            Classes::of_network("lenet-5-fashion", 10),
            Some(Classes::Fashion)
        );
        assert_eq!(
            Classes::of_network("resnet-50", 1000),
            Some(Classes::ImageNet)
        );
        assert_eq!(Classes::of_network("nin-cifar-10", 10), None);
        assert_eq!(Classes::of_network("lenet-5", 12), None);
    }
}
