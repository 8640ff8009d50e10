use serde::Serialize;

/// How the label of an example comes about, as in task_adaptation's `data/*.py`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelRule {
    /// A feature's value as it is stored; for file lists, the class ids in order.
    Stored {
        /// The feature.
        feature: &'static str,
    },
    /// The number of an example's objects, less the fewest there are.
    Count {
        /// A feature that every object has one value of.
        feature: &'static str,
        /// The fewest objects.
        fewest: usize,
    },
    /// The bin of the distance of the nearest object.
    Nearest {
        /// Feature with three coordinates per object; the third is the distance.
        feature: &'static str,
        /// Only objects whose class, by the feature named here, is below this number.
        among: Option<(&'static str, i64)>,
        /// Distance where there is no such object.
        none: Option<f32>,
        /// Lower ends of the bins. A distance on a threshold belongs to the bin below it; the
        /// first threshold itself and less belong to none.
        thresholds: &'static [f32],
    },
    /// A feature of many classes, neighbours taken together.
    Binned {
        /// The feature.
        feature: &'static str,
        /// Its number of classes.
        values: usize,
    },
    /// What an image was drawn to show.
    Drawn {
        /// In words.
        what: &'static str,
    },
}

impl LabelRule {
    /// The features that must be in an example.
    pub(crate) fn features(&self) -> impl Iterator<Item = &'static str> {
        let among = match self {
            Self::Nearest { among, .. } => among.map(|(feature, _)| feature),
            _ => None,
        };
        let feature = match *self {
            Self::Stored { feature }
            | Self::Count { feature, .. }
            | Self::Nearest { feature, .. }
            | Self::Binned { feature, .. } => Some(feature),
            Self::Drawn { .. } => None,
        };
        feature.into_iter().chain(among)
    }

    /// In words: `count of objects/size, less 3`.
    pub fn describe(&self) -> String {
        match self {
            Self::Stored { feature } => format!("{feature} as stored"),
            Self::Drawn { what } => (*what).to_owned(),
            Self::Count { feature, fewest } => format!("count of {feature}, less {fewest}"),
            Self::Binned { feature, values } => format!("{feature}, {values} values floor-binned"),
            Self::Nearest { feature, among, thresholds, none } => {
                let among = among.map_or_else(String::new, |(feature, below)| {
                    let none = none.unwrap_or(f32::INFINITY);
                    format!(" among {feature} < {below} (none: {none})")
                });
                let thresholds: Vec<String> = thresholds.iter().map(f32::to_string).collect();
                format!("smallest {feature}[2]{among}, above {}", thresholds.join(", "))
            }
        }
    }

    /// Names of the classes where the rule makes them; none where the data set must.
    pub(crate) fn class_names(&self, classes: usize) -> Option<Vec<String>> {
        match self {
            Self::Stored { .. } | Self::Drawn { .. } => None,
            Self::Count { fewest, .. } => {
                Some((0..classes).map(|class| format!("{} objects", class + fewest)).collect())
            }
            Self::Binned { feature, values } => {
                let first = |class: usize| (class * values).div_ceil(classes);
                let name = |class| format!("{feature} {}-{}", first(class), first(class + 1) - 1);
                Some((0..classes).map(name).collect())
            }
            Self::Nearest { thresholds, none, .. } => Some(bins(thresholds, classes, *none)),
        }
    }
}

/// `up to 8`, `8 to 20`, `over 20`; the last one is `none` where no object means a distance.
fn bins(thresholds: &[f32], classes: usize, none: Option<f32>) -> Vec<String> {
    let real = classes - usize::from(none.is_some());
    let name = |class: usize| match (class, thresholds.get(class), thresholds.get(class + 1)) {
        (class, _, _) if class >= real => "none".to_owned(),
        (0, _, Some(upper)) => format!("up to {upper}"),
        (class, Some(lower), Some(upper)) if class + 1 < real => format!("{lower} to {upper}"),
        (_, lower, _) => format!("over {}", lower.copied().unwrap_or_default()),
    };
    (0..classes).map(name).collect()
}

