//! Backbones that are part of the library: no file, no download.

#[cfg(feature = "embedded")]
use super::{Backbone, LoadOptions};
use crate::error::Error;

/// Registered name of the embedded backbone that was pretrained on photos.
#[cfg(feature = "embedded")]
const PICO: &str = "provpt_pico_patch4_32";

/// Their registered names and files.
const EMBEDDED: &[(&str, &[u8])] = &[
    #[cfg(feature = "embedded")]
    (PICO, include_bytes!("../../assets/provpt_pico_patch4_32.f16.safetensors")),
    #[cfg(feature = "embedded")]
    (
        "provpt_kinds_patch4_32",
        include_bytes!("../../assets/provpt_kinds_patch4_32.f16.safetensors"),
    ),
];

/// The embedded backbone whose file is missing, or the same error if that one is not embedded.
pub(super) fn in_place_of(missing: Error) -> Result<(&'static str, &'static [u8]), Error> {
    let Error::NoCheckpoint { name, .. } = &missing else { return Err(missing) };
    EMBEDDED.iter().copied().find(|(known, _)| known == name).ok_or(missing)
}

#[cfg(feature = "embedded")]
impl Backbone {
    /// The small embedded backbone that was pretrained on photos. [`open`](Self::open) takes the others
    /// by their names.
    ///
    /// # Errors
    /// The options do not fit it.
    pub fn pico(options: &LoadOptions) -> Result<Self, Error> {
        Self::from_bytes(PICO, EMBEDDED[0].1, options)
    }
}

#[cfg(all(test, feature = "embedded"))]
mod tests {
    use fs_err::File;

    use super::super::{Precision, SideNetwork, Source};
    use super::*;
    use crate::registry;

    #[test]
    fn they_need_no_file_but_one_of_their_name_is_preferred() {
        let folder = tempfile::tempdir().unwrap();
        for (name, _) in EMBEDDED {
            let open = || {
                let source = Source::resolve(name, folder.path()).unwrap();
                Backbone::open(&source, &LoadOptions::default()).unwrap()
            };
            let embedded = open();
            assert_eq!(embedded.architecture, registry::find(name).unwrap().architecture);
            let side = SideNetwork::open(name, folder.path(), 32).unwrap();
            assert_eq!(side.name(), *name);
            let SideNetwork::Transformer(side) = side else { panic!("{name} is a transformer") };
            assert_eq!(side.tensors, embedded.tensors);

            let mut other = embedded.clone();
            other.tensors.get_mut("norm.bias").unwrap().data[0] = 7.0;
            let path = folder.path().join(format!("{name}.f16.safetensors"));
            other.write_to(&mut File::create(path).unwrap(), "other", Precision::F32).unwrap();
            assert_eq!(open().tensors["norm.bias"].data[0], 7.0);
        }
    }

    #[test]
    fn others_stay_missing() {
        let folder = tempfile::tempdir().unwrap();
        let source = Source::resolve("vit_base_patch16_224", folder.path()).unwrap();
        let missing = Backbone::open(&source, &LoadOptions::default()).unwrap_err();
        assert!(
            matches!(missing, Error::NoCheckpoint { name, .. } if name == "vit_base_patch16_224")
        );
    }
}
