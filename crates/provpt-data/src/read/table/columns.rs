//! Names of columns.

const PATHS: [&str; 7] =
    ["path", "file_name", "filename", "filepath", "file", "image_path", "image"];
const LABELS: [&str; 4] = ["label", "class", "target", "label_name"];
const SPLIT: &str = "split";

/// Where the columns of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) path: usize,
    pub(super) label: usize,
    pub(super) split: Option<usize>,
}

impl Columns {
    /// Finds the columns by name, without regard to case, the commonest names first. None also where
    /// one of them is there twice: which one is meant cannot be told.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Option<Self> {
        let names: Vec<String> = names.map(|name| name.trim().to_lowercase()).collect();
        let at = |wanted: &[&str]| {
            wanted.iter().find_map(|wanted| names.iter().position(|name| name == wanted))
        };
        let columns = Self { path: at(&PATHS)?, label: at(&LABELS)?, split: at(&[SPLIT]) };
        let once = |at: usize| names.iter().filter(|name| **name == names[at]).count() == 1;
        let used = [Some(columns.path), Some(columns.label), columns.split];
        used.into_iter().flatten().all(once).then_some(columns)
    }

    /// Whether there is a path, and no label.
    pub(super) fn lack_labels<'a>(names: impl Iterator<Item = &'a str>) -> bool {
        let names: Vec<String> = names.map(|name| name.trim().to_lowercase()).collect();
        let any = |wanted: &[&str]| names.iter().any(|name| wanted.contains(&name.as_str()));
        any(&PATHS) && !any(&LABELS)
    }

    /// In words.
    pub(super) const EXPECTED: &str = "one of the columns path (or file_name, filename, filepath, file, \
        image_path, image) and one of label (or class, target, label_name)";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_many_names_in_any_case_and_order() {
        let of = |header: &'static str| {
            Columns::of(header.split(',')).map(|found| (found.path, found.label, found.split))
        };
        assert_eq!(of("path,label"), Some((0, 1, None)));
        assert_eq!(of("Split, Class ,id,File_Name"), Some((3, 1, Some(0))));
        assert_eq!(of("image,target,path"), Some((2, 1, None)));
        assert_eq!(of("label,text"), None);
        assert_eq!(of("a.png,3"), None);
        let lack = |header: &'static str| Columns::lack_labels(header.split(','));
        assert!(lack("Path") && lack("id, file_name"));
        assert!(!lack("path,label,label") && !lack("id,text"));
        for name in PATHS.iter().chain(&LABELS) {
            assert!(Columns::EXPECTED.contains(name));
        }
    }
}
