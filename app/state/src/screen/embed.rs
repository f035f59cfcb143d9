//! The reduced page in another page's frame: `?embed=` with the keys of the panels that are shown.

/// A panel that a frame can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PanelKey {
    pub key: &'static str,
    /// Shown where the frame's address names no panel.
    pub usual: bool,
}

/// How many panels a frame can show at most.
const MOST: usize = 16;

/// The panels that a frame's address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embed {
    shown: [Option<&'static str>; MOST],
}

impl Embed {
    /// Whether the panel of this key is shown.
    pub fn shows(self, key: &str) -> bool {
        self.shown.contains(&Some(key))
    }

    /// Parses the value of `embed`; `panels` are the known ones. Also returns the words that name
    /// no panel.
    pub fn read(value: &str, panels: &'static [PanelKey]) -> (Self, Vec<String>) {
        let words = value.split(',').map(str::trim);
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let known = |word: &str| panels.iter().any(|panel| panel.key == word);
        let unknown = words.iter().filter(|word| !known(word));
        let unknown = unknown
            .map(|word| word.chars().take(40).collect())
            .collect();
        let usual = !words.iter().any(|word| known(word));
        let named = panels
            .iter()
            .filter(|panel| (usual && panel.usual) || words.contains(&panel.key));
        let mut shown = [None; MOST];
        for (place, panel) in shown.iter_mut().zip(named) {
            *place = Some(panel.key);
        }
        (Self { shown }, unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn panel(key: &'static str, usual: bool) -> PanelKey {
        PanelKey { key, usual }
    }

    static PANELS: [PanelKey; 3] = [
        panel("input", true),
        panel("network", true),
        panel("totals", false),
    ];

    fn shown(value: &str) -> Vec<&'static str> {
        let embed = Embed::read(value, &PANELS).0;
        let keys = PANELS.iter().map(|panel| panel.key);
        keys.filter(|key| embed.shows(key)).collect()
    }

    #[test]
    fn no_names_show_the_default_panels() {
        assert_eq!(shown(""), ["input", "network"]);
        assert_eq!(shown(" , "), ["input", "network"]);
    }

    #[test]
    fn named_panels_are_shown_and_unknown_words_returned() {
        assert_eq!(shown("totals,network"), ["network", "totals"]);
        let (embed, unknown) = Embed::read("network,weather,<b>", &PANELS);
        assert!(embed.shows("network") && !embed.shows("input"));
        assert_eq!(unknown, ["weather", "<b>"]);
        assert_eq!(shown("weather"), ["input", "network"]);
    }
}
