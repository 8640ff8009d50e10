use std::collections::BTreeMap;

use crate::engine::split;
use crate::kernels::cpu::{Bf16Matrix, Cpu, Operands, Path, product};
use crate::kernels::{FrozenMatrix, Kernels, Role, Schedule};
use crate::{Architecture, Error, Precision};

/// Nothing but the matrix products of a training step with prompts in every block: the same sizes,
/// library, batches and threads as the engine's, each with its operands as the library likes them
/// best. No step that multiplies these matrices with that library can be faster. In bf16 the right
/// sides are packed before, the left ones as part of a product.
pub struct Floor {
    shape: Architecture,
    prompts: usize,
    packed: Option<Packed>,
    shards: Vec<Shard>,
}

/// Right sides of products in bf16.
struct Packed {
    /// The patch embedding and five matrices a block.
    frozen: Vec<Bf16Matrix>,
    /// Keys, values and scores, by their sizes.
    attention: BTreeMap<(usize, usize), Bf16Matrix>,
}

/// One thread's images, in chunks, and its memory.
struct Shard {
    chunks: Vec<usize>,
    x: Vec<f32>,
    weights: Vec<f32>,
    y: Vec<f32>,
}

impl Floor {
    /// Operands for `prompts` prompts in each block.
    ///
    /// # Errors
    /// There is no room for them.
    pub fn new(
        shape: &Architecture,
        prompts: usize,
        images: usize,
        threads: usize,
        precision: Precision,
    ) -> Result<Self, Error> {
        let path = (precision == Precision::Bf16).then(Path::best);
        let shard = |chunks: Vec<usize>| {
            let most = chunks.iter().max().copied().unwrap_or(0);
            let columns = shape.tokens() + prompts;
            let rows = (most * shape.tokens()).max(columns);
            let widest = shape.mlp_width.max(shape.patch_values()).max(columns);
            let values = |len| vec![0.5; len];
            let (x, y) = (values(rows * widest), values(rows * widest));
            // At least room for the patch embedding, which is multiplied first.
            let weights =
                values(shape.depth * block_weights(shape) + shape.patch_values() * shape.width);
            Shard { chunks, x, weights, y }
        };
        let schedule = Schedule { shards: threads, ..Cpu::ONE.schedule(shape) };
        let chunks = split(schedule, images).into_iter();
        let shards =
            chunks.map(|chunks| shard(chunks.map(|chunk| chunk.len()).collect())).collect();
        let packed = path.map(|path| Packed::new(shape, prompts, path)).transpose()?;
        Ok(Self { shape: shape.clone(), prompts, packed, shards })
    }

    /// Computes all products once, or those of the forward pass alone.
    pub fn run(&mut self, backward: bool) {
        let (shape, prompts, packed) = (&self.shape, self.prompts, self.packed.as_ref());
        std::thread::scope(|scope| {
            for shard in &mut self.shards {
                scope.spawn(move || shard.run(shape, prompts, packed, backward));
            }
        });
    }
}

impl Shard {
    fn run(&mut self, a: &Architecture, prompts: usize, packed: Option<&Packed>, backward: bool) {
        for images in self.chunks.clone() {
            let size = (images * a.patches(), a.patch_values(), a.width);
            self.frozen(0, size, packed.map(|all| &all.frozen[0]), false);
            for block in 0..a.depth {
                let queries = if block + 1 == a.depth { 1 } else { a.tokens() };
                let ways = if backward { &[false, true][..] } else { &[false] };
                for &backward in ways {
                    self.linear(a, packed, images, block, queries, backward);
                    for _ in 0..images * a.heads {
                        self.attention(a, packed, prompts, block, queries, backward);
                    }
                }
            }
        }
    }

    /// Products with the weights of a block.
    fn linear(
        &mut self,
        a: &Architecture,
        packed: Option<&Packed>,
        images: usize,
        block: usize,
        queries: usize,
        backward: bool,
    ) {
        let (d, m) = (a.width, a.mlp_width);
        let (rows, query_rows) = (images * a.tokens(), images * queries);
        let start = block * block_weights(a);
        let maps = [
            (0, query_rows, d, d),
            (d * d, rows, d, 2 * d),
            (3 * d * d, query_rows, d, d),
            (4 * d * d, query_rows, d, m),
            (4 * d * d + d * m, query_rows, m, d),
        ];
        // Queries, keys and values of the first block pass nothing on.
        let skipped = if backward && block == 0 { 2 } else { 0 };
        let maps = maps.into_iter().enumerate().skip(skipped);
        for (index, (at, rows, inputs, outputs)) in maps {
            let size = if backward { (rows, outputs, inputs) } else { (rows, inputs, outputs) };
            let packed = packed.map(|all| &all.frozen[1 + 5 * block + index]);
            self.frozen(start + at, size, packed, backward);
        }
    }

