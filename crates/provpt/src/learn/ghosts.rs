//! Ghosts that live: rows beside the prompts that learn in every step of training, as if they were
//! prompts, while the network computes what it computes without them. They are no part of what is
//! learned: adapters, counts and evaluation know nothing of them.

use provpt_base::{Purpose, stream};
use provpt_vit::Engine;

use crate::error::Error;
use crate::learn::beside::faintness;
use crate::learn::clip::{self, Clipping};
use crate::learn::first::draw_tokens;
use crate::learn::parameters::{PROMPTS, Parameters};
use crate::learn::set::{Gradients, Param, Set};
use crate::learn::source::Source;
use crate::math::optimizer::Optimizer;
use crate::math::order::shuffled;

/// Ghosts of each block.
pub(crate) const PER_BLOCK: usize = 2;
/// Training images whose tokens new ghosts are.
const IMAGES: usize = 8;

/// Some rows in every block.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ghosts {
    /// Only what rows are made of.
    pub(crate) rows: Parameters,
    /// By the rule of the prompts' own.
    pub(crate) optimizer: Optimizer,
}

impl Ghosts {
    /// Rows for prompts of some kind, before they are anything; none without prompts. The optimizer
    /// has made no step.
    pub(crate) fn new(parameters: &Parameters, optimizer: Optimizer) -> Option<Self> {
        let mut bank = parameters.bank()?.emptied();
        let arrays = parameters.set.iter().filter(|param| param.name.starts_with(PROMPTS));
        let emptied = |param: &Param| {
            let shape = vec![0, param.shape.last().copied().unwrap_or_default()];
            Param { shape, values: Vec::new(), ..param.clone() }
        };
        let mut set: Set = arrays.map(emptied).collect();
        for block in (0..bank.depth()).flat_map(|block| [block; PER_BLOCK]) {
            let nothing = vec![0.0; bank.row_width(block)];
            bank.push(&mut set, block, &nothing);
        }
        Some(Self { rows: Parameters { set, bank: Some(bank) }, optimizer })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.rows.prompt_count()
    }

    /// All rows become tokens in front of their blocks.
    pub(crate) fn start(
        &mut self,
        seed: u64,
        engine: &Engine,
        train: &Source<'_>,
    ) -> Result<(), Error> {
        let all: Vec<usize> = (0..self.count()).collect();
        self.renew(&all, (seed, 0), engine, train)
    }

    /// Some rows become tokens in front of their blocks, and are new to the optimizer.
    pub(crate) fn renew(
        &mut self,
        ghosts: &[usize],
        (seed, epoch): (u64, usize),
        engine: &Engine,
        train: &Source<'_>,
    ) -> Result<(), Error> {
        let depth = engine.architecture().depth;
        let rng = |place: usize| stream(seed, Purpose::Nursery, [epoch as u64, place as u64]);
        let mut images = shuffled(train.len(), &mut rng(depth));
        images.truncate(IMAGES);
        let pixels = train.pixels(engine, &images, None)?;
        let blocks = draw_tokens(engine, &pixels, PER_BLOCK, rng)?;
        for &ghost in ghosts {
            let Some(bank) = self.rows.bank() else { continue };
            let block = bank.block_of()[ghost];
            let mut row = blocks[block].rows[ghost % PER_BLOCK].clone();
            bank.row_form().of_token(block, &mut row);
            self.put(ghost, row);
        }
        Ok(())
    }

    /// Gives a ghost another row, which is new to the optimizer.
    pub(crate) fn put(&mut self, ghost: usize, row: Vec<f32>) {
        let Parameters { set, bank: Some(bank) } = &mut self.rows else { return };
        let place = bank.place(ghost);
        bank.become_other(set, ghost, (bank.block_of()[ghost], row), 0);
        self.optimizer.reset_row(&place.array, place.row, place.width);
    }

    /// Prompts with the ghosts behind them.
    pub(crate) fn beside(&self, parameters: &Parameters) -> Parameters {
        let blocks = self.rows.bank().map_or(&[][..], |bank| bank.block_of());
        let rows = blocks.iter().enumerate();
        parameters.with_ghosts(rows.map(|(ghost, &block)| (block, self.rows.row(ghost))))
    }

