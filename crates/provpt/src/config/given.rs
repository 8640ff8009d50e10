//! What files and arguments give, until all is known and makes a configuration.

use std::collections::BTreeMap;
use std::path::Path;

use provpt_base::quoted;
use toml::{Table, Value};

use super::keys::{Found, find};
use super::program::{PUBLISHED, Program};
use super::published::{self, Published, Verdict};
use super::recipe::{self, RECIPE, Recipe};
use super::rule::Rule;
use super::rules::{self, Fault};
use super::table::Section;
use super::typed::Typed;
use super::values::{self, Pair};
use super::{Config, ConfigError, Loaded, files};
use crate::math::choice::Choice;

/// Where a setting stands that neither a file nor a command line has given.
pub(super) const IN_CODE: &str = "configuration";

/// A value, where it stood, and how its key was spelled.
struct Place {
    value: Value,
    /// As it was written on a command line: where text is wanted, `1.10` is no number.
    text: Option<String>,
    origin: String,
    spelling: String,
}

/// What was given, by key; of several values for one key only the last one counts.
#[derive(Default)]
pub(super) struct Given {
    settings: BTreeMap<&'static str, Place>,
    published: BTreeMap<&'static str, (&'static Published, Place)>,
    notices: Vec<String>,
}

impl Given {
    /// What a file says, behind those that it builds on.
    pub(super) fn of_file(path: Option<&Path>) -> Result<Self, ConfigError> {
        let mut given = Self::default();
        for file in path.map_or_else(|| Ok(Vec::new()), files::with_bases)? {
            given.file(&file.table, &file.path)?;
        }
        Ok(given)
    }

    fn file(&mut self, table: &Table, path: &Path) -> Result<(), ConfigError> {
        let mut leaves = Vec::new();
        flatten("", table, &mut leaves);
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        let origin = path.display().to_string();
        for (name, value) in &leaves {
            let key = super::key(name, &origin)?;
            if let Some(other) = seen.insert(key, name) {
                let cause = format!("{other} and {name} are the same setting");
                return Err(ConfigError::File { path: path.to_owned(), cause });
            }
            // Published files have it empty, for the command line to fill in.
            if key == "output_dir" && value.as_str() == Some("") {
                let reason = "it is empty, and the folder stays what it was";
                self.changes_nothing(name, &origin, reason);
                continue;
            }
            self.set(name, value, &origin)?;
        }
        Ok(())
    }

    /// What a command line says.
    pub(super) fn write(&mut self, pair: &Pair, origin: &str) -> Result<(), ConfigError> {
        let (value, text) = (values::scalar(&pair.text), Some(pair.text.clone()));
        let (origin, spelling) = (origin.to_owned(), pair.key.clone());
        self.place(Place { value, text, origin, spelling })
    }

    pub(super) fn set(
        &mut self,
        name: &str,
        value: &Value,
        origin: &str,
    ) -> Result<(), ConfigError> {
        let (value, origin, spelling) = (value.clone(), origin.to_owned(), name.to_owned());
        self.place(Place { value, text: None, origin, spelling })
    }

    fn place(&mut self, place: Place) -> Result<(), ConfigError> {
        match find(&place.spelling, &place.origin)? {
            Found::Setting(key) => {
                let value = published::ours(&key.name, &place.value);
                // As text: no NaN equals itself.
                let same = value.to_string() == place.value.to_string();
                let text = place.text.filter(|_| same);
                self.settings.insert(&key.name, Place { value, text, ..place });
            }
            Found::Word(word) => {
                self.settings.insert(word, place);
            }
            Found::Published(key, row) => {
                self.published.insert(key, (row, place));
            }
        }
        Ok(())
    }

    /// The configuration that comes of a first one.
    pub(super) fn on(mut self, mut config: Config) -> Result<Loaded, ConfigError> {
        self.judge_all()?;
        self.fill(&mut config)?;
        self.loaded(config)
    }

    /// The configuration that comes of the defaults: those of a published program, if that is said,
    /// and by our recipe, if it is meant.
    pub(super) fn settled(mut self) -> Result<Loaded, ConfigError> {
        self.judge_all()?;
        let program: Option<Program> = self.word(PUBLISHED)?;
        let mut config = program.map_or_else(Config::default, Program::defaults);
        self.notices.extend(program.map(Program::notice));
        self.fill(&mut config)?;
        if let Some(ours) = self.by_recipe(&config, program)? {
            config = ours;
        }
        self.loaded(config)
    }

    fn loaded(mut self, config: Config) -> Result<Loaded, ConfigError> {
        // Not before the recipe is in it: what is given may go with that alone.
        rules::fault(&config).map_or(Ok(()), |fault| Err(self.at_its_place(fault)))?;
        self.notices.extend(config.warnings());
        Ok(Loaded { config, notices: self.notices })
    }

    /// What a word says of all the rest.
    fn word<T: Typed>(&self, word: &'static str) -> Result<Option<T>, ConfigError> {
        let Some(Place { value, origin, .. }) = self.settings.get(word) else { return Ok(None) };
        let rule = Rule::default();
        T::read(value, &rule).map(Some).ok_or_else(|| {
            let (key, expected) = (word.to_owned(), T::accepts(&rule));
            Fault { key, expected, got: value.clone() }.at(origin)
        })
    }

