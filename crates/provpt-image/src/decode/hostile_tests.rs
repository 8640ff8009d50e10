//! Damaged and dishonest images: an image or an error of one line, never a panic. These tests call
//! the decoders without the net that `decode_bytes` spans below them.

use std::path::PathBuf;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

/// All images of the fixture, by name.
static FILES: LazyLock<Vec<(PathBuf, Vec<u8>)>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/pillow");
    let paths = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| is_image_name(path)).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs_err::read(path).unwrap())).collect()
});

fn message(bytes: &[u8]) -> Option<String> {
    let message = decode(bytes, Decoding { exif: true }).err()?.at(Path::new("x")).to_string();
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.len() < 500, "{message}");
    Some(message)
}

#[test]
fn files_cut_short_anywhere() {
    for (path, bytes) in FILES.iter() {
        assert_eq!(message(bytes), None, "{}", path.display());
        for length in 0..bytes.len() {
            message(&bytes[..length]);
        }
        assert!(message(&bytes[..bytes.len() / 3]).is_some(), "{}", path.display());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn flipped_bits_and_foreign_bytes(
        which in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        head in any::<bool>(),
    ) {
        let (_, bytes) = which.get(&FILES);
        let mut bytes = bytes.clone();
        let reach = if head { bytes.len().min(64) } else { bytes.len() };
        for (at, value) in flips {
            let at = at.index(reach);
            bytes[at] ^= value;
        }
        message(&bytes);
    }

    #[test]
    fn noise_behind_a_good_start(
        which in any::<prop::sample::Index>(),
        keep in 2_usize..60,
        noise in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let (_, bytes) = which.get(&FILES);
        let mut file = bytes[..keep.min(bytes.len())].to_vec();
        file.extend(noise);
        message(&file);
    }
}

/// The first bytes of a file of 20,000 x 20,000 pixels, in every format that can say so.
fn absurd() -> Vec<(&'static str, Vec<u8>)> {
    let side = 20_000_u32;
    let (le, be) = (side.to_le_bytes(), side.to_be_bytes());
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend([&be[..], &be[..], &[8, 2, 0, 0, 0]].concat());
    png.extend(crc(&png[12..]).to_be_bytes());
    png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    let gif =
        [b"GIF89a", &le[..2], &le[..2], &[0x80, 0, 0, 0, 0, 0, 1, 1, 1, b',', 0, 0, 0, 0]].concat();
    let gif = [&gif[..], &le[..2], &le[..2], &[0, 2, 2, 0x4c, 1, 0, b';']].concat();
    let jpeg = [&[0xff, 0xd8, 0xff, 0xc0, 0, 17, 8], &be[2..], &be[2..]].concat();
    let jpeg = [&jpeg[..], &[3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0, 0xff, 0xda, 0, 12, 3]].concat();
    let jpeg = [&jpeg[..], &[1, 0, 2, 0, 3, 0, 0, 63, 0, 0, 0xff, 0xd9]].concat();
    let mut tiff = b"II*\0\x08\0\0\0\x06\0".to_vec();
    for (tag, value) in [(256_u16, side), (257, side), (258, 8), (262, 1), (273, 8), (279, 100)] {
        tiff.extend([&tag.to_le_bytes()[..], &[4, 0, 1, 0, 0, 0], &value.to_le_bytes()].concat());
    }
    tiff.extend([8, 0, 0, 0]); // the next directory is this one again
    let bmp = [&b"BM"[..], &[0; 8], &[54, 0, 0, 0, 40, 0, 0, 0], &le, &le, &[1, 0, 24, 0]].concat();
    let bmp = [bmp, vec![0; 24]].concat();
    vec![("png", png), ("gif", gif), ("jpg", jpeg), ("tif", tiff), ("bmp", bmp)]
}

fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ ((crc & 1) * 0xedb8_8320))
    }) ^ u32::MAX
}

#[test]
fn twenty_thousand_pixels_a_side_are_refused_from_the_header() {
    for (format, bytes) in absurd() {
        let message = message(&bytes).unwrap();
        assert!(message.ends_with("got 20000x20000 pixels"), "{format}: {message}");
    }
}

/// Sizes whose product is more than a number of 64 bits.
#[test]
fn a_tiff_of_four_thousand_million_pixels_a_side_is_refused_from_the_header() {
    let (_, mut tiff) = absurd().remove(3);
    for side in [18, 30] {
        tiff[side..side + 4].fill(0xff);
    }
    let message = message(&tiff).unwrap();
    assert!(message.ends_with("got 4294967295x4294967295 pixels"), "{message}");
}

/// As Pillow writes it: 38 bytes for the largest image that the format has.
#[test]
fn the_largest_webp_is_refused_from_the_header() {
    let webp = b"RIFF\x1e\0\0\0WEBPVP8L\x11\0\0\0\x2f\xfe\xbf\xff\x0f\x07\x50\x8f\x22\x17\xa5\xff\x81\x88\xe8\x7f\0\0";
    let message = message(webp).unwrap();
    assert!(message.ends_with("got 16383x16383 pixels"), "{message}");
}

/// 12 MB of pixels behind a header of one.
#[test]
fn what_a_png_unfolds_to_beyond_its_size_is_not_kept() {
    let mut png = Image::from_rgb(2000, 2000, vec![0; 12_000_000]).unwrap().to_png().unwrap();
    assert!(png.len() < 100_000);
    for at in [16, 20] {
        png[at..at + 4].copy_from_slice(&1_u32.to_be_bytes());
    }
    let sum = crc(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&sum);
    let pixels = decode(&png, Decoding::default()).ok().map(|image| image.rgb.len());
    assert!(pixels.is_none_or(|bytes| bytes == 3));
}

#[test]
fn of_a_film_only_the_first_frame_is_read() {
    let start = b"GIF89a\x02\0\x01\0\x80\0\0\x09\x08\x07\x06\x05\x04".to_vec();
    let frame = b",\0\0\0\0\x02\0\x01\0\0\x02\x02\x0c\x0a\0";
    let whole = [start.clone(), frame.repeat(1_000), b";".to_vec()].concat();
    // Whoever read on would meet what is no frame.
    let damaged = [start, frame.to_vec(), vec![b'?'; 10_000]].concat();
    for film in [whole, damaged] {
        let image = decode(&film, Decoding::default()).ok().unwrap();
        assert_eq!((image.width, image.height, image.rgb.len()), (2, 1, 6));
    }
}

/// Found by fuzzing.
#[test]
fn what_once_made_a_decoder_panic_is_refused() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/fuzz");
    let mut seen = 0;
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"image-")) {
            assert!(message(&fs_err::read(&path).unwrap()).is_some(), "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[test]
fn what_is_no_image_says_so() {
    for bytes in
        [&b""[..], b"x", b"II", b"MM\0*", b"GIF", b"\xff\xd8\xff", b"hello world, no image"]
    {
        assert!(message(bytes).is_some(), "{bytes:?}");
    }
}
