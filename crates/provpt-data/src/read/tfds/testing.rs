//! A writer of tiny data sets, for tests alone.

use std::path::Path;

use super::records::masked;

/// The values of one feature.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum List {
    Bytes(Vec<Vec<u8>>),
    Float(Vec<f32>),
    Int(Vec<i64>),
    /// A feature without any list.
    Nothing,
}

pub(super) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A field whose value is bytes.
pub(super) fn field(number: u64, value: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(value.len() as u64), value.to_vec()].concat()
}

/// A `Feature`; numbers packed or each in a field of its own.
fn feature(list: &List, packed: bool) -> Vec<u8> {
    let numbers = |number, wire, each: Vec<Vec<u8>>| {
        let single = |value: &Vec<u8>| [varint((1_u64 << 3) | wire), value.clone()].concat();
        let all = || each.iter().map(single).collect::<Vec<_>>().concat();
        field(number, &if packed { field(1, &each.concat()) } else { all() })
    };
    match list {
        List::Bytes(values) => {
            field(1, &values.iter().map(|value| field(1, value)).collect::<Vec<_>>().concat())
        }
        List::Float(values) => {
            numbers(2, 5, values.iter().map(|value| value.to_le_bytes().to_vec()).collect())
        }
        List::Int(values) => numbers(3, 0, values.iter().map(|&v| varint(v as u64)).collect()),
        List::Nothing => Vec::new(),
    }
}

/// A `tf.train.Example`.
pub(super) fn example<'a>(
    features: impl IntoIterator<Item = (&'a str, &'a List)>,
    packed: bool,
) -> Vec<u8> {
    let entry = |(name, list): (&str, &List)| {
        field(1, &[field(1, name.as_bytes()), field(2, &feature(list, packed))].concat())
    };
    field(1, &features.into_iter().map(entry).collect::<Vec<_>>().concat())
}

/// A record with its header and checksums.
pub(super) fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let checksum = |bytes: &[u8]| masked(bytes).to_le_bytes();
    [&length[..], &checksum(&length), data, &checksum(data)].concat()
}

/// A data set called `tiny` with one split, `train`, in the given shards.
pub(super) fn write(folder: &Path, shards: &[Vec<Vec<u8>>]) {
    let lengths: Vec<String> = shards.iter().map(|shard| format!("\"{}\"", shard.len())).collect();
    let info = format!(
        r#"{{"name": "tiny", "version": "1.0.0",
             "splits": [{{"name": "train", "shardLengths": [{}]}}]}}"#,
        lengths.join(", ")
    );
    fs_err::write(folder.join("dataset_info.json"), info).unwrap();
    for (i, records) in shards.iter().enumerate() {
        let records: Vec<Vec<u8>> = records.iter().map(|data| record(data)).collect();
        fs_err::write(folder.join(shard(i, shards.len())), records.concat()).unwrap();
    }
}

pub(super) fn shard(i: usize, shards: usize) -> String {
    format!("tiny-train.tfrecord-{i:05}-of-{shards:05}")
}
