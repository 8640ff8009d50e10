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
