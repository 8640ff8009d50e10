//! Parquet files that are odd but sound, and such as would be taken for something else
//! (`tools/odd-parquet.py` tries many more).

#![allow(clippy::unwrap_used)] // the helpers between the tests, too

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use provpt_data::{Split, Task, TaskSpec, survey};
use tempfile::TempDir;

/// Values of a column that all rows have; none of one that is null throughout.
enum Column {
    Images(Vec<u8>),
    Text(Vec<&'static str>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Bool(Vec<bool>),
    Nulls(usize),
}
use Column::{Bool, Images, Int32, Int64, Nulls, Text};

const IMAGE: &str = "required binary image;";

/// A grey image.
fn png(level: u8) -> Vec<u8> {
    provpt_data::Image::from_rgb(2, 2, vec![level; 12]).unwrap().to_png().unwrap()
}

/// Writes columns in the order of the fields, which are `required` but for nulls.
fn write(path: &Path, fields: &str, columns: &[Column], features: Option<&str>) {
    let schema = Arc::new(parse_message_type(&format!("message m {{ {fields} }}")).unwrap());
    let note = features.map(|features| {
        let json = format!("{{\"info\": {{\"features\": {features}}}}}");
        vec![KeyValue::new("huggingface".to_owned(), json)]
    });
    let properties = WriterProperties::builder().set_key_value_metadata(note).build();
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    let file = fs_err::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for values in columns {
        let mut column = group.next_column().unwrap().unwrap();
        match values {
            Images(levels) => {
                let mut known: HashMap<u8, ByteArray> = HashMap::new();
                let mut image =
                    |&level: &u8| known.entry(level).or_insert_with(|| png(level).into()).clone();
                let bytes: Vec<ByteArray> = levels.iter().map(&mut image).collect();
                column.typed::<ByteArrayType>().write_batch(&bytes, None, None).unwrap()
            }
            Text(texts) => {
                let bytes: Vec<_> = texts.iter().map(|&text| text.into()).collect();
                column.typed::<ByteArrayType>().write_batch(&bytes, None, None).unwrap()
            }
            Int32(n) => column.typed::<Int32Type>().write_batch(n, None, None).unwrap(),
            Int64(n) => column.typed::<Int64Type>().write_batch(n, None, None).unwrap(),
            Bool(b) => column.typed::<BoolType>().write_batch(b, None, None).unwrap(),
            Nulls(rows) => {
                let levels = vec![0; *rows];
                column.typed::<Int64Type>().write_batch(&[], Some(&levels), None).unwrap()
            }
        };
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}

/// Three images with labels.
fn three(label: &str, labels: Column) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fields = format!("{IMAGE} {label}");
    write(&folder.path().join("train.parquet"), &fields, &[Images(vec![1, 2, 3]), labels], None);
    folder
}

/// The task, what is wrong with it, and what is told of it.
fn read(folder: &TempDir) -> (Option<Task>, Vec<String>, Vec<String>) {
    let path = Some(folder.path().to_owned());
    let spec = TaskSpec { path, val_fraction: 0.0, test_fraction: 0.0, ..TaskSpec::new("") };
    let line = |text: String| text.replace(&format!("{}/", folder.path().display()), "");
    match survey(&spec) {
        Err(error) => (None, vec![line(error.to_string())], Vec::new()),
        Ok((task, problems)) => {
            let notes = task.remarks.clone();
            (Some(task), problems.iter().map(|p| line(p.to_string())).collect(), notes)
        }
    }
}

/// Grey level and class of each image.
fn facts(task: &Task, split: &Split) -> Vec<(u8, String)> {
    let fact = |i: usize| {
        let level = split.image(i).unwrap().pixels()[0];
        (level, task.classes[split.labels()[i]].clone())
    };
    (0..split.len()).map(fact).collect()
}

/// The training images of a task in which nothing is wrong.
fn sound(folder: &TempDir) -> Vec<(u8, String)> {
    let (task, problems, _) = read(folder);
    assert!(problems.is_empty(), "{problems:?}");
    let task = task.unwrap();
    facts(&task, &task.train)
}

fn named(names: [&str; 3]) -> Vec<(u8, String)> {
    (1..).zip(names.map(str::to_owned)).collect()
}

#[test]
fn whole_numbers_of_every_width_and_sign_are_labels() {
    for kind in
        ["(INTEGER(8,true))", "(INTEGER(8,false))", "(UINT_16)", "(INT_32)", "(UINT_32)", ""]
    {
        let folder = three(&format!("required int32 label {kind};"), Int32(vec![2, 0, 1]));
        assert_eq!(sound(&folder), named(["2", "0", "1"]), "{kind}");
    }
    for kind in ["(INTEGER(64,true))", "(INTEGER(64,false))", "(UINT_64)", "(INT_64)", ""] {
        let folder = three(&format!("required int64 label {kind};"), Int64(vec![2, 0, 1]));
        assert_eq!(sound(&folder), named(["2", "0", "1"]), "{kind}");
    }
    let folder = three("required boolean label;", Bool(vec![true, false, true]));
    assert_eq!(sound(&folder), named(["1", "0", "1"]));
    for kind in ["(UTF8)", "(STRING)", "(ENUM)"] {
        let folder = three(&format!("required binary label {kind};"), Text(vec!["01", "2", "01"]));
        assert_eq!(sound(&folder), named(["01", "2", "01"]), "{kind}");
    }
}

/// Unsigned numbers are not their negative likes: -1 would mean that there are no labels.
#[test]
fn large_unsigned_numbers_are_told_as_they_are() {
    let folder = three("required int32 label (UINT_32);", Int32(vec![0, 1, -1]));
    let told = "train.parquet: row 2: label: expected 0..2, got 4294967295";
    assert_eq!(read(&folder).1, [told]);
    let test = folder.path().join("test.parquet");
    let fields = format!("{IMAGE} required int32 label (UINT_32);");
    write(&test, &fields, &[Images(vec![4]), Int32(vec![-1])], None);
    let told = "test.parquet: row 0: label: expected 0..2, got 4294967295";
    assert_eq!(read(&folder).1[1], told);
    let folder = three("required int64 label (UINT_64);", Int64(vec![0, 1, -2]));
    let told = "train.parquet: row 2: label: expected a class, got 18446744073709551614";
    assert_eq!(read(&folder).1, [told]);
}

#[test]
fn what_is_stored_as_a_number_and_is_none_is_no_label() {
    let columns = "label column: expected an integer or string column named label, labels, class, \
                   target or fine_label, or a class label, got columns image binary, label";
    for (kind, what) in [
        ("int32 label (DECIMAL(5,2))", "decimal"),
        ("int32 label (DATE)", "date"),
        ("int32 label (TIME(MILLIS,true))", "time"),
    ] {
        let folder = three(&format!("required {kind};"), Int32(vec![0, 1, 2]));
        assert_eq!(read(&folder).1, [format!("train.parquet: {columns} {what}")]);
    }
    for (kind, what) in [
        ("int64 label (DECIMAL(5,2))", "decimal"),
        ("int64 label (TIMESTAMP(MICROS,true))", "timestamp"),
    ] {
        let folder = three(&format!("required {kind};"), Int64(vec![0, 1, 2]));
        assert_eq!(read(&folder).1, [format!("train.parquet: {columns} {what}")]);
    }
}

#[test]
fn a_column_that_is_there_twice_is_refused() {
    for (more, what) in [("label", "label"), ("Label", "label"), ("image", "image")] {
        let folder = tempfile::tempdir().unwrap();
        let kind = if what == "image" { "binary" } else { "int64" };
        let fields = format!("{IMAGE} required int64 label; required {kind} {more};");
        let last = if what == "image" { Images(vec![7, 8, 9]) } else { Int64(vec![0, 0, 1]) };
        let columns = [Images(vec![1, 2, 3]), Int64(vec![0, 1, 2]), last];
        write(&folder.path().join("train.parquet"), &fields, &columns, None);
        let told = format!("train.parquet: {what} column: expected one called {what}, got 2");
        assert_eq!(read(&folder).1, [told]);
    }
}

#[test]
fn of_several_columns_of_images_the_one_called_so_is_taken_or_it_is_told() {
    let task = |first: &str, second: &str, features: Option<&str>| {
        let folder = tempfile::tempdir().unwrap();
        let fields =
            format!("required binary {first}; required binary {second}; required int64 label;");
        let columns = [Images(vec![7, 8, 9]), Images(vec![1, 2, 3]), Int64(vec![0, 1, 2])];
        write(&folder.path().join("train.parquet"), &fields, &columns, features);
        let notes = read(&folder).2;
        (sound(&folder), notes)
    };
    let declared = r#"{"mask": {"_type": "Image"}, "image": {"_type": "Image"}}"#;
    for features in [None, Some(declared)] {
        assert_eq!(task("mask", "image", features), (named(["0", "1", "2"]), vec![]));
    }
    assert_eq!(task("mask", "IMG", None).0, named(["0", "1", "2"]));
    let (facts, notes) = task("left", "right", None);
    assert_eq!(facts[0], (7, "0".to_owned()));
    assert_eq!(notes, ["images are those of column left; not used: right"]);
}

#[test]
fn a_test_of_nulls_has_no_labels_and_is_left_out() {
    let folder = three("required int64 label;", Int64(vec![0, 1, 2]));
    let fields = format!("{IMAGE} optional int64 label;");
    write(&folder.path().join("test.parquet"), &fields, &[Images(vec![4, 5]), Nulls(2)], None);
    let (task, problems, notes) = read(&folder);
    assert_eq!((task.unwrap().test, problems), (None, vec![]));
    assert_eq!(notes, ["split test has no labels: it is not used"]);
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("train.parquet"), &fields, &[Images(vec![4, 5]), Nulls(2)], None);
    let told = "train.parquet: row 0: label: expected a class, got null";
    assert_eq!(read(&folder).1[0], told);
}

