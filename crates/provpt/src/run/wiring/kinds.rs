//! What holds for every method: a run that goes on is the same run, what learns is kept, and what
//! was kept is what is used.

use provpt_data::{Image, Split};
use provpt_runs::Metrics;
use provpt_vit::weights::{LoadOptions, Precision, Source as File};
use provpt_vit::{Backbone, Engine, Prompts};

use super::{Memory, config, trained};
use crate::config::Config;
use crate::error::Error;
use crate::learn::adapter::Adapter;
use crate::learn::parameters::{PROMPTS, Parameters};
use crate::learn::set::Param;
use crate::learn::source::Source;
use crate::learned::Learned;
use crate::method::Method;
use crate::observer::Silent;
use crate::run::recorder::Saved;
use crate::run::trainer::Trainer;
use crate::sample;
use crate::setup::Setup;

/// Rows of the table, and some that are made of them.
const KINDS: [&str; 18] = [
    "side",
    "lora",
    "ssf",
    "prompt+lora",
    "pro-vpt-random+lora",
    "adapter",
    "linear",
    "cls",
    "cls-reinit",
    "tinytl-bias",
    "partial-1",
    "partial-3",
    "end2end",
    "prompt-noupdate",
    "prompt+bias",
    "cls+prompt",
    "vpt-shallow+bias",
    "pro-vpt-random+bias",
];

/// The same for a network in stages, which has no CLS token; relocation across them, too.
const STAGED: [&str; 9] = [
    "tinytl-bias",
    "partial-2",
    "end2end",
    "prompt-noupdate",
    "vpt-shallow",
    "prompt+bias",
    "pro-vpt-random",
    "pro-vpt-ppo",
    "pro-vpt-thompson+bias",
];

fn open(file: &str, heads: usize) -> Backbone {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/transfer");
    let options = LoadOptions { heads: Some(heads), ..LoadOptions::default() };
    Backbone::open(&File::File(format!("{root}/{file}.safetensors").into()), &options).unwrap()
}

/// Of width 32, with 4 blocks, for images of 32 pixels.
pub(super) fn backbone() -> Backbone {
    open("vit.timm", 4)
}

/// Of widths 8 to 64, with 7 blocks in 4 stages, for images of 64 pixels.
pub(super) fn staged() -> Backbone {
    open("swin.ms", 8)
}

/// Every kind, and what it is to learn on.
fn all() -> impl Iterator<Item = (&'static str, fn() -> Backbone)> {
    let staged = STAGED.map(|kind| (kind, staged as fn() -> Backbone));
    KINDS.map(|kind| (kind, backbone as fn() -> Backbone)).into_iter().chain(staged)
}

