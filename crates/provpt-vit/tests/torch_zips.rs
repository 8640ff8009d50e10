//! Zip archives as `torch.save` writes them: names of any length, alignment fields of any size,
//! zip64.
#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Read};

use provpt_vit::Backbone;
use provpt_vit::weights::LoadOptions;
use zip::ZipArchive;

/// Contents by name, without the folder that a file's stem gives them.
type Entries = Vec<(String, Vec<u8>)>;

fn entries() -> Entries {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/vit.model.pth");
    let mut archive = ZipArchive::new(Cursor::new(std::fs::read(path).unwrap())).unwrap();
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().split_once('/').unwrap().1.to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        entries.push((name, bytes));
    }
    entries
}

/// How an archive is written.
#[derive(Clone, Copy)]
struct Style {
    /// Values begin at multiples of this.
    alignment: usize,
    /// Whether sizes and places stand in fields of zip64.
    zip64: bool,
}

/// PyTorch's way: stored, with a data descriptor, padded by a field `FB`; the directory's end
/// twice, for zip64 and for zip.
fn archive(stem: &str, entries: &Entries, style: Style) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in entries {
        let name = format!("{stem}/{name}");
        let at = out.len();
        let sum = crc32(bytes);
        let start = at + 30 + name.len() + 4;
        let padding = start.next_multiple_of(style.alignment) - start;
        out.extend(b"PK\x03\x04");
        // Version, flags (a descriptor follows; UTF-8), stored, no time; sum and sizes follow.
        for word in [0_u16, 0x0808, 0, 0, 0] {
            out.extend(word.to_le_bytes());
        }
        out.extend([0; 12]);
        let lens = [name.len() as u16, 4 + padding as u16];
        lens.iter().for_each(|len| out.extend(len.to_le_bytes()));
        out.extend(name.as_bytes());
        out.extend(b"FB");
        out.extend((padding as u16).to_le_bytes());
        out.extend(vec![b'Z'; padding]);
        out.extend(bytes);
        out.extend(b"PK\x07\x08");
        out.extend(sum.to_le_bytes());
        (0..2).for_each(|_| out.extend((bytes.len() as u32).to_le_bytes()));

        directory.extend(b"PK\x01\x02");
        for word in [0_u16, 0, 0x0808, 0, 0, 0] {
            directory.extend(word.to_le_bytes());
        }
        directory.extend(sum.to_le_bytes());
        let (size, place) = match style.zip64 {
            true => (u32::MAX, u32::MAX),
            false => (bytes.len() as u32, at as u32),
        };
        (0..2).for_each(|_| directory.extend(size.to_le_bytes()));
        let extra = if style.zip64 { 28_u16 } else { 0 };
        for word in [name.len() as u16, extra, 0, 0, 0] {
            directory.extend(word.to_le_bytes());
        }
        directory.extend([0; 4]);
        directory.extend(place.to_le_bytes());
        directory.extend(name.as_bytes());
        if style.zip64 {
            directory.extend([1, 0, 24, 0]);
            for number in [bytes.len(), bytes.len(), at] {
                directory.extend((number as u64).to_le_bytes());
            }
        }
    }
    end(out, &directory, entries.len(), style)
}

fn end(mut out: Vec<u8>, directory: &[u8], count: usize, style: Style) -> Vec<u8> {
    let (at, count, len) = (out.len() as u64, count as u64, directory.len() as u64);
    out.extend(directory);
    let record = out.len() as u64;
    out.extend(b"PK\x06\x06");
    out.extend(44_u64.to_le_bytes());
    out.extend([0x1e, 3, 45, 0]);
    out.extend([0; 8]);
    [count, count, len, at].iter().for_each(|number| out.extend(number.to_le_bytes()));
    out.extend(b"PK\x06\x07");
    out.extend([0; 4]);
    out.extend(record.to_le_bytes());
    out.extend(1_u32.to_le_bytes());
    out.extend(b"PK\x05\x06");
    out.extend([0; 4]);
    let short = |number: u64| if style.zip64 { u16::MAX } else { number as u16 };
    let long = |number: u64| if style.zip64 { u32::MAX } else { number as u32 };
    (0..2).for_each(|_| out.extend(short(count).to_le_bytes()));
    [len, at].iter().for_each(|number| out.extend(long(*number).to_le_bytes()));
    out.extend([0; 2]);
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        let mut sum = sum ^ u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
        }
        sum
    };
    !bytes.iter().fold(!0, step)
}

fn open(bytes: &[u8]) -> Backbone {
    let options = LoadOptions { heads: Some(4), ..LoadOptions::default() };
    Backbone::from_bytes("x.pth", bytes, &options).unwrap()
}

#[test]
fn stems_of_every_length_are_read() {
    let entries = entries();
    let mut expected = None;
    for len in 1..=100 {
        let stem = "x".repeat(len);
        let bytes = archive(&stem, &entries, Style { alignment: 64, zip64: false });
        let tensors = open(&bytes).tensors;
        let expected = expected.get_or_insert_with(|| tensors.clone());
        assert!(tensors == *expected, "a stem of {len} letters: other weights");
    }
}

#[test]
fn alignments_and_zip64_are_read() {
    let entries = entries();
    let plain = archive("vit", &entries, Style { alignment: 64, zip64: false });
    let expected = open(&plain).tensors;
    for zip64 in [false, true] {
        for alignment in [1, 2, 16, 64, 256, 4096] {
            for stem in ["x".repeat(20), "x".repeat(21), "mae_pretrain_vit_base".to_owned()] {
                let bytes = archive(&stem, &entries, Style { alignment, zip64 });
                let tensors = open(&bytes).tensors;
                assert!(tensors == expected, "alignment {alignment}, zip64 {zip64}, {stem}");
            }
        }
    }
}
