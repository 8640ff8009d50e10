use super::globals::{Element, Global};
use super::view::View;

/// A value's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights::read) struct Id(pub(super) u32);

/// What a pickle is made of.
#[derive(Debug)]
pub(in crate::weights::read) enum Value {
    None,
    Bool(bool),
    Int(i128),
    Text(String),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A class or function, none of which is ever called.
    Global(Global),
    /// Place in the list of storages.
    Storage(usize),
    Tensor(Box<View>),
    /// Something that describes no tensor.
    Other,
}

impl Value {
    /// What it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a bool",
            Self::Int(_) => "a number",
            Self::Text(_) => "a string",
            Self::Tuple(_) => "a tuple",
            Self::List(_) => "a list",
            Self::Dict(_) => "a dict",
            Self::Global(_) => "a class",
            Self::Storage(_) => "a storage",
            Self::Tensor(_) => "a tensor",
            Self::Other => "an object",
        }
    }
}

/// The bytes that tensors lie in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::weights::read) struct Storage {
    /// Its name in the file.
    pub(in crate::weights::read) key: String,
    /// None for a storage that leaves the type to its tensors.
    pub(super) element: Option<Element>,
    /// Size, in bytes.
    pub(in crate::weights::read) len: usize,
    /// First byte of the storage that a tensor's offset counts from: early files describe views
    /// here.
    pub(super) start: usize,
}

impl Storage {
    /// Bytes of one element, as the file counts them.
    pub(in crate::weights::read) fn element_size(&self) -> usize {
        self.element.map_or(1, |element| element.size)
    }
}
