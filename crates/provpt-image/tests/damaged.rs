//! Damaged files: told, with the kind of damage, where decoders go on in different ways.

#![allow(clippy::unwrap_used)] // the helpers between the tests, too

use std::path::Path;

use provpt_image::{Decoding, Error, Image, decode_bytes};

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/pillow");
    fs_err::read(Path::new(folder).join(name)).unwrap()
}

fn decode(bytes: &[u8]) -> Result<Image, Error> {
    decode_bytes(bytes, Path::new("x"), Decoding::default())
}

fn refused(bytes: &[u8], cause: &str) {
    let message = decode(bytes).unwrap_err().to_string();
    assert!(message.starts_with("x: undecodable image: ") && message.contains(cause), "{message}");
}

fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = bytes.windows(old.len()).position(|part| part == old).unwrap();
    [&bytes[..at], new, &bytes[at + old.len()..]].concat()
}

#[test]
fn a_jpeg_with_a_bad_code_is_refused() {
    let jpeg = fixture("rgb-444-35x34.jpg");
    let (start, end) = jpeg.split_at(jpeg.len() - 200);
    // More ones than any code has.
    let spoiled = [start, &[0xff, 0].repeat(8), end].concat();
    refused(&spoiled, "damaged JPEG: bad code in block ");
}

#[test]
fn restart_markers_must_come_in_turn() {
    let jpeg = fixture("rgb-420-restarts.jpg");
    assert!(decode(&jpeg).is_ok());
    for (new, cause) in [
        (&[][..], "damaged JPEG: restart marker: expected number 1, got 2"),
        (&[0xff, 0xd5], "damaged JPEG: restart marker: expected number 1, got 5"),
        (&[0xff, 0xd1, 0xff, 0xd1], "damaged JPEG: restart marker: expected number 2, got 1"),
    ] {
        refused(&replaced(&jpeg, &[0xff, 0xd1], new), cause);
    }
}

#[test]
fn a_jpeg_without_its_end_is_whole_if_nothing_else_is_missing() {
    let jpeg = fixture("rgb-444-35x34.jpg");
    let whole = decode(&jpeg).unwrap();
    assert_eq!(decode(&jpeg[..jpeg.len() - 2]).unwrap(), whole);
    refused(&jpeg[..jpeg.len() - 200], "damaged JPEG: it ends early: expected 25 blocks, got ");
}

/// Where libjpeg and the decoder go on otherwise.
#[test]
fn a_progressive_jpeg_whose_scans_end_early_is_refused() {
    let jpeg = fixture("rgb-420-progressive.jpg");
    let early = [&jpeg[..jpeg.len() - 20], &[0xff, 0xd9]].concat();
    refused(&early, "damaged JPEG: it ends early: expected 15 blocks, got ");
}

#[test]
fn arithmetic_codes_are_refused() {
    let jpeg = replaced(&fixture("rgb-444-35x34.jpg"), &[0xff, 0xc0], &[0xff, 0xc9]);
    refused(&jpeg, "unsupported JPEG: arithmetic coding");
}

#[test]
fn fax_codes_that_do_not_fill_a_line_are_refused() {
    let tiff = fixture("bit-g4.tif");
    assert!(decode(&tiff).is_ok());
    // No code consists of zeros, nor begins with more than eleven.
    let spoiled = [&tiff[..40], &[0; 3], &tiff[43..]].concat();
    refused(&spoiled, "damaged TIFF: fax codes of line ");
}

#[test]
fn numbers_outside_a_tiff_are_not_taken_for_missing_ones() {
    let tiff = fixture("rgb-tiff_lzw.tif");
    refused(&tiff[..tiff.len() - 1], "damaged TIFF: the numbers of tag 258 cannot be read");
}

/// An entry of a little-endian directory: tag, type, how many, and the first number.
fn entry(tag: u16, kind: u16, count: u32, number: u32) -> Vec<u8> {
    let (tag, kind) = (tag.to_le_bytes(), kind.to_le_bytes());
    [&tag[..], &kind, &count.to_le_bytes(), &number.to_le_bytes()].concat()
}

