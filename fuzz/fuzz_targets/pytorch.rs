//! Checkpoints in the pytorch format.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| provpt_fuzz::checkpoint("x.pytorch", input));
