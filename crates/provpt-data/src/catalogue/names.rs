use super::{CatalogueTask, all};

/// The task that a name means, in any spelling in use.
pub fn find(name: &str) -> Option<&'static CatalogueTask> {
    let wanted = key(name);
    all().iter().find(|task| spellings(task).any(|spelling| key(spelling) == wanted))
}

/// The short name of the task whose name or alias is most like `name`.
pub fn nearest(name: &str) -> &'static str {
    let wanted = key(name);
    let score = |task: &'static CatalogueTask| {
        spellings(task)
            .map(|spelling| strsim::jaro_winkler(&wanted, &key(spelling)))
            .fold(0.0, f64::max)
    };
    let best = all().iter().max_by(|a, b| score(a).total_cmp(&score(b)));
    best.map_or("", |task| task.name)
}

fn spellings(task: &'static CatalogueTask) -> impl Iterator<Item = &'static str> {
    std::iter::once(task.name).chain(task.aliases.iter().copied())
}

/// What is compared: lower case, without spaces, quotes, `-`, `_`, and without `vtab-` in front.
fn key(name: &str) -> String {
    let mut key: String = name
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect();
    for prefix in ["vtab1k", "vtab"] {
        if let Some(rest) = key.strip_prefix(prefix).filter(|rest| !rest.is_empty()) {
            key = rest.trim_start_matches(['/', '.']).to_owned();
            break;
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::catalogue::Benchmark;

    #[test]
    fn no_spelling_means_two_tasks() {
        let mut seen = BTreeMap::new();
        for task in all() {
            for spelling in spellings(task) {
                let before = seen.insert(key(spelling), task.name);
                assert!(before.is_none_or(|name| name == task.name), "{spelling}");
                assert_eq!(find(spelling).map(|task| task.name), Some(task.name), "{spelling}");
            }
        }
    }

    /// The names in the published configurations of visual prompt tuning.
    #[test]
    fn published_names_are_known() {
        let published = [
            ("vtab-caltech101", "caltech101"),
            ("vtab-cifar(num_classes=100)", "cifar100"),
            ("vtab-dtd", "dtd"),
            ("vtab-oxford_flowers102", "oxford_flowers102"),
            ("vtab-oxford_iiit_pet", "oxford_iiit_pet"),
            ("vtab-patch_camelyon", "patch_camelyon"),
            ("vtab-sun397", "sun397"),
            ("vtab-svhn", "svhn"),
            ("vtab-resisc45", "resisc45"),
            ("vtab-eurosat", "eurosat"),
            ("vtab-dmlab", "dmlab"),
            ("vtab-kitti(task=\"closest_vehicle_distance\")", "kitti"),
            ("vtab-smallnorb(predicted_attribute=\"label_azimuth\")", "smallnorb_azi"),
            ("vtab-smallnorb(predicted_attribute=\"label_elevation\")", "smallnorb_ele"),
            (
                "vtab-dsprites(predicted_attribute=\"label_x_position\",num_classes=16)",
                "dsprites_loc",
            ),
            (
                "vtab-dsprites(predicted_attribute=\"label_orientation\",num_classes=16)",
                "dsprites_ori",
            ),
            ("vtab-clevr(task=\"closest_object_distance\")", "clevr_dist"),
            ("vtab-clevr(task=\"count_all\")", "clevr_count"),
            ("vtab-diabetic_retinopathy(config=\"btgraham-300\")", "diabetic_retinopathy"),
            ("CUB", "cub"),
            ("nabirds", "nabirds"),
            ("OxfordFlowers", "oxford_flowers"),
            ("StanfordDogs", "stanford_dogs"),
            ("StanfordCars", "stanford_cars"),
        ];
        for (name, short) in published {
            assert_eq!(find(name).map(|task| task.name), Some(short), "{name}");
        }
        let drawn = |task: &&CatalogueTask| task.benchmark() == Benchmark::Mini;
        assert_eq!(published.len() + all().iter().filter(drawn).count(), all().len());
    }

    #[test]
    fn spelling_is_forgiving_up_to_a_point() {
        let same = ["CIFAR-100", "VTAB-cifar(num_classes = 100)", "Cifar_100", "vtab_cifar100"];
        assert!(same.iter().all(|name| find(name).is_some_and(|task| task.name == "cifar100")));
        let distance = "dsprites(predicted_attribute='label_orientation', num_classes=16)";
        assert_eq!(find(distance).map(|task| task.name), Some("dsprites_ori"));
        for other in ["", "vtab", "vtab-", "clevr", "flowers", "cifar10", "my-photos"] {
            assert_eq!(find(other), None, "{other}");
        }
    }

    #[test]
    fn the_nearest_name_is_told() {
        let cases = [
            ("cifr100", "cifar100"),
            ("clevr-cnt", "clevr_count"),
            ("Kiti", "kitti"),
            ("mini-digit", "mini-digits"),
        ];
        for (wrong, right) in cases {
            assert_eq!(nearest(wrong), right);
        }
    }
}
