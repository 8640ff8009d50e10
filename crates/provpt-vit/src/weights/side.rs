//! Networks that learn beside a backbone.

use std::path::Path;

use super::read::file;
use super::{AlexNet, Backbone, Inspection, LoadOptions, Source, Tensor, embedded};
use crate::error::Error;

/// A network that learns beside a backbone (Zhang et al., Side-Tuning, ECCV 2020).
#[derive(Clone, Debug, PartialEq)]
pub enum SideNetwork {
    /// Another vision transformer.
    Transformer(Box<Backbone>),
    /// The convolutions of an AlexNet (so in Jia et al., VPT, ECCV 2022).
    AlexNet(AlexNet),
}

impl SideNetwork {
    /// Understands the name of one: `alexnet` is torchvision's file in the folder of models, a file
    /// of such names an AlexNet, too; all else is a transformer, as [`Source::resolve`] has it, for
    /// images of this size.
    ///
    /// # Errors
    /// There is no such network, or its file is damaged or another one's.
    pub fn open(name: &str, root: &Path, image_size: usize) -> Result<Self, Error> {
        if name.eq_ignore_ascii_case(AlexNet::NAME) {
            return AlexNet::open(root).map(Self::AlexNet);
        }
        let located = match Source::resolve(name, root)?.locate() {
            Ok(located) => located,
            Err(missing) => {
                let (name, bytes) = embedded::in_place_of(missing)?;
                let backbone = Backbone::from_bytes(name, bytes, &options(image_size))?;
                return Ok(Self::Transformer(Box::new(backbone)));
            }
        };
        let content = file::read(&located.path, None)?;
        if let Some(front) = AlexNet::front(&located.path, &content.state)? {
            let network = AlexNet::import(&located.path, located.name, content, &front)?;
            return Ok(Self::AlexNet(network));
        }
        let backbone = Inspection::located(located, content, &options(image_size))?.backbone?;
        Ok(Self::Transformer(Box::new(backbone)))
    }

    /// The name of the network: registered, or its file's.
    pub fn name(&self) -> &str {
        match self {
            Self::Transformer(backbone) => &backbone.name,
            Self::AlexNet(network) => &network.name,
        }
    }

    /// Values of its features.
    pub fn features(&self) -> usize {
        match self {
            Self::Transformer(backbone) => backbone.architecture.width,
            Self::AlexNet(network) => network.shape.features(),
        }
    }

    /// All its arrays, by name.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        let tensors = match self {
            Self::Transformer(backbone) => &backbone.tensors,
            Self::AlexNet(network) => &network.tensors,
        };
        tensors.iter().map(|(name, tensor)| (&**name, tensor))
    }
}

fn options(image_size: usize) -> LoadOptions {
    LoadOptions { image_size: Some(image_size), ..LoadOptions::default() }
}
