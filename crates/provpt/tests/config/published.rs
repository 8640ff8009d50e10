//! Every key of the published configurations, as `KEY VALUE` on a command line and in files.

use provpt::config::{Config, Scheduler};

use super::{leaf, load, notices, refusal};

/// Key and value, and what they come to: one of our settings, nothing (a notice says so), or a
/// refusal that has these words.
enum Comes {
    To(&'static str, &'static str),
    ToNothing,
    ToRefusal(&'static str),
}
use Comes::{To, ToNothing, ToRefusal};

const ABSENT: &str = "is published, but not part of provpt";

#[rustfmt::skip]
const ROWS: &[(&str, &str, Comes)] = &[
    ("NUM_GPUS", "1", ToNothing), ("NUM_GPUS", "8", ToRefusal("num_gpus: expected 1 (")),
    ("NUM_SHARDS", "1", ToNothing), ("NUM_SHARDS", "2", ToRefusal("num_shards: expected 1 (")),
    ("DIST_BACKEND", "nccl", ToNothing), ("DIST_INIT_PATH", "env://", ToNothing), ("DIST_INIT_FILE", "", ToNothing),
    ("CUDNN_BENCHMARK", "False", ToNothing), ("CUDNN_BENCHMARK", "True", ToNothing),
    ("DBG", "False", ToNothing), ("DBG", "True", ToRefusal("dbg: expected false (epochs are whole")),
    ("RUN_N_TIMES", "1", ToNothing), ("RUN_N_TIMES", "5", ToRefusal("run_n_times: expected 1 (")),
    ("SEED", "None", To("seed", "0")), ("SEED", "42", To("seed", "42")),
    ("OUTPUT_DIR", "runs", To("output_dir", "\"runs\"")),

    ("MODEL.TRANSFER_TYPE", "linear", To("model.transfer_type", "\"linear\"")), ("MODEL.TRANSFER_TYPE", "prompt", To("model.transfer_type", "\"prompt\"")),
    ("MODEL.TRANSFER_TYPE", "end2end", ToRefusal(ABSENT)), ("MODEL.TRANSFER_TYPE", "partial-1", ToRefusal(ABSENT)),
    ("MODEL.TRANSFER_TYPE", "tinytl-bias", ToRefusal(ABSENT)), ("MODEL.TRANSFER_TYPE", "side", ToRefusal(ABSENT)),
    ("MODEL.TRANSFER_TYPE", "adapter", ToRefusal(ABSENT)), ("MODEL.TRANSFER_TYPE", "cls", ToRefusal(ABSENT)),
    ("MODEL.TRANSFER_TYPE", "cls-reinit", ToRefusal(ABSENT)), ("MODEL.TRANSFER_TYPE", "prompt+bias", ToRefusal(ABSENT)),
    ("MODEL.TRANSFER_TYPE", "prompt-noupdate", ToRefusal(ABSENT)), ("MODEL.TRANSFER_TYPE", "cls+prompt", ToRefusal(ABSENT)),
    ("MODEL.TRANSFER_TYPE", "cls-reinit+prompt", ToRefusal(ABSENT)),
    ("MODEL.TYPE", "vit", To("model.type", "\"vit\"")), ("MODEL.TYPE", "ssl-vit", To("model.type", "\"vit\"")),
    ("MODEL.TYPE", "swin", ToRefusal(ABSENT)), ("MODEL.TYPE", "resnet", ToRefusal(ABSENT)), ("MODEL.TYPE", "convnext", ToRefusal(ABSENT)),
    ("MODEL.MLP_NUM", "0", ToNothing), ("MODEL.MLP_NUM", "2", ToRefusal("model.mlp_num: expected 0 (the head is one linear layer), got 2")),
    ("MODEL.LINEAR.MLP_SIZES", "[]", ToNothing), ("MODEL.LINEAR.MLP_SIZES", "(10, 20)", ToNothing), ("MODEL.LINEAR.DROPOUT", "0.1", ToNothing),
    ("MODEL.WEIGHT_PATH", "", ToNothing), ("MODEL.WEIGHT_PATH", "x.pth", ToRefusal("model.weight_path: expected an empty text (")),
    ("MODEL.MODEL_ROOT", "weights", To("model.model_root", "\"weights\"")),
    ("MODEL.SAVE_CKPT", "True", ToNothing), ("MODEL.SAVE_CKPT_FINALRUNS", "False", ToNothing),
    ("MODEL.SEGMENTATION", "False", ToNothing), ("MODEL.SEGMENTATION", "True", ToRefusal("model.segmentation: expected false (")),
    ("MODEL.VIS", "False", ToNothing), ("MODEL.VIS", "True", ToRefusal("model.vis: expected false (")),
    ("MODEL.ADAPTER.REDUCATION_FACTOR", "8", ToNothing), ("MODEL.ADAPTER.STYLE", "Pfeiffer", ToNothing),

    ("MODEL.PROMPT.NUM_TOKENS", "5", To("model.prompt.num_tokens", "5")),
    ("MODEL.PROMPT.DEEP", "False", To("model.prompt.deep", "false")), ("MODEL.PROMPT.ADAPTIVE", "False", To("model.prompt.adaptive", "false")),
    ("MODEL.PROMPT.DROPOUT", "0.1", To("model.prompt.dropout", "0.1")), ("MODEL.PROMPT.DROPOUT", "0", To("model.prompt.dropout", "0.0")),
    ("MODEL.PROMPT.LOCATION", "prepend", ToNothing), ("MODEL.PROMPT.LOCATION", "add", ToRefusal("model.prompt.location: expected prepend (")),
    ("MODEL.PROMPT.LOCATION", "below", ToRefusal("prepend")), ("MODEL.PROMPT.LOCATION", "prepend-pixel", ToRefusal("prepend")),
    ("MODEL.PROMPT.INITIATION", "random", ToNothing), ("MODEL.PROMPT.INITIATION", "final-cls", ToRefusal("model.prompt.initiation: expected random (")),
    ("MODEL.PROMPT.CLSEMB_FOLDER", "", ToNothing), ("MODEL.PROMPT.CLSEMB_PATH", "x.npy", ToNothing),
    ("MODEL.PROMPT.PROJECT", "-1", ToNothing), ("MODEL.PROMPT.PROJECT", "64", ToRefusal("model.prompt.project: expected -1 (")),
    ("MODEL.PROMPT.NUM_DEEP_LAYERS", "None", ToNothing), ("MODEL.PROMPT.NUM_DEEP_LAYERS", "6", ToRefusal("model.prompt.num_deep_layers: expected none (")),
    ("MODEL.PROMPT.REVERSE_DEEP", "False", ToNothing), ("MODEL.PROMPT.REVERSE_DEEP", "True", ToRefusal("expected false (")),
    ("MODEL.PROMPT.DEEP_SHARED", "False", ToNothing), ("MODEL.PROMPT.DEEP_SHARED", "True", ToRefusal("expected false (")),
    ("MODEL.PROMPT.FORWARD_DEEP_NOEXPAND", "False", ToNothing), ("MODEL.PROMPT.FORWARD_DEEP_NOEXPAND", "True", ToRefusal("expected false (")),
    ("MODEL.PROMPT.VIT_POOL_TYPE", "original", ToNothing), ("MODEL.PROMPT.VIT_POOL_TYPE", "img_pool", ToRefusal("expected original (")),
    ("MODEL.PROMPT.SAVE_FOR_EACH_EPOCH", "False", ToNothing), ("MODEL.PROMPT.SAVE_FOR_EACH_EPOCH", "True", ToRefusal("expected false (")),
    ("MODEL.PROMPT.GATE_GRADS_IDENT", "True", ToNothing), ("MODEL.PROMPT.GATE_GRADS_IDENT", "False", To("model.prompt.idleness", "\"norm\"")),
    ("MODEL.PROMPT.GATE_GRADS_IDENT", "2", ToRefusal("model.prompt.gate_grads_ident: expected true or false, got 2")),
    ("MODEL.PROMPT.CLP_MAX_NORM", "0.25", To("model.prompt.clip_norm", "0.25")), ("MODEL.PROMPT.CLP_MAX_NORM", "-1", To("model.prompt.clip_norm", "-1.0")),
    ("MODEL.PROMPT.PPO", "False", To("model.prompt.ppo", "false")), ("MODEL.PROMPT.PPO_K_EPOCH", "30", To("model.prompt.ppo_k_epoch", "30")),
    ("MODEL.PROMPT.PPO_DISCOUNT_FACTOR", "0.9", To("model.prompt.ppo_discount_factor", "0.9")),
    ("MODEL.PROMPT.REWARD_WARMUP_EPOCH", "3", To("model.prompt.reward_warmup_epoch", "3")),
    ("MODEL.PROMPT.REDUCATION_FACTOR", "8", ToNothing),

    ("SOLVER.LOSS", "softmax", ToNothing), ("SOLVER.LOSS", "focal", ToRefusal("solver.loss: expected softmax (the loss is cross-entropy), got \"focal\"")),
    ("SOLVER.LOSS_ALPHA", "0.5", ToNothing),
    ("SOLVER.OPTIMIZER", "sgd", To("solver.optimizer", "\"sgd\"")), ("SOLVER.OPTIMIZER", "adamw", To("solver.optimizer", "\"adamw\"")),
    ("SOLVER.OPTIMIZER", "adam", ToRefusal(ABSENT)), ("SOLVER.OPTIMIZER", "lion", ToRefusal("expected one of sgd, adamw, got \"lion\"")),
    ("SOLVER.WEIGHT_DECAY", "0.01", To("solver.weight_decay", "0.01")), ("SOLVER.WEIGHT_DECAY_BIAS", "0", ToNothing),
    ("SOLVER.BIAS_MULTIPLIER", "1.0", ToNothing), ("SOLVER.MOMENTUM", "0.8", To("solver.momentum", "0.8")),
    ("SOLVER.BASE_LR", "2.5", To("solver.base_lr", "2.5")),
    ("SOLVER.SCHEDULER", "cosine", To("solver.scheduler", "\"cosine\"")), ("SOLVER.SCHEDULER", "None", To("solver.scheduler", "\"none\"")),
    ("SOLVER.SCHEDULER", "cosine_hardrestart", To("solver.scheduler", "\"cosine\"")), ("SOLVER.SCHEDULER", "plateau", ToRefusal(ABSENT)),
    ("SOLVER.WARMUP_EPOCH", "5", To("solver.warmup_epoch", "5")), ("SOLVER.TOTAL_EPOCH", "30", To("solver.total_epoch", "30")),
    ("SOLVER.PATIENCE", "300", To("solver.patience", "300")),
    ("SOLVER.LOG_EVERY_N", "1000", ToNothing), ("SOLVER.DBG_TRAINABLE", "True", ToNothing),

    ("DATA.NAME", "CUB", To("data.name", "\"CUB\"")), ("DATA.DATAPATH", "d", To("data.datapath", "\"d\"")), ("DATA.DATAPATH", "", To("data.datapath", "\"\"")),
    ("DATA.FEATURE", "sup_vitb16_224", To("data.feature", "\"sup_vitb16_224\"")),
    ("DATA.NUMBER_CLASSES", "-1", To("data.number_classes", "-1")), ("DATA.NUMBER_CLASSES", "200", To("data.number_classes", "200")),
    ("DATA.BATCH_SIZE", "32", To("data.batch_size", "32")), ("DATA.PERCENTAGE", "0.8", To("data.percentage", "0.8")),
    ("DATA.CROPSIZE", "224", To("data.crop_size", "224")),
    ("DATA.CLASS_WEIGHTS_TYPE", "none", ToNothing), ("DATA.CLASS_WEIGHTS_TYPE", "inv", ToRefusal("data.class_weights_type: expected none (")),
    ("DATA.MULTILABEL", "False", ToNothing), ("DATA.MULTILABEL", "True", ToRefusal("data.multilabel: expected false (an image has one class)")),
    ("DATA.NO_TEST", "False", ToNothing), ("DATA.NO_TEST", "True", To("data.test", "false")), ("DATA.NO_TEST", "maybe", ToRefusal("expected true or false")),
    ("DATA.NUM_WORKERS", "4", ToNothing), ("DATA.PIN_MEMORY", "True", ToNothing),
];

#[test]
fn every_key_means_what_it_meant_or_nothing_or_is_refused() {
    for (key, value, comes) in ROWS {
        let words = [*key, *value];
        match comes {
            To(ours, expected) => {
                assert_eq!(leaf(&load(&words), ours), *expected, "{key} {value}");
                let told = notices(&words);
                assert!(told.iter().all(|line| line.starts_with(ours)), "{key} {value}: {told:?}");
            }
            ToNothing => {
                assert_eq!(load(&words), Config::default(), "{key} {value}");
                let told = notices(&words);
                let expected = format!("{key} (command line) changes nothing: ");
                assert!(told.len() == 1 && told[0].starts_with(&expected), "{told:?}");
            }
            ToRefusal(expected) => {
                let message = refusal(&words);
                assert!(message.contains(expected), "{message}\nexpected: {expected}");
                assert!(message.ends_with(" (command line)"), "{message}");
            }
        }
    }
}

/// Where a published key and a setting of ours say two things, neither goes before the other.
#[test]
fn a_published_key_against_a_setting_is_refused() {
    for words in [
        ["DATA.NO_TEST", "True", "data.test=true"],
        ["data.test=true", "DATA.NO_TEST", "True"],
        ["MODEL.PROMPT.GATE_GRADS_IDENT", "False", "model.prompt.idleness=gate"],
    ] {
        let message = refusal(&words);
        assert!(message.contains("expected what agrees with "), "{message}");
    }
    for words in
        [["DATA.NO_TEST", "True", "data.test=false"], ["DATA.NO_TEST", "False", "data.test=false"]]
    {
        assert!(!load(&words).data.test);
    }
    let words = ["DATA.NO_TEST", "True", "DATA.NO_TEST", "False"];
    assert!(load(&words).data.test, "the last word counts");
}

#[test]
fn a_later_value_goes_before_a_refused_one() {
    assert_eq!(load(&["DBG", "True", "DBG", "False"]), Config::default());
    assert!(refusal(&["DBG", "False", "DBG", "True"]).starts_with("dbg: "));
    let words = ["SOLVER.SCHEDULER", "plateau", "solver.scheduler=none"];
    assert_eq!(load(&words).solver.scheduler, Scheduler::None);
}

#[cfg(feature = "yaml")]
mod yaml {
    use super::*;

