//! Behind a norm nothing but a prompt's direction has an effect: longer prompts with a rate that grows as
//! their square take the same way.

use crate::config::Config;
use crate::learn::source::Source;
use crate::sample;

/// Features after so many steps of gradient descent, where prompts are `times` as long as drawn.
fn features(times: f32, steps: usize) -> Vec<f32> {
    let words = [
        "solver.momentum=0.9".to_owned(),
        "solver.weight_decay=0".to_owned(),
        "solver.base_lr=4".to_owned(),
        "model.prompt.clip_norm=-1".to_owned(),
        format!("solver.prompt_rate={}", times * times),
    ];
    let config = Config::from_args(None, &words).unwrap().config;
    let setup = sample::setup(&config, sample::task([0.0, 0.0]));
    let mut learner = setup.learner();
    // So long that the norm's epsilon is nothing beside them.
    learner.parameters.set.values_mut("prompts").iter_mut().for_each(|x| *x *= 20.0 * times);
    let split = setup.task.train.clone();
    let source = Source::new(&split, setup.preprocess).unwrap();
    let indices: Vec<usize> = (0..source.len()).collect();
    for _ in 0..steps {
        let model = learner.model(&setup.engine);
        let gradients = model.gradients(&source, &indices, Default::default()).unwrap();
        let updates = learner.parameters.set.updates(&gradients.learned);
        learner.optimizer.step(config.learning_rate(), updates);
    }
    learner.model(&setup.engine).features(&source, &indices).unwrap()
}

#[test]
fn twice_as_long_and_four_times_the_rate_is_the_same_run() {
    let apart = |a: &[f32], b: &[f32]| -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    let (start, once, twice) = (features(1.0, 0), features(1.0, 6), features(2.0, 6));
    let (way, off) = (apart(&start, &once), apart(&once, &twice));
    assert!(way > 0.05 && off < 0.01 * way, "{off} apart after a way of {way}");
}
