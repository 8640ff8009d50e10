//! Checkpoints in the safetensors format.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| provpt_fuzz::checkpoint("x.safetensors", input));
