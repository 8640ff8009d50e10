//! Images that are there more than once.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use crate::Image;

/// Half a SHA-256 of size and pixels: no two different images share one but by 1 in 2^64.
pub(super) type Fingerprint = [u8; 16];

pub(super) fn fingerprint(image: &Image) -> Fingerprint {
    let mut hash = Sha256::new();
    hash.update((image.width() as u64).to_le_bytes());
    hash.update(image.pixels());
    let digest = hash.finalize();
    let mut half = Fingerprint::default();
    half.copy_from_slice(&digest[..16]);
    half
}

/// Groups of places that look the same, each of two or more, in the order of their first place.
/// Places are counted through, images that could not be read have no fingerprint.
pub(super) fn groups(prints: &[Option<Fingerprint>]) -> Vec<Vec<usize>> {
    let mut first: HashMap<&Fingerprint, usize> = HashMap::with_capacity(prints.len());
    let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
    for (place, print) in prints.iter().enumerate() {
        let Some(print) = print else { continue };
        let begin = *first.entry(print).or_insert(place);
        if begin != place {
            groups.entry(begin).or_insert_with(|| vec![begin]).push(place);
        }
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.sort_unstable();
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: usize, pixels: &[u8]) -> Image {
        Image::from_rgb(width, pixels.len() / 3 / width, pixels.to_vec()).unwrap()
    }

    #[test]
    fn the_size_is_part_of_an_image() {
        let pixels: Vec<u8> = (0..18).collect();
        let print = fingerprint(&image(2, &pixels));
        assert_eq!(print, fingerprint(&image(2, &pixels)));
        assert_ne!(print, fingerprint(&image(3, &pixels)));
        let mut other = pixels;
        other[17] ^= 1;
        assert_ne!(print, fingerprint(&image(2, &other)));
    }

    #[test]
    fn groups_have_two_or_more_in_order() {
        let [a, b, c] = [1, 2, 3].map(|byte| Some([byte; 16]));
        assert_eq!(groups(&[b, a, None, c, a, b, None, a]), [vec![0, 5], vec![1, 4, 7]]);
        assert!(groups(&[a, b, None, None]).is_empty());
    }
}
