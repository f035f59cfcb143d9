//! What kind of picture a file is, by its first bytes and not by its name.

/// A file format of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureKind {
    Png,
    Jpeg,
    Gif,
    WebP,
    Bmp,
    Avif,
    Heic,
    /// A container of films, MP4 or MOV.
    Film,
    /// Raw files of cameras are TIFF as well.
    Tiff,
    JpegXl,
    Jpeg2000,
    Photoshop,
    Pdf,
    Icon,
    Netpbm,
    Svg,
}

impl PictureKind {
    /// With its article, as it stands in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Png => "a PNG picture",
            Self::Jpeg => "a JPEG picture",
            Self::Gif => "a GIF picture",
            Self::WebP => "a WebP picture",
            Self::Bmp => "a BMP picture",
            Self::Avif => "an AVIF picture",
            Self::Heic => "a HEIC picture, as iPhones take them",
            Self::Film => "a film (MP4 or MOV)",
            Self::Tiff => "a TIFF or raw camera picture",
            Self::JpegXl => "a JPEG XL picture",
            Self::Jpeg2000 => "a JPEG 2000 picture",
            Self::Photoshop => "a Photoshop file",
            Self::Pdf => "a PDF document",
            Self::Icon => "an icon (ICO)",
            Self::Netpbm => "a PBM, PGM or PPM picture",
            Self::Svg => "an SVG drawing",
        }
    }

    /// Whether every current browser decodes it.
    pub const fn in_browsers(self) -> bool {
        matches!(
            self,
            Self::Png | Self::Jpeg | Self::Gif | Self::WebP | Self::Bmp | Self::Avif
        )
    }
}

/// The kind of picture that starts with these bytes (the first 64 are enough); `None` when it is no
/// picture that is known here. The signatures are those of the formats' specifications.
pub fn picture_kind(bytes: &[u8]) -> Option<PictureKind> {
    let at = |place: usize, text: &[u8]| {
        bytes
            .get(place..)
            .is_some_and(|rest| rest.starts_with(text))
    };
    if at(0, b"\x89PNG\r\n\x1a\n") {
        return Some(PictureKind::Png);
    }
    if at(0, b"\xff\xd8\xff") {
        return Some(PictureKind::Jpeg);
    }
    if at(0, b"GIF87a") || at(0, b"GIF89a") {
        return Some(PictureKind::Gif);
    }
    if at(0, b"RIFF") && at(8, b"WEBP") {
        return Some(PictureKind::WebP);
    }
    // The length of the second header, 40 in most files, tells it from a text that starts with BM.
    if at(0, b"BM") && at(15, &[0, 0, 0]) {
        return Some(PictureKind::Bmp);
    }
    if at(4, b"ftyp") {
        // ISO/IEC 14496-12: the major brand, then the compatible ones.
        let brands = bytes.get(8..).unwrap_or_default();
        let has = |brand: &[u8]| brands.chunks_exact(4).take(10).any(|it| it == brand);
        if has(b"avif") || has(b"avis") {
            return Some(PictureKind::Avif);
        }
        if [b"heic", b"heix", b"hevc", b"heim", b"mif1"]
            .iter()
            .any(|brand| has(*brand))
        {
            return Some(PictureKind::Heic);
        }
        return Some(PictureKind::Film);
    }
    if at(0, b"II*\0") || at(0, b"MM\0*") || at(0, b"II+\0") || at(0, b"MM\0+") {
        return Some(PictureKind::Tiff);
    }
    if at(0, b"\xff\x0a") || at(0, b"\0\0\0\x0cJXL \r\n\x87\n") {
        return Some(PictureKind::JpegXl);
    }
    if at(0, b"\0\0\0\x0cjP  \r\n\x87\n") {
        return Some(PictureKind::Jpeg2000);
    }
    if at(0, b"8BPS") {
        return Some(PictureKind::Photoshop);
    }
    if at(0, b"%PDF-") {
        return Some(PictureKind::Pdf);
    }
    if at(0, b"\0\0\x01\0") {
        return Some(PictureKind::Icon);
    }
    let netpbm = bytes.first() == Some(&b'P')
        && bytes
            .get(1)
            .is_some_and(|digit| (b'1'..=b'7').contains(digit))
        && bytes.get(2).is_some_and(u8::is_ascii_whitespace);
    if netpbm {
        return Some(PictureKind::Netpbm);
    }
    // A byte-order mark, spaces and a comment may come first.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = text.trim_ascii_start();
    if text.starts_with(b"<svg") || text.windows(4).any(|part| part == b"<svg") {
        return Some(PictureKind::Svg);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First bytes as the formats' specifications give them.
    #[test]
    fn a_picture_is_known_by_its_first_bytes() {
        let cases: [(&[u8], &str); 12] = [
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
            (b"GIF89a\x01\0", "GIF"),
            (b"RIFF\x24\0\0\0WEBPVP8 ", "WebP"),
            (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "BMP"),
            (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1", "AVIF"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC"),
            (b"\0\0\0\x18ftypisom\0\0\0\0isommp41", "film"),
            (b"II*\0\x08\0\0\0", "TIFF"),
            (b"%PDF-1.7", "PDF"),
            (b"P5\n28 28\n255\n", "PGM"),
            (b"<?xml version=\"1.0\"?>\n<svg xmlns=", "SVG"),
        ];
        for (bytes, name) in cases {
            let kind = picture_kind(bytes).map(PictureKind::name);
            assert!(
                kind.is_some_and(|kind| kind.contains(name)),
                "{name}: {kind:?}"
            );
        }
    }

    #[test]
    fn texts_and_arrays_are_no_pictures() {
        for bytes in [
            b"".as_slice(),
            b"BMI table",
            b"Paul",
            b"{\"a\": 1}",
            b"\x93NUMPY\x01\0",
        ] {
            assert_eq!(picture_kind(bytes), None, "{bytes:?}");
        }
    }
}
