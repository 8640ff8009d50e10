//! Tasks that cannot be meant, and folders within folders.

use crate::{folder, read, read_by, spec};

#[test]
fn one_class_is_no_task_and_a_folder_around_the_classes_is_named() {
    let one = folder([("red/1.png", "1"), ("red/2.png", "2")]);
    assert_eq!(read(&one).problems, ["FOLDER: classes: expected at least two, got red alone"]);
    for (root, what) in [("", "FOLDER"), ("train/", "train")] {
        let wrapped = ["red/1.png", "green/2.png", "blue/3.png"];
        let wrapped = folder(wrapped.map(|name| (format!("{root}photos/{name}"), "1")));
        let expected = format!(
            "{what}: classes: expected at least two, got photos alone, a folder with blue, green, red"
        );
        assert_eq!(read(&wrapped).problems, [expected]);
    }
    let lists = [("train800.txt", "1.png 0\n"), ("train.json", "{\"1.png\": 7}")];
    let tables =
        [("train.csv", "path,label\n1.png,red\n"), ("metadata.csv", "path,label\n1.png,0\n")];
    for (name, text) in lists.into_iter().chain(tables) {
        let folder = folder([(name, text), ("1.png", "1"), ("images/1.png", "1")]);
        let problems = read(&folder).problems;
        assert!(
            problems[0].contains("classes: expected at least two, got"),
            "{name}: {problems:?}"
        );
    }
}

#[test]
fn classes_that_are_folders_of_folders_are_told() {
    let folder = folder([
        ("animals/cat/1.png", "1"),
        ("animals/dog/2.png", "2"),
        ("things/car/3.png", "3"),
        ("things/4.png", "4"),
    ]);
    let read = read(&folder);
    assert_eq!(read.sound().classes, ["animals", "things"]);
    let expected = "classes are the topmost folders, with all that is in them; folders of folders: \
                    animals (cat, dog)";
    assert_eq!(read.notes[0], expected);
}

#[test]
fn a_published_name_says_how_many_classes_in_any_layout() {
    let images = [("1.png", "1"), ("2.png", "2"), ("images/1.png", "1"), ("images/2.png", "2")];
    for (name, text) in [
        ("a/1.png", "1"),
        ("train800.txt", "1.png 0\n2.png 1\n"),
        ("train.json", "{\"1.png\": 1, \"2.png\": 2}"),
        ("train.csv", "path,label\n1.png,a\n2.png,b\n"),
        ("metadata.csv", "path,label\n1.png,a\n2.png,b\n"),
        ("train.tsv", "path\tlabel\n1.png\t0\n2.png\t1\n"),
        (
            "train.jsonl",
            "{\"path\": \"1.png\", \"label\": 0}\n{\"path\": \"2.png\", \"label\": 1}\n",
        ),
    ] {
        let folder = folder(images.into_iter().chain([(name, text), ("b/2.png", "2")]));
        for (task, classes) in [("cifar", 100), ("dtd", 47)] {
            let spec = provpt_data::TaskSpec { name: task.to_owned(), ..spec(folder.path()) };
            let got = read_by(&folder, &spec);
            let counted = format!("number of classes: expected {classes}, got ");
            let told = got.problems.iter().any(|problem| problem.contains(&counted));
            assert!(told, "{name} {task}: {:?}", got.problems);
        }
    }
}

/// Lists of 800 images need not have all of 397 classes: the last class, in any split, is enough.
#[test]
fn numbered_lists_of_a_published_name_reach_its_last_class() {
    let lists = |last: usize| {
        let train = "path,label\n1.png,0\n2.png,1\n";
        let test = format!("path,label\n1.png,{last}\n");
        folder([("1.png", "1"), ("2.png", "2"), ("train.csv", train), ("test.csv", &*test)])
    };
    let by = |folder: &tempfile::TempDir, number_classes| {
        let name = "kitti".to_owned(); // four classes
        read_by(folder, &provpt_data::TaskSpec { name, number_classes, ..spec(folder.path()) })
    };
    assert_eq!(by(&lists(3), None).sound().classes.len(), 4);
    let folder = lists(2);
    let few = "FOLDER: number of classes: expected 4, got 3";
    assert_eq!(by(&folder, None).problems, [few]);
    // Who says so in so many words is believed.
    assert_eq!(by(&folder, Some(4)).sound().classes.len(), 4);
    fs_err::write(folder.path().join("labels.txt"), "near\nfar\nover\nnone\n").unwrap();
    assert_eq!(by(&folder, None).sound().classes, ["near", "far", "over", "none"]);
    let lost = "path,label\n1.png,2\nlost.png,3\n";
    let folder = lists(2);
    fs_err::write(folder.path().join("test.csv"), lost).unwrap();
    assert!(by(&folder, None).problems[0].starts_with("test.csv:3: missing image"));
}

#[test]
fn labels_from_1_are_told_where_training_tells_its_notes() {
    for (name, text) in [
        ("train800.txt", "1.png 1\n2.png 2\n"),
        ("train.csv", "path,label\n1.png,1\n2.png,2\n"),
        ("train.jsonl", "{\"path\": \"1.png\", \"label\": 1}\n{\"path\": \"2.png\", \"label\": 2}"),
    ] {
        let folder = folder([(name, text), ("1.png", "1"), ("2.png", "2")]);
        let read = read(&folder);
        assert_eq!(read.sound().classes, ["0", "1", "2"], "{name}");
        assert!(read.notes[0].starts_with("class 0 has no image in any split: "), "{read:?}");
        assert_eq!(read.notes[1], "train: 1 of 3 classes have no image: 0");
    }
}
