//! tensorflow-datasets folders: the two descriptions, then a shard. Where the input begins with an
//! odd byte, the shard's records are framed and summed anew: no fuzzer finds a checksum.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use provpt_data::{Tfds, TfdsError};
use provpt_fuzz::{files, folder, told};

const NAMES: [&str; 3] =
    ["dataset_info.json", "features.json", "tiny-train.tfrecord-00000-of-00001"];

fuzz_target!(|input: &[u8]| {
    let Some((mode, input)) = input.split_first() else { return };
    let files = files(input);
    if mode % 2 == 0 || files.len() < 3 {
        told(walk(folder(&NAMES, files)));
        return;
    }
    let records = records(files[2]);
    let info = format!(
        r#"{{"name": "tiny", "version": "1.0.0", "fileFormat": "tfrecord",
             "splits": [{{"name": "train", "shardLengths": ["{}"]}}]}}"#,
        records.len()
    );
    told(walk(folder(&NAMES, [info.as_bytes(), files[1], &records.concat()])));
});

/// The records of a shard with the right sums, the last as long as there are bytes.
fn records(mut shard: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    while let Some((header, rest)) = shard.split_at_checked(12) {
        let claimed = header.iter().take(8).rev().fold(0, |len, b| len << 8 | u64::from(*b));
        let len = rest.len().saturating_sub(4).min(usize::try_from(claimed).unwrap_or(usize::MAX));
        records.push(record(&rest[..len]));
        shard = rest.get(len + 4..).unwrap_or_default();
    }
    records
}

fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let sum =
        |bytes| crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes();
    [&length[..], &sum(&length), data, &sum(data)].concat()
}

/// Everything that can be asked of a data set.
fn walk(folder: &Path) -> Result<(), TfdsError> {
    let set = Tfds::open(folder)?;
    let _ = (set.name(), set.version(), set.config(), set.supervised());
    for (name, _) in set.splits().take(4) {
        let Some(split) = told(set.split(name)) else { continue };
        for index in 0..split.len().min(8) {
            let Some(example) = told(split.example(index)) else { continue };
            let _ = example.id();
            let own = example.names().take(16).map(str::to_owned).collect::<Vec<_>>();
            let told_of = set.features().iter().take(16).map(|feature| feature.path.clone());
            for name in own.into_iter().chain(told_of) {
                told(example.ints(&name));
                told(example.floats(&name));
                told(example.blobs(&name));
                told(example.row_lengths(&name, 1));
                told(example.image(&name));
            }
        }
    }
    Ok(())
}
