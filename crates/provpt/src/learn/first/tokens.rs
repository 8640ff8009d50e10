//! Prompts that start where tokens are: at the input of their block, as the bare backbone has it
//! (Wang et al., SPT, ICML 2024).

mod kmeans;

use provpt_base::{Purpose, Stream, stream};
use provpt_vit::{Architecture, Engine, Images};
use rand::RngExt;

use crate::config::PromptInit;
use crate::error::Error;
use crate::learn::first::{Beginning, vipamin};
use crate::learn::source::Source;
use crate::learn::tune::Learner;
use crate::math::order::shuffled;

/// Training images whose tokens are looked at.
const IMAGES: usize = 64;

impl Learner {
    pub(super) fn start_prompts(
        &mut self,
        beginning: &Beginning<'_>,
        train: &Source<'_>,
    ) -> Result<(), Error> {
        let &Beginning { config, engine, attentions } = beginning;
        let Some(bank) = &self.parameters.bank else { return Ok(()) };
        let last = bank.block_of().iter().max();
        let rng = &mut stream(config.seed, Purpose::PromptInit, [2, 0]);
        let mut images = shuffled(train.len(), rng);
        images.truncate(if attentions.is_empty() { IMAGES } else { vipamin::IMAGES });
        let pixels = train.pixels(engine, &images, None)?;
        in_front_of_blocks(engine, &pixels, last.copied().unwrap_or_default(), |block, tokens| {
            let prompts: Vec<usize> =
                (0..bank.len()).filter(|&prompt| bank.block_of()[prompt] == block).collect();
            let rng = &mut stream(config.seed, Purpose::PromptInit, [3, block as u64]);
            let starts = match attentions.get(block) {
                None => tokens.starts(config.model.prompt.init, prompts.len(), rng),
                Some(attention) => {
                    let mut draw = || bank.drawn_row(block, rng);
                    engine.install(|| vipamin::starts(attention, tokens, prompts.len(), &mut draw))
                }
            };
            for (prompt, start) in prompts.into_iter().zip(starts) {
                bank.start_at(&mut self.parameters.set, prompt, &start);
            }
        })
    }
}

/// Goes through what the bare backbone makes of images in front of each block, up to some last one.
fn in_front_of_blocks(
    engine: &Engine,
    pixels: &[f32],
    last: usize,
    mut work: impl FnMut(usize, &Tokens<'_>),
) -> Result<(), Error> {
    let mut values = engine.tokens(pixels, 0)?;
    for block in 0..=last {
        if block > 0 {
            let before = Images::Tokens { block: block - 1, values: &values };
            values = engine.tokens(before, block)?;
        }
        work(block, &Tokens::of(engine.architecture(), block, &values));
    }
    Ok(())
}

/// Tokens in front of a block.
pub(crate) struct DrawnTokens {
    pub(crate) rows: Vec<Vec<f32>>,
    /// The root of the mean variance of the values of one, over all that they were drawn from.
    pub(crate) deviation: f32,
}

/// So many tokens of images in front of each block, as the bare backbone has them; `rng` is asked for
/// each block's random numbers.
pub(crate) fn draw_tokens(
    engine: &Engine,
    pixels: &[f32],
    count: usize,
    rng: impl Fn(usize) -> Stream,
) -> Result<Vec<DrawnTokens>, Error> {
    let mut blocks = Vec::new();
    in_front_of_blocks(engine, pixels, engine.architecture().depth - 1, |block, tokens| {
        let rows = tokens.starts(PromptInit::Tokens, count, &mut rng(block));
        blocks.push(DrawnTokens { rows, deviation: tokens.deviation() });
    })?;
    Ok(blocks)
}

/// Tokens of images in front of a block.
pub(super) struct Tokens<'a> {
    /// Without those in front of the patches.
    rows: Vec<&'a [f32]>,
    /// With them.
    pub(super) all: &'a [f32],
    /// How many an image has, and how many of those are in front of its patches.
    pub(super) per_image: usize,
    pub(super) prefix: usize,
    pub(super) width: usize,
}

impl<'a> Tokens<'a> {
    fn of(a: &Architecture, block: usize, values: &'a [f32]) -> Self {
        let prefix = if a.stages.is_some() { 0 } else { a.prefix_tokens() };
        Self::of_parts(values, a.block_tokens(block), prefix, a.block_width(block))
    }

