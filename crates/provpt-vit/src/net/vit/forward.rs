//! The forward pass of one block.

use super::block::{Adapter, Block};
use super::dropping::{Drops, PlaceOf, drop_at, drops};
use super::prompt_rows::PromptKeys;
use super::workspace::{Scratch, Slot};
use crate::dropout::DropPlace;
use crate::kernels::{AttentionShape, Kernels, Mlp, Residual, TokenShape};
use crate::learn::Part;

impl<K: Kernels> Block<K> {
    /// `next[queries, d] = block(slot.x[tokens, d])` for every image; `slot` keeps what a backward
    /// pass needs: what attention and MLP put out, too, if `keep`. `shape.queries` is 1 where only
    /// CLS is read on. Without `next` it fills `slot` again: what the block puts out is known.
    #[allow(clippy::too_many_arguments)] // As on the way back.
    pub(super) fn forward(
        &self,
        k: &K,
        slot: &mut Slot<K>,
        next: Option<&mut K::Buffer>,
        s: &mut Scratch<K>,
        prompts: PromptKeys<'_, K::Buffer>,
        shape: AttentionShape,
        keep: bool,
        mut drops: Drops<'_, K>,
    ) {
        self.attend(k, slot, s, prompts, shape, keep, &mut drops);
        self.mlp(k, slot, next, s, shape.images * shape.queries, keep, &mut drops);
    }

    /// `slot.middle = x + ls1 * proj(attention(norm1(x)))`.
    #[allow(clippy::too_many_arguments)] // As above.
    fn attend(
        &self,
        k: &K,
        slot: &mut Slot<K>,
        s: &mut Scratch<K>,
        prompts: PromptKeys<'_, K::Buffer>,
        shape: AttentionShape,
        keep: bool,
        dropping: &mut Drops<'_, K>,
    ) {
        let (images, tokens, d) = (shape.images, shape.keys, shape.width());
        let (rows, query_rows) = (images * tokens, images * shape.queries);
        let token_shape = TokenShape { images, tokens, width: d };
        k.norm(&mut s.normed, &mut slot.stats1, &slot.x, &self.norm1, rows);
        self.apply_shift(k, Part::Norm1, &mut s.normed, rows);
        k.linear(&mut slot.kv, &s.normed, &self.kv, rows);
        self.add_low(k, Part::KeyValue, &mut slot.kv, &s.normed, &mut s.low, rows);
        let all = shape.queries == tokens;
        if all {
            k.linear(&mut slot.query, &s.normed, &self.query, rows);
            self.add_low(k, Part::Query, &mut slot.query, &s.normed, &mut s.low, rows);
        } else {
            k.first_rows(&mut s.a, &s.normed, token_shape);
            k.linear(&mut slot.query, &s.a, &self.query, images);
            self.add_low(k, Part::Query, &mut slot.query, &s.a, &mut s.low, images);
        }
        let own = (&slot.query, &slot.kv);
        let (query, kv) = self.shifted_projections(k, own, &mut s.shifted, [query_rows, rows]);
        let input = prompts.beside(query, kv);
        let mixed = if keep { &mut slot.mixed } else { &mut s.a };
        self.mix(k, mixed, &mut slot.log_sum, input, shape);
        let x = if all {
            &slot.x
        } else {
            k.first_rows(&mut s.d_query, &slot.x, token_shape);
            &s.d_query
        };
        let residual = Residual { x, scale: self.ls1.as_deref() };
        let scaled = keep && residual.scale.is_some();
        let path: PlaceOf = DropPlace::AttentionPath;
        if scaled || self.is_changed(Part::Proj) || drops(dropping, path) {
            let branch = if scaled { &mut slot.branch1 } else { &mut s.b };
            k.linear(branch, mixed, &self.proj, query_rows);
            self.add_low(k, Part::Proj, branch, mixed, &mut s.low, query_rows);
            if let Some(shift) = self.shift(Part::Proj) {
                k.copy(&mut slot.raw1, branch, query_rows * d);
                shift.apply(k, branch, query_rows);
            }
            drop_at(k, dropping, path, branch, (query_rows, d));
            k.residual(&mut slot.middle, x, branch, residual.scale, query_rows, d);
        } else {
            k.linear_residual(&mut slot.middle, &mut s.b, mixed, &self.proj, &residual, query_rows);
        }
    }

