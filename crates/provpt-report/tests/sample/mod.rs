//! A made-up run that looks like a real one: prompts drift from the first blocks to the last.
#![allow(dead_code, reason = "not every test needs all of it")]

use provpt_runs::{
    BestEpoch, ClassScore, EpochRecord, IdlenessRecord, IdlenessStudy, Metrics, Move, RunResult,
    Score, Seconds, StepRecord, Steps, StudyRow,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const PER_BLOCK: usize = 10;

pub(crate) const CONFIG: &str =
    "seed = 18\n\n[model]\ntype = \"vit\"\n\n[data]\nname = \"<sprites>\"\n";

pub(crate) struct Sample {
    rng: ChaCha8Rng,
    block_of: Vec<usize>,
    blocks: usize,
}

impl Sample {
    pub(crate) fn new(blocks: usize) -> Self {
        let block_of = (0..blocks * PER_BLOCK).map(|k| k / PER_BLOCK).collect();
        Self { rng: ChaCha8Rng::seed_from_u64(7), block_of, blocks }
    }

    fn noise(&mut self) -> f64 {
        (0..4).map(|_| self.rng.random::<f64>() - 0.5).sum::<f64>()
    }

    fn distribution(&self) -> Vec<usize> {
        let mut counts = vec![0; self.blocks];
        self.block_of.iter().for_each(|&block| counts[block] += 1);
        counts
    }

    fn idleness(&mut self, epoch: usize) -> IdlenessRecord {
        let fade = 1.0 / (1.0 + epoch as f64 / 30.0);
        let depth = |block: usize| block as f64 / self.blocks as f64 - 0.45;
        let centres: Vec<f64> = self.block_of.iter().map(|&b| -0.004 * depth(b) * fade).collect();
        let per_prompt: Vec<f64> =
            centres.into_iter().map(|c| c + 0.003 * fade * self.noise()).collect();
        let mut per_block = vec![0.0; self.blocks];
        self.block_of.iter().zip(&per_prompt).for_each(|(&block, i)| per_block[block] += i);
        let max = per_prompt.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        IdlenessRecord { kind: "attention".into(), per_prompt, per_block, max }
    }

    fn relocate(&mut self, epoch: usize, idleness: &IdlenessRecord) -> Option<Move> {
        let prompt = idleness.per_prompt.iter().position(|&i| i == idleness.max)?;
        if epoch == 0 || self.rng.random_bool(0.15) {
            return None;
        }
        let deep = self.rng.random::<f64>().max(self.rng.random());
        let (from, to) = (self.block_of[prompt], (deep * self.blocks as f64) as usize);
        self.block_of[prompt] = to;
        Some(Move {
            error: None,
            insertion: None,
            prompt,
            from,
            to,
            idleness: idleness.max,
            verified: Some(-0.7 * idleness.max),
            probability: Some(0.5 / self.blocks as f64 + 0.4 * deep),
            rebirth: "scale".into(),
        })
    }

    fn epoch(&mut self, epoch: usize, epochs: usize) -> EpochRecord {
        let idleness = self.idleness(epoch);
        let relocation = self.relocate(epoch, &idleness);
        let progress = epoch as f64 / epochs.max(20) as f64;
        let loss = 0.15 + 2.4 * (-5.0 * progress).exp() + 0.02 * self.noise();
        let top1 = |loss: f64| (1.0 - 0.3 * loss).clamp(0.0, 1.0);
        let held_out = |loss: f64| Score { loss, top1: top1(loss) };
        EpochRecord {
            epoch,
            lr: 0.5
                * (1.0 + (progress * std::f64::consts::PI).cos())
                * (epoch as f64 / 10.0).min(1.0),
            train_loss: loss,
            train_top1: top1(loss - 0.1),
            score_loss: Some(loss * 0.95),
            val: Some(held_out(loss + 0.3 + 0.03 * self.noise())),
            grad_norm: 3.0 * loss + 0.2 * self.noise(),
            distribution: self.distribution(),
            pruned: 0,
            not_moved: relocation.is_none().then(|| match epoch {
                0 => "before reward_warmup_epoch".into(),
                _ => "no candidate lowers the loss".into(),
            }),
            reward: (epoch > 1).then(|| 0.003 * self.noise() - idleness.max / 10.0),
            idleness: Some(idleness),
            relocation,
            more_moves: Vec::new(),
            learned: None,
            seconds: Seconds { score: 1.1, verify: 0.3, tune: 4.2, evaluate: 0.9 },
        }
    }

    pub(crate) fn metrics(&mut self, epochs: usize) -> Metrics {
        (0..epochs).map(|epoch| self.epoch(epoch, epochs)).collect::<Vec<_>>().into()
    }

    /// Twelve steps an epoch; every fifth epoch's second step spikes for two steps.
    pub(crate) fn steps(&mut self, epochs: usize) -> Steps {
        let mut steps = Vec::new();
        for at in 0..12 * epochs {
            let (epoch, step) = (at / 12, at % 12);
            let usual = (0.15 + 2.4 * (-(at as f64) / 200.0).exp()) * (1.0 + 0.05 * self.noise());
            let height =
                if epoch % 5 == 4 && matches!(step, 1 | 2) { 3.0 / step as f64 } else { 0.0 };
            steps.push(StepRecord {
                epoch,
                step,
                loss: usual + height,
                grad_norm: 2.0 * usual + 4.0 * height,
                head_grad_norm: usual,
                block_grad_norm: (0..self.blocks).map(|b| 0.1 + height * b as f64).collect(),
                prompt_norm: (0..self.blocks).map(|b| 1.0 + b as f64 / 10.0).collect(),
                lr: 0.5,
                ..StepRecord::default()
            });
        }
        steps.into()
    }

    pub(crate) fn result(&mut self, metrics: &Metrics, classes: usize) -> RunResult {
        let row = |class: usize, rng: &mut ChaCha8Rng| -> Vec<u64> {
            let mut row: Vec<u64> = (0..classes).map(|_| rng.random_range(0..4)).collect();
            row[(class + 1) % classes] += rng.random_range(0..30);
            row[class] += 90 + rng.random_range(0..60);
            row
        };
        let confusion: Vec<Vec<u64>> = (0..classes).map(|c| row(c, &mut self.rng)).collect();
        let class = |(class, row): (usize, &Vec<u64>)| ClassScore {
            name: format!("{}–{}°", class * 360 / classes, (class + 1) * 360 / classes),
            correct: row[class],
            total: row.iter().sum(),
        };
        let last = metrics.last().cloned().unwrap_or_default();
        RunResult {
            method: "pro-vpt-ppo".into(),
            task: "sprites-orientation".into(),
            backbone: "provpt_pico_patch4_32".into(),
            seed: 18,
            epochs: metrics.len(),
            train_top1: last.train_top1,
            val: last.val,
            test: last.val,
            best_val: last.val.map(|v| BestEpoch { epoch: metrics.len() - 1, top1: v.top1 }),
            per_class: confusion.iter().enumerate().map(class).collect(),
            confusion,
            prompts: self.block_of.len(),
            parameters: 1_204_331,
            distribution: self.distribution(),
            seconds: 6.5 * metrics.len() as f64,
            peak_memory_bytes: Some(812 << 20),
            relocations: metrics.iter().filter(|record| record.relocation.is_some()).count(),
            pruned: 0,
            version: "0.1.0".into(),
            precision: None,
        }
    }

    pub(crate) fn study(&mut self) -> IdlenessStudy {
        let row = |sample: &mut Self, prompt: usize| {
            let block = sample.block_of[prompt];
            let truth = 0.002 * sample.noise() - 0.001 * block as f64 / sample.blocks as f64;
            let dominant = prompt % 31 == 5;
            let fresh = prompt % 17 == 3;
            let gate = 1e-4 * (truth + 0.001 * sample.noise());
            StudyRow {
                prompt,
                block,
                fresh,
                true_change: if dominant { 0.012 } else { -truth },
                gate: if fresh { 900.0 * gate } else { gate },
                attention: if dominant { 0.004 } else { truth + 0.0004 * sample.noise() },
                effect: -truth.abs(),
                norm: -1.0 / PER_BLOCK as f64 * (1.0 + 0.3 * sample.noise()),
            }
        };
        let rows = (0..self.block_of.len()).map(|prompt| row(self, prompt)).collect();
        IdlenessStudy { loss: 0.412, images: 800, rows }
    }
}
