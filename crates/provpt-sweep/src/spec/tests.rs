use std::path::Path;

use provpt_runs::sweep::{Halving, Protocol};
use toml::Value;

use super::{Known, Spec};
use crate::sample::methods;

const SMALL: &str = "protocol = 'vtab'\nname = 'a'\ntasks = ['t']\nmethods = ['linear']\n";

fn parse(text: &str) -> Result<Spec, String> {
    let known = Known { methods: &methods(), mini: &["mini-a", "mini-b"] };
    Spec::parse(Path::new("dir/sweep.toml"), text.to_owned(), known)
        .map_err(|error| error.to_string())
}

fn refused(more: &str) -> String {
    parse(&format!("{SMALL}{more}")).unwrap_err()
}

#[test]
fn little_is_needed() {
    let spec = parse(SMALL).unwrap();
    assert_eq!((spec.seeds, spec.seed), (vec![18, 25, 42], 18));
    assert_eq!((spec.output.as_path(), spec.protocol), (Path::new("out/a"), Protocol::Vtab));
    assert!(spec.grid.is_empty() && spec.base.is_none() && spec.halving.is_none());
}

#[test]
fn everything_can_be_given() {
    let spec = parse(
        r#"
        protocol = "fgvc"
        name = "all"
        base = "base.toml"
        output = "elsewhere"
        seeds = [1, 2]
        seed = 7
        tasks = ["one"]
        methods = ["vpt-deep"]
        grid.solver = { base_lr = [1, 2.5], weight_decay = "larger" }
        set = { data.batch_size = 8, "solver.total_epoch" = 4 }
        halving = { eta = 2, first = 1 }
        [[task]]
        name = "two"
        set = { "data.datapath" = "there" }
        [[method]]
        name = "mine"
        set = { "model.prompt.num_tokens" = 3 }
        grid = { "solver.base_lr" = { log = [0.1, 10], points = 3 } }
        "#,
    )
    .unwrap();
    assert_eq!(spec.base.as_deref(), Some(Path::new("dir/base.toml")));
    assert_eq!((spec.seed, spec.halving), (7, Some(Halving { eta: 2, first: 1 })));
    let keys: Vec<_> = spec.set.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["data.batch_size", "solver.total_epoch"]);
    assert_eq!(spec.grid[0], ("solver.base_lr".to_owned(), vec![1.into(), 2.5.into()]));
    assert_eq!(spec.grid[1].1.len(), 4);
    assert_eq!(spec.tasks[1].set[0].1, Value::from("there"));
    let own = spec.methods[1].grid.as_ref().unwrap();
    assert_eq!(own[0].1, [0.1.into(), 1.0.into(), Value::from(10.0)]);
}

#[test]
fn the_mini_protocol_means_its_tasks_unless_others_are_named() {
    let tasks = |text: &str| -> Vec<String> {
        parse(text).unwrap().tasks.into_iter().map(|task| task.name).collect()
    };
    let mini = SMALL.replace("vtab", "mini");
    assert_eq!(tasks(&mini), ["t"]);
    let all = mini.replace("tasks = ['t']\n", "");
    assert_eq!(tasks(&all), ["mini-a", "mini-b"]);
    assert_eq!(parse(&all).unwrap().protocol, Protocol::Mini);
    assert_eq!(tasks(&format!("{all}[[task]]\nname = 'mini-b'\n")), ["mini-b"]);
    let error = parse(&all.replace("mini", "vtab")).unwrap_err();
    assert!(error.contains("tasks: expected at least one, got none"), "{error}");
}

#[test]
fn a_grid_can_be_a_name() {
    let spec = parse(&format!("{SMALL}grid = 'published'")).unwrap();
    let sizes: Vec<_> = spec.grid.iter().map(|(key, v)| (key.as_str(), v.len())).collect();
    assert_eq!(sizes, [("solver.base_lr", 8), ("solver.weight_decay", 4)]);
}

#[test]
fn slips_are_named_with_what_is_nearest() {
    let cases = [
        ("sedes = [1]", "unknown key sedes; the nearest is seeds"),
        ("[[method]]\nname = 'm'\nsett = {}", "unknown key sett; the nearest is set"),
        ("[[method]]\nname = 'vpt-depe'", "unknown method vpt-depe; the nearest is vpt-deep"),
        ("halving = { eta = 2, frist = 1 }", "unknown key frist; the nearest is first"),
        ("grid = 'publish'", "unknown grid publish; the nearest is published"),
    ];
    for (more, expected) in cases {
        assert_eq!(refused(more), format!("dir/sweep.toml: {expected}"));
    }
    let message = parse(&SMALL.replace("vtab", "vtab1k")).unwrap_err();
    assert_eq!(message, "dir/sweep.toml: unknown protocol vtab1k; the nearest is vtab");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let cases = [
        ("seeds = []", "seeds: expected at least one, got none"),
        ("seeds = [1, 1]", "seeds: expected each once, got 1"),
        ("halving = { eta = 1, first = 1 }", "halving.eta: expected at least 2, got 1"),
        ("halving = { eta = 2, first = 0 }", "halving.first: expected at least 1, got 0"),
        ("[[task]]\nname = 't'", "task: expected each name once, got t"),
        ("[[task]]\nname = 'a/b'", "task: expected a name of up to 100 letters"),
        ("[grid]\n'seed' = 'published'", "grid.seed: expected a list of values: published"),
        ("[grid]\n'seed' = []", "grid.seed: expected a list of values, the name of a grid"),
        ("[grid]\n'x' = { log = [1, 0], points = 3 }", "grid.x: expected { log = [from, to]"),
        ("grid = 3", "grid: expected a table, or the name of a grid, got 3"),
        ("seeds = 'all'", "malformed spec: TOML parse error at line 5"),
    ];
    for (more, expected) in cases {
        let message = refused(more);
        assert!(message.starts_with(&format!("dir/sweep.toml: {expected}")), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
    let none = parse(&SMALL.replace("'linear'", "")).unwrap_err();
    assert_eq!(none, "dir/sweep.toml: methods: expected at least one, got none");
}
