/// Why a file cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It breaks the rules of its format: what did not fit.
    Damaged(String),
    /// It may be whole, but holds what is not read: what that is.
    Unreadable(String),
}

impl Fault {
    /// Says in which part of the file it is.
    pub(super) fn within(self, part: &str) -> Self {
        match self {
            Self::Damaged(cause) => Self::Damaged(format!("{part}: {cause}")),
            Self::Unreadable(what) => Self::Unreadable(format!("{part}: {what}")),
        }
    }
}

impl From<String> for Fault {
    fn from(cause: String) -> Self {
        Self::Damaged(cause)
    }
}

impl From<&str> for Fault {
    fn from(cause: &str) -> Self {
        Self::Damaged(cause.to_owned())
    }
}