    pub(super) fn of_parts(all: &'a [f32], per_image: usize, prefix: usize, width: usize) -> Self {
        let of_image = |image: &'a [f32]| image.chunks_exact(width).skip(prefix);
        let rows = all.chunks_exact(per_image * width).flat_map(of_image).collect();
        Self { rows, all, per_image, prefix, width }
    }

    /// Starts for so many prompts.
    fn starts(&self, init: PromptInit, count: usize, rng: &mut Stream) -> Vec<Vec<f32>> {
        match init {
            PromptInit::Kmeans => kmeans::centres(&self.rows, count, rng),
            PromptInit::Tokens => {
                let token = |_| self.rows[rng.random_range(0..self.rows.len() as u32) as usize];
                (0..count).map(token).map(<[f32]>::to_vec).collect()
            }
            _ => {
                let bound = 3f32.sqrt() * self.deviation();
                let mut row = || (0..self.width).map(|_| rng.random_range(-bound..bound)).collect();
                (0..count).map(|_| row()).collect()
            }
        }
    }

    /// The root of the mean variance of a token's values, at least that of numbers nearly 0.
    fn deviation(&self) -> f32 {
        let variance = |row: &&[f32]| {
            let mean = row.iter().sum::<f32>() / self.width as f32;
            row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / self.width as f32
        };
        let sum: f64 = self.rows.iter().map(variance).map(f64::from).sum();
        ((sum / self.rows.len().max(1) as f64).sqrt() as f32).max(f32::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::sample;

    /// A learner's prompts after their start, its source and engine.
    fn started(words: &[&str]) -> (Learner, Vec<Vec<f32>>, Architecture) {
        let words = words.iter().chain(&["recipe=published"]);
        let words: Vec<String> = words.map(|&word| word.to_owned()).collect();
        let config = Config::from_args(None, &words).unwrap().config;
        let setup = sample::setup(&config, sample::task([0.0, 0.0]));
        let mut learner = setup.learner();
        let split = setup.task.train.clone();
        let source = Source::new(&split, setup.preprocess).unwrap();
        learner.start_from_data(&setup.beginning(), &source).unwrap();
        let indices: Vec<usize> = (0..source.len()).collect();
        let pixels = source.pixels(&setup.engine, &indices, None).unwrap();
        let a = setup.engine.architecture().clone();
        let tokens = (0..a.depth).map(|block| setup.engine.tokens(&pixels, block).unwrap());
        (learner, tokens.collect(), a)
    }

    #[test]
    fn prompts_are_tokens_of_their_block() {
        let (learner, tokens, a) = started(&["model.prompt.init=tokens"]);
        let bank = learner.parameters.bank().unwrap();
        for (prompt, &block) in bank.block_of().iter().enumerate() {
            let row = learner.parameters.row(prompt);
            let patches = tokens[block].chunks(a.width).enumerate();
            let mut places = patches.filter(|(_, token)| *token == row).map(|(place, _)| place);
            let place = places.next().unwrap_or_else(|| panic!("prompt {prompt} of {block}"));
            assert_ne!(place % a.block_tokens(block), 0, "no prompt is the CLS token");
        }
        assert_ne!(learner.parameters.row(0), learner.parameters.row(1));
    }

    #[test]
    fn drawn_prompts_are_as_large_as_tokens() {
        let (learner, tokens, a) = started(&["model.prompt.init=sized"]);
        let bank = learner.parameters.bank().unwrap();
        for block in [0, a.depth - 1] {
            let expected = Tokens::of(&a, block, &tokens[block]).deviation();
            let rows: Vec<&[f32]> =
                bank.in_block(block).into_iter().map(|row| learner.parameters.row(row)).collect();
            let got =
                Tokens { rows, all: &[], per_image: 0, prefix: 0, width: a.width }.deviation();
            assert!((got / expected - 1.0).abs() < 0.05, "block {block}: {got} {expected}");
        }
    }

    #[test]
    fn forms_take_their_starts_from_tokens() {
        let words = ["model.prompt.init=kmeans", "model.prompt.form=sphere"];
        let (learner, _, a) = started(&words);
        let squares: f32 = learner.parameters.row(3).iter().map(|x| x * x).sum();
        assert!((squares / a.width as f32 - 1.0).abs() < 1e-4, "{squares}");
        let words = ["model.prompt.init=tokens", "model.prompt.form=normed"];
        let plain = started(&words[..1]).0;
        assert_ne!(started(&words).0.parameters.row(3), plain.parameters.row(3));
    }
}
