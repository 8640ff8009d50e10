//! Which images a sheet shows.

use rand::seq::SliceRandom;

use provpt_base::{Purpose, stream};

/// At most `n` images, as equally many of each class as can be: indices into `labels`, sorted by
/// class and then by place. A last round that does not reach every class takes some by chance.
pub(super) fn choose(labels: &[usize], n: usize, seed: u64) -> Vec<usize> {
    let mut of_class: Vec<Vec<usize>> = Vec::new();
    for (index, &label) in labels.iter().enumerate() {
        of_class.resize_with(of_class.len().max(label + 1), Vec::new);
        of_class[label].push(index);
    }
    for (class, indices) in of_class.iter_mut().enumerate() {
        indices.shuffle(&mut stream(seed, Purpose::Sheet, [0, class as u64]));
    }
    let mut chosen = Vec::with_capacity(n.min(labels.len()));
    for round in 0.. {
        let mut next: Vec<usize> =
            of_class.iter().filter_map(|indices| indices.get(round).copied()).collect();
        let left = n - chosen.len();
        if next.is_empty() || left == 0 {
            break;
        }
        if next.len() > left {
            next.shuffle(&mut stream(seed, Purpose::Sheet, [1, round as u64]));
            next.truncate(left);
        }
        chosen.extend(next);
    }
    chosen.sort_by_key(|&index| (labels[index], index));
    chosen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(labels: &[usize], chosen: &[usize]) -> Vec<usize> {
        let count = |class| chosen.iter().filter(|&&index| labels[index] == class).count();
        (0..=labels.iter().copied().max().unwrap_or(0)).map(count).collect()
    }

    #[test]
    fn rare_classes_come_first_and_many_classes_are_sampled() {
        let labels = [vec![0; 50], vec![1; 2], vec![3; 50]].concat();
        assert_eq!(counts(&labels, &choose(&labels, 12, 0)), [5, 2, 0, 5]);
        let hundred: Vec<usize> = (0..100).collect();
        let chosen = choose(&hundred, 10, 0);
        assert_eq!(chosen.len(), 10);
        assert!(chosen.iter().any(|&class| class > 49), "{chosen:?}");
        assert_ne!(choose(&hundred, 10, 1), chosen);
    }

    proptest! {
        #[test]
        fn classes_are_balanced(labels in prop::collection::vec(0_usize..5, 0..80), n in 0_usize..50) {
            let chosen = choose(&labels, n, 7);
            prop_assert_eq!(&chosen, &choose(&labels, n, 7));
            prop_assert_eq!(chosen.len(), n.min(labels.len()));
            let sorted = chosen.windows(2).all(|w| (labels[w[0]], w[0]) < (labels[w[1]], w[1]));
            prop_assert!(sorted);
            let all: Vec<usize> = (0..labels.len()).collect();
            let (have, took) = (counts(&labels, &all), counts(&labels, &chosen));
            let most = took.iter().max().copied().unwrap_or(0);
            for (have, took) in have.iter().zip(took) {
                prop_assert!(took == *have || took + 1 >= most, "{took} of {have}, most {most}");
            }
        }
    }
}
