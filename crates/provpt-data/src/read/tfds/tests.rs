//! What is written is read back, and nothing else is.

use proptest::prelude::*;
use tempfile::TempDir;

use super::testing::{List, example, field, record, shard, varint, write};
use super::{Tfds, TfdsError, TfdsSplit};

fn folder(shards: &[Vec<Vec<u8>>]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), shards);
    folder
}

/// An error's message, with the folder's path cut out.
fn message(folder: &TempDir, error: impl std::fmt::Display) -> String {
    let message = error.to_string();
    assert_eq!(message.lines().count(), 1, "{message}");
    message.replace(&format!("{}/", folder.path().display()), "")
}

/// What is said on reading everything.
fn complaint(folder: &TempDir) -> String {
    let read = || -> Result<(), TfdsError> {
        let set = Tfds::open(folder.path())?;
        let split = set.split("train")?;
        let mut examples = split.examples(0..split.len())?;
        examples.try_for_each(|example| example.map(drop))
    };
    message(folder, read().unwrap_err())
}

fn replace(folder: &TempDir, file: &str, bytes: impl AsRef<[u8]>) {
    fs_err::write(folder.path().join(file), bytes).unwrap();
}

fn labels(split: &TfdsSplit<'_>) -> Vec<i64> {
    let examples = split.examples(0..split.len()).unwrap();
    examples.map(|example| example.unwrap().int("label").unwrap()).collect()
}

fn label(label: i64) -> Vec<u8> {
    example([("label", &List::Int(vec![label]))], true)
}

#[test]
fn examples_come_in_the_order_of_the_files() {
    let shards = [vec![label(3), label(-1)], vec![], vec![label(i64::MIN)], vec![label(7)]];
    let folder = folder(&shards);
    let set = Tfds::open(folder.path()).unwrap();
    assert_eq!((set.name(), set.version(), set.config()), ("tiny", "1.0.0", None));
    assert_eq!(set.splits().collect::<Vec<_>>(), [("train", 4)]);
    assert!(set.features().is_empty());
    let split = set.split("train").unwrap();
    assert_eq!(labels(&split), [3, -1, i64::MIN, 7]);
    assert_eq!(split.example(1).unwrap().id(), "tiny-train.tfrecord-00000-of-00004__1");
    assert_eq!(split.example(2).unwrap().id(), "tiny-train.tfrecord-00002-of-00004__0");
    assert_eq!(split.example(1).unwrap().place().offset, record(&label(3)).len() as u64);
    for (start, end) in [(0, 5), (4, 5), (3, 2), (4, usize::MAX)] {
        let error = split.examples(start..end).err().unwrap();
        let expected = format!("split train: expected examples in 0..4, got {start}..{end}");
        assert_eq!(error.to_string(), expected);
    }
    assert!(split.example(usize::MAX).is_err());
    assert_eq!(split.examples(4..4).unwrap().count(), 0);
}

#[test]
fn a_folder_of_versions_opens_when_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    for version in ["2.0.0", "3.0.0"] {
        fs_err::create_dir(folder.path().join(version)).unwrap();
        write(&folder.path().join(version), &[vec![label(1)]]);
    }
    let error = Tfds::open(folder.path()).unwrap_err();
    let expected = format!("{}: expected one version, got 2.0.0, 3.0.0", folder.path().display());
    assert_eq!(error.to_string(), expected);
    fs_err::remove_dir_all(folder.path().join("2.0.0")).unwrap();
    assert_eq!(labels(&Tfds::open(folder.path()).unwrap().split("train").unwrap()), [1]);
}

#[test]
fn missing_and_surplus_files_and_records_are_told() {
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(
        complaint(&empty),
        "dataset_info.json: missing file: expected a tensorflow-datasets description, got none"
    );
    let folder = folder(&[vec![label(0)], vec![label(1), label(2)]]);
    let second = shard(1, 2);
    replace(&folder, &second, record(&label(1)));
    assert_eq!(complaint(&folder), format!("{second}: number of records: expected 2, got 1"));
    replace(&folder, &second, record(&label(1)).repeat(3));
    assert_eq!(complaint(&folder), format!("{second}: number of records: expected 2, got 3"));
    fs_err::remove_file(folder.path().join(&second)).unwrap();
    let expected = format!("{second}: missing shard: expected a file (2 of 2), got none");
    assert_eq!(complaint(&folder), expected);
    let error = Tfds::open(folder.path()).unwrap().split("test").err().unwrap();
    let expected = "dataset_info.json: split: expected one of train, got test";
    assert_eq!(message(&folder, error), expected);
}

