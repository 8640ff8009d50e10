//! Writes a ViT with random weights to a Google-style `.npz`, or a Swin transformer under Microsoft's
//! names to the same kind of file, for timing without a download.
//!
//!     cargo run --release -p provpt-vit --example random_vit -- vit_base_patch16_224 out.npz

use std::error::Error;
use std::io::{Seek, Write};

use npyz::WriterBuilder;
use npyz::npz::file_name_from_array_name;
use provpt_vit::{Architecture, registry};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

struct Writer<W: Write + Seek> {
    npz: ZipWriter<W>,
    rng: ChaCha8Rng,
}

impl<W: Write + Seek> Writer<W> {
    /// Values from U(-spread, spread) around `centre`.
    fn put(
        &mut self,
        name: &str,
        shape: &[usize],
        centre: f32,
        spread: f32,
    ) -> Result<(), Box<dyn Error>> {
        let shape: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.npz.start_file(file_name_from_array_name(name), options)?;
        let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
        let mut array = options.writer(&mut self.npz).begin_nd()?;
        for _ in 0..shape.iter().product() {
            array.push(&(centre + spread * self.rng.random_range(-1.0f32..1.0)))?;
        }
        Ok(array.finish()?)
    }

    /// An affine map `[outputs, inputs]`, or a norm (no inputs), as PyTorch has it.
    fn affine(
        &mut self,
        name: &str,
        outputs: usize,
        inputs: Option<usize>,
    ) -> Result<(), Box<dyn Error>> {
        match inputs {
            Some(inputs) => {
                self.put(&format!("{name}.weight"), &[outputs, inputs], 0.0, dense(inputs))?;
                self.put(&format!("{name}.bias"), &[outputs], 0.0, 0.02)
            }
            None => {
                self.put(&format!("{name}.weight"), &[outputs], 1.0, 0.1)?;
                self.put(&format!("{name}.bias"), &[outputs], 0.0, 0.1)
            }
        }
    }

    /// All of a network in stages.
    fn staged(&mut self, a: &Architecture) -> Result<(), Box<dyn Error>> {
        let (p, d) = (a.patch_size, a.block_width(0));
        self.put("patch_embed.proj.weight", &[d, 3, p, p], 0.0, dense(3 * p * p))?;
        self.put("patch_embed.proj.bias", &[d], 0.0, 0.02)?;
        self.affine("patch_embed.norm", d, None)?;
        let (stages, mut block) = (a.stages.ok_or("a network without stages")?, 0);
        for (stage, &blocks) in stages.blocks().iter().enumerate() {
            for index in 0..blocks {
                let part = |name: &str| format!("layers.{stage}.blocks.{index}.{name}");
                let (d, m, h) =
                    (a.block_width(block), a.block_mlp_width(block), a.block_heads(block));
                self.affine(&part("norm1"), d, None)?;
                self.affine(&part("attn.qkv"), 3 * d, Some(d))?;
                let table = part("attn.relative_position_bias_table");
                let side = stages.window().min(a.grid() >> stage);
                self.put(&table, &[(2 * side - 1).pow(2), h], 0.0, 0.5)?;
                self.affine(&part("attn.proj"), d, Some(d))?;
                self.affine(&part("norm2"), d, None)?;
                self.affine(&part("mlp.fc1"), m, Some(d))?;
                self.affine(&part("mlp.fc2"), d, Some(m))?;
                block += 1;
            }
            if block < a.depth {
                let (name, d) = (format!("layers.{stage}.downsample"), a.block_width(block - 1));
                self.affine(&format!("{name}.norm"), 4 * d, None)?;
                let weight = format!("{name}.reduction.weight");
                self.put(&weight, &[2 * d, 4 * d], 0.0, dense(4 * d))?;
            }
        }
        self.affine("norm", a.width, None)
    }
}

/// The spread of weights that keeps values about as large as the inputs.
fn dense(inputs: usize) -> f32 {
    1.7 / (inputs as f32).sqrt()
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, path] = &args[..] else {
        return Err("usage: random_vit MODEL FILE.npz".into());
    };
    let m = &registry::find(name).ok_or_else(|| format!("unknown model {name}"))?.architecture;
    let file = std::io::BufWriter::new(fs_err::File::create(path)?);
    let mut w = Writer { npz: ZipWriter::new(file), rng: ChaCha8Rng::seed_from_u64(0) };
    let (d, h, p) = (m.width, m.heads, m.patch_size);
    let grid = m.image_size / p;
    if m.stages.is_some() {
        w.staged(m)?;
        w.npz.finish()?.flush()?;
        return Ok(());
    }
    w.put("cls", &[1, 1, d], 0.0, 0.1)?;
    w.put("embedding/kernel", &[p, p, 3, d], 0.0, dense(3 * p * p))?;
    w.put("embedding/bias", &[d], 0.0, 0.02)?;
    w.put("Transformer/posembed_input/pos_embedding", &[1, 1 + grid * grid, d], 0.0, 0.1)?;
    w.put("Transformer/encoder_norm/scale", &[d], 1.0, 0.1)?;
    w.put("Transformer/encoder_norm/bias", &[d], 0.0, 0.1)?;
    for block in 0..m.depth {
        let part = |name: &str| format!("Transformer/encoderblock_{block}/{name}");
        for norm in ["LayerNorm_0", "LayerNorm_2"] {
            w.put(&part(&format!("{norm}/scale")), &[d], 1.0, 0.1)?;
            w.put(&part(&format!("{norm}/bias")), &[d], 0.0, 0.1)?;
        }
        for name in ["query", "key", "value"] {
            let name = part(&format!("MultiHeadDotProductAttention_1/{name}"));
            w.put(&format!("{name}/kernel"), &[d, h, d / h], 0.0, dense(d))?;
            w.put(&format!("{name}/bias"), &[h, d / h], 0.0, 0.02)?;
        }
        let out = part("MultiHeadDotProductAttention_1/out");
        w.put(&format!("{out}/kernel"), &[h, d / h, d], 0.0, dense(d))?;
        w.put(&format!("{out}/bias"), &[d], 0.0, 0.02)?;
        for (name, inputs, outputs) in [("Dense_0", d, m.mlp_width), ("Dense_1", m.mlp_width, d)] {
            let name = part(&format!("MlpBlock_3/{name}"));
            w.put(&format!("{name}/kernel"), &[inputs, outputs], 0.0, dense(inputs))?;
            w.put(&format!("{name}/bias"), &[outputs], 0.0, 0.02)?;
        }
    }
    w.npz.finish()?.flush()?;
    Ok(())
}
