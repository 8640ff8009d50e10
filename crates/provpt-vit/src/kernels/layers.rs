//! The layers of a transformer, and their derivatives.

use std::ops::Range;
use std::sync::Arc;

use super::{
    AttentionGrad, AttentionInput, AttentionShape, Memory, Mlp, Residual, WindowGrad, WindowInput,
    mlp,
};
use crate::error::Error;

/// The matrix of a linear layer, on its way to the device.
#[derive(Clone, Debug)]
pub(crate) struct FrozenMatrix {
    /// `[outputs, inputs]`, as checkpoints have it.
    pub(crate) values: Vec<f32>,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
}

/// What a frozen matrix is for. A device may choose layout and number type by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Forward products only: nothing in front of the layer learns.
    Forward,
    /// Forward products and input gradients.
    ForwardAndBackward,
}

/// An affine map `y = x W + b`, on a device with weights `W` and buffers `B`. Networks share what
/// does not learn.
#[derive(Debug)]
pub(crate) struct Linear<W, B> {
    /// `[inputs, outputs]`, stored as the device likes it.
    pub(crate) weight: Arc<W>,
    /// `[outputs]`.
    pub(crate) bias: Arc<B>,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
}

// By hand, because a derive would ask the same of `W` and `B`.
impl<W, B> Clone for Linear<W, B> {
    fn clone(&self) -> Self {
        let (weight, bias) = (Arc::clone(&self.weight), Arc::clone(&self.bias));
        Self { weight, bias, inputs: self.inputs, outputs: self.outputs }
    }
}

/// A LayerNorm over rows (Ba et al., 2016).
#[derive(Debug)]
pub(crate) struct Norm<B> {
    /// `[width]`.
    pub(crate) weight: Arc<B>,
    /// `[width]`.
    pub(crate) bias: Arc<B>,
    pub(crate) width: usize,
    pub(crate) eps: f32,
}

impl<B> Clone for Norm<B> {
    fn clone(&self) -> Self {
        let (weight, bias) = (Arc::clone(&self.weight), Arc::clone(&self.bias));
        Self { weight, bias, width: self.width, eps: self.eps }
    }
}

/// An affine map on the device `K`.
pub(crate) type LinearOn<K> = Linear<<K as Layers>::Weight, <K as Memory>::Buffer>;

/// A LayerNorm on the device `K`.
pub(crate) type NormOn<K> = Norm<<K as Memory>::Buffer>;

/// The layers. Those of a frozen network need input gradients only; gradients of arrays are
/// operations of their own, which add to what is there.
pub(crate) trait Layers: Memory + Sized {
    /// A matrix in the layout and the number type that this device multiplies best.
    type Weight: Send + Sync;

    /// Takes a matrix in. Its values are given away, so that they need not be held twice.
    ///
    /// # Errors
    /// There is no room for it.
    fn pack(&self, matrix: FrozenMatrix, role: Role) -> Result<Self::Weight, Error>;
    /// Puts other values `[outputs, inputs]` into a packed matrix.
    fn repack(&self, weight: &mut Self::Weight, values: &[f32], inputs: usize, outputs: usize);

    /// `y[rows, outputs] = x[rows, inputs] W + b`.
    fn linear(
        &self,
        y: &mut Self::Buffer,
        x: &Self::Buffer,
        w: &Linear<Self::Weight, Self::Buffer>,
        rows: usize,
    );
    /// `dx[rows, inputs] = dy[rows, outputs] Wᵀ`, added to `dx` if `accumulate`. Never asked of a
    /// matrix that is packed for [`Role::Forward`].
    fn linear_grad(
        &self,
        dx: &mut Self::Buffer,
        dy: &Self::Buffer,
        w: &Linear<Self::Weight, Self::Buffer>,
        rows: usize,
        accumulate: bool,
    );
    /// `dw[outputs, inputs] += dyᵀ x` of `dy[rows, outputs]` and `x[rows, inputs]`, in the order of
    /// checkpoints; of these outputs only, from the first of them on. Sizes are inputs and outputs.
    fn linear_weight_grad(
        &self,
        dw: &mut Self::Buffer,
        x: &Self::Buffer,
        dy: &Self::Buffer,
        rows: usize,
        sizes: [usize; 2],
        of: Range<usize>,
    );

    /// `y = (x - mean) / std * weight + bias` of `[rows, width]`; `stats[rows, 2]` keeps mean and
    /// 1 / std.
    fn norm(
        &self,
        y: &mut Self::Buffer,
        stats: &mut Self::Buffer,
        x: &Self::Buffer,
        w: &Norm<Self::Buffer>,
        rows: usize,
    );
    /// `dx += ` the gradient through the norm.
    fn norm_grad(
        &self,
        dx: &mut Self::Buffer,
        dy: &Self::Buffer,
        x: &Self::Buffer,
        stats: &Self::Buffer,
        w: &Norm<Self::Buffer>,
        rows: usize,
    );

    /// `dw[width] += ` the sum over rows of dy times the normalized x.
    fn norm_weight_grad(
        &self,
        dw: &mut Self::Buffer,
        dy: &Self::Buffer,
        x: &Self::Buffer,
        stats: &Self::Buffer,
        rows: usize,
        width: usize,
    );

    /// Exact GELU, `y = x Phi(x)` (Hendrycks & Gimpel, 2016).
    fn gelu(&self, y: &mut Self::Buffer, x: &Self::Buffer, len: usize);
    /// `d *= gelu'(x)`.
    fn gelu_grad(&self, d: &mut Self::Buffer, x: &Self::Buffer, len: usize);

