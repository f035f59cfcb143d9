//! The texts of the lessons, which are a file of the site: a translator edits it without a rebuild.
//! What stands in braces is computed by the engine (see [`super::expression`]).

use serde_json::Value;

use super::expression::evaluate;

/// The texts of one lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LessonText {
    pub title: String,
    /// What one knows after it, in a sentence.
    pub goal: String,
    /// Where it comes from.
    pub sources: Vec<String>,
    pub steps: Vec<StepText>,
    pub question: QuestionText,
}

/// The texts of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepText {
    pub text: String,
    pub hint: String,
}

/// The texts of the question at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuestionText {
    pub text: String,
    /// None where a number is typed.
    pub options: Vec<String>,
    /// Why the right answer is right.
    pub why: String,
}

/// A file of texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Texts(Value);

impl Texts {
    /// # Errors
    /// When the text is not JSON, as a sentence.
    pub fn read(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self(value))
    }

    /// The ids of the lessons that the file has texts for.
    pub fn lessons(&self) -> Vec<String> {
        let all = self.0["lessons"].as_object();
        all.map_or_else(Vec::new, |it| it.keys().cloned().collect())
    }

    /// The texts of a lesson as they stand in the file. `None` where it has none.
    pub fn raw(&self, lesson: &str) -> Option<LessonText> {
        let value = self.0["lessons"].get(lesson)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let texts = |value: &Value| -> Vec<String> {
            value
                .as_array()
                .map_or_else(Vec::new, |all| all.iter().map(text).collect())
        };
        let step = |value: &Value| StepText {
            text: text(&value["text"]),
            hint: text(&value["hint"]),
        };
        let steps = value["steps"].as_array();
        Some(LessonText {
            title: text(&value["title"]),
            goal: text(&value["goal"]),
            sources: texts(&value["sources"]),
            steps: steps.map_or_else(Vec::new, |all| all.iter().map(step).collect()),
            question: QuestionText {
                text: text(&value["question"]["text"]),
                options: texts(&value["question"]["options"]),
                why: text(&value["question"]["why"]),
            },
        })
    }

    /// The title of a lesson; its id where the file has none.
    pub fn title(&self, lesson: &str) -> String {
        let title = self.0["lessons"][lesson]["title"].as_str();
        title.unwrap_or(lesson).to_owned()
    }
}

impl LessonText {
    /// Every text that is shown, to be filled or checked.
    pub fn all(&mut self) -> Vec<&mut String> {
        let mut all = vec![&mut self.title, &mut self.goal];
        all.extend(self.sources.iter_mut());
        for step in &mut self.steps {
            all.extend([&mut step.text, &mut step.hint]);
        }
        all.push(&mut self.question.text);
        all.extend(self.question.options.iter_mut());
        all.push(&mut self.question.why);
        all
    }

    /// With the numbers in their places; `own` is the network that the lesson begins with.
    ///
    /// # Errors
    /// When a number is not known, as a sentence.
    pub fn filled(mut self, own: &str) -> Result<Self, String> {
        for text in self.all() {
            *text = filled(text, own)?;
        }
        Ok(self)
    }
}

/// A text with the value of each expression in the place of its braces.
///
/// # Errors
/// When a brace is not closed or an expression is not known.
pub fn filled(text: &str, own: &str) -> Result<String, String> {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (expression, after) = after
            .split_once('}')
            .ok_or_else(|| format!("a brace is not closed in “{text}”"))?;
        made += before;
        made += &evaluate(expression, own)?.written();
        rest = after;
    }
    Ok(made + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_places_of_their_expressions() {
        let text = "{parameters /C1} of {parameters}, {share parameters /F5} %.";
        assert_eq!(filled(text, "lenet-5").unwrap(), "156 of 61,706, 78.0 %.");
        assert_eq!(filled("none", "lenet-5").unwrap(), "none");
        assert!(filled("{parameters", "lenet-5").is_err());
        assert!(filled("{sizes}", "lenet-5").is_err());
    }

    #[test]
    fn what_a_file_lacks_is_empty() {
        let texts = Texts::read(r#"{"lessons": {"a": {"title": "A", "steps": [{"text": "b"}]}}}"#);
        let texts = texts.unwrap();
        assert_eq!(texts.lessons(), ["a"]);
        let lesson = texts.raw("a").unwrap();
        assert_eq!((lesson.title.as_str(), lesson.goal.as_str()), ("A", ""));
        assert_eq!(lesson.steps[0].text, "b");
        assert_eq!(texts.raw("b"), None);
        assert_eq!(texts.title("b"), "b");
        assert!(Texts::read("{").is_err());
    }
}
