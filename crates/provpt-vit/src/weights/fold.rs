//! LayerScale, multiplied into what stands in front of it.

use super::Backbone;

/// The maps whose outputs are scaled, and by what.
const SCALED: [(&str, &str); 2] = [("attn.proj", "ls1.gamma"), ("mlp.fc2", "ls2.gamma")];

impl Backbone {
    /// The same function with LayerScale's factors multiplied into the matrices and biases in front
    /// of them, so that nothing is left to scale. What learns in blocks, or is put into them, stands
    /// beside or behind the maps as they are in the checkpoint: such backbones stay as they are.
    ///
    /// Sums are those of other products; results agree to rounding.
    #[must_use]
    pub fn with_folded_scales(mut self) -> Self {
        if !self.architecture.layer_scale {
            return self;
        }
        for block in 0..self.architecture.depth {
            let block = self.architecture.block_name(block);
            for (map, scale) in SCALED {
                // What is missing is told where it is needed.
                let gamma = self.tensors.remove(&format!("{block}.{scale}"));
                let gamma = gamma.map(|tensor| tensor.data).unwrap_or_default();
                for array in ["weight", "bias"] {
                    if let Some(tensor) = self.tensors.get_mut(&format!("{block}.{map}.{array}")) {
                        scale_rows(&mut tensor.data, &gamma);
                    }
                }
            }
        }
        self.architecture.layer_scale = false;
        self
    }
}

/// Multiplies each row by its factor; `values` are as many rows as there are factors.
fn scale_rows(values: &mut [f32], factors: &[f32]) {
    let width = values.len() / factors.len().max(1);
    for (row, factor) in values.chunks_exact_mut(width.max(1)).zip(factors) {
        row.iter_mut().for_each(|value| *value *= factor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::LoadOptions;

    #[test]
    fn rows_are_scaled() {
        let mut values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        scale_rows(&mut values, &[2.0, 0.0, -1.0]);
        assert_eq!(values, [2.0, 4.0, 0.0, 0.0, -5.0, -6.0]);
    }

    #[test]
    fn a_backbone_without_scales_stays_as_it_is() {
        let backbone = Backbone::pico(&LoadOptions::default()).unwrap();
        assert_eq!(backbone.clone().with_folded_scales(), backbone);
    }
}