    /// `next = middle + ls2 * adapter(fc2(gelu(fc1(norm2(middle)))))`; without `next` only what the
    /// slot keeps of it.
    #[allow(clippy::too_many_arguments)] // As above.
    fn mlp(
        &self,
        k: &K,
        slot: &mut Slot<K>,
        mut next: Option<&mut K::Buffer>,
        s: &mut Scratch<K>,
        rows: usize,
        keep: bool,
        dropping: &mut Drops<'_, K>,
    ) {
        k.norm(&mut s.normed, &mut slot.stats2, &slot.middle, &self.norm2, rows);
        self.apply_shift(k, Part::Norm2, &mut s.normed, rows);
        let residual = Residual { x: &slot.middle, scale: self.ls2.as_deref() };
        let scaled = keep && residual.scale.is_some();
        let changed = self.is_changed(Part::Fc1) || self.is_changed(Part::Fc2);
        let [inside, output, path]: [PlaceOf; 3] =
            [DropPlace::Hidden, DropPlace::Output, DropPlace::MlpPath];
        let drops = [inside, output, path].iter().any(|place| drops(dropping, *place));
        let is_plain = !scaled && self.adapter.is_none() && !changed && !drops;
        if let Some(next) = next.as_deref_mut().filter(|_| is_plain) {
            let w = Mlp { fc1: &self.fc1, fc2: &self.fc2, residual };
            k.mlp(next, &mut slot.hidden, [&mut s.wide, &mut s.a], &s.normed, &w, rows);
            return;
        }
        k.linear(&mut slot.hidden, &s.normed, &self.fc1, rows);
        self.add_low(k, Part::Fc1, &mut slot.hidden, &s.normed, &mut s.low, rows);
        let keeps_more = scaled || self.adapter.is_some() || self.shift(Part::Fc2).is_some();
        if next.is_none() && !keeps_more {
            return;
        }
        let hidden = self.shifted_hidden(k, &slot.hidden, &mut s.shifted, rows);
        k.gelu(&mut s.wide, hidden, rows * self.fc1.outputs);
        drop_at(k, dropping, inside, &mut s.wide, (rows, self.fc1.outputs));
        k.linear(&mut s.a, &s.wide, &self.fc2, rows);
        self.add_low(k, Part::Fc2, &mut s.a, &s.wide, &mut s.low, rows);
        if let Some(shift) = self.shift(Part::Fc2) {
            k.copy(&mut slot.raw2, &s.a, rows * self.fc2.outputs);
            shift.apply(k, &mut s.a, rows);
        }
        drop_at(k, dropping, output, &mut s.a, (rows, self.fc2.outputs));
        if let Some(Adapter { down, up }) = &self.adapter {
            k.copy(&mut slot.adapted, &s.a, rows * down.inputs);
            k.linear(&mut slot.narrow, &s.a, down, rows);
            k.gelu(&mut s.wide, &slot.narrow, rows * down.outputs);
            k.linear(&mut s.b, &s.wide, up, rows);
            k.add(&mut s.a, &s.b, rows * up.outputs);
        }
        let width = self.norm2.width;
        drop_at(k, dropping, path, &mut s.a, (rows, width));
        if scaled {
            k.copy(&mut slot.branch2, &s.a, rows * width);
        }
        if let Some(next) = next {
            k.residual(next, residual.x, &s.a, residual.scale, rows, width);
        }
    }

    /// Queries, and keys with values, as attention sees them; `rows` are those of each.
    pub(super) fn shifted_projections<'a>(
        &self,
        k: &K,
        own: (&'a K::Buffer, &'a K::Buffer),
        [query, kv, _]: &'a mut [K::Buffer; 3],
        rows: [usize; 2],
    ) -> (&'a K::Buffer, &'a K::Buffer) {
        let (Some(of_query), Some(of_kv)) = (self.shift(Part::Query), self.shift(Part::KeyValue))
        else {
            return own;
        };
        of_query.apply_to(k, query, own.0, rows[0]);
        of_kv.apply_to(k, kv, own.1, rows[1]);
        (query, kv)
    }

    /// What GELU sees.
    pub(super) fn shifted_hidden<'a>(
        &self,
        k: &K,
        hidden: &'a K::Buffer,
        [.., shifted]: &'a mut [K::Buffer; 3],
        rows: usize,
    ) -> &'a K::Buffer {
        let Some(shift) = self.shift(Part::Fc1) else { return hidden };
        shift.apply_to(k, shifted, hidden, rows);
        shifted
    }
}
