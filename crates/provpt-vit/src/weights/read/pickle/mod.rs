//! The pickles of `torch.save`, read without running them.
//!
//! A pickle is a program for a stack machine that can call any function of any Python module.
//! This machine knows numbers, strings, containers, and the few calls that rebuild tensors
//! ([`globals`]); whatever else a pickle asks for is refused by name. Nothing is read but what
//! describes tensors: other objects leave a mark that there was something.
//!
//! Values live in one list and are referred to by number. A value that is used a thousand times is
//! there once, one that contains itself does no harm, and none is dropped recursively. Steps and
//! bytes are counted ([`machine::MAX_STEPS`], [`bytes::MAX_PICKLE`]), which bounds memory and time.
//!
//! The opcodes are those of CPython's `Lib/pickletools.py`, the calls those of PyTorch's
//! `torch/_utils.py` and `torch/serialization.py`.

mod bytes;
mod globals;
mod machine;
mod rebuild;
mod tensors;
mod value;
mod view;

pub(super) use machine::{Pickle, run};
pub(super) use value::{Storage, Value};
pub(super) use view::View;
