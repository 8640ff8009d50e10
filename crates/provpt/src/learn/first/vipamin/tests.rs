use provpt_base::Stream;
use rand::RngExt;

use super::*;
use crate::config::Config;
use crate::learn::source::Source;
use crate::sample;

fn drawn(rng: &mut Stream, width: usize) -> Vec<f32> {
    (0..width).map(|_| rng.random_range(-0.2..0.2)).collect()
}

/// The attention of a block of the sample's backbone, and its tokens of some images.
fn scene(block: usize) -> (FrozenAttention, Vec<f32>, usize) {
    let words = ["model.prompt.init=vipamin".to_owned()];
    let config = Config::from_args(None, &words).unwrap().config;
    let setup = sample::setup(&config, sample::task([0.0, 0.0]));
    let source = Source::new(&setup.task.train, setup.preprocess).unwrap();
    let pixels = source.pixels(&setup.engine, &[0, 1, 2], None).unwrap();
    let tokens = setup.engine.tokens(&pixels, block).unwrap();
    let per_image = setup.engine.architecture().block_tokens(block);
    (FrozenAttention::all(&sample::backbone()).remove(block), tokens, per_image)
}

#[test]
fn a_share_is_orthogonal_to_all_that_attention_puts_out_and_the_rest_a_mean_of_tokens() {
    for block in [0, 7] {
        let (attention, all, per_image) = scene(block);
        let width = all.len() / per_image / 3;
        let tokens = Tokens::of_parts(&all, per_image, 1, width);
        let seen = Seen::of(&attention, &tokens);
        assert_eq!((seen.patches.len(), seen.span.len()), (per_image - 1, per_image));
        let rng = &mut Stream::new(3);
        let row: Vec<f32> =
            seen.orthogonal(&attention, &drawn(rng, width)).iter().map(|&x| x as f32).collect();
        let value = attention.value(&row);
        let length = product(&value, &value).sqrt();
        for unit in &seen.span {
            let part = product(&value, unit).abs();
            assert!(part < 1e-2 * length, "block {block}: {part} of {length}");
        }
        let mean = seen.mean_of_alike(&attention, &drawn(rng, width));
        let sum: f32 = mean.iter().sum();
        let largest = all.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        assert!(sum.is_finite() && mean.iter().all(|x| x.abs() <= largest));
        let other = seen.mean_of_alike(&attention, &drawn(rng, width));
        assert_ne!(mean, other, "another key, other tokens");
    }
}

/// Where all keys are the same, attention puts out the mean of the values.
#[test]
fn equal_tokens_share_attention() {
    let (attention, all, per_image) = scene(2);
    let width = all.len() / per_image / 3;
    let one = &all[..width];
    let made = attention.queries_keys_values(&[one, one].concat());
    let outputs = attention.outputs(&made);
    for (got, value) in outputs[..width].iter().zip(&made[2 * width..3 * width]) {
        assert!((got - value).abs() < 1e-5, "{got} {value}");
    }
}

#[test]
fn least_squares_are_met() {
    let rows: [&[f32]; 3] = [&[2.0, 1.0, 0.0], &[0.0, 3.0, 1.0], &[1.0, 0.0, 1.0]];
    let x = [0.5, -2.0, 4.0];
    let of_row = |row: &&[f32]| row.iter().zip(&x).map(|(w, x)| f64::from(*w) * x).sum();
    let got = solved(&rows, rows.iter().map(of_row).collect());
    assert!(got.iter().zip(&x).all(|(got, x)| (got - x).abs() < 1e-9), "{got:?}");
    assert_eq!(solved(&rows, vec![0.0; 3]), [0.0; 3]);
}
