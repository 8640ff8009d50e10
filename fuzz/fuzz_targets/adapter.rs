//! Adapter folders: the JSON, then the arrays.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use provpt::{Adapter, AdapterConfig};
use provpt_fuzz::{files, folder, told};
use provpt_vit::Backbone;
use provpt_vit::weights::LoadOptions;

static BACKBONE: LazyLock<Backbone> =
    LazyLock::new(|| Backbone::pico(&LoadOptions::default()).expect("the embedded backbone"));

fuzz_target!(|input: &[u8]| {
    let folder = folder(&["adapter_config.json", "adapter_model.safetensors"], files(input));
    let Some(config) = told(AdapterConfig::load(folder)) else { return };
    let backbone = Backbone { sha256: config.backbone_sha256, ..BACKBONE.clone() };
    told(Adapter::load(folder, &backbone));
});
