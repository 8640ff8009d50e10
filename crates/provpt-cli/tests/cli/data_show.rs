use std::path::Path;

use crate::common::{colours, run, succeed, temp};

fn show(task: &Path, output: &Path, more: &[&str]) -> Vec<u8> {
    let words = ["data", "show"].map(Path::new).into_iter();
    let words = words.chain([task, Path::new("-o"), output]);
    succeed(words.chain(more.iter().map(Path::new)));
    std::fs::read(output).unwrap()
}

#[test]
fn a_sheet_shows_images_of_every_class() {
    let folder = temp();
    let (task, output) = (colours(folder.path()), folder.path().join("sheets/a.png"));
    let sheet = image::load_from_memory(&show(&task, &output, &["--n", "9"])).unwrap().into_rgb8();
    // Pictures of 24x20 grow fivefold and lie in squares of 128, three of each class in a row.
    let bright = |channel: usize| {
        let others = [0, 1, 2].into_iter().filter(move |&c| c != channel);
        let strong =
            |p: &&image::Rgb<u8>| others.clone().all(|other| p[channel] >= 120 && p[other] < 90);
        sheet.pixels().filter(strong).count()
    };
    for channel in 0..3 {
        assert!(bright(channel) >= 3 * 120 * 100, "{channel}: {}", bright(channel));
    }
}

#[test]
fn the_seed_decides() {
    let folder = temp();
    let (task, output) = (colours(folder.path()), folder.path().join("a.png"));
    let first = show(&task, &output, &["--n", "3"]);
    assert_eq!(first, show(&task, &output, &["--n", "3", "--threads", "1"]));
    assert_ne!(first, show(&task, &output, &["--n", "3", "--seed", "1"]));
}

#[test]
fn the_ending_is_believed_or_refused_and_the_data_are_left_alone() {
    let folder = temp();
    let task = colours(folder.path());
    let to = |output: &Path| {
        let words = ["data", "show", "--n", "3", "-o"].map(Path::new).into_iter();
        run(words.chain([output, task.as_path()]))
    };
    for name in ["s.jpg", "s.html", "s.png.txt"] {
        let output = folder.path().join(name);
        to(&output).failed(2, "output: expected a file ending in .png, got", "");
        assert!(!output.exists());
    }
    for name in ["s.PNG", "s"] {
        assert_eq!(to(&folder.path().join(name)).code, Some(0));
    }
    let inside = task.join("train/red/s.png");
    to(&inside).failed(2, "output: expected a place outside of the data, got", "");
    assert!(!inside.exists());
}

#[test]
fn a_split_must_be_there() {
    let folder = temp();
    let task = colours(folder.path());
    std::fs::remove_dir_all(task.join("test")).unwrap();
    std::fs::remove_dir_all(task.join("val")).unwrap();
    let output = folder.path().join("a.png");
    let words = ["data", "show", "--split", "dev", "-o"].map(Path::new).into_iter();
    let said = run(words.chain([output.as_path(), task.as_path()]));
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("train") && !output.exists(), "{said:?}");
}