    /// A base file and a task's file as they are published, in substance.
    const BASE: &str = "NUM_GPUS: 1\nOUTPUT_DIR: \"\"\nRUN_N_TIMES: 1\nMODEL:\n  TRANSFER_TYPE: \"prompt\"\n  \
        TYPE: \"vit\"\n  LINEAR:\n    MLP_SIZES: []\nSOLVER:\n  SCHEDULER: \"cosine\"\n  PATIENCE: 300\n  \
        LOSS: \"softmax\"\n  OPTIMIZER: \"sgd\"\n  MOMENTUM: 0.9\n  WEIGHT_DECAY: 0.0001\n  LOG_EVERY_N: 100\n  \
        WARMUP_EPOCH: 10\n  TOTAL_EPOCH: 100\nDATA:\n  NAME: \"\"\n  NUMBER_CLASSES: -1\n  DATAPATH: \"\"\n  \
        FEATURE: \"sup_vitb16_224\"\n  BATCH_SIZE: 128\n";
    const TASK: &str = "_BASE_: \"../base-prompt.yaml\"\nRUN_N_TIMES: 1\nDATA:\n  NAME: \"CUB\"\n  \
        DATAPATH: \"\"\n  NUMBER_CLASSES: 200\n  MULTILABEL: False\nMODEL:\n  TYPE: \"vit\"\nSOLVER:\n  BASE_LR: 0.1\n";