    /// A product with a frozen matrix.
    fn frozen(
        &mut self,
        at: usize,
        size: (usize, usize, usize),
        packed: Option<&Bf16Matrix>,
        backward: bool,
    ) {
        match packed {
            None => self.product(at, size),
            Some(matrix) if backward => matrix.backward(&mut self.y, &self.x, size.0, false),
            Some(matrix) => {
                matrix.forward(&mut self.y, &self.x, &self.weights[..size.2], size.0);
            }
        }
    }

    /// Products of one image and head.
    fn attention(
        &mut self,
        a: &Architecture,
        packed: Option<&Packed>,
        prompts: usize,
        block: usize,
        queries: usize,
        backward: bool,
    ) {
        let (columns, width) = (a.tokens() + prompts, a.head_width());
        self.activations(packed, (queries, width, columns), false);
        if !backward {
            return self.activations(packed, (queries, columns, width), false);
        }
        self.activations(packed, (queries, width, columns), false);
        let learning = if block > 0 { columns } else { prompts };
        self.activations(packed, (learning, queries, width), true);
        self.activations(packed, (learning, queries, width), true);
        if block > 0 {
            self.activations(packed, (queries, columns, width), false);
        }
    }

    /// A product of activations, the left side of which may be turned over. In bf16 the product is
    /// turned over then, `[columns, inner] [inner, rows]`.
    fn activations(
        &mut self,
        packed: Option<&Packed>,
        (rows, inner, columns): (usize, usize, usize),
        turned: bool,
    ) {
        let Some(packed) = packed else {
            let operands = Operands { a: &self.x, b: &self.weights, turned };
            return product(&mut self.y, operands, (rows, inner, columns));
        };
        let (rows, columns) = if turned { (columns, rows) } else { (rows, columns) };
        if let Some(matrix) = packed.attention.get(&(inner, columns)) {
            matrix.forward(&mut self.y, &self.x, &self.weights[..columns], rows);
        }
    }

    /// `[rows, inner] [inner, columns]`.
    fn product(&mut self, weights: usize, size: (usize, usize, usize)) {
        let b = &self.weights[weights..];
        product(&mut self.y, Operands { a: &self.x, b, turned: false }, size);
    }
}

/// Values of a block's matrices.
fn block_weights(a: &Architecture) -> usize {
    4 * a.width * a.width + 2 * a.width * a.mlp_width
}

impl Packed {
    fn new(a: &Architecture, prompts: usize, path: Path) -> Result<Self, Error> {
        let (d, m, role) = (a.width, a.mlp_width, Role::ForwardAndBackward);
        let pack = |inputs: usize, outputs: usize, role| {
            let values = vec![0.5; inputs * outputs];
            Bf16Matrix::new(&FrozenMatrix { values, inputs, outputs }, role, path)
        };
        // Queries, keys with values, projection and both of the MLP.
        let maps = [(d, d), (d, 2 * d), (d, d), (d, m), (m, d)];
        let blocks = (0..a.depth).flat_map(|_| maps).map(|(x, y)| (x, y, role));
        let frozen = std::iter::once((a.patch_values(), d, Role::Forward)).chain(blocks);
        let (columns, width) = (a.tokens() + prompts, a.head_width());
        let scores = [(a.tokens(), columns), (a.tokens(), prompts), (1, columns), (1, prompts)];
        let attention = [(width, columns), (columns, width)].into_iter().chain(scores);
        let packed = |(x, y)| Ok(((x, y), pack(x, y, Role::Forward)?));
        Ok(Self {
            frozen: frozen.map(|(x, y, role)| pack(x, y, role)).collect::<Result<_, Error>>()?,
            attention: attention.map(packed).collect::<Result<_, Error>>()?,
        })
    }
}
