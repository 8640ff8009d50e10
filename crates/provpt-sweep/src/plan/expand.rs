//! A spec's trials: tasks x methods x grid, then final runs.

use std::collections::{BTreeMap, HashMap, HashSet};

use provpt_runs::sweep::{Plan, Protocol, Stage, Trial};
use serde_json::{Map, Value};

use super::{Settings, id::id};
use crate::Error;
use crate::spec::{Grid, Part, Spec};
use crate::words::{self, EPOCHS, OUTPUT, SEED, Setting, TASK, THREADS};

type Flat = Map<String, Value>;

/// The trials, those of grids first, and the keys that grids vary.
pub(super) fn expand(spec: &Spec, settings: &dyn Settings) -> Result<(Plan, Vec<String>), Error> {
    let mut expansion = Expansion {
        spec,
        settings,
        origin: spec.path.display().to_string(),
        keys: Vec::new(),
        known: HashMap::new(),
    };
    expansion.refuse_reserved()?;
    let (mut trials, mut finals) = (Vec::new(), Vec::new());
    for task in &spec.tasks {
        for method in &spec.methods {
            let group = expansion.group(task, method)?;
            trials.extend(group.grid);
            finals.extend(group.finals);
        }
    }
    trials.append(&mut finals);
    each_once(spec, &trials)?;
    Ok((Plan { trials }, expansion.keys))
}

struct Expansion<'a> {
    spec: &'a Spec,
    settings: &'a dyn Settings,
    origin: String,
    keys: Vec<String>,
    /// Values of the grid as they were written, and as they are resolved.
    known: HashMap<(String, String), Value>,
}

/// The trials of one task and method.
struct Group {
    grid: Vec<Trial>,
    finals: Vec<Trial>,
}

impl Expansion<'_> {
    fn group(&mut self, task: &Part, method: &Part) -> Result<Group, Error> {
        let spec = self.spec;
        let mut overrides = overrides(spec, task, method);
        let grid = method.grid.as_ref().unwrap_or(&spec.grid);
        let axes = self.axes(grid, &overrides)?;
        // Other settings' defaults may depend on whether these are given.
        let first =
            grid.iter().filter_map(|(key, values)| Some((key.clone(), values.first()?.clone())));
        overrides.extend(first);
        let selecting = spec.protocol != Protocol::Grid;
        let seeds = if selecting { vec![spec.seed] } else { spec.seeds.clone() };
        let trial = |stage, seed, config| Trial {
            id: String::new(),
            stage,
            task: task.name.clone(),
            method: method.name.clone(),
            seed,
            values: BTreeMap::new(),
            picks: Vec::new(),
            folder: String::new(),
            config,
        };
        // Without a grid there is nothing to choose: final runs only.
        let mut grid = Vec::new();
        if !selecting || !axes.is_empty() {
            let config = self.resolved(&overrides, Stage::Grid)?;
            self.check_halving(&config)?;
            for seed in seeds {
                let config = seeded(&config, seed);
                grid.extend(points(&axes).map(|values| {
                    let mut config = config.clone();
                    config.extend(values.clone());
                    named(Trial { values, ..trial(Stage::Grid, seed, config) }, &[])
                }));
            }
            let mut seen = HashSet::new();
            grid.retain(|trial| seen.insert(trial.id.clone()));
        }
        let mut finals = Vec::new();
        if selecting {
            let mut config = self.resolved(&overrides, Stage::Final)?;
            let picks: Vec<String> = axes.iter().map(|(key, _)| key.clone()).collect();
            config.retain(|key, _| !picks.contains(key));
            let halving = serde_json::to_string(&spec.halving).unwrap_or_default();
            let settled_by: Vec<&str> =
                grid.iter().map(|trial| trial.id.as_str()).chain([halving.as_str()]).collect();
            finals.extend(spec.seeds.iter().map(|&seed| {
                let trial = trial(Stage::Final, seed, seeded(&config, seed));
                named(Trial { picks: picks.clone(), ..trial }, &settled_by)
            }));
        }
        Ok(Group { grid, finals })
    }

    /// The configuration of a stage but for the grid's values. One thread unless more are asked
    /// for: results depend on their number, and should not depend on where a trial runs.
    fn resolved(&self, overrides: &[Setting], stage: Stage) -> Result<Flat, Error> {
        let mut overrides = overrides.to_vec();
        overrides.extend(words::stage(self.spec.protocol, stage));
        let base = self.spec.base.as_deref();
        let mut config = self.settings.resolve(base, &overrides, &self.origin)?;
        config.remove(OUTPUT);
        if config.get(THREADS).and_then(Value::as_u64).unwrap_or(0) == 0 {
            config.insert(THREADS.to_owned(), 1.into());
        }
        Ok(config)
    }

    /// The grid's keys and values as they are resolved. What a value comes to does not depend on
    /// the other settings, so each is resolved once.
    fn axes(
        &mut self,
        grid: &Grid,
        overrides: &[Setting],
    ) -> Result<Vec<(String, Vec<Value>)>, Error> {
        let mut axes = Vec::new();
        for (spelling, values) in grid {
            let key = self.settings.key(spelling, &self.origin)?;
            let mut resolved = Vec::new();
            for value in values {
                resolved.push(self.value(&key, value, overrides)?);
            }
            if !self.keys.contains(&key) {
                self.keys.push(key.clone());
            }
            axes.push((key, resolved));
        }
        Ok(axes)
    }

    fn value(
        &mut self,
        key: &str,
        value: &toml::Value,
        overrides: &[Setting],
    ) -> Result<Value, Error> {
        let written = (key.to_owned(), value.to_string());
        if let Some(known) = self.known.get(&written) {
            return Ok(known.clone());
        }
        let overrides: Vec<Setting> =
            overrides.iter().cloned().chain([(key.to_owned(), value.clone())]).collect();
        let base = self.spec.base.as_deref();
        let mut config = self.settings.resolve(base, &overrides, &self.origin)?;
        let resolved = config.remove(key).unwrap_or_default();
        self.known.insert(written, resolved.clone());
        Ok(resolved)
    }

    fn check_halving(&self, config: &Flat) -> Result<(), Error> {
        let Some(halving) = self.spec.halving else { return Ok(()) };
        let total = config.get(EPOCHS).and_then(Value::as_u64).unwrap_or(0);
        if (halving.first as u64) < total {
            return Ok(());
        }
        let expected = format!("less than {EPOCHS}, which is {total}");
        Err(self.spec.wrong("halving.first", &expected, halving.first))
    }

    /// Seeds, folders and splits are the sweep's to set.
    fn refuse_reserved(&self) -> Result<(), Error> {
        let spec = self.spec;
        let by_protocol = words::stage(spec.protocol, Stage::Grid);
        let reserved: Vec<&str> =
            [SEED, OUTPUT].into_iter().chain(by_protocol.iter().map(|(k, _)| k.as_str())).collect();
        let parts = spec.tasks.iter().chain(&spec.methods);
        let set = spec.set.iter().chain(parts.clone().flat_map(|part| &part.set)).map(|(k, _)| k);
        let grids = parts.filter_map(|part| part.grid.as_ref()).chain([&spec.grid]).flatten();
        for spelling in set.chain(grids.map(|(key, _)| key)) {
            let key = self.settings.key(spelling, &self.origin)?;
            if reserved.contains(&key.as_str()) {
                return Err(spec.wrong("setting", "none that the sweep makes itself", key));
            }
        }
        Ok(())
    }
}

