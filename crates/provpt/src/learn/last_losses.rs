//! What each training image lost when a step last saw it: a step beside it is compared with itself, and a
//! batch of hard images is no spike.

/// `[n]`, as far as images have been seen; NaN for those that have not. Losses are kept as f32, as a
/// checkpoint has them, so that a resumed run knows the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LastLosses(Vec<f32>);

impl LastLosses {
    /// Those of a checkpoint.
    pub(crate) fn new(losses: Vec<f32>) -> Self {
        Self(losses)
    }

    /// All of them, in the order of the images.
    pub(crate) fn values(&self) -> &[f32] {
        &self.0
    }

    /// The mean over these images, if all were seen.
    pub(crate) fn mean(&self, indices: &[usize]) -> Option<f64> {
        let of = |&image: &usize| self.0.get(image).map(|loss| f64::from(*loss));
        let sum: f64 = indices.iter().map(of).sum::<Option<f64>>()?;
        let mean = sum / indices.len() as f64;
        mean.is_finite().then_some(mean)
    }

    /// These images have just lost so much.
    pub(crate) fn keep(&mut self, indices: &[usize], losses: &[f64]) {
        for (&image, &loss) in indices.iter().zip(losses) {
            if image >= self.0.len() {
                self.0.resize(image + 1, f32::NAN);
            }
            self.0[image] = loss as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_is_known_once_all_images_were_seen() {
        let mut last = LastLosses::default();
        assert_eq!(last.mean(&[0]), None);
        last.keep(&[3, 1], &[1.0, 2.0]);
        assert_eq!(
            (last.mean(&[1, 3]), last.mean(&[1, 2]), last.mean(&[4])),
            (Some(1.5), None, None)
        );
        last.keep(&[2, 1], &[4.0, 0.5]);
        assert_eq!((last.mean(&[1, 2]), last.mean(&[])), (Some(2.25), None));
        assert_eq!(LastLosses::new(last.values().to_vec()).mean(&[3]), Some(1.0));
    }
}
