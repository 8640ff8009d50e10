//! Moves of rows.

use std::ops::Range;

use super::{Cpu, merge, tokens};
use crate::kernels::{InsertShape, MergeShape, PatchShape, Rows, TokenShape};

impl Rows for Cpu {
    fn patches(&self, rows: &mut Vec<f32>, pixels: &Vec<f32>, shape: PatchShape) {
        tokens::patches(rows, pixels, shape);
    }

    fn assemble(
        &self,
        x: &mut Vec<f32>,
        patches: &Vec<f32>,
        position: &Vec<f32>,
        shape: TokenShape,
    ) {
        tokens::assemble(x, patches, position, shape);
    }

    fn assemble_grad(&self, d_patches: &mut Vec<f32>, dx: &Vec<f32>, shape: TokenShape) {
        tokens::assemble_grad(d_patches, dx, shape);
    }

    fn insert_rows(&self, y: &mut Vec<f32>, x: &Vec<f32>, rows: &Vec<f32>, shape: InsertShape) {
        tokens::insert(y, x, rows, shape);
    }

    fn insert_rows_grad(
        &self,
        dx: &mut Vec<f32>,
        d_rows: &mut Vec<f32>,
        dy: &Vec<f32>,
        shape: InsertShape,
    ) {
        tokens::insert_grad(dx, d_rows, dy, shape);
    }

    fn first_rows(&self, y: &mut Vec<f32>, x: &Vec<f32>, shape: TokenShape) {
        tokens::first(y, x, shape);
    }

    fn first_rows_grad(&self, dx: &mut Vec<f32>, dy: &Vec<f32>, shape: TokenShape) {
        tokens::first_grad(dx, dy, shape);
    }

    fn add_rows(&self, x: &mut Vec<f32>, rows: &Vec<f32>, shape: InsertShape) {
        tokens::add_to(x, rows, shape);
    }

    fn add_rows_grad(&self, d_rows: &mut Vec<f32>, dx: &Vec<f32>, shape: InsertShape) {
        tokens::add_to_grad(d_rows, dx, shape);
    }

    fn mean_rows(&self, y: &mut Vec<f32>, x: &Vec<f32>, shape: TokenShape, rows: Range<usize>) {
        tokens::mean(y, x, shape, rows);
    }

    fn mean_rows_grad(
        &self,
        dx: &mut Vec<f32>,
        dy: &Vec<f32>,
        shape: TokenShape,
        rows: Range<usize>,
    ) {
        tokens::mean_grad(dx, dy, shape, rows);
    }

    fn merge(&self, y: &mut Vec<f32>, x: &Vec<f32>, shape: MergeShape) {
        merge::merge(y, x, shape);
    }

    fn merge_grad(&self, dx: &mut Vec<f32>, dy: &Vec<f32>, shape: MergeShape) {
        merge::merge_grad(dx, dy, shape);
    }
}
