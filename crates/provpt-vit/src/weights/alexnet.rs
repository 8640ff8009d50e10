//! AlexNet's convolutions out of a file of torchvision's; its classifier is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::import::check_values;
use super::name::front;
use super::read::file::{self, Content};
use super::{StateDict, Tensor};
use crate::AlexNetShape;
use crate::error::{Error, Mismatch, WrongShape, listed};
use crate::registry::EXTENSIONS;

/// Names under which torchvision publishes the weights, of now and of then.
const FILES: [&str; 2] = ["alexnet-owt-7be5be79.pth", "alexnet-owt-4df8aa71.pth"];

/// The convolutions of an AlexNet, to learn beside a backbone.
#[derive(Clone, Debug, PartialEq)]
pub struct AlexNet {
    /// `alexnet`, else the file's name without its extension.
    pub name: String,
    /// How many channels there are.
    pub shape: AlexNetShape,
    /// Weights and biases by torchvision's names, `features.0.weight` and so on.
    pub tensors: BTreeMap<String, Tensor>,
}

impl AlexNet {
    /// The name that stands for torchvision's file in the folder of models.
    pub const NAME: &'static str = "alexnet";

    /// Reads torchvision's file, or one named after the network, out of a folder.
    pub(super) fn open(root: &Path) -> Result<Self, Error> {
        let path = find(root)?;
        let content = file::read(&path, None)?;
        match Self::front(&path, &content.state)? {
            Some(front) => Self::import(&path, Self::NAME.to_owned(), content, &front),
            None => {
                let all: Vec<String> = content.state.tensors.into_keys().collect();
                let missing = vec![AlexNetShape::WEIGHTS[0].to_owned()];
                let mismatch = Mismatch { missing, unexpected: all, wrong_shape: Vec::new() };
                Err(Error::Tensors { path, mismatch })
            }
        }
    }

    /// What stands in front of its names in a file, if the file has such a network.
    pub(super) fn front(path: &Path, state: &StateDict) -> Result<Option<String>, Error> {
        let names = state.tensors.keys().map(String::as_str);
        front(AlexNetShape::WEIGHTS[0], names)
            .map_err(|all| Error::SeveralModels { path: path.to_owned(), prefixes: listed(&all) })
    }

    pub(super) fn import(
        path: &Path,
        name: String,
        content: Content,
        front: &str,
    ) -> Result<Self, Error> {
        let own = |(name, tensor): (String, Tensor)| {
            let name = name.strip_prefix(front)?;
            name.starts_with("features.").then(|| (name.to_owned(), tensor))
        };
        let tensors: BTreeMap<_, _> = content.state.tensors.into_iter().filter_map(own).collect();
        let shape = shape(&tensors);
        let mismatch = mismatch(&tensors, shape);
        if !mismatch.is_empty() {
            return Err(Error::Tensors { path: path.to_owned(), mismatch });
        }
        check_values(path, &tensors)?;
        Ok(Self { name, shape, tensors })
    }
}

/// How many channels there are, by each convolution's own weights, else by those of the next one.
fn shape(tensors: &BTreeMap<String, Tensor>) -> AlexNetShape {
    let extent = |layer: usize, axis: usize| {
        let tensor = tensors.get(*AlexNetShape::WEIGHTS.get(layer)?)?;
        tensor.shape.get(axis).copied()
    };
    let channels = |layer| extent(layer, 0).or_else(|| extent(layer + 1, 1)).unwrap_or(1);
    AlexNetShape::new(std::array::from_fn(channels))
}

/// How the arrays of a file differ from those of a network with such channels.
fn mismatch(tensors: &BTreeMap<String, Tensor>, shape: AlexNetShape) -> Mismatch {
    let mut mismatch = Mismatch::default();
    let mut known = BTreeSet::new();
    for (name, expected) in shape.arrays() {
        known.insert(name);
        match tensors.get(name) {
            None => mismatch.missing.push(name.to_owned()),
            Some(tensor) if tensor.shape != expected || tensor.data.is_empty() => {
                let (name, got) = (name.to_owned(), tensor.shape.clone());
                mismatch.wrong_shape.push(WrongShape { name, expected: told(&expected), got });
            }
            Some(_) => {}
        }
    }
    let others = tensors.keys().filter(|name| !known.contains(name.as_str()));
    mismatch.unexpected = others.cloned().collect();
    mismatch
}

/// A shape whose first extent is open, as an array's own is what tells the number of channels.
fn told(shape: &[usize]) -> String {
    match shape {
        [_, rest @ ..] if !rest.is_empty() => {
            let rest: Vec<String> = rest.iter().map(ToString::to_string).collect();
            format!("[n, {}]", rest.join(", "))
        }
        all => format!("{all:?}"),
    }
}

fn find(root: &Path) -> Result<PathBuf, Error> {
    let own = EXTENSIONS.map(|end| format!("{}{end}", AlexNet::NAME));
    let names = FILES.iter().map(|name| (*name).to_owned()).chain(own);
    let found = names.map(|name| root.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| Error::NoCheckpoint {
        name: AlexNet::NAME.to_owned(),
        folder: root.to_owned(),
        expected: format!("{}, {} or alexnet.safetensors", FILES[0], FILES[1]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::SideNetwork;

    fn folder() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/backbones/alexnet"))
    }

    fn open(name: &str) -> Result<SideNetwork, String> {
        SideNetwork::open(name, &folder(), 64).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_of_torchvisions_is_found_by_name_and_by_path() {
        let network = open("AlexNet").unwrap();
        assert_eq!((network.name(), network.features()), ("alexnet", 180));
        assert_eq!(network.tensors().count(), 10);
        let names = ["alexnet-owt-7be5be79.pth", "trained.pth.tar"];
        let [file, wrapped] = names.map(|name| open(name).unwrap());
        assert_eq!(file.name(), "alexnet-owt-7be5be79");
        assert!(network.tensors().eq(file.tensors()) && network.tensors().eq(wrapped.tensors()));
        // All else is a transformer.
        let pico = open("provpt_pico_patch4_32").unwrap();
        assert!(
            matches!(pico, SideNetwork::Transformer(backbone) if backbone.architecture.depth == 12)
        );
    }

    #[test]
    fn other_files_are_told_from_it() {
        let ends = |name: &str, end: &str| {
            let error = open(name).unwrap_err();
            assert!(error.starts_with("backbone ") && error.ends_with(end), "{error}");
            assert!(!error.contains('\n'), "{error}");
        };
        ends("lacking.safetensors", "lacking.safetensors: missing features.6.bias");
        let wrong = "wrong shape features.0.weight: expected [n, 3, 11, 11], got [4, 3, 3, 3]";
        ends("vgg.safetensors", wrong);
        let none = "expected alexnet-owt-7be5be79.pth, alexnet-owt-4df8aa71.pth or \
                    alexnet.safetensors in /nowhere, got none";
        let error = SideNetwork::open("alexnet", Path::new("/nowhere"), 64).unwrap_err();
        assert_eq!(error.to_string(), format!("backbone alexnet: {none}"));
        let error = open("nowhere.pth").unwrap_err();
        assert!(error.contains("expected a model name or a checkpoint file"), "{error}");
    }
}