#[test]
fn directories_that_readers_understand_in_different_ways_are_refused() {
    let tiff = fixture("rgb-16bit.tif"); // one strip of 17 x 13 pixels
    let length = 17 * 13 * 3 * 2;
    assert!(decode(&tiff).is_ok());
    for (old, new, cause) in [
        (entry(277, 3, 1, 3), entry(273, 3, 1, 3), "damaged TIFF: tag 273 is there twice"),
        (entry(259, 3, 1, 1), entry(259, 192, 1, 1), "the numbers of tag 259 cannot be read"),
        (entry(262, 3, 1, 2), entry(262, 3, 0, 2), "the numbers of tag 262 cannot be read"),
        (entry(273, 4, 1, 8), entry(273, 4, 1, 90), "a strip reaches into the directory"),
        (entry(279, 4, 1, length), entry(273, 4, 1, 8), "tag 273 is there twice"),
    ] {
        refused(&replaced(&tiff, &old, &new), cause);
    }
}

/// As Pillow, to which bytes are text.
#[test]
fn an_orientation_that_is_a_byte_turns_nothing() {
    let tiff = fixture("rgb-16bit.tif");
    let turned = |kind| {
        let said = replaced(&tiff, &entry(278, 4, 1, 13), &entry(274, kind, 1, 3));
        decode(&said).unwrap()
    };
    assert_eq!(turned(1), decode(&tiff).unwrap());
    assert_ne!(turned(3), decode(&tiff).unwrap());
}

/// For which libtiff takes two by two.
#[test]
fn compressed_ycbcr_without_a_sampling_is_refused() {
    let tiff = fixture("ycbcr-lzw.tif");
    let said = replaced(&tiff, &entry(530, 3, 2, 0x1_0001), &entry(60_000, 3, 2, 0x1_0001));
    refused(&said, "unsupported TIFF: photometric 6, 3 samples of 8 bits");
}

/// The decoder leaves such samples out, but adds up differences as if they had never been.
#[test]
fn predictions_of_samples_that_are_left_out_are_refused() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/fuzz");
    let tiff = fs_err::read(Path::new(folder).join("image-tiff-predicted-extra-samples")).unwrap();
    refused(&tiff, "unsupported TIFF: predictions of samples without a meaning");
}

/// Which Pillow takes for twice as many pixels.
#[test]
fn deep_planes_without_compression_are_refused() {
    let rows_per_strip = [&278_u16.to_le_bytes()[..], &4_u16.to_le_bytes()].concat();
    let planes = [&284_u16.to_le_bytes()[..], &3_u16.to_le_bytes(), &[1, 0, 0, 0, 2]].concat();
    let old = [&rows_per_strip[..], &[1, 0, 0, 0, 13]].concat();
    let tiff = replaced(&fixture("rgb-16bit.tif"), &old, &planes);
    refused(&tiff, "unsupported TIFF: 16-bit samples in planes without compression");
}

#[test]
fn a_file_that_ends_early_is_told_as_such() {
    for name in ["rgb.bmp", "rgb-raw.tif", "rle8.bmp"] {
        let bytes = fixture(name);
        let early = bytes.len() * 2 / 3;
        let message = decode(&bytes[..early]).unwrap_err().to_string();
        assert!(message.contains("end early") || message.contains("ends early"), "{message}");
    }
}

#[test]
fn what_is_no_image_is_told_by_its_name_or_its_beginning() {
    refused(b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF is not supported");
    refused(b"", "expected an image, got an empty file");
    let page = b"<!DOCTYPE html><html><body>not found</body></html>";
    refused(page, "expected an image, got a file that begins with \"<!DOCTYPE html><html><bo\"");
    refused(b"\x1f\x8b\x08\0", "got a file that begins with \"\\x1f\\x8b\\x08\\x00\"");
}
