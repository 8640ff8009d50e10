//! Which prompts could become which candidates: pairs by what is expected of them.

use crate::config::Reach;
use crate::learn::bank::PromptBank;
use crate::relocate::exchange::field::Expected;

/// What pairs have to keep to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) reach: Reach,
    /// How many there may be.
    pub(super) most: usize,
}

/// A prompt that is to become a candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pair {
    pub(crate) prompt: usize,
    /// Its place among the candidates.
    pub(crate) candidate: usize,
    /// The prompt's idleness: how far the loss is expected to fall without it.
    pub(crate) idleness: f64,
}

/// The best pairs, best first, such that nobody is in two of them: those of which the lowest loss is
/// expected, and no higher one than there is. They are for different blocks, while there are enough:
/// first order overrates whoever takes much attention, and often so in all of a block.
pub(super) fn pairs(
    bank: &PromptBank,
    idleness: &[f64],
    field: &[Expected],
    rules: &Rules,
) -> Vec<Pair> {
    let reaches = |prompt: usize, block: usize| match (rules.reach, &bank.stages) {
        (Reach::Stage, Some(stages)) => stages.siblings(bank.block_of()[prompt]).contains(&block),
        _ => true,
    };
    let mut all = Vec::new();
    for (candidate, Expected { candidate: row, change }) in field.iter().enumerate() {
        for (prompt, &idleness) in idleness.iter().enumerate() {
            let fits = row.suits(bank, prompt) && reaches(prompt, row.block);
            let change = change - idleness;
            if fits && change < 0.0 {
                all.push((change, Pair { prompt, candidate, idleness }));
            }
        }
    }
    all.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let per_block = rules.most.div_ceil(bank.depth().max(1));
    let block = |pair: &Pair| field[pair.candidate].candidate.block;
    let mut chosen: Vec<Pair> = Vec::new();
    for (_, pair) in all {
        let free = |other: &Pair| other.prompt != pair.prompt && other.candidate != pair.candidate;
        let here = chosen.iter().filter(|other| block(other) == block(&pair)).count();
        if chosen.len() < rules.most && here < per_block && chosen.iter().all(free) {
            chosen.push(pair);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relocate::candidate::{Candidate, Origin};
    use crate::sample;

    /// Pairs of twelve blocks' prompts, two each, of which some are idle.
    fn chosen(
        idle: &[(usize, f64)],
        field: &[(usize, Origin, f64)],
        most: usize,
    ) -> Vec<[usize; 2]> {
        let parameters = sample::parameters(&sample::engine());
        let mut idleness = vec![-1.0; parameters.prompt_count()];
        idle.iter().for_each(|&(prompt, score)| idleness[prompt] = score);
        let expected = |&(block, origin, change): &(usize, Origin, f64)| Expected {
            candidate: Candidate { block, row: Vec::new(), origin },
            change,
        };
        let field: Vec<Expected> = field.iter().map(expected).collect();
        let rules = Rules { reach: Reach::Any, most };
        let pairs = pairs(parameters.bank().unwrap(), &idleness, &field, &rules);
        pairs.iter().map(|pair| [pair.prompt, pair.candidate]).collect()
    }

    #[test]
    fn the_lowest_loss_is_expected_of_the_most_idle_and_the_best_candidate() {
        let field = [(3, Origin::Token, -0.1), (5, Origin::Token, -0.4), (7, Origin::Token, 0.2)];
        let idle = [(0, 0.1), (1, 0.3)];
        assert_eq!(chosen(&idle, &field, 2), [[1, 1], [0, 0]]);
        assert_eq!(chosen(&idle, &field, 1), [[1, 1]]);
        // Who would go to a block that another one goes to has to wait.
        let crowd = [(3, Origin::Token, -0.1), (5, Origin::Token, -0.4), (5, Origin::Token, -0.3)];
        assert_eq!(chosen(&idle, &crowd, 2), [[1, 1], [0, 0]]);
        // A third pair would be one that promises nothing.
        assert_eq!(chosen(&idle, &field, 9).len(), 2);
    }

    #[test]
    fn nobody_goes_where_he_is_and_only_a_prompt_itself_goes_as_it_is() {
        // Prompts 10 and 11 are in block 5.
        let field = [(5, Origin::Token, -0.5), (4, Origin::Prompt(11), -0.5)];
        let idle = [(10, 0.9), (11, 0.2), (3, 0.1)];
        assert_eq!(chosen(&idle, &field, 3), [[11, 1], [3, 0]]);
    }
}