    #[test]
    fn published_files_load() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("prompt")).unwrap();
        std::fs::write(folder.path().join("base-prompt.yaml"), BASE).unwrap();
        let path = folder.path().join("prompt/cub.yaml");
        std::fs::write(&path, TASK).unwrap();
        let words = ["OUTPUT_DIR", "runs/cub"].map(str::to_owned);
        let loaded = Config::from_args(Some(&path), &words).unwrap();
        let config = &loaded.config;
        assert_eq!((&*config.data.name, config.data.number_classes), ("CUB", Some(200)));
        assert_eq!((config.data.batch_size, config.solver.base_lr), (128, 0.1));
        assert_eq!(
            (leaf(config, "output_dir"), config.solver.patience),
            ("\"runs/cub\"".into(), 300)
        );
        let told = |key: &str| loaded.notices.iter().filter(|n| n.starts_with(key)).count();
        let keys = [
            "NUM_GPUS",
            "RUN_N_TIMES",
            "MODEL.LINEAR.MLP_SIZES",
            "DATA.MULTILABEL",
            "SOLVER.LOSS",
            "OUTPUT_DIR",
        ];
        assert_eq!(keys.map(told), [1; 6], "{:?}", loaded.notices);
    }

    /// An output folder that a file leaves empty stays what it was; on a command line it is refused.
    #[test]
    fn an_empty_output_folder_in_a_file_says_nothing() {
        let (_folder, path) = super::super::file("base.yaml", BASE);
        let loaded = Config::from_args(Some(&path), &[]).unwrap();
        assert_eq!(leaf(&loaded.config, "output_dir"), "\"out\"");
        assert!(loaded.notices.iter().any(|notice| notice.starts_with("OUTPUT_DIR (")));
        let words = ["OUTPUT_DIR", ""].map(str::to_owned);
        assert!(Config::from_args(Some(&path), &words).is_err());
    }
}

