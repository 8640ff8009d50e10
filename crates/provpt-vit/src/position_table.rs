//! Tables of relative positions within a window (Liu et al., Swin, ICCV 2021): one number per
//! distance of two tokens and head.

/// The row of the table for a query and a key of a window of `side` x `side` tokens.
fn distance(side: usize, query: usize, key: usize) -> usize {
    let apart = |from: usize, to: usize| from + side - 1 - to;
    apart(query / side, key / side) * (2 * side - 1) + apart(query % side, key % side)
}

/// What is added to logits, `[heads, tokens, tokens]`, from a table `[(2 side - 1)^2, heads]`.
pub(crate) fn expand(table: &[f32], side: usize, heads: usize) -> Vec<f32> {
    let tokens = side * side;
    let value = |index: usize| {
        let (head, query, key) = (index / tokens / tokens, index / tokens % tokens, index % tokens);
        table[distance(side, query, key) * heads + head]
    };
    (0..heads * tokens * tokens).map(value).collect()
}

/// The gradient of a table, given that of what [`expand`] makes of it.
pub(crate) fn fold(d_bias: &[f32], side: usize, heads: usize) -> Vec<f32> {
    let tokens = side * side;
    let mut d_table = vec![0.0; table_rows(side) * heads];
    for (index, d) in d_bias.iter().enumerate() {
        let (head, query, key) = (index / tokens / tokens, index / tokens % tokens, index % tokens);
        d_table[distance(side, query, key) * heads + head] += d;
    }
    d_table
}

/// Distances that there are.
pub(crate) fn table_rows(side: usize) -> usize {
    (2 * side - 1).pow(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_as_far_apart_share_a_number() {
        // Two heads; the number is the row.
        let table: Vec<f32> = (0..9).flat_map(|row| [row as f32, 10.0 + row as f32]).collect();
        let bias = expand(&table, 2, 2);
        // From the first token to itself, to the right, down, and across.
        assert_eq!(bias[..4], [4.0, 3.0, 1.0, 0.0]);
        assert_eq!(bias[16..20], [14.0, 13.0, 11.0, 10.0]);
        let counts = fold(&[1.0; 32], 2, 2);
        let once: Vec<f32> = [1, 2, 1, 2, 4, 2, 1, 2, 1].map(|count| count as f32).to_vec();
        assert_eq!(counts, once.iter().flat_map(|count| [*count; 2]).collect::<Vec<_>>());
    }
}
