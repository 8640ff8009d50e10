//! Files that would fill memory or time. Memory is looked at in the end.

use zip::CompressionMethod;

use super::pickles::{dict, storage, tensor, text, zip, zipped};
use super::refused;

const STEPS: &str = "expected up to 2097152 opcodes";

#[test]
fn lengths_are_not_trusted() {
    for (code, expected) in [
        (&b"X\xff\xff\xff\xffabc"[..], "expected up to 67108864 bytes"),
        (b"\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc", "expected up to 67108864 bytes"),
        (b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc", "expected up to 67108864 bytes"),
        (b"\x96\xff\xff\xff\xff\x00\x00\x00\x00abc", "expected up to 67108864 bytes"),
        (b"B\xff\xff\xff\x01abc", "expected 33554431 bytes, got 3"),
        (b"X\xff\xff\xff\x01abc", "expected 33554431 bytes, got 3"),
        (b"\x8b\xff\xff\xff\x01abc", "expected 33554431 bytes, got 3"),
        (b"U\x08abc", "expected 8 bytes, got 3"),
    ] {
        refused("x.pth", &[b"\x80\x02", code].concat(), expected);
    }
    let long = [b"\x80\x02c", "x".repeat(5000).as_bytes(), b"\nname\n."].concat();
    refused("x.pth", &long, "expected lines of up to 1024 bytes");
}

/// A list of ten times the list before, sixty times.
#[test]
fn values_within_values_are_bounded() {
    let mut pickle = b"\x80\x02}U\x01a]q\x00".to_vec();
    for level in 0..60_u8 {
        pickle.push(b'0');
        pickle.extend(b"](".iter().chain(&[b'h', level].repeat(10)).chain(b"eq"));
        pickle.push(level + 1);
    }
    pickle.extend(b"s.");
    refused("x.pth", &zipped(&pickle, &[]), "1048576 values and 32 levels");
    let itself = b"\x80\x02}q\x00U\x01ah\x00s.";
    refused("x.pth", &zipped(itself, &[]), "1048576 values and 32 levels");
    let wide = [b"\x80\x02}U\x01a](", &*b"}".repeat(1_100_000), b"es."].concat();
    refused("x.pth", &zipped(&wide, &[]), "1048576 values and 32 levels");
}

/// Neither reading nor dropping goes down with them.
#[test]
fn nesting_is_bounded() {
    let levels = 500_000;
    let lists =
        [b"\x80\x02}U\x01a", &*b"]".repeat(levels), &b"a".repeat(levels - 1), b"s."].concat();
    let tuples = [b"\x80\x02}U\x01a)", &*b"\x85".repeat(levels), b"s."].concat();
    let sets = [b"\x80\x04}U\x01a", &*b"(".repeat(levels), &b"\x91".repeat(levels), b"s."].concat();
    for pickle in [lists, tuples, sets] {
        refused("x.pth", &zipped(&pickle, &[]), "32 levels");
    }
}

#[test]
fn steps_are_bounded_whatever_they_do() {
    let many = 3_000_000;
    let copies = [b"\x80\x02](", &*b"K\x01".repeat(1000), b"eq\x00"].concat();
    let call = b"cbuiltins\nset\nh\x00\x85R0".repeat(3000);
    for pickle in [
        [b"\x80\x02", &*b"N".repeat(many)].concat(),
        [b"\x80\x02", &*b"(".repeat(many)].concat(),
        [b"\x80\x02", &*b"N2".repeat(many)].concat(),
        [b"\x80\x02N", &*b"\x94".repeat(many)].concat(),
        [&*copies, &*call].concat(),
    ] {
        refused("x.pth", &pickle, STEPS);
        let deflated = zip(&[("x/data.pkl", &pickle)], CompressionMethod::Deflated);
        refused("x.pth", &deflated, STEPS);
    }
}

/// A class's name is kept once, however often it is asked for.
#[test]
fn long_texts_cost_their_length_once() {
    let value = text(&"x".repeat(4096));
    let often = [b"\x80\x02](", &*value, b"q\x00", &b"h\x00".repeat(1_000_000), b"e."].concat();
    refused("x.pth", &zipped(&often, &[]), "expected a dict of tensors, got a list");
}

#[test]
fn zip_bombs_are_refused_by_the_bound() {
    let zeros = vec![0; 64 << 20];
    let npz = zip(&[("embedding/kernel.npy", &zeros)], CompressionMethod::Deflated);
    assert!(npz.len() < 1 << 17);
    refused("x.npz", &npz, &format!("expected at most {} bytes of content", 64 * npz.len()));
    let count = i128::try_from(zeros.len() / 4).unwrap();
    let pickle = dict("cls_token", &tensor(storage(count), 0, &[count], &[1]));
    let entries: [(&str, &[u8]); 2] = [("x/data.pkl", &pickle), ("x/data/0", &zeros)];
    let pth = zip(&entries, CompressionMethod::Deflated);
    refused("x.pth", &pth, &format!("expected at most {} bytes of content", 64 * pth.len()));
}

/// The size that an entry claims is changed, here and in the directory.
#[test]
fn zip_entries_that_lie_are_refused() {
    let zeros = vec![0; 8 << 20];
    let lie = |mut bytes: Vec<u8>, size: u32| {
        let truth = (8_u32 << 20).to_le_bytes();
        let places: Vec<usize> =
            bytes.windows(4).enumerate().filter(|(_, w)| *w == truth).map(|(at, _)| at).collect();
        assert!(!places.is_empty());
        for at in places {
            bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
        }
        bytes
    };
    let pickle = dict("cls_token", &tensor(storage(4), 0, &[4], &[1]));
    let entries: [(&str, &[u8]); 2] = [("x/data.pkl", &pickle), ("x/data/0", &zeros)];
    let pth = zip(&entries, CompressionMethod::Deflated);
    let npz = zip(&[("embedding/kernel.npy", &zeros)], CompressionMethod::Deflated);
    refused("x.pth", &lie(pth, 16), "storage 0: ");
    refused("x.npz", &lie(npz.clone(), 128), "embedding/kernel: ");
    refused("x.npz", &lie(npz, u32::MAX - 1), "expected at most");
}

#[cfg(target_os = "linux")]
#[test]
fn all_of_this_takes_little_memory() {
    lengths_are_not_trusted();
    values_within_values_are_bounded();
    nesting_is_bounded();
    steps_are_bounded_whatever_they_do();
    long_texts_cost_their_length_once();
    zip_bombs_are_refused_by_the_bound();
    zip_entries_that_lie_are_refused();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kib < 1 << 20, "{kib} KiB at the peak");
}
