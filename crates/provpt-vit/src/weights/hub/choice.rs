//! Which of a repository's, or a folder's, files holds the weights.

use crate::registry::EXTENSIONS;

/// Published names, the preferred ones first.
const USUAL: [&str; 4] = [
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
];

/// What would be found, for messages.
pub(super) const EXPECTED: &str =
    "model.safetensors, pytorch_model.bin or one .safetensors, .npz or .pth file";

/// The usual name that is there, else the only checkpoint of the first kind that is there at all.
pub(crate) fn choose(names: &[String]) -> Option<&str> {
    let is_there = |usual: &&str| names.iter().any(|name| name == usual);
    if let Some(usual) = USUAL.into_iter().find(|usual| is_there(usual)) {
        return Some(usual);
    }
    EXTENSIONS.into_iter().find_map(|end| {
        let mut of_kind = names.iter().filter(|name| !name.contains('/') && name.ends_with(end));
        let only = of_kind.next()?;
        of_kind.next().is_none().then_some(only.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_name_or_the_only_file_is_chosen() {
        let chosen = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
            choose(&names).map(str::to_owned)
        };
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(chosen(&["pytorch_model.bin", "model.safetensors"]), some("model.safetensors"));
        assert_eq!(chosen(&["README.md", "pytorch_model.bin", "a.npz"]), some("pytorch_model.bin"));
        assert_eq!(chosen(&["ViT-B_16.npz", "config.json"]), some("ViT-B_16.npz"));
        assert_eq!(chosen(&["a.npz", "b.npz", "c.pth"]), some("c.pth"));
        assert_eq!(chosen(&["a.npz", "b.npz", "onnx/model.safetensors"]), None);
    }
}
