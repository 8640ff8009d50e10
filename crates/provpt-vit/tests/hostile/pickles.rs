//! Pickles and the two containers they come in, written by hand.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A zip archive of these entries.
pub(crate) fn zip(entries: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// `torch.save` since PyTorch 1.6: `pickle` and one storage, `0`.
pub(crate) fn zipped(pickle: &[u8], storage: &[u8]) -> Vec<u8> {
    let entries: [(&str, &[u8]); 3] =
        [("x/data.pkl", pickle), ("x/byteorder", b"little"), ("x/data/0", storage)];
    zip(&entries, CompressionMethod::Stored)
}

/// `torch.save` before: the same, with a count of elements in front of the storage.
pub(crate) fn legacy(pickle: &[u8], count: i64, storage: &[u8]) -> Vec<u8> {
    let magic = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
    let version = b"\x80\x02M\xe9\x03.";
    let system = b"\x80\x02}U\rlittle_endian\x88s.";
    let keys = b"\x80\x02]U\x010a.";
    let parts: [&[u8]; 7] = [magic, version, system, pickle, keys, &count.to_le_bytes(), storage];
    parts.concat()
}

/// A pickle of a dict with one entry.
pub(crate) fn dict(name: &str, value: &[u8]) -> Vec<u8> {
    [b"\x80\x02}", &*text(name), value, b"s."].concat()
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    [b"X", &u32::try_from(text.len()).unwrap().to_le_bytes()[..], text.as_bytes()].concat()
}

pub(crate) fn int(value: i128) -> Vec<u8> {
    [b"\x8a\x10", &value.to_le_bytes()[..]].concat()
}

pub(crate) fn tuple(items: &[Vec<u8>]) -> Vec<u8> {
    [b"(", &*items.concat(), b"t"].concat()
}

/// `torch.FloatStorage` number 0, of so many elements.
pub(crate) fn storage(count: i128) -> Vec<u8> {
    let class = b"ctorch\nFloatStorage\n".to_vec();
    [tuple(&[text("storage"), class, text("0"), text("cpu"), int(count)]), b"Q".to_vec()].concat()
}

/// A tensor of a storage.
pub(crate) fn tensor(storage: Vec<u8>, offset: i128, shape: &[i128], strides: &[i128]) -> Vec<u8> {
    let list = |values: &[i128]| tuple(&values.iter().map(|v| int(*v)).collect::<Vec<_>>());
    let hooks = b"ccollections\nOrderedDict\n)R".to_vec();
    let arguments = [storage, int(offset), list(shape), list(strides), b"\x89".to_vec(), hooks];
    [b"ctorch._utils\n_rebuild_tensor_v2\n".to_vec(), tuple(&arguments), b"R".to_vec()].concat()
}