#[test]
fn shards_may_have_labels_of_other_widths() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = [0, 1].map(|i| folder.path().join(format!("train-0000{i}-of-00002.parquet")));
    let fields = |kind: &str| format!("{IMAGE} required {kind};");
    write(&one, &fields("int64 label"), &[Images(vec![1, 2]), Int64(vec![0, 1])], None);
    write(&two, &fields("int32 label"), &[Images(vec![3]), Int32(vec![1])], None);
    assert_eq!(sound(&folder), named(["0", "1", "1"]));
    write(&two, &fields("binary label (UTF8)"), &[Images(vec![3]), Text(vec!["a"])], None);
    let told = &read(&folder).1[0];
    assert!(told.contains("label column: expected label int64 as in"), "{told}");
    assert!(told.ends_with("got label string"), "{told}");
}

/// One dictionary entry for all rows: fewer bytes than rows.
#[test]
fn equal_images_may_be_more_than_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.parquet");
    let rows = 20_000;
    let labels = (0..rows).map(|row| i32::from(row >= rows / 2)).collect();
    let fields = format!("{IMAGE} required int32 label;");
    write(&path, &fields, &[Images(vec![1; rows]), Int32(labels)], None);
    assert!(fs_err::metadata(&path).unwrap().len() < rows as u64);
    let (task, problems, _) = read(&folder);
    assert_eq!((task.unwrap().train.len(), problems), (rows, vec![]));
}

