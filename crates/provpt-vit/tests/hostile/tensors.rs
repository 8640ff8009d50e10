//! Tensors that claim what is not there.

use super::pickles::{dict, legacy, storage, tensor, zipped};
use super::{refusal, refused};

const BEYOND: &str = "reaches beyond its storage";

/// A tensor, in both containers, with four floats behind it.
#[track_caller]
fn everywhere(tensor: &[u8], expected: &str) {
    let pickle = dict("cls_token", tensor);
    refused("x.pth", &zipped(&pickle, &[0; 16]), expected);
    refused("x.pth.tar", &legacy(&pickle, 4, &[0; 16]), expected);
}

#[test]
fn views_stay_within_their_storage() {
    let view =
        |offset, shape: &[i128], strides: &[i128]| tensor(storage(4), offset, shape, strides);
    everywhere(&view(0, &[5], &[1]), BEYOND);
    everywhere(&view(1, &[4], &[1]), BEYOND);
    everywhere(&view(0, &[2], &[4]), BEYOND);
    everywhere(&view(5, &[0], &[1]), BEYOND);
    everywhere(&view(0, &[1 << 60], &[1]), BEYOND);
    everywhere(&view(0, &[1 << 40, 1 << 40], &[0, 0]), BEYOND);
    everywhere(&view(0, &[2, 2], &[i128::from(u64::MAX), 1]), BEYOND);
    everywhere(&view(i128::from(u64::MAX), &[1], &[1]), "offset is too large");
    everywhere(&view(0, &[2], &[-1]), "expected a strides of 64 bits from 0 on, got -1");
    everywhere(&view(0, &[-2], &[1]), "expected a shape of 64 bits from 0 on, got -2");
    everywhere(&view(-1, &[2], &[1]), "expected a offset of 64 bits from 0 on, got -1");
    everywhere(&view(0, &[2, 2], &[1]), "each with a stride");
    everywhere(&view(0, &[1; 17], &[1; 17]), "expected up to 16 axes");
    everywhere(&view(0, &[1; 65], &[1; 65]), "expected a shorter shape");
}

#[test]
fn storages_are_as_long_as_they_say() {
    let whole = |count| tensor(storage(count), 0, &[1], &[1]);
    let huge = dict("cls_token", &whole(1 << 60));
    refused("x.pth", &zipped(&huge, &[0; 16]), "expected at most");
    refused("x.pth.tar", &legacy(&huge, 1 << 60, &[0; 16]), "got the end of the file");
    everywhere(&whole(1 << 62), "expected fewer elements");
    everywhere(&whole(5), "storage 0: expected 20 bytes, got ");
    let pickle = dict("cls_token", &whole(4));
    refused("x.pth", &zipped(&pickle, &[0; 12]), "storage 0: expected 16 bytes, got 12");
    refused("x.pth", &zipped(&pickle, &[0; 20]), "storage 0: expected 16 bytes, got 20");
    refused(
        "x.pth.tar",
        &legacy(&pickle, 4, &[0; 15]),
        "expected 16 bytes, got the end of the file",
    );
    refused("x.pth.tar", &legacy(&pickle, 3, &[0; 16]), "storage 0: expected 4 elements, got 3");
    refused("x.pth.tar", &legacy(&pickle, -4, &[0; 16]), "storage 0: expected 4 elements, got -4");
}

/// An expanded view repeats a storage of a few bytes as often as it likes.
#[test]
fn expanded_views_are_bounded() {
    let huge = tensor(storage(4), 0, &[1 << 20, 1 << 10], &[0, 0]);
    everywhere(&huge, "expected at most");
}

#[test]
fn names_are_short_and_printable_and_there_once() {
    let one = tensor(storage(4), 0, &[4], &[1]);
    let file = |name: &str| zipped(&dict(name, &one), &[0; 16]);
    refused("x.pth", &file(&"n".repeat(600)), "expected names of up to 512 bytes");
    refused("x.pth", &file("a\nb"), "printable");
    let text = refusal("x.pth", &file("\u{1b}]0;gone\u{7}"));
    assert!(text.contains("printable"), "{text}");
    // `{"a.b": t, "a": {"b": t}}`
    let inner = [b"}U\x01b", &*one, b"s"].concat();
    let twice = [b"\x80\x02}(U\x03a.b", &*one, b"U\x01a", &inner, b"u."].concat();
    refused("x.pth", &zipped(&twice, &[0; 16]), "a.b is there twice");
}
