//! Prepared images: batches are the same however they are kept, and whatever becomes of the file.

#![allow(clippy::unwrap_used)] // the helpers between the tests, too

use std::path::{Path, PathBuf};

use provpt_data::{
    Augment, Augmentation, Crops, Error, Fit, ImageError, Interpolation, Keep, Pixels, Preparation,
    Preprocess, RandomCrop, Split,
};
use tempfile::TempDir;

const SIZES: [(u32, u32); 6] = [(50, 37), (37, 50), (16, 16), (12, 9), (64, 20), (90, 90)];

/// Noise: any pixel out of place shows.
fn photos() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (i, (width, height)) in SIZES.into_iter().enumerate() {
        let pixel = |x: u32, y: u32| {
            let hash = (x * 7919 + y * 104_729 + i as u32).wrapping_mul(2_654_435_761);
            image::Rgb([(hash >> 8) as u8, (hash >> 16) as u8, (hash >> 24) as u8])
        };
        let image = image::RgbImage::from_fn(width, height, pixel);
        image.save(folder.path().join(format!("{i}.png"))).unwrap();
    }
    folder
}

fn split(folder: &TempDir) -> Split {
    Split::of_files((0..SIZES.len()).map(|i| folder.path().join(format!("{i}.png"))))
}

fn pre(fit: Fit, interpolation: Interpolation) -> Preprocess {
    Preprocess { size: 16, fit, interpolation, mean: [0.5, 0.4, 0.3], std: [0.5, 0.2, 0.1] }
}

const CROP: Fit = Fit::ShortSideCrop { resize: 20 };

fn every_pre() -> impl Iterator<Item = Preprocess> {
    let all = [Interpolation::Bilinear, Interpolation::PilBilinear, Interpolation::PilBicubic];
    all.into_iter().flat_map(|interpolation| [Fit::Squash, CROP].map(|fit| pre(fit, interpolation)))
}

fn finished(mut preparation: Preparation<'_>) -> (Pixels<'_>, Option<Error>) {
    while preparation.step().unwrap() {}
    preparation.finish()
}

/// As evaluation sees images, as the fit has it in two epochs, and other parts in other colours.
fn augments() -> [Option<Augment>; 4] {
    let crop = RandomCrop::Resized { least: 0.2 };
    let ways = Augmentation { crop, jitter: 0.3, operations: 1, ..Augmentation::default() };
    let parts = Augment { ways, ..Augment::by_fit(1, 0) };
    [None, Some(Augment::by_fit(1, 0)), Some(Augment::by_fit(1, 1)), Some(parts)]
}

/// Batches without and with augmentation, the images in another order.
fn batches(pixels: &Pixels<'_>) -> Vec<Vec<f32>> {
    let batch = |augment| {
        let mut out = Vec::new();
        pixels.batch(&[5, 0, 1, 2, 2, 3, 4], augment, &mut out).unwrap();
        out
    };
    augments().map(batch).to_vec()
}

fn expected(split: &Split, pre: Preprocess) -> Vec<Vec<f32>> {
    batches(&Pixels::new(split, pre).unwrap())
}