    /// The configuration by our recipe, if that is asked for, or nobody says how prompts learn.
    fn by_recipe(
        &mut self,
        config: &Config,
        program: Option<Program>,
    ) -> Result<Option<Config>, ConfigError> {
        match self.word(RECIPE)? {
            Some(Recipe::Published) => Ok(None),
            Some(Recipe::Provpt) => {
                let ours = self.recipe_on(config, program);
                ours.map(Some).map_err(|fault| self.at_its_place(fault))
            }
            None if program.is_some() || self.says_how_prompts_learn(config) => Ok(None),
            None => Ok(self.recipe_on(config, program).ok()),
        }
    }

    /// Whether a setting is given whose numbers are those of one recipe. That it brings the published one
    /// with it is told, unless more are given: then somebody has thought of it.
    fn says_how_prompts_learn(&mut self, config: &Config) -> bool {
        let mut given = recipe::DECIDING.iter().filter(|key| self.settings.contains_key(**key));
        let (first, second) = (given.next(), given.next());
        if let (Some(key), None, true) = (first, second, recipe::is_meant_for(config)) {
            let rest = "all else of how prompts learn is as published, unless recipe = provpt";
            self.notices.push(format!("{key} is given: {rest}"));
        }
        first.is_some()
    }

    /// The configuration by our recipe, or what keeps it from being that.
    fn recipe_on(&self, config: &Config, program: Option<Program>) -> Result<Config, Fault> {
        let unsuited = |why: &str| Fault {
            key: RECIPE.to_owned(),
            expected: format!("published ({why})"),
            got: Recipe::Provpt.name().into(),
        };
        if program.is_some() {
            return Err(unsuited("the word published says whose defaults are meant"));
        }
        if !recipe::is_meant_for(config) {
            let meant = "ours is for prompts in every block under model.prompt.fidelity = exact";
            return Err(unsuited(meant));
        }
        let ours = recipe::applied(config, |key| self.settings.contains_key(key));
        rules::fault(&ours).map_or(Ok(ours), Err)
    }

    fn judge_all(&mut self) -> Result<(), ConfigError> {
        let published = std::mem::take(&mut self.published);
        published.into_iter().try_for_each(|(key, (row, place))| self.judge(key, row, place))
    }

    /// Puts the settings into a configuration.
    fn fill(&self, config: &mut Config) -> Result<(), ConfigError> {
        let mut fault = None;
        config.visit(&mut |mut field| {
            let key = field.name();
            let Some(Place { value, text, .. }) = self.settings.get(key.as_str()) else { return };
            let bare =
                text.as_ref().filter(|_| !matches!(value, Value::String(_) | Value::Array(_)));
            let as_text = bare.is_some_and(|text| field.set(&Value::String(text.clone())));
            if !as_text && !field.set(value) && fault.is_none() {
                let mut expected = field.expected(value);
                if expected == "text" {
                    expected += " in quotes";
                }
                if published::is_absent(&key, value) {
                    let value = value.to_string();
                    let value = quoted(&value);
                    expected += &format!(" ({value} is published, but not part of provpt)");
                }
                fault = Some(Fault { key, expected, got: value.clone() });
            }
        });
        fault.map_or(Ok(()), |fault| Err(self.at_its_place(fault)))
    }

    /// A fault where its setting is given, or else where the recipe is asked for.
    fn at_its_place(&self, fault: Fault) -> ConfigError {
        let place = self.settings.get(fault.key.as_str()).or_else(|| self.settings.get(RECIPE));
        fault.at(place.map_or(IN_CODE, |place| &place.origin))
    }

    /// Takes a published key that is no setting for what it means.
    fn judge(&mut self, key: &str, row: &Published, place: Place) -> Result<(), ConfigError> {
        let refuse = |expected| {
            let fault = Fault { key: key.to_owned(), expected, got: place.value.clone() };
            Err(fault.at(&place.origin))
        };
        match row.judge(&place.value) {
            Verdict::Nothing => self.changes_nothing(&place.spelling, &place.origin, row.why),
            Verdict::Refused { expected } => return refuse(expected),
            Verdict::Sets(key, value) => match self.settings.get(key) {
                Some(other) if other.value != value => {
                    let other = other.value.to_string();
                    let other = quoted(&other);
                    let text = format!("what agrees with {key} = {other}: it means {value}");
                    return refuse(text);
                }
                _ => {
                    self.settings.insert(key, Place { value, text: None, ..place });
                }
            },
        }
        Ok(())
    }

    fn changes_nothing(&mut self, spelling: &str, origin: &str, reason: &str) {
        let origin = quoted(origin);
        self.notices.push(format!("{spelling} ({origin}) changes nothing: {reason}"));
    }
}

/// All values of a tree with their dotted keys.
fn flatten(prefix: &str, table: &Table, leaves: &mut Vec<(String, Value)>) {
    for (name, value) in table {
        let name = format!("{prefix}{name}");
        match value {
            Value::Table(inner) => flatten(&format!("{name}."), inner, leaves),
            value => leaves.push((name, value.clone())),
        }
    }
}
