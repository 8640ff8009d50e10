//! Relocation over blocks of different widths.

use provpt_vit::Backbone;
use provpt_vit::weights::{LoadOptions, Source as File};

use super::{Memory, config, trained};
use crate::config::{Config, Reach, Rebirth};
use crate::learn::bank::PromptBank;
use crate::method::Method;
use crate::sample;
use crate::setup::Setup;

/// Widths of the stages, and of the classes' head.
const WIDTHS: [usize; 4] = [8, 16, 32, 64];
const HEAD: usize = 2 * 64 + 2;

fn opened(kind: &str, file: &str, change: impl FnOnce(&mut Config)) -> Result<Setup, String> {
    let config = config(|config| {
        Method::named(kind).unwrap().apply(config).unwrap();
        config.solver.base_lr = 2.0;
        config.model.prompt.verify = Some(2);
        change(config);
    });
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/transfer");
    let path = format!("{root}/{file}.safetensors").into();
    let options = LoadOptions {
        heads: Some(if file == "vit.timm" { 4 } else { 8 }),
        ..LoadOptions::default()
    };
    let backbone = Backbone::open(&File::File(path), &options).unwrap();
    let setup = Setup::new(&config, sample::task([0.2, 0.0]), backbone, None);
    setup.map_err(|error| error.to_string())
}

fn run(change: impl FnOnce(&mut Config)) -> Memory {
    trained(&opened("pro-vpt-random", "swin.ms", change).unwrap()).0
}

/// The stage of a block of 2, 2, 2, 1.
fn stage(block: usize) -> usize {
    block / 2
}

#[test]
fn numbers_follow_the_prompts_from_stage_to_stage() {
    let memory = run(|config| config.solver.total_epoch = 8);
    let mut crossed = 0;
    for (record, parameters) in memory.records.iter().zip(&memory.parameters) {
        let bank = parameters.bank().unwrap();
        let count = |s| bank.block_of().iter().filter(|&&block| stage(block) == s).count();
        let counts = [0, 1, 2, 3].map(count);
        for (s, (count, width)) in counts.into_iter().zip(WIDTHS).enumerate() {
            let array = parameters.set().iter().find(|p| p.name == format!("prompts.{s}")).unwrap();
            assert_eq!(
                (&array.shape[..], array.values.len()),
                (&[count, width][..], count * width)
            );
        }
        let learned = record.learned.as_ref().unwrap();
        assert_eq!(learned.stages, [2, 2, 2, 1]);
        assert_eq!((learned.prompts, counts.iter().sum::<usize>()), (14, 14));
        let prompts: usize = counts.iter().zip(WIDTHS).map(|(count, width)| count * width).sum();
        assert_eq!(learned.numbers, prompts + HEAD);
        if let Some(moved) = record.relocation.as_ref().filter(|m| stage(m.from) != stage(m.to)) {
            assert_eq!(bank.block_of()[moved.prompt], moved.to);
            crossed += 1;
        }
    }
    assert!(crossed > 0, "no prompt left its stage");
}

#[test]
fn within_reach_of_a_stage_the_numbers_stay() {
    for kind in ["pro-vpt-random", "pro-vpt-ppo", "pro-vpt-thompson", "pro-vpt-fixed"] {
        let setup = opened(kind, "swin.ms", |config| {
            config.model.prompt.reach = Reach::Stage;
            config.model.prompt.rebirth = Rebirth::Keep;
            config.model.prompt.ppo_update_every = 1;
            config.solver.total_epoch = 4;
        });
        let memory = trained(&setup.unwrap()).0;
        let numbers = 2 * (2 * (8 + 16 + 32) + 64) + HEAD;
        assert!(
            memory.records.iter().all(|r| r.learned.as_ref().unwrap().numbers == numbers),
            "{kind}"
        );
        let moves: Vec<_> = memory.records.iter().filter_map(|r| r.relocation.as_ref()).collect();
        assert!(!moves.is_empty(), "{kind}");
        assert!(moves.iter().all(|m| stage(m.from) == stage(m.to)), "{kind}: {moves:?}");
    }
}

#[test]
fn what_a_backbone_cannot_do_is_refused() {
    let refused = |kind: &str, file: &str, settings: &[&str]| {
        let settings: Vec<String> = settings.iter().map(|text| (*text).to_owned()).collect();
        opened(kind, file, |config| config.apply(&settings).unwrap()).err().unwrap_or_default()
    };
    let cls = refused("cls+prompt", "swin.ms", &[]);
    assert_eq!(
        cls,
        "model.transfer_type: expected another type, as there is no CLS token, on a backbone in \
         stages (Swin), got cls+prompt"
    );
    let keep = refused("pro-vpt-ppo", "swin.ms", &["model.prompt.rebirth=keep"]);
    assert!(keep.contains("expected scale, resample or carry (or model.prompt.reach"), "{keep}");
    assert_eq!(refused("vpt-deep", "swin.ms", &["model.prompt.rebirth=keep"]), "");
    let carry = refused("pro-vpt-ppo", "vit.timm", &["model.prompt.rebirth=carry"]);
    assert!(carry.ends_with("on a backbone without stages, got carry"), "{carry}");
    let plain = refused("linear", "vit.timm", &["model.type=swin"]);
    assert_eq!(plain, "model.type: expected vit on a backbone without stages, got swin");
    assert_eq!(refused("linear", "swin.ms", &["model.type=swin"]), "");
    assert_eq!(refused("vpt-deep", "vit.timm", &["model.prompt.pool=img"]), "");
    let shared = refused("vpt-deep", "swin.ms", &["model.prompt.deep_shared=true"]);
    assert!(shared.starts_with("model.prompt.deep_shared: expected false"), "{shared}");
    let lora = refused("lora", "swin.ms", &["model.lora.rank=9"]);
    assert_eq!(lora, "model.lora.rank: expected at most 8, the backbone's width, got 9");
}

#[test]
fn adaptive_runs_read_the_patches_unless_told_otherwise() {
    use crate::config::PromptPool::{Image, Original};
    for (kind, pool, expected) in [
        ("pro-vpt-random", None, true),
        ("pro-vpt-random", Some(Original), false),
        ("vpt-deep", None, false),
        ("vpt-deep", Some(Image), true),
        ("linear", Some(Image), false),
    ] {
        let setup = opened(kind, "swin.ms", |config| config.model.prompt.pool = pool).unwrap();
        let patches = setup.engine.architecture().prompt_pool == Image;
        assert_eq!(patches, expected, "{kind} {pool:?}");
        let adapter = setup.adapter(&setup.learner().parameters);
        assert_eq!(adapter.config.prompts.pool == Image, expected, "{kind} {pool:?}");
        assert_eq!(adapter.config.network.unwrap().pooling, provpt_vit::Pooling::Mean);
    }
}

#[test]
fn prompts_start_in_one_range_whatever_their_width() {
    let setup = opened("vpt-deep", "swin.ms", |config| config.model.prompt.num_tokens = 9).unwrap();
    let parameters = setup.learner().parameters;
    let v = (6.0f32 / (3.0 * 16.0 + 8.0)).sqrt();
    for s in 0..4 {
        let values = parameters.set().values(&format!("prompts.{s}"));
        let most = values.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        assert!(most <= v && most > 0.9 * v, "stage {s}: {most} of {v}");
    }
    assert_eq!(parameters.bank().map(PromptBank::len), Some(63));
    let shallow = opened("vpt-shallow", "swin.ms", |_| {}).unwrap().learner().parameters;
    assert_eq!(shallow.set().values("prompts").len(), 2 * 8);
}
