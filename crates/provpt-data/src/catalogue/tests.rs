use super::*;

/// Name, classes, split and range of the validation images, number of test images.
type Known = (&'static str, usize, (&'static str, usize, usize), usize);

/// `train[:800]+...` ranges and sizes written down by hand, independent of the table: from
/// task_adaptation and from what users of VTAB-1k count in their test splits.
const KNOWN: [Known; 19] = [
    ("caltech101", 102, ("train", 2753, 2953), 6084),
    ("cifar100", 100, ("train", 45000, 45200), 10000),
    ("dtd", 47, ("validation", 0, 200), 1880),
    ("oxford_flowers102", 102, ("validation", 0, 200), 6149),
    ("oxford_iiit_pet", 37, ("train", 2944, 3144), 3669),
    ("svhn", 10, ("train", 65931, 66131), 26032),
    ("sun397", 397, ("validation", 0, 200), 21750),
    ("patch_camelyon", 2, ("validation", 0, 200), 32768),
    ("eurosat", 10, ("train", 16200, 16400), 5400),
    ("resisc45", 45, ("train", 18900, 19100), 6300),
    ("diabetic_retinopathy", 5, ("validation", 0, 200), 42670),
    ("clevr_count", 8, ("train", 63000, 63200), 15000),
    ("clevr_dist", 6, ("train", 63000, 63200), 15000),
    ("dmlab", 6, ("validation", 0, 200), 22735),
    ("kitti", 4, ("validation", 0, 200), 711),
    ("dsprites_loc", 16, ("train", 589824, 590024), 73728),
    ("dsprites_ori", 16, ("train", 589824, 590024), 73728),
    ("smallnorb_azi", 18, ("test", 0, 200), 12150),
    ("smallnorb_ele", 9, ("test", 0, 200), 12150),
];

type Vtab = (&'static CatalogueTask, &'static [(&'static str, usize)], [Part; 3]);

fn vtab() -> impl Iterator<Item = Vtab> {
    all().iter().filter_map(|task| match task.splits {
        Splits::Tfds { official, train, val, test, .. } => {
            Some((task, official, [train, val, test]))
        }
        Splits::Lists { .. } | Splits::Drawn { .. } => None,
    })
}

#[test]
fn ranges_are_what_users_of_the_benchmark_know() {
    assert_eq!(vtab().count(), 19);
    for ((task, _, [train, val, test]), known) in vtab().zip(KNOWN) {
        let (name, classes, (split, start, end), tested) = known;
        assert_eq!((task.name, task.classes), (name, classes));
        assert_eq!((train.split, train.start, train.end), ("train", 0, 800), "{name}");
        assert_eq!((val.split, val.start, val.end), (split, start, end), "{name}");
        assert_eq!(test.len(), tested, "{name}");
    }
}

#[test]
fn ranges_follow_from_percentages_and_official_sizes() {
    for (task, official, parts) in vtab() {
        for part in parts {
            let published = Published::parse(part.published).unwrap();
            assert_eq!(published.split, part.split, "{}", task.name);
            let (_, examples) = official.iter().find(|(name, _)| *name == part.split).unwrap();
            assert_eq!(published.range(*examples), part.start..part.end, "{} {part:?}", task.name);
        }
    }
}

/// tensorflow-datasets' own rounding (`closest`) gives the same boundaries at these sizes.
#[test]
fn both_roundings_agree() {
    for (task, official, parts) in vtab() {
        for part in parts {
            let Some((percent, _)) = part.published.split_once("%:") else { continue };
            let (split, percent) = percent.split_once('[').unwrap();
            let (_, examples) = official.iter().find(|(name, _)| *name == split).unwrap();
            let exact = percent.parse::<f64>().unwrap() * *examples as f64 / 100.0;
            assert_eq!(exact.round() as usize, part.start, "{}", task.name);
        }
    }
}

#[test]
fn parts_do_not_overlap() {
    for (task, _, parts) in vtab() {
        for (i, a) in parts.iter().enumerate() {
            for b in &parts[i + 1..] {
                let apart = a.split != b.split || a.end <= b.start || b.end <= a.start;
                assert!(apart, "{}: {a:?} {b:?}", task.name);
            }
        }
    }
}

#[test]
fn groups_have_their_sizes() {
    let sizes = |benchmark: Benchmark| -> Vec<usize> {
        let of = |group: &Group| benchmark.tasks().filter(|task| task.group == *group).count();
        benchmark.groups().iter().map(of).collect()
    };
    assert_eq!(Benchmark::ALL.map(sizes), [vec![7, 4, 8], vec![5], vec![2, 2, 6]]);
    assert_eq!(Benchmark::ALL.map(|b| b.tasks().count()).iter().sum::<usize>(), all().len());
}

/// Training and validation lists of FGVC are the official training images.
#[test]
fn fgvc_splits_add_up() {
    let official =
        [("cub", 5994), ("nabirds", 23929), ("stanford_dogs", 12000), ("stanford_cars", 8144)];
    for (name, images) in official {
        let [train, val, _] = find(name).unwrap().splits.sizes();
        assert_eq!(train + val, images, "{name}");
    }
}

#[test]
fn small_lossless_images_are_fragile() {
    let fragile: Vec<&str> =
        vtab().filter(|(task, ..)| task.images.fragile()).map(|(task, ..)| task.name).collect();
    let expected = [
        "cifar100",
        "svhn",
        "patch_camelyon",
        "dsprites_loc",
        "dsprites_ori",
        "smallnorb_azi",
        "smallnorb_ele",
    ];
    assert_eq!(fragile, expected);
}
