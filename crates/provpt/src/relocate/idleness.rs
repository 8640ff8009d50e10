//! Idleness: how much the loss would fall, to first order, if a prompt were removed.

use provpt_runs::IdlenessRecord;

use crate::config::{Config, Fidelity, Idleness};
use crate::learn::clip;
use crate::learn::head::HEAD;
use crate::learn::model::BatchGradients;
use crate::learn::parameters::Parameters;

/// What a scoring pass found out.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Scores {
    /// `[K]`; the largest is the most idle.
    pub(crate) idleness: Vec<f64>,
    /// L_t: the training loss that rewards compare.
    pub(crate) loss: f64,
}

impl Scores {
    /// As records of epochs have them.
    pub(crate) fn record(&self, config: &Config, parameters: &Parameters) -> IdlenessRecord {
        let blocks = parameters.bank.as_ref().map(|bank| bank.block_sums(&self.idleness));
        IdlenessRecord {
            kind: config.idleness().to_string(),
            per_block: blocks.unwrap_or_default(),
            max: self.idleness.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            per_prompt: self.idleness.clone(),
        }
    }
}

/// Adds up scores over a pass.
pub(crate) struct ScoreSum {
    kind: Idleness,
    fidelity: Fidelity,
    clip_norm: f64,
    idleness: Vec<f64>,
    loss: f64,
    images: usize,
    batches: usize,
}

impl ScoreSum {
    pub(crate) fn new(kind: Idleness, fidelity: Fidelity, clip_norm: f64, prompts: usize) -> Self {
        let idleness = vec![0.0; prompts];
        Self { kind, fidelity, clip_norm, idleness, loss: 0.0, images: 0, batches: 0 }
    }

    /// `exact`: the batch's mean counts once per image. `reference`: it counts once per batch,
    /// gate gradients are first clipped together with the head's, and the mean loss of a
    /// batch is divided by the number of its images a second time, as the released code does.
    pub(crate) fn add(&mut self, batch: &BatchGradients, images: usize) {
        let scores = match self.kind {
            Idleness::Gate => &batch.gate,
            Idleness::Attention | Idleness::Effect => &batch.attention,
            Idleness::Norm => &[][..],
        };
        let (weight, loss) = match self.fidelity {
            Fidelity::Exact => (images as f64, batch.loss * images as f64),
            Fidelity::Reference => (self.joint_clip(batch, scores), batch.loss / images as f64),
        };
        let of = |score: f32| match self.kind {
            Idleness::Effect => -f64::from(score).abs(),
            _ => f64::from(score),
        };
        for (sum, &score) in self.idleness.iter_mut().zip(scores) {
            *sum += weight * of(score);
        }
        self.loss += loss;
        self.images += images;
        self.batches += 1;
    }

    fn joint_clip(&self, batch: &BatchGradients, gates: &[f32]) -> f64 {
        let parts = [vec![gates], batch.learned.under(HEAD)].concat();
        clip::coefficient(clip::global_norm(&parts), self.clip_norm)
    }

    /// The pass's scores; none if it saw nothing.
    pub(crate) fn finish(mut self, parameters: &Parameters) -> Option<Scores> {
        if self.images == 0 {
            return None;
        }
        let (count, loss_count) = match self.fidelity {
            Fidelity::Exact => (self.images as f64, self.images as f64),
            Fidelity::Reference => (self.batches as f64, 1.0),
        };
        self.idleness.iter_mut().for_each(|sum| *sum /= count);
        if self.kind == Idleness::Norm {
            self.idleness = norm_scores(parameters);
        }
        Some(Scores { idleness: self.idleness, loss: self.loss / loss_count })
    }
}

/// `|p_k|` of every prompt.
pub(crate) fn norms(parameters: &Parameters) -> Vec<f64> {
    let norm = |k| parameters.row(k).iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    (0..parameters.prompt_count()).map(norm).collect()
}

/// `-|p_k| / sum of norms in its block`: an ablation that reads no gradient.
pub(crate) fn norm_scores(parameters: &Parameters) -> Vec<f64> {
    let Some(bank) = &parameters.bank else { return Vec::new() };
    let norms = norms(parameters);
    let sums = bank.block_sums(&norms);
    norms.iter().zip(bank.block_of()).map(|(norm, &b)| -norm / sums[b].max(1e-30)).collect()
}

/// Places in the bank from the most idle to the least; ties in bank order.
pub(crate) fn ranking(idleness: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..idleness.len()).collect();
    order.sort_by(|&a, &b| idleness[b].total_cmp(&idleness[a]));
    order
}

