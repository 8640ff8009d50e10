use proptest::{collection::vec, prelude::*};

use super::*;

/// A prompt whose gate score is `score` and whose removal changes the loss by `change`.
fn row(prompt: usize, block: usize, score: f64, change: f64) -> StudyRow {
    StudyRow { prompt, block, gate: score, true_change: change, ..StudyRow::default() }
}

fn gate(rows: &[StudyRow]) -> ScoreSummary {
    StudySummary::of(rows).scores[0].clone()
}

/// The dominant prompt 0 has the largest score and is the worst to remove; prompt 3 is the best.
fn with_a_dominant_prompt() -> Vec<StudyRow> {
    vec![
        row(0, 0, 9.0, 5.0),
        row(1, 0, 1.0, 0.0),
        row(2, 0, 2.0, -1.0),
        row(3, 1, 3.0, -2.0),
        row(4, 1, 0.0, 1.0),
    ]
}

#[test]
fn verification_finds_what_the_first_choice_misses() {
    let all = gate(&with_a_dominant_prompt()).all;
    assert_eq!(all.prompts, 5);
    // Ranks of the scores 5 2 3 4 1, of the true idleness 1 3 4 5 2: 1 - 6 * 20 / (5 * 24).
    assert!(all.spearman.is_some_and(|r| r.abs() < 1e-12));
    let first = all.first.unwrap();
    assert_eq!((first.prompt, first.rank, first.among_best), (0, 5, false));
    assert_eq!(first.true_change, 5.0);
    let verified = all.verified.unwrap();
    assert_eq!((verified.prompt, verified.rank, verified.among_best), (3, 1, true));
}

#[test]
fn little_asks_for_a_small_change_in_either_direction() {
    let effect = |change: f64| StudyRow { effect: -change.abs(), ..row(0, 0, -change, change) };
    let rows = [2.0, -1.5, 0.1, -0.2, 1.0].map(effect);
    let summary = StudySummary::of(&rows);
    let [gate, _, effect, _] = &summary.scores[..] else { panic!("four scores") };
    assert_eq!((gate.all.spearman, effect.all.little), (Some(1.0), Some(1.0)));
    // Ranks of minus the change 1 5 3 4 2, of minus its size 1 2 5 4 3.
    assert!(gate.all.little.is_some_and(|r| (r - 0.3).abs() < 1e-12), "{gate:?}");
}

#[test]
fn a_study_without_effects_is_still_read() {
    let text = r#"{"prompt":1,"block":0,"fresh":false,"true_change":0.5,"gate":1,"attention":2,"norm":-1}"#;
    let row: StudyRow = serde_json::from_str(text).unwrap();
    assert!(row.effect.is_nan());
    let summary = StudySummary::of(&[row; 4]);
    assert_eq!(summary.scores[2].all, Agreement::default());
}

#[test]
fn verification_looks_at_four_candidates_only() {
    let mut rows = with_a_dominant_prompt();
    rows[4].true_change = -9.0;
    let verified = gate(&rows).all.verified.unwrap();
    assert_eq!((verified.prompt, verified.rank), (3, 2));
}

#[test]
fn fresh_prompts_are_set_apart() {
    let mut rows = with_a_dominant_prompt();
    rows[0].fresh = true;
    let summary = StudySummary::of(&rows);
    assert_eq!((summary.prompts, summary.fresh), (5, 1));
    let settled = summary.scores[0].settled;
    assert_eq!(settled.prompts, 4);
    // Without it the scores 1 2 3 0 are exactly 1 + the true idleness 0 1 2 -1.
    assert!(settled.pearson.is_some_and(|r| (r - 1.0).abs() < 1e-12));
    assert_eq!(settled.first.unwrap().rank, 1);
}

#[test]
fn blocks_are_judged_on_their_own() {
    let blocks = gate(&with_a_dominant_prompt()).blocks;
    assert_eq!(
        blocks.iter().map(|b| (b.block, b.all.prompts)).collect::<Vec<_>>(),
        [(0, 3), (1, 2)]
    );
    // Scores 9 1 2 against -5 0 1: deviations 5 -3 -2 and -11/3 4/3 7/3.
    let expected = -27.0 / (38.0 * 186.0 / 9.0_f64).sqrt();
    assert!(blocks[0].all.pearson.is_some_and(|r| (r - expected).abs() < 1e-12));
    assert_eq!(blocks[1].all, Agreement { prompts: 2, ..Agreement::default() });
}

#[test]
fn the_best_tenth_is_at_least_one() {
    let rows: Vec<StudyRow> =
        (0..20).map(|i| row(i, 0, if i == 1 { 9.0 } else { 0.0 }, i as f64)).collect();
    let first = gate(&rows).all.first.unwrap();
    assert_eq!((first.rank, first.among_best), (2, true));
    let first = gate(&rows[..19]).all.first.unwrap();
    assert_eq!((first.rank, first.among_best), (2, false));
}

#[test]
fn degenerate_rows_give_no_verdict_and_no_nan() {
    let constant: Vec<StudyRow> = (0..5).map(|i| row(i, 0, 0.1, i as f64)).collect();
    assert_eq!(gate(&constant).all, Agreement { prompts: 5, ..Agreement::default() });
    assert_eq!(gate(&[]).all, Agreement::default());
    assert!(gate(&[]).blocks.is_empty());

    let mut rows = with_a_dominant_prompt();
    rows[0].gate = f64::NAN;
    rows[1].true_change = f64::INFINITY;
    let all = gate(&rows).all;
    assert_eq!(all.prompts, 3);
    assert!(all.pearson.is_some_and(f64::is_finite));

    let flat: Vec<StudyRow> = (0..5).map(|i| row(i, 0, i as f64, 0.5)).collect();
    let all = gate(&flat).all;
    assert_eq!((all.pearson, all.spearman, all.first.map(|c| c.rank)), (None, None, Some(1)));
}

proptest! {
    #[test]
    fn verification_never_does_worse(rows in vec((-9.0..9.0, -9.0..9.0, any::<bool>()), 0..40)) {
        let rows: Vec<StudyRow> = rows
            .into_iter()
            .enumerate()
            .map(|(i, (score, change, fresh))| StudyRow { fresh, ..row(i, i % 3, score, change) })
            .collect();
        let summary = gate(&rows);
        for agreement in [summary.all, summary.settled] {
            prop_assert_eq!(agreement.first.is_some(), agreement.verified.is_some());
            if let (Some(first), Some(verified)) = (agreement.first, agreement.verified) {
                prop_assert!((1..=first.rank).contains(&verified.rank));
                prop_assert!(first.rank <= agreement.prompts);
                prop_assert!(verified.among_best || !first.among_best);
            }
        }
    }
}
