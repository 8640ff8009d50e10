use super::super::decode::Dtype;

/// Type of a storage's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::weights::read) struct Element {
    /// In bytes.
    pub(super) size: usize,
    /// None if weights do not come in it.
    pub(super) float: Option<Dtype>,
}

/// A function that rebuilds a tensor; they differ in what stands behind storage, offset, shape
/// and strides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights::read) enum Rebuild {
    /// The storage knows the type.
    Typed,
    /// The seventh argument is the type.
    WithType,
}

/// A class or function that a checkpoint may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights::read) enum Global {
    /// A storage class; none for the untyped one.
    Storage(Option<Element>),
    /// `torch.float32` and others.
    Type(Element),
    /// Makes a tensor of a storage.
    Tensor(Rebuild),
    /// Its first argument is the tensor.
    Parameter,
    /// `(function, class, arguments, state)`: a tensor of some class.
    Subclass,
    /// A dict, from pairs.
    Dict,
    /// A list, from a sequence.
    List,
    /// Objects that often stand beside weights and hold no tensors.
    Inert,
}

/// The meaning of `module.name`, for the names that checkpoints of weights need.
pub(super) fn find(module: &str, name: &str) -> Option<Global> {
    let global = match (module, name) {
        ("torch" | "torch.storage", "UntypedStorage") => Global::Storage(None),
        ("torch", name) => return torch(name),
        ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => {
            Global::Tensor(Rebuild::Typed)
        }
        ("torch._utils", "_rebuild_tensor_v3") => Global::Tensor(Rebuild::WithType),
        ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => {
            Global::Parameter
        }
        ("torch._tensor", "_rebuild_from_type_v2") => Global::Subclass,
        ("collections", "OrderedDict" | "defaultdict") => Global::Dict,
        ("builtins" | "__builtin__", "set" | "frozenset") => Global::List,
        _ if INERT.contains(&(module, name)) => Global::Inert,
        _ => return None,
    };
    Some(global)
}

fn torch(name: &str) -> Option<Global> {
    if let Some(class) = name.strip_suffix("Storage") {
        return storage(class).map(|element| Global::Storage(Some(element)));
    }
    match name {
        "Size" => Some(Global::List),
        "Tensor" | "device" => Some(Global::Inert),
        _ => dtype(name).map(Global::Type),
    }
}

fn storage(class: &str) -> Option<Element> {
    let name = match class {
        "Float" => "float32",
        "Double" => "float64",
        "Half" => "float16",
        "BFloat16" => "bfloat16",
        "Long" => "int64",
        "Int" => "int32",
        "Short" => "int16",
        "Char" => "int8",
        "Byte" => "uint8",
        "Bool" => "bool",
        "ComplexFloat" => "complex64",
        "ComplexDouble" => "complex128",
        _ => return None,
    };
    dtype(name)
}

fn dtype(name: &str) -> Option<Element> {
    let (size, float) = match name {
        "float16" | "half" => (2, Some(Dtype::F16)),
        "bfloat16" => (2, Some(Dtype::Bf16)),
        "float32" | "float" => (4, Some(Dtype::F32)),
        "float64" | "double" => (8, Some(Dtype::F64)),
        "int64" | "long" | "uint64" | "complex64" => (8, None),
        "int32" | "int" | "uint32" => (4, None),
        "int16" | "short" | "uint16" => (2, None),
        "int8" | "uint8" | "bool" => (1, None),
        "float8_e4m3fn" | "float8_e5m2" | "float8_e4m3fnuz" | "float8_e5m2fnuz" => (1, None),
        "complex128" => (16, None),
        _ => return None,
    };
    Some(Element { size, float })
}

/// Arguments of training runs, numbers and arrays of NumPy, paths.
const INERT: &[(&str, &str)] = &[
    ("argparse", "Namespace"),
    ("_codecs", "encode"),
    ("builtins", "bytearray"),
    ("builtins", "bool"),
    ("builtins", "complex"),
    ("builtins", "dict"),
    ("builtins", "float"),
    ("builtins", "int"),
    ("builtins", "list"),
    ("builtins", "str"),
    ("__builtin__", "dict"),
    ("__builtin__", "list"),
    ("collections", "Counter"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("pathlib", "PosixPath"),
    ("pathlib", "WindowsPath"),
    ("pathlib._local", "PosixPath"),
    ("pathlib._local", "WindowsPath"),
    ("torch.nn.parameter", "Parameter"),
    ("torch.serialization", "_get_layout"),
];
