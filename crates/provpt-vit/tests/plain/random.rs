//! Random weights, images, prompts and dropout masks.

use std::collections::BTreeMap;

use provpt_vit::registry::PreprocessingRecord;
use provpt_vit::weights::{Format, ImportReport, Naming, PixelSource, Tensor};
use provpt_vit::{Architecture, Backbone, PromptMask};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Two blocks of next to nothing.
pub(crate) fn tiny() -> Architecture {
    Architecture { mlp_width: 8, ..Architecture::plain(4, 2, 8, 2, 2) }
}

/// A source of values.
pub(crate) struct Random(ChaCha8Rng);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Values from U(-spread, spread) around `centre`.
    pub(crate) fn values(&mut self, len: usize, centre: f32, spread: f32) -> Vec<f32> {
        (0..len).map(|_| centre + spread * self.0.random_range(-1.0f32..1.0)).collect()
    }

    /// A backbone whose activations stay near 1 and whose attention is neither flat nor a choice.
    pub(crate) fn backbone(&mut self, a: &Architecture, fc_norm: bool) -> Backbone {
        let (d, m, p) = (a.width, a.mlp_width, a.patch_size);
        let mut tensors = Tensors { random: self, all: BTreeMap::new() };
        tensors.linear("patch_embed.proj", &[d, 3, p, p]);
        tensors.put("cls_token", &[1, 1, d], 0.0, 1.0);
        tensors.put("pos_embed", &[1, a.tokens(), d], 0.0, 1.0);
        for block in 0..a.depth {
            let part = |name: &str| format!("blocks.{block}.{name}");
            tensors.norm(&part("norm1"), d);
            tensors.linear(&part("attn.qkv"), &[3 * d, d]);
            tensors.linear(&part("attn.proj"), &[d, d]);
            tensors.norm(&part("norm2"), d);
            tensors.linear(&part("mlp.fc1"), &[m, d]);
            tensors.linear(&part("mlp.fc2"), &[d, m]);
            if a.layer_scale {
                tensors.put(&part("ls1.gamma"), &[d], 0.5, 0.5);
                tensors.put(&part("ls2.gamma"), &[d], 0.5, 0.5);
            }
        }
        tensors.norm("norm", d);
        if fc_norm {
            tensors.norm("fc_norm", d);
        }
        backbone(a, tensors.all)
    }
}

struct Tensors<'a> {
    random: &'a mut Random,
    all: BTreeMap<String, Tensor>,
}

impl Tensors<'_> {
    fn put(&mut self, name: &str, shape: &[usize], centre: f32, spread: f32) {
        let data = self.random.values(shape.iter().product(), centre, spread);
        self.all.insert(name.to_owned(), Tensor { shape: shape.to_vec(), data });
    }

    fn norm(&mut self, name: &str, width: usize) {
        self.put(&format!("{name}.weight"), &[width], 1.0, 0.5);
        self.put(&format!("{name}.bias"), &[width], 0.0, 0.5);
    }

    /// Unit variance in, unit variance out.
    fn linear(&mut self, name: &str, shape: &[usize]) {
        let inputs: usize = shape[1..].iter().product();
        self.put(&format!("{name}.weight"), shape, 0.0, (3.0 / inputs as f32).sqrt());
        self.put(&format!("{name}.bias"), &shape[..1], 0.0, 0.2);
    }
}

fn backbone(architecture: &Architecture, tensors: BTreeMap<String, Tensor>) -> Backbone {
    Backbone {
        architecture: architecture.clone(),
        tensors,
        sha256: String::new(),
        name: "random".to_owned(),
        preprocessing: PreprocessingRecord::INCEPTION,
        report: ImportReport {
            format: Format::Safetensors,
            naming: Naming::Timm,
            prefix: String::new(),
            dropped: Vec::new(),
            dtypes: BTreeMap::new(),
            resampled: None,
            heads_guess: None,
            pixels: PixelSource::Assumed,
            findings: Vec::new(),
        },
    }
}

/// Inverted dropout: each element is 0 with probability a quarter, else divided by what is left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dropout(pub(crate) u64);

impl PromptMask for Dropout {
    fn fill(&self, image: usize, prompt: usize, multipliers: &mut [f32]) {
        let mut rng = ChaCha8Rng::seed_from_u64(self.0);
        rng.set_stream((image * 1000 + prompt) as u64);
        for m in multipliers {
            *m = if rng.random_range(0..4) == 0 { 0.0 } else { 4.0 / 3.0 };
        }
    }
}
