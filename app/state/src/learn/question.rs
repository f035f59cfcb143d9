//! The question at the end of a lesson. What is right is computed by the engine when it is asked.

use super::expression::evaluate;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub enum Question {
    /// A number that is typed: right within this share of it.
    Number { right: &'static str, within: f64 },
    /// The option with the largest value is right.
    Most(&'static [&'static str]),
    /// The option with the smallest value is right.
    Least(&'static [&'static str]),
    /// Whether the first value is larger (option 0), smaller (1), or they are equal (2).
    Order(&'static str, &'static str),
    /// The option that is nearest to the value, as a ratio, is right.
    Nearest(&'static str, &'static [f64]),
}

/// What the person answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reply {
    Number(f64),
    Option(usize),
}

impl Question {
    /// How many options there are; `None` where a number is typed.
    pub const fn options(&self) -> Option<usize> {
        match self {
            Self::Number { .. } => None,
            Self::Most(all) | Self::Least(all) => Some(all.len()),
            Self::Order(..) => Some(3),
            Self::Nearest(_, all) => Some(all.len()),
        }
    }

    /// The right answer; `own` is the network that the lesson begins with.
    ///
    /// # Errors
    /// When a value is not known; see [`evaluate`].
    pub fn right(&self, own: &str) -> Result<Reply, String> {
        let value = |text: &str| evaluate(text, own).map(|it| it.value);
        let values = |all: &[&str]| {
            all.iter()
                .map(|it| value(it))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match *self {
            Self::Number { right, .. } => Reply::Number(value(right)?),
            Self::Most(all) => Reply::Option(extreme(&values(all)?, |a, b| a > b)),
            Self::Least(all) => Reply::Option(extreme(&values(all)?, |a, b| a < b)),
            Self::Order(first, second) => {
                let (first, second) = (value(first)?, value(second)?);
                Reply::Option(match first.total_cmp(&second) {
                    std::cmp::Ordering::Greater => 0,
                    std::cmp::Ordering::Less => 1,
                    std::cmp::Ordering::Equal => 2,
                })
            }
            Self::Nearest(of, all) => {
                let value = value(of)?;
                let far: Vec<f64> = all.iter().map(|it| (it / value).ln().abs()).collect();
                Reply::Option(extreme(&far, |a, b| a < b))
            }
        })
    }

    /// Whether the answer is right.
    ///
    /// # Errors
    /// As [`Self::right`].
    pub fn accepts(&self, reply: Reply, own: &str) -> Result<bool, String> {
        Ok(match (self, self.right(own)?, reply) {
            (Self::Number { within, .. }, Reply::Number(right), Reply::Number(said)) => {
                (said - right).abs() <= within * right.abs()
            }
            (_, Reply::Option(right), Reply::Option(said)) => said == right,
            _ => false,
        })
    }
}

/// The place of the value that is before all others.
fn extreme(values: &[f64], before: fn(f64, f64) -> bool) -> usize {
    let mut best = 0;
    for (at, &value) in values.iter().enumerate() {
        if before(value, values[best]) {
            best = at;
        }
    }
    best
}

/// A number as people type it: 61706, 61,706, 61 706, 27.3 %. Many write a comma before decimals and
/// points between groups (61.706, 27,3), so a text with one of these marks can be two numbers; the
/// English reading comes first.
pub fn typed(text: &str) -> Vec<f64> {
    let kept = text.trim().trim_end_matches('%');
    let plain: String = kept
        .chars()
        .filter(|it| !matches!(it, ' ' | '\u{a0}' | '\u{202f}' | '_'))
        .collect();
    let readings = [
        plain.replace(',', ""),
        plain.replace('.', "").replace(',', "."),
    ];
    let mut numbers: Vec<f64> = readings
        .iter()
        .filter_map(|it| it.parse().ok())
        .filter(|it: &f64| it.is_finite())
        .collect();
    numbers.dedup();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_right_within_its_tolerance() {
        let question = Question::Number {
            right: "parameters",
            within: 0.0,
        };
        assert_eq!(
            question.accepts(Reply::Number(61_706.0), "lenet-5"),
            Ok(true)
        );
        assert_eq!(
            question.accepts(Reply::Number(61_705.0), "lenet-5"),
            Ok(false)
        );
        assert_eq!(question.accepts(Reply::Option(0), "lenet-5"), Ok(false));
    }

    #[test]
    fn an_option_is_right_by_what_the_engine_computes() {
        // 156, 2,416, 48,120.
        let all = &["parameters /C1", "parameters /C3", "parameters /F5"];
        assert_eq!(Question::Most(all).right("lenet-5"), Ok(Reply::Option(2)));
        assert_eq!(Question::Least(all).right("lenet-5"), Ok(Reply::Option(0)));
        let order = |a, b| Question::Order(a, b).right("lenet-5").unwrap();
        assert_eq!(order(all[0], all[1]), Reply::Option(1));
        assert_eq!(order(all[1], all[0]), Reply::Option(0));
        assert_eq!(order(all[1], all[1]), Reply::Option(2));
        // 48,120 / 2,416 = 19.9.
        let nearest =
            Question::Nearest("ratio parameters /F5 | parameters /C3", &[2.0, 20.0, 200.0]);
        assert_eq!(nearest.right("lenet-5"), Ok(Reply::Option(1)));
    }

    #[test]
    fn numbers_are_read_as_people_type_them() {
        assert_eq!(typed("61706"), [61_706.0]);
        assert_eq!(typed(" 61,706 "), [61_706.0, 61.706]);
        assert_eq!(typed("61.706"), [61.706, 61_706.0]);
        assert_eq!(typed("61 706"), [61_706.0]);
        assert_eq!(typed("27.3 %"), [27.3, 273.0]);
        assert_eq!(typed("0,25"), [25.0, 0.25]);
        assert_eq!(typed("1.234,5"), [1.2345, 1234.5]);
        assert_eq!(typed("many"), [0.0; 0]);
        assert_eq!(typed(""), [0.0; 0]);
    }
}