/// The plain one in a file that tells all, for what learns beside it.
fn file(folder: &tempfile::TempDir) -> String {
    let (path, mut bytes) = (folder.path().join("side.safetensors"), Vec::new());
    backbone().write_to(&mut bytes, "", Precision::F32).unwrap();
    fs_err::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

pub(super) fn of(kind: &str, change: impl FnOnce(&mut Config)) -> Setup {
    on(backbone(), kind, change)
}

pub(super) fn on(backbone: Backbone, kind: &str, change: impl FnOnce(&mut Config)) -> Setup {
    let folder = tempfile::tempdir().unwrap();
    let config = config(|config| {
        config.model.side = Some(file(&folder));
        Method::named(kind).unwrap().apply(config).unwrap();
        config.solver.total_epoch = 3;
        config.solver.base_lr = 2.0;
        config.model.prompt.verify = Some(0);
        change(config);
    });
    Setup::new(&config, sample::task([0.2, 0.0]), backbone, None).unwrap()
}

/// What a run leaves that is broken off after its first epoch.
pub(super) fn broken_off(setup: &Setup) -> Saved {
    let (mut half, mut silent) = (Memory::default(), Silent);
    let mut trainer = Trainer::new(setup, None, &mut half, &mut silent).unwrap();
    assert!(trainer.run(1).unwrap().is_none());
    let metrics = Metrics::from(half.records.clone());
    let (checkpoint, path) = (half.checkpoints.remove(0), "checkpoint".into());
    Saved { metrics, checkpoint, path, adapter: None, data: None }
}

/// Such a run, which goes on from there.
pub(super) fn resumed(setup: &Setup) -> Memory {
    let (saved, mut rest, mut silent) = (broken_off(setup), Memory::default(), Silent);
    let mut trainer = Trainer::new(setup, Some(saved), &mut rest, &mut silent).unwrap();
    trainer.run(usize::MAX).unwrap().unwrap();
    rest
}

pub(super) fn last(memory: &Memory) -> &Parameters {
    memory.parameters.last().unwrap()
}

#[test]
fn a_run_that_goes_on_is_the_same_run() {
    goes_on(all().take(KINDS.len()));
}

#[test]
fn a_run_in_stages_that_goes_on_is_the_same_run() {
    goes_on(all().skip(KINDS.len()));
}

fn goes_on(kinds: impl Iterator<Item = (&'static str, fn() -> Backbone)>) {
    let settings: [&[&str]; 3] =
        [&[], &["solver.optimizer=adamw", "solver.base_lr=0.01"], &["model.mlp_num=2"]];
    for ((kind, backbone), settings) in kinds.flat_map(|kind| settings.map(|set| (kind, set))) {
        let setup = on(backbone(), kind, |config| {
            config.apply(&settings.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()).unwrap();
        });
        let (whole, rest) = (trained(&setup).0, resumed(&setup));
        assert_eq!(last(&rest), last(&whole), "{kind} {settings:?}");
    }
}

#[test]
fn what_learns_moves_and_nothing_else() {
    for (kind, backbone) in all() {
        let setup = on(backbone(), kind, |_| {});
        let (memory, result) = trained(&setup);
        let start = setup.learner().parameters;
        let mut learned = 0;
        for (before, after) in start.set.iter().zip(last(&memory).set.iter()) {
            assert_eq!(before.name, after.name);
            let moved = before.values != after.values;
            let fixed = kind == "prompt-noupdate" && before.name.starts_with(PROMPTS)
                || before.name == "lora.scale";
            assert_eq!(moved, !fixed, "{kind}: {}", before.name);
            learned += if fixed { 0 } else { after.values.len() };
        }
        assert_eq!(result.parameters, learned, "{kind}");
    }
}

/// A few images.
fn split() -> Split {
    let image = |i: usize| {
        let pixels = (0..3 * 16 * 16).map(|at| ((at * 7 + i * 31) % 251) as u8).collect();
        Image::from_rgb(16, 16, pixels).unwrap()
    };
    Split::of_images((0..3).map(|i| (image(i), 0)))
}

pub(super) fn features(learned: &Learned) -> Vec<f32> {
    let split = split();
    let source = Source::new(&split, learned.preprocess).unwrap();
    learned.model().features(&source, &[0, 1, 2]).unwrap()
}

#[test]
fn adapters_bring_back_what_was_learned() {
    for (kind, backbone) in all() {
        let setup = on(backbone(), kind, |config| config.model.mlp_num = 1);
        let (memory, _) = trained(&setup);
        let adapter = setup.adapter(last(&memory));
        let folder = tempfile::tempdir().unwrap();
        adapter.store(folder.path()).unwrap();
        let mut config = setup.config.clone();
        config.model.side = Some(file(&folder));
        let read = Learned::configured(backbone(), folder.path(), &config).unwrap();
        let arrays = |adapter: &Adapter| -> Vec<(String, Vec<usize>, Vec<f32>)> {
            let array = |p: &Param| (p.name.clone(), p.shape.clone(), p.values.clone());
            adapter.parameters.set.iter().map(array).collect()
        };
        assert_eq!(arrays(read.adapter()), arrays(&adapter), "{kind}");
        assert_eq!(read.adapter().config, adapter.config, "{kind}");
        let kept = Learned::from_parts(setup.engine, adapter, setup.preprocess);
        assert_eq!(features(&read), features(&kept), "{kind}");
        let bare = Engine::new(backbone(), 1).unwrap();
        let split = split();
        let mut pixels = Vec::new();
        split.batch(&[0, 1, 2], &kept.preprocess, None, &mut pixels).unwrap();
        let bare = bare.features(&pixels, &Prompts::NONE).unwrap();
        assert_eq!(features(&kept) == bare, kind == "linear", "{kind}");
    }
}

#[test]
fn an_adapter_is_as_large_as_what_was_learned() {
    let setup = of("tinytl-bias", |_| {});
    let adapter = setup.adapter(&setup.learner().parameters);
    let folder = tempfile::tempdir().unwrap();
    adapter.store(folder.path()).unwrap();
    let bytes = fs_err::metadata(folder.path().join("adapter_model.safetensors")).unwrap().len();
    let values = 4 * setup.learner().parameters.set.count() as u64;
    assert!((values..values + 16_000).contains(&bytes), "{bytes} for {values}");
}

#[test]
fn adapters_of_other_arrays_are_refused() {
    let setup = of("tinytl-bias", |_| {});
    let adapter = setup.adapter(&setup.learner().parameters);
    let message = |change: fn(&mut Adapter)| {
        let (mut changed, folder) = (adapter.clone(), tempfile::tempdir().unwrap());
        change(&mut changed);
        changed.store(folder.path()).unwrap();
        let Err(error) = Learned::load(backbone(), folder.path(), 1) else { panic!("read") };
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        error.to_string()
    };
    let stranger = message(|adapter| {
        let name = std::mem::replace(&mut adapter.config.thawed[0], "blocks.4.norm1.bias".into());
        for param in adapter.parameters.set.iter_mut().filter(|param| param.name == name) {
            param.name.clone_from(&adapter.config.thawed[0]);
        }
    });
    assert!(stranger.contains("blocks.4.norm1.bias: the network has no such array"), "{stranger}");
    let missing = message(|adapter| adapter.config.thawed[0] = "cls_token".to_owned());
    assert!(missing.contains("missing tensor cls_token"), "{missing}");
    let short = message(|adapter| {
        for param in adapter.parameters.set.iter_mut().filter(|p| p.name == "norm.bias") {
            (param.values, param.shape) = (vec![0.0; 4], vec![4]);
        }
    });
    assert!(short.contains("norm.bias: expected 32 values, got 4"), "{short}");
}
