use prost::Message;
use provpt_runs::{IdlenessRecord, Score, Seconds};

use super::event::{Event, Value};
use super::*;

/// The events of a file, whose checksums must be right.
fn read(mut bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_at(8);
        let (checksum, rest) = rest.split_at(4);
        assert_eq!(checksum, record::masked(length).to_le_bytes());
        let (data, rest) = rest.split_at(u64::from_le_bytes(length.try_into().unwrap()) as usize);
        let (checksum, rest) = rest.split_at(4);
        assert_eq!(checksum, record::masked(data).to_le_bytes());
        events.push(Event::decode(data).unwrap());
        bytes = rest;
    }
    events
}

fn epoch(epoch: usize) -> EpochRecord {
    EpochRecord {
        epoch,
        train_loss: 2.5 - epoch as f64,
        train_top1: 0.5,
        lr: 0.25,
        val: Some(Score { loss: 1.5, top1: 0.75 }),
        grad_norm: f64::NAN,
        idleness: Some(IdlenessRecord { max: 0.125, ..IdlenessRecord::default() }),
        reward: (epoch > 0).then_some(-1.0),
        distribution: vec![3, 0, 1],
        seconds: Seconds { tune: 4.0, ..Seconds::default() },
        ..EpochRecord::default()
    }
}

fn steps(epoch: usize) -> Vec<StepRecord> {
    let step = |step| StepRecord { epoch, step, loss: 0.5, grad_norm: 2.0, ..Default::default() };
    (0..2).map(step).collect()
}

/// Writes epochs up to `epochs`, opening the file anew behind `known`.
fn write(folder: &Path, known: usize, epochs: usize) -> Vec<u8> {
    let metrics = Metrics::from((0..known).map(epoch).collect::<Vec<_>>());
    let old: Vec<StepRecord> = (0..known).flat_map(steps).collect();
    let mut file = EventFile::open(folder, &metrics, &old).unwrap();
    (known..epochs).for_each(|index| file.push(&epoch(index), &steps(index)).unwrap());
    std::fs::read(folder.join(NAME)).unwrap()
}

fn scalar(event: &Event, tag: &str) -> Option<f32> {
    let values = &event.summary.as_ref()?.value;
    values.iter().find(|value| value.tag == tag)?.simple_value
}

#[test]
fn epochs_and_steps_are_events() {
    let folder = tempfile::tempdir().unwrap();
    let events = read(&write(folder.path(), 0, 2));
    assert_eq!(events[0].file_version.as_deref(), Some("brain.Event:2"));
    let places: Vec<(i64, f64)> =
        events.iter().map(|event| (event.step, event.wall_time - events[0].wall_time)).collect();
    let expected = [(0, 0.0), (1, 2.0), (2, 4.0), (1, 4.0), (3, 6.0), (4, 8.0), (2, 8.0)];
    assert_eq!(places, expected);
    assert_eq!(
        (scalar(&events[1], "step/loss"), scalar(&events[5], "step/grad_norm")),
        (Some(0.5), Some(2.0))
    );

    let [first, second] = [&events[3], &events[6]];
    for (tag, value) in [
        ("train/loss", 1.5),
        ("train/top1", 0.5),
        ("train/lr", 0.25),
        ("val/loss", 1.5),
        ("val/top1", 0.75),
        ("idleness/max", 0.125),
        ("relocation/reward", -1.0),
        ("time/seconds", 4.0),
    ] {
        assert_eq!(scalar(second, tag), Some(value), "{tag}");
    }
    assert_eq!(scalar(first, "relocation/reward"), None);
    assert!(scalar(second, "train/grad_norm").unwrap().is_nan());
    let is_blocks = |value: &&Value| value.tag == "prompts/block";
    let summary = second.summary.as_ref().unwrap();
    let blocks = summary.value.iter().find(is_blocks).unwrap().histo.as_ref().unwrap();
    assert_eq!(
        (&blocks.bucket[..], &blocks.bucket_limit[..]),
        (&[3.0, 0.0, 1.0][..], &[1.5, 2.5, 3.5][..])
    );
    assert_eq!((blocks.min, blocks.max, blocks.num), (0.5, 3.5, 4.0));
    assert_eq!((blocks.sum, blocks.sum_squares), (6.0, 12.0));
}

#[test]
fn a_resumed_run_has_the_events_of_an_undisturbed_one() {
    // As bytes: NaN is not equal to itself.
    let untimed = |bytes: &[u8]| -> Vec<Vec<u8>> {
        let untimed = |event| Event { wall_time: 0.0, ..event };
        read(bytes).into_iter().map(|event| untimed(event).encode_to_vec()).collect()
    };
    let folder = tempfile::tempdir().unwrap();
    let whole = write(folder.path(), 0, 3);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 0, 2);
    // The second epoch was not in the checkpoint, and an event was half written.
    let mut torn = std::fs::read(folder.path().join(NAME)).unwrap();
    torn.extend([7; 5]);
    std::fs::write(folder.path().join(NAME), torn).unwrap();
    let resumed = write(folder.path(), 1, 3);
    assert_eq!(untimed(&resumed), untimed(&whole));
    assert_eq!(resumed.len(), whole.len());
}

/// The length and its checksum are those that every file of TensorFlow's begins with.
#[test]
fn the_first_record_is_as_tensorflow_writes_it() {
    let record = record::framed(&Clock::starting_at(1.0).version());
    assert_eq!(record[..12], *b"\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22");
    assert_eq!(record[12..36], *b"\x09\0\0\0\0\0\0\xf0\x3f\x1a\x0dbrain.Event:2");
    assert_eq!(record.len(), 40);
}
