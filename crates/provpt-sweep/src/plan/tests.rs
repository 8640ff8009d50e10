use std::collections::HashSet;
use std::path::Path;

use provpt_runs::sweep::{Plan, Stage, SweepInfo, Trial};
use serde_json::{Map, Value, json};

use super::{Planned, Settings, plan};
use crate::sample::methods;
use crate::{Error, Fault, Known, Spec};

/// A configuration of few keys, of which any value will do.
struct Few;

const KEYS: [&str; 11] = [
    "seed",
    "threads",
    "output_dir",
    "data.name",
    "data.train_split",
    "data.test",
    "model.transfer_type",
    "model.prompt.deep",
    "solver.total_epoch",
    "solver.base_lr",
    "solver.weight_decay",
];

impl Settings for Few {
    fn key(&self, spelling: &str, origin: &str) -> Result<String, Fault> {
        let key = spelling.to_lowercase();
        let known = KEYS.contains(&key.as_str()) || key.starts_with("model.prompt");
        known.then_some(key).ok_or_else(|| format!("unknown key {spelling} ({origin})").into())
    }

    fn resolve(
        &self,
        _base: Option<&Path>,
        overrides: &[(String, toml::Value)],
        origin: &str,
    ) -> Result<Map<String, Value>, Fault> {
        let mut map: Map<String, Value> =
            KEYS.iter().map(|key| ((*key).to_owned(), json!(0))).collect();
        for (key, value) in overrides {
            let value = match value {
                toml::Value::Integer(n)
                    if key.to_lowercase() != "threads" && !key.contains("epoch") =>
                {
                    json!(*n as f64)
                }
                value => serde_json::to_value(value)?,
            };
            map.insert(self.key(key, origin)?, value);
        }
        Ok(map)
    }
}

fn try_plan(folder: &Path, text: &str) -> Result<Planned, Error> {
    let path = folder.join("spec.toml");
    fs_err::write(&path, text)?;
    plan(&Spec::load(&path, Known { methods: &methods(), mini: &[] })?, &Few, &folder.join("sweep"))
}

fn planned(text: &str) -> Planned {
    let folder = tempfile::tempdir().unwrap();
    try_plan(folder.path(), text).unwrap()
}

const VTAB: &str = "protocol = 'vtab'\nname = 'a'\ntasks = ['t', 'u']\n\
    methods = ['linear', 'vpt-deep']\ngrid = 'published'\n";

#[test]
fn vtab_chooses_by_validation_and_tests_with_every_seed() {
    let Planned { plan, info, .. } = planned(VTAB);
    let (grid, finals): (Vec<_>, Vec<_>) =
        plan.trials.iter().partition(|trial| trial.stage == Stage::Grid);
    assert_eq!((grid.len(), finals.len(), info.trials), (4 * 32, 4 * 3, 4 * 35));
    assert_eq!(info.keys, ["solver.base_lr", "solver.weight_decay"], "each once");
    assert!(plan.trials[..grid.len()].iter().all(|trial| trial.stage == Stage::Grid));
    assert!(grid.iter().all(|t| t.seed == 18 && t.picks.is_empty() && t.values.len() == 2));
    let get = |t: &Trial, key: &str| t.config.get(key).cloned();
    for trial in &grid {
        assert_eq!(get(trial, "data.train_split"), Some(json!("train800")));
        assert_eq!(get(trial, "data.test"), Some(json!(false)), "test is not looked at");
        assert_eq!(get(trial, "solver.base_lr").as_ref(), trial.values.get("solver.base_lr"));
    }
    for trial in &finals {
        assert_eq!(get(trial, "data.train_split"), Some(json!("train800val200")));
        assert_eq!(get(trial, "data.test"), Some(json!(true)));
        assert_eq!(trial.picks, ["solver.base_lr", "solver.weight_decay"]);
        assert_eq!(get(trial, "solver.base_lr"), None, "not known yet");
    }
    let seeds: Vec<_> = finals[..3].iter().map(|trial| trial.seed).collect();
    assert_eq!(seeds, [18, 25, 42]);
}

#[test]
fn the_last_key_of_a_grid_varies_fastest_within_each_seed() {
    let Planned { plan, info, .. } = planned(
        "protocol = 'grid'\nname = 'a'\nseeds = [3, 4]\ntasks = ['t']\nmethods = ['linear']\n\
         grid = { 'solver.weight_decay' = [1, 2], 'solver.base_lr' = [5, 6, 7] }",
    );
    let point = |trial: &Trial| {
        let [lr, decay] = ["solver.base_lr", "solver.weight_decay"].map(|key| {
            assert_eq!(trial.values[key], trial.config[key]);
            trial.values[key].as_f64().unwrap()
        });
        (trial.seed, decay, lr)
    };
    let points: Vec<_> = plan.trials.iter().map(point).collect();
    assert_eq!(info.keys, ["solver.base_lr", "solver.weight_decay"]);
    let lrs = [5.0, 6.0, 7.0].into_iter();
    let grid = lrs.flat_map(|lr| [1.0, 2.0].map(|decay| (decay, lr)));
    let expected: Vec<_> = [3, 4]
        .into_iter()
        .flat_map(|seed| grid.clone().map(move |(decay, lr)| (seed, decay, lr)))
        .collect();
    assert_eq!(points, expected);
}

