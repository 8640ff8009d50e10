use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Keeps streams with equal seeds but different uses apart. 0 is taken: by the random crops of
/// `provpt-image`.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Folder = 1,
    Sprites,
    Sheet,
}

/// The random stream of one (seed, purpose, a, b): four numbers fill the 32-byte key, so that no
/// two of them share a stream and none depends on the order in which they are used.
pub(crate) fn stream(seed: u64, purpose: Purpose, a: u64, b: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (bytes, word) in key.chunks_exact_mut(8).zip([seed, purpose as u64, a, b]) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}
