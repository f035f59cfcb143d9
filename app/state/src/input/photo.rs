//! Photos: kept as pixels, and never sent anywhere.

/// A photo that is shipped with the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SamplePhoto {
    /// Its file's name without the ending.
    pub stem: &'static str,
    pub file: &'static str,
    pub title: &'static str,
}

const fn sample(stem: &'static str, file: &'static str, title: &'static str) -> SamplePhoto {
    SamplePhoto { stem, file, title }
}

/// All of them; the notice beside them says whose they are.
pub const SAMPLES: [SamplePhoto; 5] = [
    sample("chelsea", "photos/chelsea.png", "Cat"),
    sample("coffee", "photos/coffee.png", "Coffee"),
    sample("camera", "photos/camera.png", "Photographer"),
    sample("astronaut", "photos/astronaut.png", "Astronaut"),
    sample(
        "hubble_deep_field",
        "photos/hubble_deep_field.jpg",
        "Galaxies",
    ),
];

/// A picture as the network is given it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Counts up with each photo.
    pub number: u64,
    pub name: String,
    /// The shipped photo that it is.
    pub stem: Option<&'static str>,
    /// As the file has it.
    pub original: (u32, u32),
    pub width: u32,
    pub height: u32,
    /// Four bytes a pixel, row by row from the top.
    pub rgba: Vec<u8>,
}
