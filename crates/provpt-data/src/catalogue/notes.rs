use super::find;
use crate::{Split, Task};

/// So many training images are looked at for their format.
const LOOKED_AT: usize = 64;

impl Task {
    /// What a user should know though nothing is wrong, a line each. By the task's name in the
    /// [`catalogue`](crate::catalogue), so none for other names.
    pub fn notes(&self) -> Vec<String> {
        Vec::from_iter(compressed_again(&self.name, &self.train))
    }
}

/// Small lossless images that someone has made JPEG of.
fn compressed_again(name: &str, train: &Split) -> Option<String> {
    let task = find(name).filter(|task| task.images.fragile())?;
    let [width, height] = task.images.size?;
    let step = train.len().div_ceil(LOOKED_AT).max(1);
    let looked_at: Vec<bool> = (0..train.len())
        .step_by(step)
        .filter_map(|index| train.encoded(index).ok().flatten())
        .map(|bytes| bytes.starts_with(b"\xff\xd8\xff"))
        .collect();
    let jpeg = looked_at.iter().filter(|&&jpeg| jpeg).count();
    (jpeg > 0).then(|| {
        format!(
            "{}: {jpeg} of {} images looked at are JPEG, but the official {width}x{height} images \
             are lossless; so small, they lose detail (users report about ten points of accuracy \
             on CIFAR-100): read the tensorflow-datasets folder instead",
            task.name,
            looked_at.len()
        )
    })
}