#[test]
fn damage_is_named_with_shard_and_offset() {
    let [first, second] = [label(0), label(1)].map(|data| record(&data));
    let folder = folder(&[vec![label(0), label(1)]]);
    let (name, at) = (shard(0, 1), first.len());
    let with = |change: fn(&mut Vec<u8>)| {
        let mut second = second.clone();
        change(&mut second);
        replace(&folder, &name, [first.clone(), second].concat());
        complaint(&folder).replace(&format!("{name}: record at byte {at}: "), "AT ")
    };
    let whole = second.len();
    assert_eq!(with(|r| r.truncate(7)), "AT truncated: expected 16 bytes, got 7");
    assert_eq!(
        with(|r| r.truncate(r.len() - 1)),
        format!("AT truncated: expected {whole} bytes, got {}", whole - 1)
    );
    assert!(with(|r| r[0] ^= 1).starts_with("AT checksum of its length: expected 0x"));
    assert!(with(|r| r[13] ^= 1).starts_with("AT checksum of its data: expected 0x"));
    let absurd = with(|record| {
        let length = u64::MAX.to_le_bytes();
        record[..8].copy_from_slice(&length);
        record[8..12].copy_from_slice(&super::records::masked(&length).to_le_bytes());
    });
    assert_eq!(absurd, format!("AT truncated: expected {} bytes, got {whole}", u64::MAX));
    let garbage = "tiny-train.tfrecord-00000-of-00001: record at byte 0: checksum of its length";
    replace(&folder, &name, [b'x'; 100]);
    assert!(complaint(&folder).starts_with(garbage));
}

#[test]
fn a_record_too_long_for_memory_is_refused() {
    let folder = folder(&[vec![label(0)]]);
    let length = (1_u64 << 40).to_le_bytes();
    let header = [&length[..], &super::records::masked(&length).to_le_bytes()].concat();
    replace(&folder, &shard(0, 1), header);
    let path = folder.path().join(shard(0, 1));
    let file = fs_err::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len((1 << 40) + 16).unwrap(); // a sparse file, of a few bytes on disk
    let expected = "record at byte 0: length: expected at most 268435456 bytes, got 1099511627776";
    assert!(complaint(&folder).ends_with(expected));
}

#[test]
fn a_shard_that_changes_while_in_use_is_noticed() {
    let folder = folder(&[vec![label(0), label(1)]]);
    let set = Tfds::open(folder.path()).unwrap();
    let split = set.split("train").unwrap();
    replace(&folder, &shard(0, 1), record(&label(300)).repeat(2));
    let change = message(&folder, split.example(0).unwrap_err());
    assert!(
        change.ends_with("changed while in use: expected 18 bytes of data, got 19"),
        "{change}"
    );
    replace(&folder, &shard(0, 1), []);
    let change = message(&folder, split.example(1).unwrap_err());
    assert!(change.ends_with("truncated: expected 16 bytes, got 0"), "{change}");
}

#[test]
fn features_are_asked_for_by_name_and_type() {
    let lists = [
        ("a", List::Int(vec![1, 2])),
        ("image", List::Bytes(vec![b"no image".to_vec()])),
        ("none", List::Nothing),
    ];
    let data = example(lists.iter().map(|(name, list)| (*name, list)), true);
    let folder = folder(&[vec![data]]);
    let set = Tfds::open(folder.path()).unwrap();
    let example = set.split("train").unwrap().example(0).unwrap();
    assert_eq!(example.names().collect::<Vec<_>>(), ["a", "image", "none"]);
    let place = format!("{}: record at byte 0: ", shard(0, 1));
    let told = |error: TfdsError| message(&folder, error).replace(&place, "");
    assert_eq!(
        told(example.ints("b").unwrap_err()),
        "feature b: expected it, got only a, image, none"
    );
    assert_eq!(told(example.floats("a").unwrap_err()), "feature a: expected float, got int64");
    assert_eq!(told(example.int("a").unwrap_err()), "feature a: expected 1 values, got 2");
    assert_eq!(told(example.blob("none").unwrap_err()), "feature none: expected 1 values, got 0");
    assert!(example.floats("none").unwrap().is_empty());
    let error = message(&folder, example.image("image").unwrap_err());
    assert!(error.starts_with(&format!("{}@0: undecodable image: ", shard(0, 1))), "{error}");
}

