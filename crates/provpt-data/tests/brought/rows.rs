//! Rows that are not what their header promises.

use crate::{folder, read};

fn problems(name: &str, text: &str) -> Vec<String> {
    let images = ["a.png", "b.png"].map(|name| (name.to_owned(), "1"));
    read(&folder(images.into_iter().chain([(name.to_owned(), text)]))).problems
}

#[test]
fn separators_and_quotes_that_nobody_meant_are_problems() {
    let good = "path,label\na.png,red\nb.png,green\n";
    assert!(problems("train.csv", good).is_empty());
    assert!(problems("train.csv", "path,label\na.png,red,\nb.png,green,,\n").is_empty());
    let more = problems("train.csv", &format!("{good}a.png,red,apple\n"));
    let expected = "train.csv:4: malformed row: expected as many fields as the header has, got \
                    `a.png,red,apple`";
    assert_eq!(more, [expected]);
    let open = problems("train.csv", &format!("{good}a.png,\"red\nb.png,green\n"));
    assert!(
        open[0].starts_with("train.csv:4: malformed row: expected fields of one line"),
        "{open:?}"
    );
    let few = problems("train.csv", &format!("{good}a.png\n"));
    assert!(
        few[0].starts_with("train.csv:4: malformed row: expected a path and a label"),
        "{few:?}"
    );
}

#[test]
fn a_column_that_is_there_twice_is_refused() {
    let twice = problems("train.csv", "path,label,Label\na.png,red,green\n");
    assert!(twice[0].starts_with("train.csv:1: malformed row: expected one of the columns path"));
    let other = problems("train.csv", "path,label,x,x\na.png,red,1,2\nb.png,green,1,2\n");
    assert!(other.is_empty(), "{other:?}");
}

#[test]
fn numbers_among_names_are_told() {
    let text = "path,label\na.png,1\nb.png,2\na.png,O\n";
    let folder = folder([("a.png", "1"), ("b.png", "1"), ("train.csv", text)]);
    let read = read(&folder);
    assert_eq!(read.sound().classes, ["1", "2", "O"]);
    let expected =
        "labels: 2 of 3 are numbers, others are names (such as O): all are taken for names";
    assert_eq!(read.notes[0], expected);
}

#[test]
fn lists_of_vtab_take_names_as_labels() {
    let text = "images/a.png honey bee\nb.png ant\nimages/a.png ant\n";
    let files = [
        ("images/a.png", "1"),
        ("b.png", "2"),
        ("train800.txt", text),
        ("test.txt", "b.png ant\n"),
    ];
    let named = folder(files.into_iter().chain([("labels.txt", "ant\nbee\nhoney bee\n")]));
    let named = read(&named);
    assert_eq!(named.facts()[0], [(1, "honey bee"), (2, "ant"), (1, "ant")]);
    assert_eq!(named.facts()[2], [(2, "ant")]);
    let sorted =
        folder([("a.png", "1"), ("b.png", "2"), ("train800.txt", "b.png zebra\na.png ape\n")]);
    assert_eq!(read(&sorted).facts()[0], [(2, "zebra"), (1, "ape")]);
    let unknown = folder([
        ("a.png", "1"),
        ("train800.txt", "a.png x\na.png y\n"),
        ("val200.txt", "a.png z\n"),
    ]);
    let expected = "val200.txt:1: unknown class: expected a class of train, got z";
    assert_eq!(read(&unknown).problems, [expected]);
}

#[test]
fn an_image_twice_in_an_object_is_refused() {
    let text = "{\"a.png\": \"red\", \"b.png\": \"green\", \"a.png\": \"green\"}";
    let told = problems("train.json", text);
    assert!(told[0].contains("{path: class id}, got a.png twice at line 1"), "{told:?}");
    let none = problems("train.json", "{\"a.png\": \"red\", \"b.png\": \" \"}");
    assert!(none[0].contains("got class id of b.png: \" \" at line 1"), "{none:?}");
}

#[test]
fn json_has_labels_of_many_types() {
    let line = |path: &str, label: &str| format!("{{\"path\": \"{path}\", \"label\": {label}}}\n");
    for [no, yes] in [["0", "1"], ["0.0", "1.0"], ["false", "true"], ["\"0\"", "\"1\""]] {
        let lines = line("a.png", yes) + &line("b.png", no);
        let object = format!("{{\"a.png\": {yes}, \"b.png\": {no}}}");
        for (name, text) in [("train.jsonl", lines), ("train.json", object)] {
            let folder = folder([("a.png", "1"), ("b.png", "2"), (name, &text)]);
            assert_eq!(read(&folder).facts()[0], [(1, "1"), (2, "0")], "{name} {text}");
        }
    }
    for label in ["1.5", "null", "[1]", "\" \"", "1e300"] {
        let good = line("a.png", "1") + &line("b.png", "0");
        let told = problems("train.jsonl", &(good + &line("a.png", label)));
        let expected = "train.jsonl:3: malformed row: expected a label that is text, a whole number, \
                        true or false, got";
        assert!(told[0].starts_with(expected), "{told:?}");
    }
}

#[test]
fn a_test_without_labels_is_left_out_and_told() {
    let train = "path,label\na.png,red\nb.png,green\n";
    let lines = "{\"path\": \"a.png\", \"label\": 1}\n{\"path\": \"b.png\", \"label\": 0}\n";
    for (train, test, text) in [
        (("train.csv", train), "test.csv", "path\na.png\nb.png\n"),
        (("train.csv", train), "test.csv", "id;path\n1;a.png\n"),
        (("train.csv", train), "test.csv", "path,label\na.png,\nb.png,\n"),
        (("train.jsonl", lines), "test.jsonl", "{\"path\": \"a.png\"}\n"),
        (("train.jsonl", lines), "test.jsonl", "{\"path\": \"a.png\", \"label\": null}\n"),
    ] {
        let images = [("a.png", "1"), ("b.png", "2")];
        let folder = folder(images.into_iter().chain([train, (test, text)]));
        let read = read(&folder);
        assert_eq!((read.sound().train.len(), &read.sound().test), (2, &None), "{text}");
        assert_eq!(read.notes[0], "split test has no labels: it is not used", "{text}");
    }
    let some = problems("train.csv", "path,label\na.png,red\nb.png,\n");
    assert!(some[0].starts_with("train.csv:3: malformed row"), "{some:?}");
    let none = problems("train.csv", "path,label\na.png,\nb.png,\n");
    let rows = ["train.csv:2: malformed row", "train.csv:3: malformed row"];
    assert!(rows.iter().zip(&none).all(|(row, told)| told.starts_with(row)), "{none:?}");
}

#[test]
fn images_of_an_object_may_lie_in_several_of_its_folders() {
    let text = "{\"1.png\": \"a\", \"2.png\": \"b\", \"3.png\": \"b\"}";
    let folder = folder([
        ("images/1.png", "1"),
        ("2.png", "2"),
        ("Images/3.png", "3"),
        ("train.json", text),
    ]);
    assert_eq!(read(&folder).facts()[0], [(1, "a"), (2, "b"), (3, "b")]);
}