#[cfg(test)]
mod tests {
    use provpt_vit::{Architecture, Placement};

    use super::*;
    use crate::learn::bank::PromptBank;
    use crate::learn::head::Head;
    use crate::learn::set::{Gradients, Set};

    fn bank() -> Parameters {
        let architecture = Architecture { mlp_width: 4, ..Architecture::plain(8, 4, 2, 2, 1) };
        let values = vec![3.0, 4.0, 0.0, 15.0, 1.0, 0.0];
        let (bank, prompts) =
            PromptBank::from_parts(&architecture, Placement::Deep, values, vec![0, 0, 1]).unwrap();
        Parameters { set: prompts.into_iter().collect(), bank: Some(bank) }
    }

    fn sum(kind: Idleness, fidelity: Fidelity, clip_norm: f64) -> Scores {
        let set: Set = Head::arrays(1, vec![0.0], vec![0.0]).into_iter().collect();
        let batch = |gate: [f32; 3], head: Vec<f32>, loss| BatchGradients {
            loss,
            learned: Gradients::in_order(&set, vec![("head.bias", head)]),
            gate: gate.to_vec(),
            attention: gate.iter().map(|g| g * 10.0).collect(),
            ..BatchGradients::default()
        };
        let mut sum = ScoreSum::new(kind, fidelity, clip_norm, 3);
        sum.add(&batch([0.0, 3.0, 0.0], vec![4.0], 1.0), 4);
        sum.add(&batch([1.0, 0.0, 0.0], vec![0.0], 4.0), 2);
        sum.finish(&bank()).unwrap()
    }

    #[test]
    fn exact_scores_are_means_over_images() {
        let scores = sum(Idleness::Gate, Fidelity::Exact, 0.25);
        assert_eq!(scores.idleness, [2.0 / 6.0, 12.0 / 6.0, 0.0]);
        assert_eq!(scores.loss, (4.0 + 8.0) / 6.0);
        let scores = sum(Idleness::Attention, Fidelity::Exact, 0.25);
        assert_eq!(scores.idleness, [20.0 / 6.0, 120.0 / 6.0, 0.0]);
    }

    #[test]
    fn reference_scores_are_clipped_with_the_head_and_averaged_over_batches() {
        let scores = sum(Idleness::Gate, Fidelity::Reference, 0.25);
        let expected = [0.25 / (1.0 + 1e-6) / 2.0, 3.0 * 0.25 / (5.0 + 1e-6) / 2.0, 0.0];
        for (got, expected) in scores.idleness.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-12, "{scores:?}");
        }
        assert_eq!(scores.loss, 1.0 / 4.0 + 4.0 / 2.0);
        let unclipped = sum(Idleness::Gate, Fidelity::Reference, 0.0);
        assert_eq!(unclipped.idleness, [0.5, 1.5, 0.0]);
    }

    #[test]
    fn effects_of_batches_count_whatever_their_sign() {
        let effect = |gates: &[[f32; 3]]| {
            let mut sum = ScoreSum::new(Idleness::Effect, Fidelity::Exact, 0.0, 3);
            for gate in gates {
                let attention = gate.to_vec();
                sum.add(&BatchGradients { attention, ..BatchGradients::default() }, 2);
            }
            sum.finish(&bank()).unwrap().idleness
        };
        assert_eq!(effect(&[[1.0, 2.0, 0.0], [1.0, -2.0, 0.5]]), [-1.0, -2.0, -0.25]);
        assert_eq!(ranking(&effect(&[[1.0, 2.0, 0.0], [1.0, -2.0, 0.5]])), [2, 0, 1]);
    }

    #[test]
    fn norm_scores_are_shares_of_the_block() {
        assert_eq!(sum(Idleness::Norm, Fidelity::Exact, 0.0).idleness, [-0.25, -0.75, -1.0]);
    }

    #[test]
    fn prompts_of_nothing_but_zeros_have_a_score_all_the_same() {
        let mut parameters = bank();
        parameters.set.values_mut("prompts").fill(0.0);
        assert_eq!(norm_scores(&parameters), [0.0; 3]);
    }

    #[test]
    fn a_pass_over_nothing_has_no_scores() {
        let sum = ScoreSum::new(Idleness::Gate, Fidelity::Exact, 0.0, 3);
        assert!(sum.finish(&bank()).is_none());
    }

    #[test]
    fn ranking_puts_the_most_idle_first_and_keeps_ties_in_order() {
        assert_eq!(ranking(&[0.5, 1.0, 0.5, -1.0]), [1, 0, 2, 3]);
    }
}
