//! Settings with a few named values.

/// A type with a few values, each of which has one name.
pub(crate) trait Choice: Copy + PartialEq + 'static {
    /// The names, in lower case, and what they stand for.
    const TABLE: &'static [(&'static str, Self)];

    /// The value's name.
    fn name(self) -> &'static str {
        let found = Self::TABLE.iter().find(|&&(_, value)| value == self);
        found.map_or("", |&(name, _)| name)
    }

    /// The value of a name.
    fn named(text: &str) -> Result<Self, UnknownName> {
        let found = Self::TABLE.iter().find(|(name, _)| *name == text);
        found.map(|(_, value)| *value).ok_or_else(|| UnknownName {
            names: Self::TABLE.iter().map(|(name, _)| *name).collect(),
            got: text.to_owned(),
        })
    }
}

/// A word that is none of a choice's names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of {}, got {}", names.join(", "), provpt_base::quoted(got))]
pub struct UnknownName {
    /// The names there are.
    pub names: Vec<&'static str>,
    /// The word.
    pub got: String,
}

/// Defines an enum whose variants have one lower-case spelling everywhere.
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(
                $(#[$doc])*
                #[doc = concat!("\n\nSpelled `", $text, "`.")]
                #[serde(rename = $text)]
                $variant,
            )+
        }

        impl $crate::math::choice::Choice for $name {
            const TABLE: &'static [(&'static str, Self)] = &[$(($text, Self::$variant)),+];
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::math::choice::Choice::name(*self))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::math::choice::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::math::choice::Choice::named(text)
            }
        }
    };
}

pub(crate) use choice;
