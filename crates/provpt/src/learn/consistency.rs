//! Logits that stay near those that the same image had one epoch before, whatever noise there was
//! then and is now (the fast form of Ni et al., PACE, NeurIPS 2024).

/// The last logits of all training images.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Consistency {
    /// Of the squared distance in an image's loss.
    weight: f64,
    classes: usize,
    /// `[n, C]`.
    logits: Vec<f32>,
    /// `[n]`: whether an image has been seen.
    known: Vec<bool>,
}

/// Where the logits of a batch's images are drawn to, beside their labels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchors<'a> {
    weight: f64,
    rows: &'a [Option<&'a [f32]>],
}

impl<'a> Anchors<'a> {
    /// Nowhere.
    pub(crate) const NONE: Self = Self { weight: 0.0, rows: &[] };

    /// Those of some images of the batch.
    pub(crate) fn part(self, images: std::ops::Range<usize>) -> Self {
        Self { rows: self.rows.get(images).unwrap_or_default(), ..self }
    }

    /// What the distance of an image's logits adds to its loss; the slopes of a batch's mean loss by
    /// these logits are added to.
    pub(crate) fn pull(
        self,
        image: usize,
        logits: &[f32],
        slopes: &mut [f32],
        batch: usize,
    ) -> f64 {
        let Some(Some(anchor)) = self.rows.get(image) else { return 0.0 };
        let mut sum = 0.0;
        for ((logit, anchor), slope) in logits.iter().zip(*anchor).zip(slopes) {
            let off = f64::from(*logit) - f64::from(*anchor);
            sum += off * off;
            *slope += (2.0 * self.weight * off / batch as f64) as f32;
        }
        self.weight * sum
    }
}

impl Consistency {
    /// None if the weight is 0.
    pub(crate) fn of(weight: f64, images: usize, classes: usize) -> Option<Self> {
        if weight == 0.0 {
            return None;
        }
        let (logits, known) = (vec![0.0; images * classes], vec![false; images]);
        Some(Self { weight, classes, logits, known })
    }

    /// What is known of the images at `indices`.
    pub(crate) fn rows(&self, indices: &[usize]) -> Vec<Option<&[f32]>> {
        let row =
            |&i: &usize| self.known[i].then(|| &self.logits[i * self.classes..][..self.classes]);
        indices.iter().map(row).collect()
    }

    /// The same as the head takes it.
    pub(crate) fn anchors<'a>(&self, rows: &'a [Option<&'a [f32]>]) -> Anchors<'a> {
        Anchors { weight: self.weight, rows }
    }

    /// Keeps the logits `[b, C]` of the images at `indices`.
    pub(crate) fn keep(&mut self, indices: &[usize], logits: &[f32]) {
        for (&image, row) in indices.iter().zip(logits.chunks_exact(self.classes.max(1))) {
            self.logits[image * self.classes..][..self.classes].copy_from_slice(row);
            self.known[image] = true;
        }
    }

    /// All logits, as checkpoints keep them: behind an epoch all are known.
    pub(crate) fn logits(&self) -> &[f32] {
        &self.logits
    }

    /// Takes back what a checkpoint kept; returns whether it is of as many images and classes.
    pub(crate) fn restore(&mut self, logits: Vec<f32>) -> bool {
        let fits = logits.len() == self.logits.len();
        if fits {
            self.logits = logits;
            self.known.fill(true);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_drawn_to_where_they_were() {
        let mut consistency = Consistency::of(0.5, 3, 2).unwrap();
        consistency.keep(&[2, 0], &[1.0, 2.0, 3.0, 4.0]);
        let rows = consistency.rows(&[0, 1, 2]);
        assert_eq!(rows, [Some(&[3.0, 4.0][..]), None, Some(&[1.0, 2.0])]);
        let anchors = consistency.anchors(&rows);
        let mut slopes = [0.1, 0.1];
        // Of two images: 2 * 0.5 * (1, -2) / 2.
        assert_eq!(anchors.pull(0, &[4.0, 2.0], &mut slopes, 2), 0.5 * 5.0);
        assert!((slopes[0] - 0.6).abs() < 1e-6 && (slopes[1] + 0.9).abs() < 1e-6, "{slopes:?}");
        assert_eq!(anchors.pull(1, &[4.0, 2.0], &mut slopes, 2), 0.0);
        assert_eq!(anchors.part(2..3).pull(0, &[1.0, 3.0], &mut slopes, 2), 0.5);
        assert_eq!(Anchors::NONE.pull(0, &[1.0, 3.0], &mut slopes, 2), 0.0);
        assert_eq!(Consistency::of(0.0, 3, 2), None);
    }
}
