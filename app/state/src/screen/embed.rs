//! The reduced screen for another page's frame: `?embed=` with the parts that are to be seen.

/// A part of the screen that a frame can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Input,
    Answer,
    Network,
    Inspector,
    Totals,
}

impl Part {
    pub const ALL: [Self; 5] = [
        Self::Input,
        Self::Answer,
        Self::Network,
        Self::Inspector,
        Self::Totals,
    ];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Answer => "answer",
            Self::Network => "network",
            Self::Inspector => "inspector",
            Self::Totals => "totals",
        }
    }
}

/// What a frame shows where its address names nothing.
pub const USUAL: [Part; 3] = [Part::Network, Part::Answer, Part::Input];

/// What the frame's address asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embed {
    shown: [bool; Part::ALL.len()],
}

impl Embed {
    pub const fn shows(self, part: Part) -> bool {
        self.shown[part as usize]
    }

    /// Of the value of `embed`; and the words in it that are no parts.
    pub fn read(value: &str) -> (Self, Vec<String>) {
        let words = value.split(',').map(str::trim);
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let known = |word: &str| Part::ALL.into_iter().find(|part| part.key() == word);
        let mut parts: Vec<Part> = words.iter().filter_map(|word| known(word)).collect();
        let unknown = words.into_iter().filter(|word| known(word).is_none());
        let unknown = unknown
            .map(|word| word.chars().take(40).collect())
            .collect();
        if parts.is_empty() {
            parts = USUAL.to_vec();
        }
        let shown = Part::ALL.map(|part| parts.contains(&part));
        (Self { shown }, unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> Vec<&'static str> {
        let embed = Embed::read(value).0;
        let parts = Part::ALL.into_iter().filter(|part| embed.shows(*part));
        parts.map(Part::key).collect()
    }

    #[test]
    fn nothing_named_shows_the_usual_parts() {
        assert_eq!(shown(""), ["input", "answer", "network"]);
        assert_eq!(shown(" , "), ["input", "answer", "network"]);
    }

    #[test]
    fn what_is_named_is_shown_and_what_is_unknown_is_told() {
        assert_eq!(shown("totals,network"), ["network", "totals"]);
        let (embed, unknown) = Embed::read("network,weather,<b>");
        assert!(embed.shows(Part::Network) && !embed.shows(Part::Input));
        assert_eq!(unknown, ["weather", "<b>"]);
        assert_eq!(shown("weather"), ["input", "answer", "network"]);
    }
}
