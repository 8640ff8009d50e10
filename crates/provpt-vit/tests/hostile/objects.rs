//! Pickles that ask for code.

use super::pickles::{dict, legacy, text, tuple, zipped};
use super::refused;

/// A pickle, in every container, must be refused with these words.
#[track_caller]
fn everywhere(pickle: &[u8], expected: &str) {
    refused("x.pth", pickle, expected);
    refused("x.pth", &zipped(pickle, &[0; 4]), expected);
    refused("x.pth.tar", &legacy(pickle, 1, &[0; 4]), expected);
}

/// A value with this code, alone, in a dict, and in the middle of other entries.
#[track_caller]
fn value(code: &[u8], expected: &str) {
    everywhere(&[b"\x80\x02", code, b"."].concat(), expected);
    everywhere(&dict("cls_token", code), expected);
    let among: Vec<u8> = [b"\x80\x04}(", &*text("a"), b"K\x01", &text("b"), code, b"u."].concat();
    everywhere(&among, expected);
}

#[test]
fn calls_are_refused_by_name() {
    let ask = |name: &str| format!("got a pickle that asks for {name}");
    value(b"cos\nsystem\n(S'true'\ntR", &ask("os.system"));
    value(b"cposix\nsystem\nX\x04\x00\x00\x00true\x85R", &ask("posix.system"));
    value(b"cbuiltins\neval\n(S'1'\ntR", &ask("builtins.eval"));
    value(b"c__builtin__\ngetattr\n(NNtR", &ask("__builtin__.getattr"));
    value(b"\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R", &ask("os.system"));
    // The two halves of the name by way of the memo.
    value(b"\x8c\x06system\x940\x8c\x02os\x94h\x00\x93)R", &ask("os.system"));
    value(b"(S'true'\nios\nsystem\n", &ask("os.system"));
    value(b"(cos\nsystem\nS'true'\no", &ask("os.system"));
    value(b"csubprocess\nPopen\n(S'true'\nt\x81", &ask("subprocess.Popen"));
    value(b"csubprocess\nPopen\n)}\x92", &ask("subprocess.Popen"));
    value(b"c__main__\nEvil\n)\x81}b", &ask("__main__.Evil"));
    value(b"ctorch.storage\n_load_from_bytes\nC\x01x\x85R", &ask("torch.storage._load_from_bytes"));
    value(b"ctorch\nload\nU\x01x\x85R", &ask("torch.load"));
    value(b"ctorch._utils\n_rebuild_qtensor\n)R", &ask("torch._utils._rebuild_qtensor"));
    value(b"cnumpy.testing\nrunstring\n)R", &ask("numpy.testing.runstring"));
}

#[test]
fn a_name_cannot_smuggle_lines_or_colours() {
    value(b"\x8c\x02os\x8c\x0a\x1b[31m\nfine\x93)R", "got a pickle that asks for os.");
}

#[test]
fn extensions_and_foreign_buffers_are_refused() {
    value(b"\x82\x01", "got an extension code");
    value(b"\x83\x01\x00", "got an extension code");
    value(b"\x84\x01\x00\x00\x00", "got an extension code");
    value(b"\x97", "unknown opcode 0x97");
    value(b"\x98", "unknown opcode 0x98");
    value(b"\xff", "unknown opcode 0xff");
}

#[test]
fn state_is_set_on_nothing_that_could_act() {
    value(b"ccollections\nOrderedDict\n}b", "expected an object to build, got a class");
    value(b"K\x01}b", "expected an object to build, got a number");
    value(b"K\x01)R", "expected a class to call, got a number");
    value(b"ctorch\nFloatStorage\n)R", "got a call of a type");
}

#[test]
fn persistent_ids_are_those_of_storages() {
    let class = || b"ctorch\nFloatStorage\n".to_vec();
    let id = |items: &[Vec<u8>]| [tuple(items), b"Q".to_vec()].concat();
    let (tag, key, place) = (text("storage"), text("0"), text("cpu"));
    value(b"Pstorage\n", "expected storages, got a persistent id of text");
    value(b"K\x01Q", "expected a storage's persistent id, got a number");
    let other = "expected a storage's persistent id, got another tuple";
    value(&id(&[]), other);
    value(&id(&[tag.clone(), class()]), other);
    value(
        &id(&[tag.clone(), text("FloatStorage"), key.clone(), place.clone(), b"K\x01".to_vec()]),
        other,
    );
    let odd = |tag: Vec<u8>, key: Vec<u8>, count: &[u8]| {
        id(&[tag, class(), key, place.clone(), count.to_vec()])
    };
    value(&odd(text("module"), key.clone(), b"K\x01"), "expected the persistent id of a storage");
    value(&odd(tag.clone(), b"N".to_vec(), b"K\x01"), "expected a storage's name, got None");
    value(
        &odd(tag.clone(), key.clone(), b"J\xff\xff\xff\xff"),
        "expected a number of elements of 64 bits from 0 on, got -1",
    );
    value(&odd(tag.clone(), key, b"N"), "expected number of elements, got None");
    value(&odd(tag, text(&"0".repeat(65)), b"K\x01"), "with names of up to 64 bytes");
}

#[test]
fn damaged_pickles_are_damaged() {
    for (code, expected) in [
        (&b"0"[..], "nothing on the stack"),
        (b"a", "nothing on the stack"),
        (b"(0", "nothing on the stack"),
        (b"t", "no mark on the stack"),
        (b"h\x07", "nothing at memo 7"),
        (b"gx\n", "expected a memo's number"),
        (b"}(K\x01u", "expected pairs of keys and values"),
        (b"](K\x01K\x02u", "expected a container to fill, got a list"),
        (b"K\x01K\x02a", "expected a container to fill, got a number"),
        (b"NN\x93", "expected a class's module and name"),
        (b"(((((", "it ends in the middle"),
    ] {
        refused("x.pth", &[b"\x80\x02", code].concat(), expected);
    }
}
