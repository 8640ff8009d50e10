//! LayerScale, where nobody needs it apart.

use provpt_vit::Backbone;

/// A backbone with its LayerScale folded into the maps in front of it, unless one of the arrays of
/// these names is to stand in a block: beside or behind those maps, or in their place.
pub(crate) fn folded<'n>(backbone: Backbone, mut names: impl Iterator<Item = &'n str>) -> Backbone {
    match names.any(|name| name.starts_with("blocks.")) {
        true => backbone,
        false => backbone.with_folded_scales(),
    }
}

#[cfg(test)]
mod tests {
    use provpt_data::Task;
    use provpt_vit::weights::{LoadOptions, Source};

    use super::*;
    use crate::config::{Config, TransferType};
    use crate::sample;
    use crate::setup::Setup;

    fn scaled() -> Backbone {
        let path = format!("{}/../../fixtures/dinov2.timm.safetensors", env!("CARGO_MANIFEST_DIR"));
        let options = LoadOptions { heads: Some(4), ..LoadOptions::default() };
        Backbone::open(&Source::File(path.into()), &options).unwrap()
    }

    fn task() -> Task {
        sample::task([0.2, 0.0])
    }

    #[test]
    fn scales_are_folded_unless_something_stands_in_blocks() {
        let scales = |transfer_type: TransferType| {
            let mut config = Config { threads: 1, ..Config::default() };
            config.model.transfer_type = transfer_type;
            let setup = Setup::new(&config, task(), scaled(), None).unwrap();
            setup.engine.architecture().layer_scale
        };
        assert!(scaled().architecture.layer_scale);
        for folds in [TransferType::Prompt, TransferType::Linear, TransferType::Cls] {
            assert!(!scales(folds), "{folds:?}");
        }
        let (all, last) = (TransferType::End2end, TransferType::Partial(1));
        let beside =
            [TransferType::Bias, TransferType::Adapter, TransferType::Lora, TransferType::Ssf];
        for keeps in [all, last].into_iter().chain(beside) {
            assert!(scales(keeps), "{keeps:?}");
        }
    }
}