#[test]
fn trials_have_ids_folders_and_one_thread() {
    let Planned { plan, .. } = planned(VTAB);
    let ids: HashSet<_> = plan.trials.iter().map(|trial| &trial.id).collect();
    assert_eq!(ids.len(), plan.trials.len());
    for trial in &plan.trials {
        assert!(trial.id.len() == 16 && trial.id.chars().all(|c| c.is_ascii_hexdigit()));
        assert_eq!(trial.folder, format!("trials/{}", trial.id));
        assert_eq!(trial.config["threads"], json!(1));
        assert!(!trial.config.contains_key("output_dir"));
    }
    let threads = planned(&format!("{VTAB}[set]\nthreads = 4"));
    assert_eq!(threads.plan.trials[0].config["threads"], json!(4));
    assert_eq!(threads.plan.trials[0].id, plan.trials[0].id, "threads are no part of it");
}

#[test]
fn what_settles_a_final_trial_is_part_of_its_id() {
    let last = |text: &str| planned(text).plan.trials.last().unwrap().clone();
    let (all, few) = (last(VTAB), last(&VTAB.replace("'published'", "{ solver.base_lr = [1] }")));
    assert_ne!(all.id, few.id);
    let halved = format!("{VTAB}set = {{ solver.total_epoch = 9 }}\n");
    let halving = format!("{halved}halving = {{ eta = 3, first = 1 }}");
    assert_ne!(last(&halved).id, last(&halving).id);
}

#[test]
fn later_settings_win_and_names_can_stand_in_them() {
    let Planned { plan, info, .. } = planned(
        "protocol = 'grid'\nname = 'a'\nseeds = [3, 4]\nmethods = ['vpt-shallow']\n\
         set = { 'model.prompt.path' = 'data/{task}/{method}', 'solver.base_lr' = 1 }\n\
         [[task]]\nname = 't'\nset = { 'data.name' = 'real', 'model.prompt.deep' = true }\n\
         [[method]]\nname = 'own'\nset = { 'solver.base_lr' = 2 }\n\
         grid = { 'SOLVER.weight_decay' = [1, 1.0, 2] }",
    );
    let of = |method: &str| -> Vec<&Trial> {
        plan.trials.iter().filter(|trial| trial.method == method).collect()
    };
    let (shallow, own) = (of("vpt-shallow"), of("own"));
    assert_eq!((shallow.len(), own.len()), (2, 4), "1 and 1.0 are one value");
    let (first, own) = (shallow[0], own[0]);
    assert_eq!(first.config["model.prompt.path"], json!("data/t/vpt-shallow"));
    assert_eq!(first.config["data.name"], json!("real"));
    assert_eq!(first.config["model.prompt.deep"], json!(false), "methods come after tasks");
    assert_eq!(own.config["solver.base_lr"], json!(2.0));
    assert_eq!(own.values["solver.weight_decay"], json!(1.0));
    assert_eq!((first.seed, first.config["seed"].clone()), (3, json!(3)));
    assert_eq!(info.keys, ["solver.weight_decay"]);
}

#[test]
fn without_a_grid_there_are_final_runs_only() {
    let Planned { plan, .. } = planned(&VTAB.replace("grid = 'published'", ""));
    assert_eq!(plan.trials.len(), 4 * 3);
    assert!(plan.trials.iter().all(|t| t.stage == Stage::Final && t.picks.is_empty()));
}

#[test]
fn what_the_sweep_sets_itself_is_refused() {
    let refused = |more: &str| {
        let folder = tempfile::tempdir().unwrap();
        try_plan(folder.path(), &format!("{VTAB}{more}")).unwrap_err().to_string()
    };
    for key in ["seed", "output_dir", "data.test", "DATA.train_split"] {
        let message = refused(&format!("[set]\n{key} = 1"));
        let expected = "setting: expected none that the sweep makes itself, got ";
        assert!(message.contains(&format!("{expected}{}", key.to_lowercase())), "{message}");
    }
    let message = refused("[set]\nsolver.lr = 1");
    assert!(message.contains("unknown key solver.lr ("), "{message}");
    let message = refused("[[method]]\nname = 'same'\nset = { 'model.transfer_type' = 'linear' }");
    assert!(message.ends_with("got same of t that is linear of t"), "{message}");
    let message = refused("halving = { eta = 2, first = 5 }\nset = { solver.total_epoch = 5 }");
    let expected = "halving.first: expected less than solver.total_epoch, which is 5, got 5";
    assert!(message.ends_with(expected), "{message}");
}

#[test]
fn a_folder_keeps_the_plan_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let first = try_plan(folder.path(), VTAB).unwrap();
    let files = || {
        let read = |path| fs_err::read(path).unwrap();
        (read(first.folder.plan()), read(first.folder.info()), read(first.folder.spec()))
    };
    let before = files();
    assert_eq!(Plan::load(&first.folder.plan()).unwrap(), first.plan);
    assert_eq!(SweepInfo::load(&first.folder.info()).unwrap(), first.info);
    assert_eq!(try_plan(folder.path(), VTAB).unwrap(), first, "the same plan is fine");
    let older = SweepInfo { version: "0.0.1".to_owned(), ..first.info.clone() };
    older.store(&first.folder.info()).unwrap();
    assert_eq!(try_plan(folder.path(), VTAB).unwrap(), first, "of another version, too");
    first.info.store(&first.folder.info()).unwrap();
    let message = try_plan(folder.path(), &VTAB.replace("'t', ", "")).unwrap_err().to_string();
    let expected = "plan.jsonl: already holds another plan: expected the same trials";
    assert!(message.ends_with(expected), "{message}");
    let message = try_plan(folder.path(), &VTAB.replace("'a'", "'b'")).unwrap_err().to_string();
    assert!(message.ends_with("expected the same name, protocol, keys and halving"), "{message}");
    assert_eq!(files(), before);
}