#[test]
fn malformed_examples_are_told() {
    let feature =
        |feature: &[u8]| field(1, &field(1, &[field(1, b"f"), field(2, feature)].concat()));
    let complaint = |data: Vec<u8>| {
        let folder = folder(&[vec![data]]);
        let set = Tfds::open(folder.path()).unwrap();
        let read = || set.split("train")?.example(0)?.ints("f");
        let place = format!("{}: record at byte 0: malformed example: ", shard(0, 1));
        message(&folder, read().unwrap_err()).replace(&place, "")
    };
    let cut = complaint(feature(&field(3, &field(1, &[0x80]))));
    assert_eq!(cut, "value longer than what is left at byte 14 of its data");
    let long = complaint(feature(&field(3, &field(1, &[0xff; 11]))));
    assert_eq!(long, "number of more than 64 bits at byte 13 of its data");
    let group = complaint(feature(&[0x0b]));
    assert_eq!(group, "group or unknown wire type at byte 9 of its data");
    let beyond = complaint([&varint(1 << 3 | 2)[..], &varint(u64::MAX)].concat());
    assert_eq!(beyond, "value longer than what is left at byte 11 of its data");
    let wire = complaint(feature(&field(3, &[1 << 3 | 5, 0, 0, 0, 0])));
    assert_eq!(wire, "number of the wrong wire type at byte 11 of its data");
    let lists = complaint(feature(&[field(3, b""), field(1, b"")].concat()));
    assert_eq!(lists, "feature with two lists at byte 9 of its data");
    let scalar = complaint(vec![1 << 3, 0]);
    assert_eq!(scalar, "number instead of a message at byte 0 of its data");
    let entry = [field(1, &[field(1, b"f"), field(2, b"")].concat())].concat().repeat(2);
    assert_eq!(complaint(field(1, &entry)), "feature named twice at byte 13 of its data");
    let name = field(1, &field(1, &field(1, b"\xff")));
    assert_eq!(complaint(name), "feature name that is not UTF-8 at byte 6 of its data");
    let many = field(1, &b"\x0a\x00".repeat(5000));
    assert_eq!(complaint(many), "more than 4096 features at byte 8197 of its data");
}

fn list() -> impl Strategy<Value = List> {
    let bytes = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..4);
    prop_oneof![
        bytes.prop_map(List::Bytes),
        prop::collection::vec(any::<f32>(), 0..9).prop_map(List::Float),
        prop::collection::vec(any::<i64>(), 0..9).prop_map(List::Int),
        Just(List::Nothing),
    ]
}

fn lists() -> impl Strategy<Value = Vec<(String, List)>> {
    let lists = prop::collection::btree_map("[a-zä/_]{0,12}", list(), 0..5);
    lists.prop_map(|lists| lists.into_iter().collect())
}

fn encoded(features: &[(String, List)], packed: bool) -> Vec<u8> {
    example(features.iter().map(|(name, list)| (name.as_str(), list)), packed)
}

/// Every value of an example, floats as bits; a feature without values has no type.
fn facts(example: &super::Example<'_>) -> Vec<(String, List)> {
    let list = |name: &str| match (example.ints(name), example.floats(name), example.blobs(name)) {
        (Ok(_), Ok(_), Ok(_)) => List::Nothing,
        (Ok(ints), ..) => List::Int(ints),
        (_, Ok(floats), _) => List::Float(floats),
        (.., blobs) => List::Bytes(blobs.unwrap().into_iter().map(<[u8]>::to_vec).collect()),
    };
    example.names().map(|name| (name.to_owned(), list(name))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(
        shards in prop::collection::vec(prop::collection::vec(lists(), 0..4), 1..4),
        packed: bool,
    ) {
        let encode = |shard: &Vec<Vec<_>>| shard.iter().map(|e| encoded(e, packed)).collect();
        let folder = folder(&shards.iter().map(encode).collect::<Vec<_>>());
        let set = Tfds::open(folder.path()).unwrap();
        let split = set.split("train").unwrap();
        prop_assert_eq!(split.len(), shards.iter().map(Vec::len).sum::<usize>());
        let read = split.examples(0..split.len()).unwrap();
        for (read, written) in read.zip(shards.concat()) {
            // Through Debug, since NaN is not equal to itself.
            prop_assert_eq!(format!("{:?}", facts(&read.unwrap())), format!("{written:?}"));
        }
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_an_error(
        examples in prop::collection::vec(lists(), 1..4),
        at: prop::sample::Index,
        bit in 0..8,
    ) {
        let folder = folder(&[examples.iter().map(|e| encoded(e, true)).collect()]);
        let path = folder.path().join(shard(0, 1));
        let good = fs_err::read(&path).unwrap();
        let mut bytes = good.clone();
        bytes[at.index(good.len())] ^= 1_u8 << bit;
        fs_err::write(&path, bytes).unwrap();
        let message = complaint(&folder);
        prop_assert!(message.contains("record at byte"), "{}", message);
        fs_err::write(&path, &good[..at.index(good.len())]).unwrap();
        complaint(&folder);
    }

    #[test]
    fn any_data_are_read_or_refused(data in prop::collection::vec(any::<u8>(), 0..200)) {
        let folder = folder(&[vec![data]]);
        let set = Tfds::open(folder.path()).unwrap();
        if let Ok(example) = set.split("train").unwrap().example(0) {
            for name in example.names() {
                let _ = (example.ints(name), example.floats(name), example.blobs(name));
            }
        }
    }

    #[test]
    fn a_damaged_example_is_read_or_refused(
        lists in lists(),
        packed: bool,
        at: prop::sample::Index,
        to: u8,
    ) {
        let mut data = encoded(&lists, packed);
        let at = at.index(data.len());
        data[at] = to;
        let folder = folder(&[vec![data]]);
        let set = Tfds::open(folder.path()).unwrap();
        if let Ok(example) = set.split("train").unwrap().example(0) {
            for name in example.names() {
                let _ = (example.ints(name), example.floats(name), example.blobs(name));
            }
        }
    }
}
