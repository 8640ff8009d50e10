//! What others reported on VTAB-1k with ViT-B/16 pre-trained on ImageNet-21k, in per cent.

/// The backbone that these numbers are about.
const BACKBONE: &str = "sup_vitb16_imagenet21k";

/// The tasks in the order of the rows below, by their catalogue names.
const TASKS: [&str; 19] = [
    "cifar100",
    "caltech101",
    "dtd",
    "oxford_flowers102",
    "oxford_iiit_pet",
    "svhn",
    "sun397",
    "patch_camelyon",
    "eurosat",
    "resisc45",
    "diabetic_retinopathy",
    "clevr_count",
    "clevr_dist",
    "dmlab",
    "kitti",
    "dsprites_loc",
    "dsprites_ori",
    "smallnorb_azi",
    "smallnorb_ele",
];

/// A method's published numbers.
#[derive(Debug, PartialEq)]
pub(crate) struct Published {
    pub(crate) method: &'static str,
    /// Where they stand.
    pub(crate) source: usize,
    /// By task; empty where only means could be confirmed.
    tops: &'static [f64],
    /// The mean of the three groups' means, where its source gives no tasks.
    mean_of_groups: Option<f64>,
}

/// Where numbers are from.
pub(crate) const SOURCES: [&str; 2] = [
    "V-PETL Bench (Xin et al., 2024), table of image classification on VTAB in the README of \
     github.com/synbol/Parameter-Efficient-Transfer-Learning-Benchmark; one run or mean each, no \
     spread given",
    "PRO-VPT (Shang et al., ICCV 2025, arXiv:2503.06901): 78.0, 1.6 points above their VPT-Deep; \
     its numbers by task are not repeated here",
];

const fn by_task(method: &'static str, tops: &'static [f64; 19]) -> Published {
    Published { method, source: 0, tops, mean_of_groups: None }
}

pub(crate) const METHODS: [Published; 7] = [
    by_task(
        "VPT-Shallow",
        &[
            77.7, 86.9, 62.6, 97.5, 87.3, 74.5, 51.2, 78.2, 92.0, 75.6, 72.9, 50.5, 58.6, 40.5,
            67.1, 68.7, 36.1, 20.2, 34.1,
        ],
    ),
    by_task(
        "VPT-Deep",
        &[
            78.8, 90.8, 65.8, 98.0, 88.3, 78.1, 49.6, 81.8, 96.1, 83.4, 68.4, 68.5, 60.0, 46.5,
            72.8, 73.6, 47.9, 32.9, 37.8,
        ],
    ),
    by_task(
        "LoRA",
        &[
            67.1, 91.4, 69.4, 98.8, 90.4, 85.3, 54.0, 84.9, 95.3, 84.4, 73.6, 82.9, 69.2, 49.8,
            78.5, 75.7, 47.1, 31.0, 44.0,
        ],
    ),
    by_task(
        "Adapter",
        &[
            69.2, 90.1, 68.0, 98.8, 89.9, 82.8, 54.3, 84.0, 94.9, 81.9, 75.5, 80.9, 65.3, 48.6,
            78.3, 74.8, 48.5, 29.9, 41.6,
        ],
    ),
    by_task(
        "SSF",
        &[
            69.0, 92.6, 75.1, 99.4, 91.8, 90.2, 52.9, 87.4, 95.9, 87.4, 75.5, 75.9, 62.3, 53.3,
            80.6, 77.3, 54.9, 29.5, 37.9,
        ],
    ),
    by_task(
        "NOAH",
        &[
            69.6, 92.7, 70.2, 99.1, 90.4, 86.1, 53.7, 84.4, 95.4, 83.9, 75.8, 82.8, 68.9, 49.9,
            81.7, 81.8, 48.3, 32.8, 44.2,
        ],
    ),
    Published { method: "PRO-VPT", source: 1, tops: &[], mean_of_groups: Some(78.0) },
];

impl Published {
    /// Top-1 on a task of the catalogue, as a fraction.
    pub(crate) fn on(&self, task: &str) -> Option<f64> {
        let at = TASKS.iter().position(|name| *name == task)?;
        self.tops.get(at).map(|top| top / 100.0)
    }

    /// The mean over some tasks of the catalogue, if all are known.
    pub(crate) fn over<'a>(&self, tasks: impl Iterator<Item = &'a str>) -> Option<f64> {
        let tops: Option<Vec<f64>> = tasks.map(|task| self.on(task)).collect();
        crate::stats::mean(&tops?)
    }

    /// The mean of the three groups' means over all tasks, where it is published without them.
    pub(crate) fn mean_of_groups(&self) -> Option<f64> {
        self.mean_of_groups.map(|top| top / 100.0)
    }
}

/// Whether published numbers are about runs with this backbone.
pub(crate) fn is_about(backbone: &str) -> bool {
    backbone == BACKBONE
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The means that the table itself gives in its last column.
    #[test]
    fn rows_have_the_mean_of_19_tasks_that_their_source_gives() {
        let given = [64.85, 69.43, 72.25, 71.44, 73.10, 73.25];
        for (method, mean) in METHODS.iter().zip(given) {
            let ours = 100.0 * method.over(TASKS.into_iter()).unwrap();
            assert!((ours - mean).abs() < 0.006, "{}: {ours} {mean}", method.method);
        }
    }

    #[test]
    fn nothing_is_known_of_other_tasks() {
        assert_eq!(METHODS[0].on("cub"), None);
        assert!(METHODS[1].on("svhn").is_some_and(|top1| (top1 - 0.781).abs() < 1e-9));
        assert_eq!(METHODS[6].on("svhn"), None);
        assert!(is_about("sup_vitb16_imagenet21k") && !is_about("mae_vitb16"));
    }
}
