//! How prompts learn where nobody says how.

use provpt::config::{
    AllocatorKind, Config, Form, HeadInit, LrScaling, OptimizerKind, PromptInit, render,
};

use provpt::method::Method;

use super::{load, notices, refusal};

/// What tells one recipe from the other.
fn learns(config: &Config) -> (OptimizerKind, f64, LrScaling, Form, usize) {
    let Config { solver, model, data, .. } = config;
    let form = model.prompt.form;
    (solver.optimizer, solver.base_lr, solver.lr_scaling, form, data.batch_size)
}

fn ours(words: &[&str]) -> bool {
    let (ours, published) = (load(&["recipe=provpt"]), Config::default());
    let got = learns(&load(words));
    assert!(got == learns(&ours) || got == learns(&published), "{words:?}: {got:?}");
    got == learns(&ours)
}

#[test]
fn prompts_learn_by_our_recipe_unless_somebody_says_how_they_learn() {
    let config = load(&[]);
    assert_eq!(learns(&config), (OptimizerKind::Adamw, 0.003, LrScaling::Off, Form::Normed, 32));
    assert_eq!((config.solver.prompt_rate, config.model.prompt.init), (30.0, PromptInit::Tokens));
    for words in [
        &["seed=3", "solver.total_epoch=5", "solver.warmup_epoch=1"][..],
        &["model.prompt.adaptive=false"],
        &["solver.head_rate=2"],
    ] {
        assert!(ours(words), "{words:?}");
    }
    for words in [
        &["recipe=published"][..],
        &["published=pro", "model.transfer_type=prompt", "solver.base_lr=10"],
        &["solver.optimizer=sgd"],
        &["model.transfer_type=linear"],
        &["model.transfer_type=prompt+bias"],
        &["model.prompt.deep=false", "model.prompt.adaptive=false"],
        &["model.prompt.fidelity=reference"],
        &["model.prompt.project=8", "model.prompt.adaptive=false"],
    ] {
        assert_eq!(load(words).solver.optimizer, OptimizerKind::Sgd, "{words:?}");
    }
    // What is given counts, whatever the recipe says.
    let config = load(&["model.prompt.form=sphere", "model.head_init=random", "data.batch_size=8"]);
    assert_eq!(learns(&config), (OptimizerKind::Adamw, 0.003, LrScaling::Off, Form::Sphere, 8));
    assert_eq!(config.model.head_init, HeadInit::Random);
}

#[test]
fn prompts_leave_unless_settings_of_moves_are_given() {
    let allocator = |words: &[&str]| load(words).allocator();
    assert_eq!(allocator(&[]), AllocatorKind::Prune);
    assert_eq!(allocator(&["model.prompt.idleness=norm"]), AllocatorKind::Prune);
    assert_eq!(allocator(&["model.prompt.ppo=false"]), AllocatorKind::Thompson);
    assert_eq!(allocator(&["model.prompt.allocator=ghost"]), AllocatorKind::Ghost);
    for words in ["model.prompt.verify=2", "model.prompt.rebirth=keep", "recipe=published"] {
        assert_eq!(allocator(&[words]), AllocatorKind::Ppo, "{words}");
    }
    assert!(ours(&["model.prompt.verify=2"]));
}

/// The recipe comes first, and then what goes together.
#[test]
fn what_goes_with_our_recipe_alone_is_taken() {
    let long = "model.prompt.max_length=1.5";
    assert_eq!(load(&[long]).model.prompt.max_length, 1.5);
    assert!(ours(&[long]) && ours(&[long, "recipe=provpt", "model.prompt.adaptive=false"]));
    let expected = "model.prompt.max_length: expected 0 (with model.prompt.form = token), got 1.5";
    for other in ["recipe=published", "model.prompt.form=token", "solver.optimizer=sgd"] {
        let told = refusal(&[long, other]);
        assert!(told.starts_with(expected), "{told}");
    }
}

#[test]
fn rates_are_found_for_adam_and_its_kin() {
    assert_eq!(load(&["solver.find_rate=100"]).solver.find_rate, 100);
    for (other, cause) in [
        ("solver.optimizer=sgd", "solver.optimizer = sgd"),
        ("model.prompt.form=sphere", "model.prompt.form = sphere"),
    ] {
        let expected = format!("solver.find_rate: expected 0 (with {cause}), got 100");
        let told = refusal(&["solver.find_rate=100", "recipe=provpt", other]);
        assert!(told.starts_with(&expected), "{told}");
    }
}

#[test]
fn one_published_setting_alone_is_told() {
    let told = notices(&["SOLVER.BASE_LR", "5"]);
    assert!(told[0].starts_with("solver.base_lr is given: ") && told.len() == 1, "{told:?}");
    assert!(!ours(&["SOLVER.OPTIMIZER", "sgd"]));
    assert_eq!(notices(&["solver.base_lr=5", "solver.optimizer=sgd"]), [""; 0]);
    assert_eq!(notices(&["solver.base_lr=5", "model.transfer_type=linear"]), [""; 0]);
    let words = ["solver.base_lr=0.001", "recipe=provpt"];
    assert_eq!(notices(&words), [""; 0]);
    assert_eq!((load(&words).solver.base_lr, load(&words).solver.prompt_rate), (0.001, 30.0));
}

#[test]
fn our_recipe_is_refused_where_it_cannot_be() {
    let refused = |words: &[&str]| refusal(&[words, &["recipe=provpt"]].concat());
    for words in [
        &["published=vpt"][..],
        &["model.transfer_type=linear"],
        &["model.prompt.fidelity=reference"],
    ] {
        let message = refused(words);
        assert!(message.starts_with("recipe: expected published ("), "{message}");
    }
    let message = refused(&["model.prompt.project=8", "model.prompt.adaptive=false"]);
    assert!(message.starts_with("model.prompt.form: expected token (with "), "{message}");
    let message = refusal(&["recipe=mine"]);
    assert!(message.contains("expected one of provpt, published"), "{message}");
}

#[test]
fn methods_by_name_learn_by_it_and_files_keep_it() {
    let config = Method::named("vpt-deep").unwrap().config().unwrap();
    assert_eq!(learns(&config), learns(&load(&[])));
    let linear = Method::named("linear").unwrap().config().unwrap();
    assert_eq!(linear.solver, Config::default().solver);
    let (_folder, path) = super::file("run.toml", &render(&config));
    let read = Config::from_args(Some(&path), &[]).unwrap();
    assert_eq!((read.config, read.notices.len()), (config, 0));
}
