//! Images of many formats and modes, against what Pillow makes of them
//! (`tools/make-pillow-fixture.py`).

#![allow(clippy::unwrap_used)] // the helpers between the tests, too

use std::path::{Path, PathBuf};

use provpt_image::{Decoding, Error, Image, decode_file, decode_file_with};
use safetensors::SafeTensors;

/// The fixture, or another set of the same kind that the tool wrote.
fn folder() -> PathBuf {
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/pillow");
    std::env::var_os("PROVPT_PILLOW_FIXTURE").map_or_else(|| fixture.into(), PathBuf::from)
}

/// Greatest and mean difference in levels; none where shapes differ.
fn apart(file: &SafeTensors<'_>, name: &str, image: &Image) -> Option<(u8, f64)> {
    let expected = file.tensor(name).unwrap();
    if expected.shape() != [image.height(), image.width(), 3] {
        return None;
    }
    let levels = image.pixels().iter().zip(expected.data()).map(|(a, b)| a.abs_diff(*b));
    let sum: f64 = levels.clone().map(f64::from).sum();
    Some((levels.max().unwrap(), sum / expected.data().len() as f64))
}

/// Exactly Pillow's levels, but for compressed YCbCr TIFFs, which libtiff converts with other
/// rounding than Pillow itself.
fn allowed(name: &str) -> u8 {
    u8::from(name == "ycbcr-lzw.tif")
}

/// All files whose decoded pixels are not Pillow's, told in one message.
fn compare(wanted: impl Fn(&Path) -> bool, decode: impl Fn(&Path, bool) -> Result<Image, Error>) {
    let folder = folder();
    let bytes = fs_err::read(folder.join("expected.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (mut seen, mut wrong) = (0, Vec::new());
    for name in file.names() {
        let path = folder.join(name.strip_suffix(".exif").unwrap_or(name));
        if !wanted(&path) {
            continue;
        }
        seen += 1;
        match decode(&path, name.ends_with(".exif")) {
            Ok(image)
                if apart(&file, name, &image).is_some_and(|(most, _)| most <= allowed(name)) => {}
            Ok(image) => wrong.push(format!("{name}: {:?} apart", apart(&file, name, &image))),
            Err(e) => wrong.push(format!("{name}: {e}")),
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {seen}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen > 0);
}

fn by_extension(extension: &'static str) {
    compare(
        |path| path.extension().is_some_and(|e| e == extension),
        |path, exif| decode_file_with(path, Decoding { exif }),
    );
}

#[test]
fn jpeg() {
    by_extension("jpg");
}

#[test]
fn png() {
    by_extension("png");
}

#[test]
fn gif() {
    by_extension("gif");
}

#[test]
fn bmp() {
    by_extension("bmp");
}

#[test]
fn webp() {
    by_extension("webp");
}

#[test]
fn tiff() {
    by_extension("tif");
}

#[test]
fn pnm() {
    ["pbm", "pgm", "ppm"].into_iter().for_each(by_extension);
}

#[test]
fn orientation_is_left_alone_unless_asked_for() {
    let path = folder().join("turned-6.jpg");
    let (plain, turned) =
        (decode_file(&path).unwrap(), decode_file_with(&path, Decoding { exif: true }).unwrap());
    assert_eq!((plain.width(), plain.height()), (turned.height(), turned.width()));
}
