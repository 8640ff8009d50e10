//! What differs between a checkpoint and what is said of it.

use std::fmt;

use provpt_base::quoted;

/// What two sources say differently about a backbone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// What it is about.
    pub what: &'static str,
    /// What one source says.
    pub expected: String,
    /// That source.
    pub by: String,
    /// What the other says.
    pub got: String,
    /// The other source.
    pub from: String,
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, expected, by, got, from } = self;
        write!(f, "{what}: expected {expected} ({by}), got {got} ({from})")
    }
}

/// A tensor whose shape is not the architecture's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongShape {
    /// Canonical name.
    pub name: String,
    /// Shape that the architecture needs, as text (`[32, 3, p, p]` where a side is open).
    pub expected: String,
    /// Shape in the file.
    pub got: Vec<usize>,
}

/// How the tensors of a file differ from those of an architecture. Names are canonical (timm's).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatch {
    /// Tensors that the file lacks.
    pub missing: Vec<String>,
    /// Tensors that the architecture does not have.
    pub unexpected: Vec<String>,
    /// Tensors of another shape.
    pub wrong_shape: Vec<WrongShape>,
}

impl Mismatch {
    pub(crate) fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.wrong_shape.is_empty()
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wrong_shape = self
            .wrong_shape
            .iter()
            .map(|w| format!("{}: expected {}, got {:?}", quoted(&w.name), w.expected, w.got));
        let lists = [
            ("missing", listed(&self.missing)),
            ("unexpected", listed(&self.unexpected)),
            ("wrong shape", listed(&wrong_shape.collect::<Vec<_>>())),
        ];
        let parts = lists.into_iter().filter(|(_, names)| !names.is_empty());
        let parts: Vec<_> = parts.map(|(what, names)| format!("{what} {names}")).collect();
        f.write_str(&parts.join("; "))
    }
}

/// The first few names; a whole checkpoint's would fill the screen.
pub(crate) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> =
        names.iter().take(SHOWN).map(|name| quoted(name).to_string()).collect();
    let mut text = shown.join(", ");
    if names.len() > SHOWN {
        text += &format!(" and {} more", names.len() - SHOWN);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_of_names_is_cut() {
        let missing = (0..11).map(|i| format!("t{i}")).collect();
        let wrong_shape =
            vec![WrongShape { name: "x".into(), expected: "[2]".into(), got: vec![3, 1] }];
        let mismatch = Mismatch { missing, unexpected: Vec::new(), wrong_shape };
        assert_eq!(
            mismatch.to_string(),
            "missing t0, t1, t2, t3, t4, t5, t6, t7 and 3 more; \
             wrong shape x: expected [2], got [3, 1]"
        );
    }
}
