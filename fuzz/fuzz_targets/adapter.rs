//! Adapter folders: the JSON, then the arrays.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provpt::{Adapter, AdapterConfig};
use provpt_fuzz::{files, folder, told};
use provpt_vit::registry::find;

fuzz_target!(|input: &[u8]| {
    let folder = folder(&["adapter_config.json", "adapter_model.safetensors"], files(input));
    let architecture =
        find("provpt_pico_patch4_32").expect("a registered model").architecture.clone();
    let Some(config) = told(AdapterConfig::load(folder)) else { return };
    told(Adapter::load(folder, &architecture, &config.backbone_sha256));
});
