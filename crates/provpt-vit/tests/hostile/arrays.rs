//! Headers of safetensors and of NumPy's arrays.

use zip::CompressionMethod;

use super::pickles::zip;
use super::{refusal, refused};

/// A safetensors file of this header and so many bytes.
fn safetensors(header: &str, bytes: usize) -> Vec<u8> {
    with_length(header.len() as u64, header, bytes)
}

fn with_length(length: u64, header: &str, bytes: usize) -> Vec<u8> {
    [&length.to_le_bytes()[..], header.as_bytes(), &vec![0; bytes]].concat()
}

fn entry(name: &str, dtype: &str, shape: &str, from: &str, to: &str) -> String {
    format!(r#""{name}":{{"dtype":"{dtype}","shape":[{shape}],"data_offsets":[{from},{to}]}}"#)
}

fn of(entries: &[String]) -> String {
    format!("{{{}}}", entries.join(","))
}

#[test]
fn safetensors_headers_stay_within_the_file() {
    let one = of(&[entry("a", "F32", "1", "0", "4")]);
    for length in [one.len() as u64 + 5, 1 << 20, 0x05ff_ffff] {
        refused("x.safetensors", &with_length(length, &one, 4), "expected a header within");
    }
    for length in [1 << 32, 1 << 63, u64::MAX] {
        refused("x.safetensors", &with_length(length, &one, 4), "expected a safetensors, npz");
    }
    for length in 0..one.len() as u64 {
        refusal("x.safetensors", &with_length(length, &one, 4));
    }
}

#[test]
fn safetensors_offsets_add_up() {
    let f32s = |name, from, to| entry(name, "F32", "1", from, to);
    let cases = [
        of(&[f32s("a", "0", "4"), f32s("b", "0", "4")]),
        of(&[f32s("a", "0", "4"), f32s("b", "2", "6")]),
        of(&[f32s("a", "0", "4"), f32s("b", "8", "12")]),
        of(&[f32s("a", "4", "8")]),
        of(&[f32s("a", "4", "0")]),
        of(&[f32s("a", "0", "8")]),
        of(&[f32s("a", "0", "18446744073709551615")]),
        of(&[f32s("a", "-1", "3")]),
        of(&[f32s("a", "0", "18446744073709551620")]),
        of(&[entry("a", "F16", "1", "0", "4")]),
        of(&[entry("a", "F32", "2", "0", "4")]),
        of(&[entry("a", "F32", "", "0", "8")]),
        of(&[entry("a", "F32", "4294967296,4294967296,4294967296", "0", "4")]),
        of(&[entry("a", "F32", "18446744073709551615,4", "0", "4")]),
        of(&[entry("a", "F32", "-1", "0", "4")]),
        of(&[entry("a", "X7", "1", "0", "4")]),
        of(&[f32s("a", "0", "4"), f32s("a", "0", "4")]),
        of(&[f32s("a", "0", "4"), f32s("a", "4", "8")]),
        of(&[r#""a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}"#.to_owned()]),
        "[".repeat(100_000),
        r#"{"a":"#.repeat(100_000),
        of(&[f32s("a", "0", "4")]) + "x",
        "{".to_owned(),
    ];
    let damaged = "expected a whole safetensors file, got a damaged one: ";
    for header in cases {
        for bytes in [4, 8, 12] {
            let text = refusal("x.safetensors", &safetensors(&header, bytes));
            let other = text.contains("expected a safetensors, npz or PyTorch checkpoint");
            assert!(text.contains(damaged) || other, "{text}");
        }
    }
    let twice = of(&[f32s("a", "0", "4"), f32s("a", "0", "4")]);
    refused("x.safetensors", &safetensors(&twice, 4), "a is there twice");
}

#[test]
fn names_are_for_reports() {
    for name in [r"a\nb", r"\u001b[2J", &"n".repeat(600)] {
        let header = of(&[entry(name, "F32", "1", "0", "4")]);
        refused("x.safetensors", &safetensors(&header, 4), "printable");
        let header = of(&[entry(name, "I32", "1", "0", "4")]);
        refused("x.safetensors", &safetensors(&header, 4), "printable");
    }
    let axes = of(&[entry("a", "F32", &vec!["1"; 2000].join(","), "0", "4")]);
    refused("x.safetensors", &safetensors(&axes, 4), "a: expected up to 16 axes, got 2000");
}

/// An npz of one array; the header's length may be a lie.
fn npz(version: u8, length: u32, header: &str, bytes: usize) -> Vec<u8> {
    let size = if version == 1 { 2 } else { 4 };
    let head = [b"\x93NUMPY", &[version, 0][..], &length.to_le_bytes()[..size]].concat();
    let npy = [&head, header.as_bytes(), &vec![0; bytes]].concat();
    zip(&[("embedding/kernel.npy", &npy)], CompressionMethod::Stored)
}

#[test]
fn npy_headers_are_not_trusted() {
    let header =
        |shape: &str| format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}\n");
    let plain = |shape: &str| {
        let header = header(shape);
        npz(1, u32::try_from(header.len()).unwrap(), &header, 4)
    };
    let start = "got a damaged one: embedding/kernel: ";
    for shape in [
        "(2,)",
        "(4294967296, 4294967296)",
        "(18446744073709551616,)",
        "(-1,)",
        "'x'",
        "()()",
        "{}",
    ] {
        refused("x.npz", &plain(shape), start);
    }
    for (version, length) in [(1, 0xffff), (2, 1 << 20), (2, u32::MAX), (3, u32::MAX), (9, 70)] {
        refused("x.npz", &npz(version, length, &header("(1,)"), 4), start);
    }
    for descr in ["|O", "<f9", "f", "<f99999999999999999999", "<V2147483648"] {
        let header = header("(1,)").replace("<f4", descr);
        refusal("x.npz", &npz(1, u32::try_from(header.len()).unwrap(), &header, 4));
    }
}
