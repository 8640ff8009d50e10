//! What a training step costs at least.

mod packed;
mod shapes;

use crate::engine::split;
use crate::kernels::cpu::{Bf16Matrix, Cpu, Operands, Path, product};
use crate::kernels::{Kernels, Schedule};
use crate::{Architecture, Error, Precision};
use packed::Packed;
use shapes::BlockShape;

/// Nothing but the matrix products of a training step with prompts in every block: the same sizes,
/// library, batches and threads as the engine's, each with its operands as the library likes them
/// best. No step that multiplies these matrices with that library can be faster. In bf16 the right
/// sides are packed before, the left ones as part of a product.
pub struct Floor {
    shape: Architecture,
    blocks: Vec<BlockShape>,
    packed: Option<Packed>,
    shards: Vec<Shard>,
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
        let blocks = BlockShape::all(shape, prompts);
        let embedding = shape.patch_values() * shape.block_width(0);
        let all = embedding + blocks.iter().map(BlockShape::weights).sum::<usize>();
        let shard = |chunks: Vec<usize>| {
            let most = chunks.iter().max().copied().unwrap_or(0);
            let most = (most * shape.patches() * shape.patch_values()).max(room(&blocks, most));
            let values = |len| vec![0.5; len];
            Shard { chunks, x: values(most), weights: values(all), y: values(most) }
        };
        let schedule = Schedule { shards: threads, ..Cpu::ONE.schedule(shape) };
        let chunks = split(schedule, images).into_iter();
        let shards =
            chunks.map(|chunks| shard(chunks.map(|chunk| chunk.len()).collect())).collect();
        let path = (precision == Precision::Bf16).then(Path::best);
        let packed = path.map(|path| Packed::new(shape, &blocks, path)).transpose()?;
        Ok(Self { shape: shape.clone(), blocks, packed, shards })
    }

    /// Computes all products once, or those of the forward pass alone.
    pub fn run(&mut self, backward: bool) {
        let (shape, blocks, packed) = (&self.shape, &self.blocks, self.packed.as_ref());
        std::thread::scope(|scope| {
            for shard in &mut self.shards {
                scope.spawn(move || shard.run(shape, blocks, packed, backward));
            }
        });
    }
}

/// Values of the largest left side or result of so many images.
fn room(blocks: &[BlockShape], images: usize) -> usize {
    let of_block = |shape: &BlockShape| {
        let maps = shape.maps().into_iter();
        let maps = maps.map(|(rows, inputs, outputs)| images * rows * inputs.max(outputs));
        let [queries, columns, width] = shape.attention();
        maps.chain([queries.max(columns) * columns.max(width)]).max().unwrap_or_default()
    };
    blocks.iter().map(of_block).max().unwrap_or_default()
}

impl Shard {
    fn run(
        &mut self,
        a: &Architecture,
        blocks: &[BlockShape],
        packed: Option<&Packed>,
        backward: bool,
    ) {
        for images in self.chunks.clone() {
            let size = (images * a.patches(), a.patch_values(), a.block_width(0));
            self.frozen(0, size, packed.map(|all| &all.patches), false);
            let mut start = size.1 * size.2;
            for (block, shape) in blocks.iter().enumerate() {
                let matrices = packed.map(|all| &all.blocks[block][..]);
                let ways = if backward { &[false, true][..] } else { &[false] };
                for &backward in ways {
                    self.linear(shape, matrices, (images, start), backward);
                    for _ in 0..images * shape.attentions() {
                        self.attention(shape, packed, backward);
                    }
                }
                start += shape.weights();
            }
        }
    }

    /// Products with the weights of a block, which begin at `start`.
    fn linear(
        &mut self,
        shape: &BlockShape,
        packed: Option<&[Bf16Matrix]>,
        (images, mut start): (usize, usize),
        backward: bool,
    ) {
        // Queries, keys and values of the first block pass nothing on.
        let skipped = if backward && shape.is_first { 2 } else { 0 };
        for (index, (rows, inputs, outputs)) in shape.maps().into_iter().enumerate() {
            let size = if backward { (outputs, inputs) } else { (inputs, outputs) };
            if index >= skipped {
                let packed = packed.map(|all| &all[index]);
                self.frozen(start, (images * rows, size.0, size.1), packed, backward);
            }
            start += inputs * outputs;
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

    /// Products of one image, head and window.
    fn attention(&mut self, shape: &BlockShape, packed: Option<&Packed>, backward: bool) {
        let ([queries, columns, width], learning) = (shape.attention(), shape.learning());
        self.activations(packed, (queries, width, columns), false);
        if !backward {
            return self.activations(packed, (queries, columns, width), false);
        }
        self.activations(packed, (queries, width, columns), false);
        self.activations(packed, (learning, queries, width), true);
        self.activations(packed, (learning, queries, width), true);
        if !shape.is_first {
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