#[test]
fn files_that_are_called_parquet_are_told_as_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.parquet");
    let told = |bytes: &[u8]| {
        fs_err::write(&path, bytes).unwrap();
        read(&folder).1.remove(0)
    };
    let other = "train.parquet: kind of file: expected a Parquet file, got";
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    assert_eq!(told(pointer), format!("{other} a Git LFS pointer"));
    assert_eq!(told(b"path,label\n1.png,0\n"), format!("{other} text"));
    assert_eq!(told(b""), format!("{other} an empty file"));
    let encrypted = [&b"PARE"[..], &[7; 40], &40_u32.to_le_bytes(), b"PARE"].concat();
    let told = told(&encrypted);
    assert!(told.starts_with("train.parquet: unsupported Parquet file: "), "{told}");
    assert!(told.contains("encrypted footer"), "{told}");
}

/// A page that has changed since it was written, though what it holds can still be decoded.
#[test]
fn checksums_of_pages_are_checked() {
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/parquet/checksums.parquet");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.parquet");
    let mut bytes = fs_err::read(fixture).unwrap();
    fs_err::write(&path, &bytes).unwrap();
    let names: Vec<String> = sound(&folder).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["ant", "bee", "ant"]);
    let at = bytes.windows(3).position(|window| window == b"bee").unwrap();
    bytes[at] = b'f';
    fs_err::write(&path, &bytes).unwrap();
    let told = "train.parquet: damaged Parquet file: Page CRC checksum mismatch";
    assert_eq!(read(&folder).1, [told]);
}
