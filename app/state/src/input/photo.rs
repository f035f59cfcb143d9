//! Photos as pixels; they never leave the machine.

/// A sample photo that is shipped with the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SamplePhoto {
    /// The file name without its extension.
    pub stem: &'static str,
    pub file: &'static str,
    pub title: &'static str,
}

const fn sample(stem: &'static str, file: &'static str, title: &'static str) -> SamplePhoto {
    SamplePhoto { stem, file, title }
}

/// All sample photos; the notice beside their files names the authors.
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

/// The pixels of a photo as decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Incremented with each photo.
    pub number: u64,
    pub name: String,
    /// Which sample photo it is, if any.
    pub stem: Option<&'static str>,
    /// The file's width and height in pixels, as the picture is shown.
    pub original: (u32, u32),
    /// The file's metadata ask for a quarter turn.
    pub turned: bool,
    pub width: u32,
    pub height: u32,
    /// Four bytes a pixel, row by row from the top.
    pub rgba: Vec<u8>,
}
