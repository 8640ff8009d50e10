//! The macro behind the table of settings, and how everything else walks over the table.

use toml::Value;

use super::rule::Rule;
use super::typed::Setting;

/// One setting of a configuration: what the table says of it, and its place in the tree.
pub(super) struct Field<'a> {
    /// Dotted, as the table spells it.
    name: &'static str,
    /// Its documentation, line after line.
    help: &'static str,
    /// Other spellings, dotted and in lower case.
    pub(super) aliases: &'static [&'static str],
    rule: Rule,
    value: &'a mut dyn Setting,
}

impl<'a> Field<'a> {
    pub(super) fn new(
        name: &'static str,
        help: &'static str,
        aliases: &'static [&'static str],
        rule: Rule,
        value: &'a mut dyn Setting,
    ) -> Self {
        Self { name, help, aliases, rule, value }
    }

    /// Dotted, in lower case. A field whose name is a word of Rust's is spelled without its mark.
    pub(super) fn name(&self) -> String {
        self.name.replace("r#", "")
    }

    /// One line of help: the documentation without its line breaks and Markdown's escapes.
    pub(super) fn help(&self) -> String {
        self.help.trim().replace('\\', "")
    }

    /// What it accepts, in words.
    pub(super) fn accepts(&self) -> String {
        self.value.in_words(&self.rule)
    }

    /// What it accepts, in words that also fit a value that is too large.
    pub(super) fn expected(&self, got: &Value) -> String {
        let most = self.rule.exceeded_by(got);
        most.map_or_else(|| self.accepts(), |most| format!("{}, at most {most}", self.accepts()))
    }

    /// Whether a file can say what its value is.
    pub(super) fn can_be_written(&self) -> bool {
        self.value.can_be_written(&self.rule)
    }

    pub(super) fn value(&self) -> Value {
        self.value.to_toml(&self.rule)
    }

    /// Takes a value, and says whether it suits.
    pub(super) fn set(&mut self, value: &Value) -> bool {
        self.value.set(value, &self.rule)
    }
}

/// A struct of the table.
pub(super) trait Section {
    /// Shows every setting to the visitor, in the order of the table.
    fn visit(&mut self, visitor: &mut dyn FnMut(Field<'_>));
}

/// Defines the structs of a configuration, and all that is known of their fields: from this one
/// place come types, documentation, defaults, parsing, `config print` and a run's `config.toml`.
///
/// A setting is
///
/// ```text
/// /// help, in one sentence; it is also what `config print` shows
/// name: Type = default, within LIMITS, none VALUE, also "old.name";
/// ```
///
/// and everything behind the default may be left out: `within` bounds a number (a range), `none`
/// is how a file spells `None` (`auto` unless said), `also` is another spelling of the key.
/// Structs within a struct stand behind it, as what it is `holding`. A
/// type that no setting has had so far implements [`Typed`](super::typed::Typed).
macro_rules! settings {
    ($(
        $(#[$meta:meta])*
        struct $section:ident in $prefix:literal {
            $(
                $(#[doc = $help:literal])+
                $field:ident: $type:ty = $default:expr
                $(, within $limits:expr)? $(, none $none:literal)? $(, also $alias:literal)*;
            )*
        }
        $(holding {
            $(
                $(#[doc = $about:literal])+
                $inner:ident: $inner_type:ty;
            )+
        })?
    )+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $section {
            $(
                $(#[doc = $help])+
                #[doc = concat!(
                    "\n\nDefault: `", stringify!($default), "`."
                    $(, " Within `", stringify!($limits), "`.")?
                    $(, " In files, `None` is `", stringify!($none), "`.")?
                    $(, " Also spelled `", $alias, "`.")*
                )]
                pub $field: $type,
            )*
            $($(
                $(#[doc = $about])+
                pub $inner: $inner_type,
            )+)?
        }

        impl Default for $section {
            fn default() -> Self {
                Self {
                    $($field: $default,)*
                    $($($inner: <$inner_type>::default(),)+)?
                }
            }
        }

        impl $crate::config::table::Section for $section {
            fn visit(&mut self, visitor: &mut dyn FnMut($crate::config::table::Field<'_>)) {
                $(
                    visitor($crate::config::table::Field::new(
                        concat!($prefix, stringify!($field)),
                        concat!($($help),+),
                        &[$($alias),*],
                        $crate::config::rule::Rule::default()
                            $(.within($limits))?
                            $(.none(stringify!($none)))?,
                        &mut self.$field,
                    ));
                )*
                $($($crate::config::table::Section::visit(&mut self.$inner, visitor);)+)?
            }
        }
    )+};
}
pub(super) use settings;