    /// `y = x + scale * branch` of `[rows, width]`, scale per column (LayerScale) or 1.
    fn residual(
        &self,
        y: &mut Self::Buffer,
        x: &Self::Buffer,
        branch: &Self::Buffer,
        scale: Option<&Self::Buffer>,
        rows: usize,
        width: usize,
    );
    /// `d_branch = scale * dy`.
    fn residual_grad(
        &self,
        d_branch: &mut Self::Buffer,
        dy: &Self::Buffer,
        scale: Option<&Self::Buffer>,
        rows: usize,
        width: usize,
    );

    /// `y = scale * y + shift` of `[rows, width]`, per column; without a shift, `y = scale * y`.
    fn scale_shift(
        &self,
        y: &mut Self::Buffer,
        scale: &Self::Buffer,
        shift: Option<&Self::Buffer>,
        rows: usize,
        width: usize,
    );

    /// `y = x + scale * (input W + b)`; `branch [rows, outputs]` may be worked in.
    fn linear_residual(
        &self,
        y: &mut Self::Buffer,
        branch: &mut Self::Buffer,
        input: &Self::Buffer,
        w: &Linear<Self::Weight, Self::Buffer>,
        residual: &Residual<'_, Self::Buffer>,
        rows: usize,
    ) {
        mlp::linear_residual(self, y, branch, input, w, residual, rows);
    }
    /// `y = x + scale * fc2(gelu(fc1(normed)))`; `hidden` keeps what GELU got. `room`, `[rows, mlp]`
    /// and `[rows, width]`, may be worked in.
    fn mlp(
        &self,
        y: &mut Self::Buffer,
        hidden: &mut Self::Buffer,
        room: [&mut Self::Buffer; 2],
        normed: &Self::Buffer,
        w: &Mlp<'_, Self::Weight, Self::Buffer>,
        rows: usize,
    ) {
        mlp::mlp(self, y, hidden, room, normed, w, rows);
    }
    /// The gradient of `fc2(gelu(fc1(normed)))` at `normed`; `wide [rows, mlp]` may be worked in.
    fn mlp_grad(
        &self,
        d_normed: &mut Self::Buffer,
        wide: &mut Self::Buffer,
        dy: &Self::Buffer,
        hidden: &Self::Buffer,
        layers: [&Linear<Self::Weight, Self::Buffer>; 2],
        rows: usize,
    ) {
        mlp::mlp_grad(self, d_normed, wide, dy, hidden, layers, rows);
    }

    /// `sum += part`: gradients of several shards of a batch become one.
    fn add(&self, sum: &mut Self::Buffer, part: &Self::Buffer, len: usize);
    /// `sum[width] += ` the sum over rows of `x[rows, width]`: the gradient of a bias.
    fn column_sums(&self, sum: &mut Self::Buffer, x: &Self::Buffer, rows: usize, width: usize);
    /// `sum[width] += ` the sum over rows of `x * y`: the gradient of a scale per column.
    fn product_sums(
        &self,
        sum: &mut Self::Buffer,
        x: &Self::Buffer,
        y: &Self::Buffer,
        rows: usize,
        width: usize,
    );

    /// How many values attention over so many tokens works in, besides its buffers; or its gradient,
    /// if `backward`.
    fn attention_values(&self, tokens: usize, backward: bool) -> usize {
        let _ = (tokens, backward);
        0
    }
    /// Whether there is room for these values.
    ///
    /// # Errors
    /// There is none.
    fn attention_room(&self, tokens: usize, backward: bool) -> Result<(), Error> {
        self.zeros(self.attention_values(tokens, backward)).map(drop)
    }

    /// `out[images, queries, d] = softmax(q kᵀ / sqrt(head width)) v` per image and head, prompts
    /// among the keys. `log_sum[images, heads, queries]` keeps each row's log of the sum of
    /// exponentials.
    fn attention(
        &self,
        out: &mut Self::Buffer,
        log_sum: &mut Self::Buffer,
        input: AttentionInput<'_, Self::Buffer>,
        shape: AttentionShape,
    );
    /// The gradient of [`Layers::attention`]; probabilities are recomputed from `log_sum`. What is
    /// added up over images is added in one fixed order.
    fn attention_grad(
        &self,
        grad: AttentionGrad<'_, Self::Buffer>,
        d_out: &Self::Buffer,
        input: AttentionInput<'_, Self::Buffer>,
        log_sum: &Self::Buffer,
        shape: AttentionShape,
    );

    /// The same within each window, where all of an image's tokens are queries and keys: per window
    /// and head `softmax(q kᵀ / sqrt(head width) + bias + mask) v`. An inserted token gets the mean
    /// of what it gets in the image's windows. `log_sum` is `[images, heads, windows, inserted +
    /// window tokens]`.
    fn window_attention(
        &self,
        out: &mut Self::Buffer,
        log_sum: &mut Self::Buffer,
        input: WindowInput<'_, Self::Buffer>,
        shape: AttentionShape,
    );
    /// The gradient of [`Layers::window_attention`].
    fn window_attention_grad(
        &self,
        grad: WindowGrad<'_, Self::Buffer>,
        d_out: &Self::Buffer,
        input: WindowInput<'_, Self::Buffer>,
        log_sum: &Self::Buffer,
        shape: AttentionShape,
    );
}
