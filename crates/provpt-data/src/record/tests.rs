use super::*;
use crate::Image;
use proptest::prelude::*;

/// One pixel: its level is the image's content.
fn image(level: u8) -> Image {
    Image::from_rgb(1, 1, vec![level; 3]).unwrap()
}

/// Contents and labels of a split.
type Content<'a> = &'a [(u8, usize)];

fn task(classes: &[&str], parts: [Option<Content<'_>>; 3]) -> Task {
    let one = [(image(0), classes[0])];
    let mut task = Task::of_images("t", one, [0.0; 2]).unwrap();
    task.classes = classes.iter().map(|&class| class.to_owned()).collect();
    let split = |part: Content<'_>| {
        Split::of_images(part.iter().map(|&(level, label)| (image(level), label)))
    };
    let [train, val, test] = parts.map(|part| part.map(split));
    Task { train: train.unwrap_or_default(), val, test, ..task }
}

fn contents(split: Option<&Split>) -> Vec<(u8, usize)> {
    let Some(split) = split else { return Vec::new() };
    let level = |i| split.image(i).unwrap().pixels()[0];
    (0..split.len()).map(|i| (level(i), split.labels()[i])).collect()
}

const BEGAN: [Option<Content<'static>>; 3] =
    [Some(&[(1, 0), (2, 1), (3, 0)]), Some(&[(4, 1)]), Some(&[(5, 0), (6, 1)])];

fn reunited(now: [Option<Content<'_>>; 3]) -> Reunited {
    let record = TaskRecord::of(&task(&["ant", "bee"], BEGAN)).unwrap();
    let json = serde_json::to_string(&record).unwrap();
    let record: TaskRecord = serde_json::from_str(&json).unwrap();
    record.reunite(&task(&["ant", "bee"], now)).unwrap()
}

#[test]
fn images_go_back_to_the_split_and_the_place_that_they_had() {
    let now: [Option<Content<'_>>; 3] =
        [Some(&[(6, 1), (3, 0), (4, 1)]), None, Some(&[(2, 1), (1, 0), (5, 0)])];
    let Reunited { task, differences } = reunited(now);
    assert!(differences.is_empty(), "{differences:?}");
    assert_eq!(contents(Some(&task.train)), [(1, 0), (2, 1), (3, 0)]);
    assert_eq!(contents(task.val.as_ref()), [(4, 1)]);
    assert_eq!(contents(task.test.as_ref()), [(5, 0), (6, 1)]);
}

#[test]
fn new_images_stay_where_they_are_found_and_copies_are_left_out() {
    let now: [Option<Content<'_>>; 3] = [
        Some(&[(1, 0), (2, 1), (3, 0), (9, 1)]),
        Some(&[(4, 1)]),
        // 2 was trained on: it must not be tested on because somebody copied it.
        Some(&[(8, 0), (5, 0), (6, 1), (2, 1)]),
    ];
    let Reunited { task, differences } = reunited(now);
    assert_eq!(contents(Some(&task.train)), [(1, 0), (2, 1), (3, 0), (9, 1)]);
    assert_eq!(contents(task.test.as_ref()), [(5, 0), (6, 1), (8, 0)]);
    let lines = differences.lines();
    assert_eq!(lines[0], "2 images since the run began are new: train 3, test 0");
    assert_eq!(lines[1], "1 image of the run has a further copy: test 3");
    assert_eq!(lines.len(), 2);
}

#[test]
fn images_that_are_gone_and_those_of_another_class_are_told() {
    let now: [Option<Content<'_>>; 3] = [Some(&[(1, 1), (3, 0)]), None, Some(&[(5, 0)])];
    let Reunited { task, differences } = reunited(now);
    assert_eq!(contents(Some(&task.train)), [(1, 1), (3, 0)]);
    assert_eq!(task.val, None);
    let expected = [
        "3 images that the run began with are gone: train 1, val 0, test 1",
        "1 image of the run has another class: train 0",
    ];
    assert_eq!(differences.lines(), expected);
    assert!(!differences.all_gone);
}

#[test]
fn other_data_are_taken_as_they_are() {
    let now: [Option<Content<'_>>; 3] = [Some(&[(11, 0), (12, 1)]), None, Some(&[(13, 0)])];
    let Reunited { task, differences } = reunited(now);
    assert!(differences.all_gone);
    assert_eq!(differences.lines(), ["none of the images that the run began with is here"]);
    assert_eq!(contents(Some(&task.train)), [(11, 0), (12, 1)]);
    assert_eq!(contents(task.test.as_ref()), [(13, 0)]);
}

#[test]
fn classes_are_the_same_by_name() {
    let record = TaskRecord::of(&task(&["ant", "bee"], [Some(&[(1, 0), (2, 1)]), None, None]));
    let now = task(&["bee", "ant"], [Some(&[(1, 1), (2, 0)]), None, None]);
    let Reunited { differences, .. } = record.unwrap().reunite(&now).unwrap();
    assert!(differences.is_empty(), "{differences:?}");
}

#[test]
fn equal_images_of_two_splits_each_keep_their_own() {
    let both: [Option<Content<'_>>; 3] = [Some(&[(1, 0), (1, 1), (2, 1)]), None, Some(&[(1, 0)])];
    let began = task(&["ant", "bee"], both);
    let record = TaskRecord::of(&began).unwrap();
    let Reunited { task, differences } = record.reunite(&began).unwrap();
    assert!(differences.is_empty(), "{differences:?}");
    assert_eq!(contents(Some(&task.train)), [(1, 0), (1, 1), (2, 1)]);
    assert_eq!(contents(task.test.as_ref()), [(1, 0)]);
    assert_eq!(task.train.names(), ["0", "1", "2"]);
}

#[test]
fn equal_images_of_one_split_stay_in_their_order() {
    let both: [Option<Content<'_>>; 3] = [Some(&[(1, 0), (1, 0), (2, 1)]), None, None];
    let began = task(&["ant", "bee"], both);
    let record = TaskRecord::of(&began).unwrap();
    let Reunited { task, .. } = record.reunite(&began).unwrap();
    assert_eq!(task.train.names(), ["0", "1", "2"]);
}

#[test]
fn a_copy_in_another_split_is_the_copy() {
    let began = task(&["ant", "bee"], [Some(&[(2, 1)]), None, Some(&[(1, 0)])]);
    let record = TaskRecord::of(&began).unwrap();
    let now = task(&["ant", "bee"], [Some(&[(1, 0), (2, 1)]), None, Some(&[(1, 0)])]);
    let Reunited { differences, .. } = record.reunite(&now).unwrap();
    assert_eq!(differences.copies, [("train", "0".to_owned())]);
}

#[test]
fn a_change_of_any_kind_is_a_change() {
    let place = || vec![("train", "1".to_owned())];
    assert!(Differences::default().is_empty());
    let changes = [
        Differences { gone: place(), ..Differences::default() },
        Differences { added: place(), ..Differences::default() },
        Differences { copies: place(), ..Differences::default() },
        Differences { relabelled: place(), ..Differences::default() },
    ];
    assert!(changes.iter().all(|change| !change.is_empty()));
}

#[test]
fn a_copy_in_a_folder_of_another_class_takes_nobodys_place() {
    let began = task(&["bee", "cow"], [Some(&[(1, 0), (2, 1)]), None, Some(&[(3, 0)])]);
    let record = TaskRecord::of(&began).unwrap();
    // Copies of 1 and 3, of the first class now.
    let now: [Option<Content<'_>>; 3] =
        [Some(&[(1, 0), (3, 0), (1, 1), (2, 2)]), None, Some(&[(3, 1)])];
    let now = task(&["ant", "bee", "cow"], now);
    let Reunited { task, differences } = record.reunite(&now).unwrap();
    assert_eq!(contents(Some(&task.train)), [(1, 1), (2, 2)]);
    assert_eq!(contents(task.test.as_ref()), [(3, 1)]);
    assert_eq!(differences.relabelled, []);
    assert_eq!(differences.copies.len(), 2);
}

/// As where splits are drawn, and drawn anew because a class of copies came.
#[test]
fn an_image_in_another_split_is_known_by_its_class_among_copies() {
    let began = task(&["bee", "cow"], [Some(&[(1, 0), (2, 1)]), None, Some(&[(3, 0)])]);
    let record = TaskRecord::of(&began).unwrap();
    let now: [Option<Content<'_>>; 3] = [Some(&[(1, 0), (2, 2)]), None, Some(&[(1, 1), (3, 1)])];
    let now = task(&["ant", "bee", "cow"], now);
    let Reunited { task, differences } = record.reunite(&now).unwrap();
    assert_eq!(contents(Some(&task.train)), [(1, 1), (2, 2)]);
    assert_eq!(differences.relabelled, []);
    assert_eq!(differences.copies.len(), 1);
}

#[test]
fn of_a_split_that_the_record_does_not_have_what_was_learned_from_is_left_out() {
    let record = TaskRecord::of(&task(&["ant", "bee"], BEGAN)).unwrap().without_test();
    let now: [Option<Content<'_>>; 3] = [BEGAN[0], BEGAN[1], Some(&[(7, 0), (1, 0)])];
    let Reunited { task, differences } = record.reunite(&task(&["ant", "bee"], now)).unwrap();
    assert_eq!(contents(task.test.as_ref()), [(7, 0)]);
    assert_eq!(differences.added, []);
    assert_eq!(differences.copies, [("test", "1".to_owned())]);
}

proptest! {
    /// However images are spread over the splits later, each is where it was.
    #[test]
    fn a_shuffled_task_comes_back_whole(
        images in proptest::collection::vec((0_u8..20, 0_usize..3), 1..30),
        later in proptest::collection::vec(0_usize..3, 30),
    ) {
        let spread = |by: &dyn Fn(usize) -> usize| {
            let mut parts: [Vec<(u8, usize)>; 3] = Default::default();
            for (i, &(level, _)) in images.iter().enumerate() {
                parts[by(i)].push((level, usize::from(level % 2)));
            }
            parts
        };
        let began = spread(&|i| images[i].1);
        let now = spread(&|i| later[i]);
        let some = |parts: &[Vec<(u8, usize)>; 3]| {
            task(&["ant", "bee"], [0, 1, 2].map(|i| Some(parts[i].as_slice())))
        };
        let record = TaskRecord::of(&some(&began)).unwrap();
        let Reunited { task, differences } = record.reunite(&some(&now)).unwrap();
        prop_assert!(differences.is_empty());
        prop_assert_eq!(contents(Some(&task.train)), &began[0][..]);
        prop_assert_eq!(contents(task.val.as_ref()), &began[1][..]);
        prop_assert_eq!(contents(task.test.as_ref()), &began[2][..]);
    }
}
