//! What has changed in a task since it was recorded, in words.

use provpt_base::quoted;

/// Images named in a line.
const NAMED: usize = 3;

/// An image's split and name.
type Place = (&'static str, String);

/// What has changed in a task since it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Differences {
    /// Images of the record that are nowhere now.
    pub gone: Vec<Place>,
    /// Images that the record does not know, in a split that it knows.
    pub added: Vec<Place>,
    /// Further copies of images that the record knows. They are left out.
    pub copies: Vec<Place>,
    /// Images of another class than then.
    pub relabelled: Vec<Place>,
    /// Whether not one image of the record is here.
    pub all_gone: bool,
}

impl Differences {
    /// Whether nothing that matters has changed.
    pub fn is_empty(&self) -> bool {
        [&self.gone, &self.added, &self.copies, &self.relabelled].iter().all(|list| list.is_empty())
    }

    /// A line for each kind of change.
    pub fn lines(&self) -> Vec<String> {
        if self.all_gone {
            return vec!["none of the images that the run began with is here".to_owned()];
        }
        let kinds = [
            (&self.gone, "that the run began with", "are gone", "is gone"),
            (&self.added, "since the run began", "are new", "is new"),
            (&self.copies, "of the run", "have further copies", "has a further copy"),
            (&self.relabelled, "of the run", "have another class", "has another class"),
        ];
        kinds
            .into_iter()
            .filter_map(|(list, whose, many, one)| line(list, whose, many, one))
            .collect()
    }
}

fn line(list: &[Place], whose: &str, many: &str, one: &str) -> Option<String> {
    let named = |(split, name): &Place| format!("{split} {}", quoted(name));
    let named: Vec<String> = list.iter().take(NAMED).map(named).collect();
    let more = match list.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (images, verb) = if list.len() == 1 { ("image", one) } else { ("images", many) };
    let named = named.join(", ");
    (!list.is_empty()).then(|| format!("{} {images} {whose} {verb}: {named}{more}", list.len()))
}
