//! Decodes the file of a picture: PNG, JPEG, WebP, GIF (its first frame) and BMP.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use crate::data::{MAX_PICTURE_PIXELS, PictureKind, picture_kind};

/// Bytes its decoder may take.
const MEMORY: u64 = 1 << 30;

/// The picture in a file, upright; `None` when the file is no picture.
///
/// # Errors
/// When it is damaged, too large, or of a kind that is not read here.
pub(super) fn decode(bytes: &[u8]) -> Option<Result<DynamicImage, String>> {
    let kind = picture_kind(bytes)?;
    let format = match kind {
        PictureKind::Png => ImageFormat::Png,
        PictureKind::Jpeg => ImageFormat::Jpeg,
        PictureKind::WebP => ImageFormat::WebP,
        PictureKind::Gif => ImageFormat::Gif,
        PictureKind::Bmp => ImageFormat::Bmp,
        other => {
            let name = other.name();
            return Some(Err(format!(
                "it is {name}, which is not read here; save it as PNG or JPEG"
            )));
        }
    };
    Some(read(bytes, format))
}

fn read(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, String> {
    let broken = |error: image::ImageError| format!("the picture is broken: {error}");
    // The decoder fills what is missing with grey.
    if format == ImageFormat::Jpeg && !ends(bytes) {
        return Err(
            "the picture is broken: the JPEG file ends too early. Copy or save it again".into(),
        );
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PICTURE_PIXELS as u64 {
        return Err(format!(
            "it has {width}×{height} pixels; at most {} megapixels are taken. Scale it down first",
            MAX_PICTURE_PIXELS / 1_000_000
        ));
    }
    // Phones store the rotation as Exif metadata.
    let turned = decoder.orientation().map_err(broken)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
    picture.apply_orientation(turned);
    Ok(picture)
}

/// Whether a JPEG file has its end-of-image marker (ITU-T T.81, B.1.1.3: `FFD9`). Segments are
/// skipped by their length, so that the end of a thumbnail in the metadata does not count.
fn ends(bytes: &[u8]) -> bool {
    let mut at = 2;
    loop {
        // Entropy-coded data has no marker except restarts; a byte FF in it is followed by 00.
        let Some(found) = bytes
            .get(at..)
            .and_then(|rest| rest.iter().position(|&it| it == 0xff))
        else {
            return false;
        };
        at += found + 1;
        match bytes.get(at) {
            None => return false,
            Some(0xd9) => return true,
            // Stuffing, fill bytes, and markers without a segment.
            Some(0x00 | 0x01 | 0xd0..=0xd8) => at += 1,
            Some(0xff) => {}
            Some(_) => {
                let Some(&[high, low]) = bytes.get(at + 1..at + 3) else {
                    return false;
                };
                at += 1 + usize::from(u16::from_be_bytes([high, low]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jpeg_ends_with_its_own_marker_and_not_with_the_thumbnail_s() {
        // A segment of application data that has an end marker in it, then a scan.
        let start =
            b"\xff\xd8\xff\xe1\x00\x06\xff\xd9\x00\x00\xff\xda\x00\x02\x12\xff\x00\x34\xff\xd0\x56";
        assert!(!ends(start));
        assert!(ends(&[start.as_slice(), b"\xff\xd9"].concat()));
        assert!(ends(&[start.as_slice(), b"\xff\xff\xd9 and more"].concat()));
    }
}
