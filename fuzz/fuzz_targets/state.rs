//! A run's checkpoint: `state.safetensors`. Where the input begins with an odd byte it is the JSON
//! of the state alone, with arrays that fit: no fuzzer writes the header of their file. The byte also
//! says which allocator the run has, and whether it goes on with what it read: that takes a second,
//! so most do not.
#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use provpt::{Silent, TrainOptions};
use provpt_fuzz::{folder, told};

const ALLOCATORS: [&str; 3] = ["thompson", "fixed", "ppo"];
const STATE: &str = "run/checkpoint/state.safetensors";

fuzz_target!(|input: &[u8]| {
    let Some((mode, input)) = input.split_first() else { return };
    let stored = if mode % 2 == 0 { input.to_vec() } else { with_arrays(input) };
    let folder = folder(&[STATE], [stored.as_slice()]);
    make_run(folder, ALLOCATORS[usize::from(mode / 2) % ALLOCATORS.len()]);
    let stop_after = (mode / 6 % 8 != 0).then_some(0);
    let options = TrainOptions { stop_after, ..TrainOptions::default() };
    told(provpt::resume(&folder.join("run"), &[], &options, &mut Silent));
});

/// A run of two epochs on four images, not begun: what the last one wrote is removed.
fn make_run(folder: &Path, allocator: &str) {
    static MADE: OnceLock<()> = OnceLock::new();
    MADE.get_or_init(|| {
        for (class, image) in [("a", 0), ("a", 1), ("b", 2), ("b", 3)] {
            let path = folder.join(format!("images/{class}/{image}.png"));
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            let pixels = image::RgbImage::from_pixel(8, 8, image::Rgb([60 * image, 9, 200]));
            pixels.save(path).expect("room for an image");
        }
    });
    let run = folder.join("run");
    let config = format!(
        "threads = 1\n\
         [model.prompt]\nnum_tokens = 1\nallocator = \"{allocator}\"\n\
         [data]\nname = \"images\"\ndatapath = {:?}\ncache_dir = \"none\"\n\
         val_fraction = 0.5\ntest_fraction = 0.0\n\
         [solver]\ntotal_epoch = 2\nwarmup_epoch = 0\n",
        folder.join("images")
    );
    std::fs::write(run.join("config.toml"), config).expect("room for a file");
    for name in ["result.json", "report.html", "metrics.jsonl"] {
        let _ = std::fs::remove_file(run.join(name));
    }
}

/// 12 prompts of 128 values, one in each block, and a head for two classes.
fn with_arrays(state: &[u8]) -> Vec<u8> {
    let (prompts, weight) = (12 * 128 * 4, 2 * 128 * 4);
    let blocks: Vec<u8> = (0..12_i64).flat_map(i64::to_le_bytes).collect();
    let parts = [
        ("block_of", "I64", 12, blocks),
        ("head.bias", "F32", 2, vec![0; 8]),
        ("head.weight", "F32", weight / 4, vec![0; weight]),
        ("prompts", "F32", prompts / 4, vec![0x3c; prompts]),
        ("state", "U8", state.len(), state.to_vec()),
    ];
    let (mut entries, mut data) = (Vec::new(), Vec::new());
    for (name, dtype, length, bytes) in parts {
        let begin = data.len();
        data.extend(bytes);
        let end = data.len();
        entries.push(format!(
            r#""{name}":{{"dtype":"{dtype}","shape":[{length}],"data_offsets":[{begin},{end}]}}"#
        ));
    }
    let header = format!("{{{}}}", entries.join(","));
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()
}
