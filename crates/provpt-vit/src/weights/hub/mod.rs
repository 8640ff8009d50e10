//! Files of the Hugging Face hub: `hf://owner/name[@revision][:file]`.
//!
//! The cache is that of Hugging Face's own libraries, under their rules: `HF_HUB_CACHE`, else
//! `HF_HOME`/hub, else `XDG_CACHE_HOME`/huggingface/hub, else ~/.cache/huggingface/hub. What is
//! there is used as it is, without asking the hub for something newer. What is not is fetched, if
//! the crate was built with its feature `hf-hub` and `HF_HUB_OFFLINE` does not forbid it, from
//! `HF_ENDPOINT`, with the token `HF_TOKEN`, or the one that `HF_TOKEN_PATH` or `HF_HOME`/token
//! holds. Without a file's name, the first of `model.safetensors`, its index, `pytorch_model.bin`,
//! its index, or the only `.safetensors`, `.npz`, `.pth`, `.pth.tar` or `.pt` file is taken.

mod cache;
mod choice;
#[cfg(feature = "hf-hub")]
mod fetch;
mod reference;
mod settings;

use std::path::PathBuf;

pub(super) use choice::choose;
use reference::Reference;
use settings::Settings;

use crate::error::Error;

/// What a reference to the hub begins with.
pub(super) const SCHEME: &str = "hf://";

/// A file of the hub, on this machine.
pub(super) struct Cached {
    pub(super) path: PathBuf,
    /// Name of the repository, without its owner.
    pub(super) name: String,
}

/// Finds a reference's file in the cache, or fetches it into the cache.
pub(super) fn resolve(text: &str) -> Result<Cached, Error> {
    resolve_with(&Settings::from_env(&|name| std::env::var_os(name)), text)
}

fn resolve_with(settings: &Settings, text: &str) -> Result<Cached, Error> {
    let reference = Reference::parse(text)?;
    let path = match cache::find(&settings.cache, &reference)? {
        Some(path) => path,
        None => fetch(settings, &reference)?,
    };
    Ok(Cached { path, name: reference.name.to_owned() })
}

#[cfg(feature = "hf-hub")]
fn fetch(settings: &Settings, reference: &Reference<'_>) -> Result<PathBuf, Error> {
    if settings.offline {
        return Err(cache::absent(&settings.cache, reference, ", and HF_HUB_OFFLINE is set"));
    }
    fetch::fetch(settings, reference)
}

#[cfg(not(feature = "hf-hub"))]
fn fetch(settings: &Settings, reference: &Reference<'_>) -> Result<PathBuf, Error> {
    let why = if settings.offline {
        ", and HF_HUB_OFFLINE is set"
    } else {
        ", and this program was built without the feature hf-hub, which fetches"
    };
    Err(cache::absent(&settings.cache, reference, why))
}

#[cfg(test)]
mod tests;
