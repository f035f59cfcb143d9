//! Reads the type and size of a picture from the first bytes of its file, so that one that is too
//! large is refused before it is decoded.

use engine::data::PictureKind;

/// What is known of a picture before it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// Width and height in pixels as stored: before the rotation that the metadata may ask for.
    Size(u32, u32),
    /// A picture whose size is further on in the file.
    FurtherOn,
    /// Nothing that every browser reads as a picture.
    Unknown,
}

/// Reads the first bytes of a file of this kind.
pub fn read(kind: PictureKind, bytes: &[u8]) -> Header {
    let found = match kind {
        // The first chunk is IHDR: length, name, width, height (PNG, third edition, 11.2.1).
        PictureKind::Png => be32(bytes, 16).zip(be32(bytes, 20)),
        PictureKind::Jpeg => jpeg(bytes),
        PictureKind::WebP => webp(bytes),
        PictureKind::Gif => le16(bytes, 6).zip(le16(bytes, 8)),
        PictureKind::Bmp => {
            // A negative height is a picture from the top down.
            let side = |at| le32(bytes, at).map(|side| side.cast_signed().unsigned_abs());
            side(18).zip(side(22))
        }
        PictureKind::Avif => avif(bytes),
        _ => return Header::Unknown,
    };
    found.map_or(Header::FurtherOn, |(width, height)| {
        Header::Size(width, height)
    })
}

/// The frame header's size (ITU-T T.81, B.2.2).
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        // Any number of fill bytes may precede a marker.
        while bytes.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let marker = *bytes.get(at + 1)?;
        let length = be16(bytes, at + 2)?;
        // Start of a frame; among its numbers are those of three other segments.
        if matches!(marker, 0xc0..=0xcf) && ![0xc4, 0xc8, 0xcc].contains(&marker) {
            return be16(bytes, at + 7).zip(be16(bytes, at + 5));
        }
        at += 2 + length as usize;
    }
}

/// The size in the first chunk, of which there are three kinds (RFC 9649, 2.5 to 2.7).
fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8 " => Some((le16(bytes, 26)? & 0x3fff, le16(bytes, 28)? & 0x3fff)),
        b"VP8L" => {
            let bits = le32(bytes, 21)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => {
            let side = |at| le32(bytes, at).map(|it| (it & 0xff_ffff) + 1);
            Some((
                side(24)?,
                le16(bytes, 27)? + (u32::from(*bytes.get(29)?) << 16) + 1,
            ))
        }
        _ => None,
    }
}

/// The largest of the images in the file (ISO/IEC 23008-12, 6.5.3: the box `ispe`).
fn avif(bytes: &[u8]) -> Option<(u32, u32)> {
    let boxes = bytes.windows(4).enumerate();
    let sizes = boxes.filter(|(_, name)| name == b"ispe");
    let sizes = sizes.filter_map(|(at, _)| be32(bytes, at + 8).zip(be32(bytes, at + 12)));
    sizes.max_by_key(|&(width, height)| u64::from(width) * u64::from(height))
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_be_bytes(*word).into())
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_le_bytes(*word).into())
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use engine::data::picture_kind;

    use super::*;

    /// As the page reads a file of an unknown kind.
    fn read(bytes: &[u8]) -> Header {
        picture_kind(bytes).map_or(Header::Unknown, |kind| super::read(kind, bytes))
    }

    /// The bytes of this text of hexadecimal numbers.
    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let pairs = digits
            .chunks(2)
            .map(|pair| std::str::from_utf8(pair).unwrap());
        pairs
            .map(|pair| u8::from_str_radix(pair, 16).unwrap())
            .collect()
    }

    #[test]
    fn a_png_s_size_is_read_from_its_first_chunk() {
        let header = hex("89504e470d0a1a0a 0000000d 49484452 00002710 00002711 08 02 00 00 00");
        assert_eq!(read(&header), Header::Size(10_000, 10_001));
        assert_eq!(read(&header[..20]), Header::FurtherOn);
    }

    /// An application segment, then a frame of 5 lines of 7 pixels.
    #[test]
    fn a_jpeg_s_size_is_read_from_its_frame_header() {
        let plain = hex("ffd8 ffe0 0004 0000 ffff c2 000b 08 0005 0007 01 011100");
        assert_eq!(read(&plain), Header::Size(7, 5));
        assert_eq!(read(&plain[..12]), Header::FurtherOn);
    }

    /// Sizes of 0x123 × 0x45, written as each kind of WebP writes them.
    #[test]
    fn the_size_of_all_three_kinds_of_webp_is_read() {
        let start = "52494646 00000000 57454250";
        let lossy = "56503820 00000000 000000 9d012a 2301 4500";
        // 14 bits each, less one: 0x122 | 0x44 << 14 = 0x110122.
        let lossless = "5650384c 00000000 2f 22011100 00";
        let extended = "56503858 0a000000 00000000 220100 440000";
        for kind in [lossy, lossless, extended] {
            let file = hex(&format!("{start}{kind}"));
            assert_eq!(read(&file), Header::Size(0x123, 0x45), "{kind}");
        }
    }

    #[test]
    fn the_size_of_gif_bmp_and_avif_is_read() {
        assert_eq!(read(&hex("474946383961 2c01 c800")), Header::Size(300, 200));
        let bmp = hex("424d 00000000 00000000 36000000 28000000 2c010000 38ffffff");
        assert_eq!(read(&bmp), Header::Size(300, 200));
        let avif = hex("0000000c 66747970 61766966 00000014 69737065 00000000 0000012c 000000c8");
        assert_eq!(read(&avif), Header::Size(300, 200));
    }

    #[test]
    fn text_is_no_picture_whatever_its_name() {
        for text in ["<svg xmlns=", "<!doctype html>", "", "hello"] {
            assert_eq!(read(text.as_bytes()), Header::Unknown, "{text}");
        }
    }
}
