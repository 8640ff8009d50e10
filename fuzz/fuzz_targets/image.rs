//! Image files of any kind.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provpt_data::decode_file;
use provpt_fuzz::{folder, told};

fuzz_target!(|input: &[u8]| {
    let path = folder(&["image"], [input]).join("image");
    if let Some(image) = told(decode_file(path)) {
        assert_eq!(image.pixels().len(), 3 * image.width() * image.height());
    }
});
