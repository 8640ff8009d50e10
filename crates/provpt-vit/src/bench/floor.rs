use crate::engine::split;
use crate::kernels::cpu::{Bf16Matrix, Cpu, Operands, Path, product};
use crate::kernels::{FrozenMatrix, Kernels, Role, Schedule};
use crate::{Architecture, Error, Precision};

/// Nothing but the matrix products of a training step with prompts in every block: the same sizes,
/// library, batches and threads as the engine's, each with its operands as the library likes them
/// best. No step that multiplies these matrices with that library can be faster. In bf16 the frozen
/// matrices are packed before, activations as part of a product.
pub struct Floor {
    shape: Architecture,
    prompts: usize,
    /// In bf16, the patch embedding and five matrices a block.
    packed: Vec<Bf16Matrix>,
    shards: Vec<Shard>,
}

/// One thread's images, in chunks, and its memory.
struct Shard {
    /// In bf16, what multiplies.
    path: Option<Path>,
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
            Shard { path, chunks, x, weights, y }
        };
        let schedule = Schedule { shards: threads, ..Cpu::ONE.schedule(shape) };
        let chunks = split(schedule, images).into_iter();
        let shards =
            chunks.map(|chunks| shard(chunks.map(|chunk| chunk.len()).collect())).collect();
        let packed = path.map(|path| packed(shape, path)).transpose()?.unwrap_or_default();
        Ok(Self { shape: shape.clone(), prompts, packed, shards })
    }

    /// Computes all products once, or those of the forward pass alone.
    pub fn run(&mut self, backward: bool) {
        let (shape, prompts, packed) = (&self.shape, self.prompts, &self.packed[..]);
        std::thread::scope(|scope| {
            for shard in &mut self.shards {
                scope.spawn(move || shard.run(shape, prompts, packed, backward));
            }
        });
    }
}

impl Shard {
    fn run(&mut self, a: &Architecture, prompts: usize, packed: &[Bf16Matrix], backward: bool) {
        for images in self.chunks.clone() {
            let size = (images * a.patches(), a.patch_values(), a.width);
            self.frozen(0, size, packed.first(), false);
            for block in 0..a.depth {
                let queries = if block + 1 == a.depth { 1 } else { a.tokens() };
                let ways = if backward { &[false, true][..] } else { &[false] };
                for &backward in ways {
                    self.linear(a, packed, images, block, queries, backward);
                    for _ in 0..images * a.heads {
                        self.attention(a, prompts, block, queries, backward);
                    }
                }
            }
        }
    }

    /// Products with the weights of a block.
    fn linear(
        &mut self,
        a: &Architecture,
        packed: &[Bf16Matrix],
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
            self.frozen(start + at, size, packed.get(1 + 5 * block + index), backward);
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
        prompts: usize,
        block: usize,
        queries: usize,
        backward: bool,
    ) {
        let (columns, width) = (a.tokens() + prompts, a.head_width());
        self.product(0, (queries, width, columns));
        if !backward {
            return self.product(0, (queries, columns, width));
        }
        self.product(0, (queries, width, columns));
        let learning = if block > 0 { columns } else { prompts };
        self.turned((learning, queries, width));
        self.turned((learning, queries, width));
        if block > 0 {
            self.product(0, (queries, columns, width));
        }
    }

    /// `[rows, inner] [inner, columns]`.
    fn product(&mut self, weights: usize, size: (usize, usize, usize)) {
        let b = &self.weights[weights..];
        product(self.path, &mut self.y, Operands { a: &self.x, b, turned: false }, size);
    }

    /// `[inner, rows]ᵀ [inner, columns]`.
    fn turned(&mut self, size: (usize, usize, usize)) {
        let operands = Operands { a: &self.x, b: &self.weights, turned: true };
        product(self.path, &mut self.y, operands, size);
    }
}

/// Values of a block's matrices.
fn block_weights(a: &Architecture) -> usize {
    4 * a.width * a.width + 2 * a.width * a.mlp_width
}

/// The patch embedding, then queries, keys with values, projection and both of the MLP of each block.
fn packed(a: &Architecture, path: Path) -> Result<Vec<Bf16Matrix>, Error> {
    let (d, m, role) = (a.width, a.mlp_width, Role::ForwardAndBackward);
    let maps = [(d, d), (d, 2 * d), (d, d), (d, m), (m, d)];
    let blocks = (0..a.depth).flat_map(|_| maps).map(|(inputs, outputs)| (inputs, outputs, role));
    let all = std::iter::once((a.patch_values(), d, Role::Forward)).chain(blocks);
    let pack = |(inputs, outputs, role)| {
        let values = vec![0.5; inputs * outputs];
        Bf16Matrix::new(&FrozenMatrix { values, inputs, outputs }, role, path)
    };
    all.map(pack).collect()
}