/// The learning rate of the published run script is 2.5 at a batch of 64 images.
#[test]
fn a_published_program_brings_its_defaults_and_its_learning_rate() {
    let config = load(&["published=pro", "DATA.BATCH_SIZE", "64", "SOLVER.BASE_LR", "2.5"]);
    assert_eq!((config.solver.base_lr, config.learning_rate()), (10.0, 2.5));
    assert_eq!(
        (config.model.prompt.num_tokens, provpt::method::Method::of(&config).name),
        (5, "linear")
    );
    assert_eq!((config.solver.total_epoch, config.solver.patience), (30, 300));
    assert_eq!((config.data.crop_size, config.model.prompt.clip_norm), (Some(224), 0.25));

    let vpt = load(&["PUBLISHED", "vpt"]);
    assert_eq!((vpt.data.batch_size, vpt.model.prompt.clip_norm), (32, -1.0));
    assert!((vpt.learning_rate() - 0.01).abs() < 1e-15);
    let tune = load(&["published=vpt", "solver.base_lr=5", "solver.lr_scaling=batch"]);
    assert_eq!((tune.solver.base_lr, tune.learning_rate()), (5.0, 0.625));
    let ours = load(&["solver.base_lr=5", "solver.lr_scaling=off"]);
    assert_eq!((ours.learning_rate(), ours.model.prompt.num_tokens), (5.0, 20));
    let told = notices(&["published=pro"]);
    assert!(told.len() == 1 && told[0].starts_with("published = pro: "), "{told:?}");

    let text = provpt::config::render(&vpt);
    assert!(!text.contains("published") && !text.contains("lr_scaling"), "{text}");
    let (_folder, path) = super::file("config.toml", &text);
    assert_eq!(Config::from_args(Some(&path), &[]).unwrap().config, vpt);

    assert_eq!(
        refusal(&["published=timm"]),
        "published: expected one of vpt, pro, got \"timm\" (command line)"
    );
    assert!(refusal(&["solver.lr_scaling=on"]).contains("expected one of batch, off, got \"on\""));
    let mut config = vpt;
    let message = config.apply(&["published=pro".to_owned()]).unwrap_err().to_string();
    assert!(message.starts_with("published: expected nothing"), "{message}");
}