    /// Takes the ghosts' part out of gradients by prompts with ghosts: what is left is by a set alone.
    pub(crate) fn part(&self, set: &Set, joined: &mut Gradients) -> Gradients {
        let own = |param: &Param| {
            let gradient = joined.of(&param.name);
            (param.name.clone(), gradient[..param.values.len()].to_vec())
        };
        let ghosts = |param: &Param| {
            let gradient = joined.of(&param.name);
            let part = gradient[gradient.len() - param.values.len()..].iter();
            let scaled = part.map(|&g| (f64::from(g) * faintness()) as f32);
            (param.name.clone(), scaled.collect())
        };
        let part = Gradients::in_order(&self.rows.set, self.rows.set.iter().map(ghosts).collect());
        *joined = Gradients::in_order(set, set.iter().map(own).collect());
        part
    }

    /// A step, clipped as that of the prompts was, whose gradients had this norm.
    pub(crate) fn step(&mut self, mut by: Gradients, lr: f64, (clipping, norm): (Clipping, f64)) {
        Clipping { norm: 0.0, ..clipping }.clip(&mut by, &self.rows);
        let factor = clip::coefficient(norm, clipping.norm) as f32;
        by.iter_mut().flatten().for_each(|g| *g *= factor);
        self.optimizer.step(lr, self.rows.set.updates(&by));
        clipping.shorten(&mut self.rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::learn::model::Stepping;
    use crate::sample;

    /// A learner with a nursery, and its gradients by a batch without and with it.
    #[test]
    fn prompts_learn_as_they_do_without_ghosts_and_ghosts_as_prompts_would() {
        let words = ["model.prompt.allocator=nursery", "model.prompt.num_tokens=2"];
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let config = Config::from_args(None, &words).unwrap().config;
        let setup = sample::setup(&config, sample::task([0.0, 0.0]));
        let mut learner = setup.learner();
        let split = setup.task.train.clone();
        let source = Source::new(&split, setup.preprocess).unwrap();
        learner.start_from_data(&setup.beginning(), &source).unwrap();
        let ghosts = learner.ghosts.as_ref().unwrap();
        let depth = setup.engine.architecture().depth;
        assert_eq!(ghosts.count(), PER_BLOCK * depth);
        assert!(ghosts.rows.rows().iter().any(|&x| x != 0.0));
        let gradients = |parameters: &Parameters| {
            let model = learner.model_of(parameters, &setup.engine);
            model.gradients(&source, &[0, 1, 2, 3], Stepping::default()).unwrap()
        };
        let alone = gradients(&learner.parameters);
        let mut joined = gradients(&ghosts.beside(&learner.parameters));
        assert!((joined.loss - alone.loss).abs() < 1e-5, "{} {}", joined.loss, alone.loss);
        let part = ghosts.part(&learner.parameters.set, &mut joined.learned);
        for (got, expected) in joined.learned.iter().zip(alone.learned.iter()) {
            assert_eq!(got.len(), expected.len());
            let largest = expected.iter().fold(0.0f32, |most, x| most.max(x.abs()));
            let close = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-3 * largest + 1e-7;
            assert!(got.iter().zip(expected).all(close));
        }
        // What it says of a ghost that is a copy of a prompt is what it says of the prompt.
        let mut copied = ghosts.clone();
        let bank = learner.parameters.bank().unwrap();
        assert_eq!(bank.block_of()[5], copied.rows.bank().unwrap().block_of()[4]);
        copied.put(4, learner.parameters.row(5).to_vec());
        let mut joined = gradients(&copied.beside(&learner.parameters));
        let of_copies = copied.part(&learner.parameters.set, &mut joined.learned);
        let width = setup.engine.architecture().width;
        let row = |g: &Gradients, k: usize| g.of(PROMPTS)[k * width..(k + 1) * width].to_vec();
        let norm = |row: &[f32]| clip::squares(row).sqrt();
        let (got, expected) = (row(&of_copies, 4), row(&alone.learned, 5));
        let difference: Vec<f32> = got.iter().zip(&expected).map(|(a, b)| a - b).collect();
        assert!(norm(&difference) < 1e-2 * norm(&expected), "{got:?} {expected:?}");
        assert_ne!(row(&part, 4), got);
    }
}