/// The last bin whose lower end lies below `distance`: task_adaptation's
/// `reduce_max(where(thresholds - distance < 0))`, in f32. None where there is no such bin.
pub(crate) fn bin(thresholds: &[f32], distance: f32) -> Option<usize> {
    thresholds.iter().rposition(|threshold| threshold - distance < 0.0)
}

/// The class of `value` when `values` classes become `classes`: task_adaptation's
/// `floordiv(value, values / classes)`, which is exact in whole numbers.
pub(crate) fn merged(value: usize, values: usize, classes: usize) -> usize {
    value * classes / values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::find;

    #[test]
    fn a_distance_on_a_threshold_belongs_below() {
        let clevr = [0.0, 8.0, 8.5, 9.0, 9.5, 10.0, 100.0];
        let cases = [(0.1, 0), (8.0, 0), (8.000001, 1), (8.5, 1), (9.75, 4), (10.0, 4), (10.1, 5)];
        for (distance, class) in cases {
            assert_eq!(bin(&clevr, distance), Some(class), "{distance}");
        }
        assert_eq!(bin(&clevr, 100.0), Some(5));
        assert_eq!(bin(&clevr, 100.5), Some(6)); // no class: the reader refuses it
        assert_eq!((bin(&clevr, 0.0), bin(&clevr, f32::NAN)), (None, None));
        let kitti = [-100.0, 8.0, 20.0, 999.0];
        let cases =
            [(-3.0, 0), (8.0, 0), (8.01, 1), (20.0, 1), (20.01, 2), (999.0, 2), (1000.0, 3)];
        for (distance, class) in cases {
            assert_eq!(bin(&kitti, distance), Some(class), "{distance}");
        }
    }

    #[test]
    fn merging_is_the_published_floor_division() {
        for values in [32, 40] {
            let factor = f64::from(values) / 16.0;
            for value in 0..values {
                let published = (f64::from(value as f32) / factor).floor();
                let got = merged(value as usize, values as usize, 16);
                assert_eq!(got as f64, published, "{value} of {values}");
            }
        }
        // 40 values make bins of 3 and 2 in turn.
        let sizes: Vec<usize> =
            (0..16).map(|c| (0..40).filter(|&v| merged(v, 40, 16) == c).count()).collect();
        assert_eq!(sizes, [3, 2].repeat(8));
    }

    #[test]
    fn rules_name_all_features_that_they_need() {
        let features = |task: &str| find(task).unwrap().label.features().collect::<Vec<_>>();
        assert_eq!(features("kitti"), ["objects/location", "objects/type"]);
        assert_eq!(features("clevr_dist"), ["objects/pixel_coords"]);
        assert_eq!(features("clevr_count"), ["objects/size"]);
        assert_eq!(features("dsprites_ori"), ["label_orientation"]);
    }

    #[test]
    fn rules_name_their_classes() {
        let names = |task: &str| {
            let task = find(task).unwrap();
            task.label.class_names(task.classes)
        };
        assert_eq!(names("kitti").unwrap(), ["up to 8", "8 to 20", "over 20", "none"]);
        let clevr = ["up to 8", "8 to 8.5", "8.5 to 9", "9 to 9.5", "9.5 to 10", "over 10"];
        assert_eq!(names("clevr_dist").unwrap(), clevr);
        let count = names("clevr_count").unwrap();
        assert_eq!((count[0].as_str(), count[7].as_str()), ("3 objects", "10 objects"));
        let bins = names("dsprites_ori").unwrap();
        assert_eq!(bins[..2], ["label_orientation 0-2", "label_orientation 3-4"]);
        assert_eq!(bins[15], "label_orientation 38-39");
        assert_eq!(names("dsprites_loc").unwrap()[15], "label_x_position 30-31");
        assert_eq!(names("cifar100"), None);
    }
}