fn in_file(folder: &Path) -> Keep {
    Keep { memory: 0, folder: Some(folder.to_owned()), total: None }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn batches_do_not_depend_on_what_is_kept() {
    let (photos, cache) = (photos(), tempfile::tempdir().unwrap());
    let split = split(&photos);
    for pre in every_pre() {
        let expected = expected(&split, pre);
        let varies = pre.fit == CROP;
        assert_eq!(expected[0] != expected[1], varies);
        assert_eq!(expected[2] != expected[1], varies);
        assert_ne!(expected[3], expected[1]);
        for crops in [Crops::Evaluation, Crops::AnyPlace, Crops::AnyPart] {
            for memory in [0, 3_000, 1 << 20] {
                for folder in [None, Some(cache.path().to_owned())] {
                    let keep = Keep { memory, folder, total: None };
                    let (pixels, warning) = finished(split.prepare(pre, crops, &keep).unwrap());
                    assert!(warning.is_none());
                    assert!(pixels.memory() <= memory);
                    assert_eq!(batches(&pixels), expected, "{pre:?} {crops:?} {keep:?}");
                }
            }
        }
    }
    assert_eq!(files(cache.path()).len(), 18, "one for each way to prepare");
}

#[test]
fn a_file_is_found_again_until_an_image_changes() {
    let (photos, cache) = (photos(), tempfile::tempdir().unwrap());
    let (split, pre) = (split(&photos), pre(Fit::Squash, Interpolation::PilBilinear));
    let keep = in_file(cache.path());
    let prepare = |pre| split.prepare(pre, Crops::Evaluation, &keep).unwrap();
    finished(prepare(pre));
    assert_eq!(prepare(pre).done(), SIZES.len());
    let other = Preprocess { mean: [0.0; 3], std: [1.0; 3], ..pre };
    assert_eq!(prepare(other).done(), SIZES.len(), "normalization comes later");
    assert_eq!(prepare(Preprocess { size: 15, ..pre }).done(), 0);
    let few = Split::of_files(split.names()[..3].iter().map(PathBuf::from));
    assert_eq!(few.prepare(pre, Crops::Evaluation, &keep).unwrap().done(), 0);
    let changed = photos.path().join("3.png");
    image::RgbImage::new(8, 8).save(&changed).unwrap();
    let (pixels, _) = finished(prepare(pre));
    assert_eq!(batches(&pixels), expected(&split, pre));
    fs_err::remove_file(&changed).unwrap();
    let error = split.prepare(pre, Crops::Evaluation, &keep).err().unwrap().to_string();
    assert!(error.contains("3.png"), "{error}");
}

#[test]
fn a_damaged_file_is_not_believed_and_made_anew() {
    let (photos, cache) = (photos(), tempfile::tempdir().unwrap());
    let (split, pre) = (split(&photos), pre(CROP, Interpolation::PilBilinear));
    let keep = in_file(cache.path());
    let expected = expected(&split, pre);
    drop(finished(split.prepare(pre, Crops::AnyPlace, &keep).unwrap()));
    let [path] = files(cache.path()).try_into().unwrap();
    let good = fs_err::read(&path).unwrap();
    for at in (0..300).chain((300..good.len()).step_by(997)) {
        let mut bad = good.clone();
        bad[at] ^= 4;
        fs_err::write(&path, &bad).unwrap();
        let (pixels, _) = finished(split.prepare(pre, Crops::AnyPlace, &keep).unwrap());
        assert_eq!(batches(&pixels), expected, "byte {at}");
        drop(finished(split.prepare(pre, Crops::AnyPlace, &keep).unwrap()));
        assert!(fs_err::read(&path).unwrap() == good, "byte {at}");
    }
    for length in [0, 1, 67, 68, 200, good.len() - 1] {
        fs_err::write(&path, &good[..length]).unwrap();
        let (pixels, _) = finished(split.prepare(pre, Crops::AnyPlace, &keep).unwrap());
        assert_eq!(batches(&pixels), expected, "{length} bytes");
        assert!(fs_err::read(&path).unwrap() == good, "{length} bytes");
    }
}

#[test]
fn a_file_can_go_while_it_is_in_use_or_in_the_making() {
    let (photos, cache) = (photos(), tempfile::tempdir().unwrap());
    let (split, pre) = (split(&photos), pre(CROP, Interpolation::PilBicubic));
    let folder = cache.path().join("deep/down");
    let expected = expected(&split, pre);
    let (pixels, _) = finished(split.prepare(pre, Crops::AnyPlace, &in_file(&folder)).unwrap());
    fs_err::remove_dir_all(&folder).unwrap();
    assert_eq!(batches(&pixels), expected);

    let mut preparation = split.prepare(pre, Crops::AnyPlace, &in_file(&folder)).unwrap();
    while preparation.step().unwrap() {}
    assert_eq!(files(&folder).len(), 1, "not named yet");
    fs_err::remove_dir_all(&folder).unwrap();
    let (pixels, warning) = preparation.finish();
    let warning = warning.unwrap().to_string();
    assert!(warning.contains(".pixels: cannot keep prepared images: "), "{warning}");
    assert_eq!(batches(&pixels), expected);

    fs_err::create_dir_all(&folder).unwrap();
    let mut preparation = split.prepare(pre, Crops::AnyPlace, &in_file(&folder)).unwrap();
    preparation.step().unwrap();
    drop(preparation);
    assert!(files(&folder).is_empty(), "nothing is left of a file that was given up");
}

#[test]
fn a_folder_that_cannot_be_is_only_a_warning() {
    let photos = photos();
    let (split, pre) = (split(&photos), pre(CROP, Interpolation::PilBilinear));
    let file = photos.path().join("0.png");
    for memory in [0, 2_000] {
        let keep = Keep { memory, folder: Some(file.clone()), total: None };
        let (pixels, warning) = finished(split.prepare(pre, Crops::AnyPlace, &keep).unwrap());
        let warning = warning.unwrap();
        assert!(matches!(&warning, Error::Unkept { path, .. } if *path == file), "{warning}");
        assert_eq!(batches(&pixels), expected(&split, pre));
        assert_eq!(pixels.memory() > 0, memory > 0);
    }
}

#[test]
fn an_undecodable_image_is_told_when_it_is_prepared() {
    let photos = photos();
    fs_err::write(photos.path().join("4.png"), "no picture").unwrap();
    fs_err::write(photos.path().join("2.png"), "no picture").unwrap();
    let split = split(&photos);
    let pre = pre(CROP, Interpolation::PilBilinear);
    let keep = Keep { memory: 1 << 20, ..Keep::default() };
    let error = split.prepare(pre, Crops::AnyPlace, &keep).unwrap().step().unwrap_err();
    assert!(
        matches!(&error, Error::Image(ImageError::Undecodable { path, .. }) if path.ends_with("2.png")),
        "{error}"
    );
}

#[test]
fn a_folder_has_room_for_so_many_bytes() {
    let (photos, cache) = (photos(), tempfile::tempdir().unwrap());
    let split = split(&photos);
    let prepare = |size, total| {
        let pre = Preprocess { size, ..pre(Fit::Squash, Interpolation::PilBilinear) };
        let (pixels, warning) = finished(
            split
                .prepare(pre, Crops::Evaluation, &Keep { total, ..in_file(cache.path()) })
                .unwrap(),
        );
        assert!(warning.is_none());
        (pixels, expected(&split, pre))
    };
    let (first, pixels) = prepare(9, None);
    let _second = prepare(10, None);
    assert_eq!(files(cache.path()).len(), 2);
    let _third = prepare(11, Some(1));
    assert_eq!(files(cache.path()).len(), 1, "the new one stays");
    assert_eq!(batches(&first), pixels, "what is in use is as it was");
}