/// What a task and a method come to, later ones first in rank. `{task}` and `{method}` in values
/// stand for the names.
fn overrides(spec: &Spec, task: &Part, method: &Part) -> Vec<Setting> {
    let name = (TASK.to_owned(), toml::Value::String(task.name.clone()));
    let all = spec.set.iter().cloned().chain([name]).chain(task.set.iter().cloned());
    let all = all.chain(method.set.iter().cloned());
    all.map(|(key, value)| match value {
        toml::Value::String(text) => {
            let text = text.replace("{task}", &task.name).replace("{method}", &method.name);
            (key, toml::Value::String(text))
        }
        value => (key, value),
    })
    .collect()
}

/// All points of a grid, the last key varying fastest.
fn points(axes: &[(String, Vec<Value>)]) -> impl Iterator<Item = BTreeMap<String, Value>> {
    let count: usize = axes.iter().map(|(_, values)| values.len()).product();
    (0..count).map(move |point| {
        let mut rest = point;
        let mut values = BTreeMap::new();
        for (key, axis) in axes.iter().rev() {
            values.insert(key.clone(), axis[rest % axis.len()].clone());
            rest /= axis.len();
        }
        values
    })
}

fn seeded(config: &Flat, seed: u64) -> Flat {
    let mut config = config.clone();
    config.insert(SEED.to_owned(), seed.into());
    config
}

fn named(trial: Trial, settled_by: &[&str]) -> Trial {
    let id = id(&trial.config, settled_by);
    Trial { folder: format!("trials/{id}"), id, ..trial }
}

/// Two tasks or methods that come to the same runs would share them, and neither be complete.
fn each_once(spec: &Spec, trials: &[Trial]) -> Result<(), Error> {
    let mut seen: HashMap<&str, &Trial> = HashMap::new();
    for trial in trials {
        if let Some(other) = seen.insert(&trial.id, trial) {
            let got = format!(
                "{} of {} that is {} of {}",
                trial.method, trial.task, other.method, other.task
            );
            return Err(spec.wrong("method", "another configuration for each", got));
        }
    }
    Ok(())
}
