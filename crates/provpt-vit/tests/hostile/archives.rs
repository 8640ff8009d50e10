//! Archives that are not what they seem.

use zip::CompressionMethod;

use super::pickles::{dict, storage, tensor, zip};
use super::refused;

#[test]
fn a_tar_is_told_for_what_it_is() {
    let mut tar = vec![0; 1024];
    tar[..8].copy_from_slice(b"sys_info");
    tar[257..262].copy_from_slice(b"ustar");
    refused("x.pth.tar", &tar, "PyTorch checkpoint, got a tar archive");
}

#[test]
fn names_stand_in_an_archive_once() {
    let twin = |bytes: Vec<u8>, from: &[u8], to: &[u8]| {
        let mut bytes = bytes;
        let places: Vec<usize> = bytes
            .windows(from.len())
            .enumerate()
            .filter(|(_, window)| *window == from)
            .map(|(at, _)| at)
            .collect();
        assert_eq!(places.len(), 2);
        places.into_iter().for_each(|at| bytes[at..at + to.len()].copy_from_slice(to));
        bytes
    };
    let npz = zip(&[("a.npy", b"1"), ("b.npy", b"2")], CompressionMethod::Stored);
    refused("x.npz", &twin(npz, b"b.npy", b"a.npy"), "expected arrays of different names");
    let pickle = dict("cls_token", &tensor(storage(1), 0, &[1], &[1]));
    let entries: [(&str, &[u8]); 3] =
        [("x/data.pkl", &pickle), ("x/data/0", &[0; 4]), ("x/data/1", &[1; 4])];
    let pth = zip(&entries, CompressionMethod::Stored);
    refused("x.pth", &twin(pth, b"x/data/1", b"x/data/0"), "expected entries of different names");
}

#[test]
fn other_zips_are_no_checkpoints() {
    let other = zip(&[("word/document.xml", b"<x/>")], CompressionMethod::Deflated);
    refused("x.pth", &other, "plain tensors, got a zip archive without an entry data.pkl");
    let big =
        zip(&[("x/data.pkl", b"\x80\x02}."), ("x/byteorder", b"big")], CompressionMethod::Stored);
    refused("x.pth", &big, "plain tensors, got big-endian bytes");
    let more = zip(&[("x/data.pkl", b"\x80\x02}.more")], CompressionMethod::Stored);
    refused("x.pth", &more, "expected a pickle's end, got more bytes");
}
