//! Every key of the published configurations, as `KEY VALUE` on a command line and in files.

use std::collections::BTreeSet;

use provpt::config::{ClassWeights, Config, OptimizerKind, Rules, Scheduler, keys};
use provpt::method::METHODS;

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
    ("MODEL.TRANSFER_TYPE", "end2end", To("model.transfer_type", "\"end2end\"")), ("MODEL.TRANSFER_TYPE", "partial-1", To("model.transfer_type", "\"partial-1\"")),
    ("MODEL.TRANSFER_TYPE", "partial-4", To("model.transfer_type", "\"partial-4\"")), ("MODEL.TRANSFER_TYPE", "tinytl-bias", To("model.transfer_type", "\"tinytl-bias\"")),
    ("MODEL.TRANSFER_TYPE", "bias", To("model.transfer_type", "\"tinytl-bias\"")), ("MODEL.TRANSFER_TYPE", "cls", To("model.transfer_type", "\"cls\"")),
    ("MODEL.TRANSFER_TYPE", "cls-reinit", To("model.transfer_type", "\"cls-reinit\"")), ("MODEL.TRANSFER_TYPE", "prompt+bias", To("model.transfer_type", "\"prompt+bias\"")),
    ("MODEL.TRANSFER_TYPE", "prompt-noupdate", To("model.transfer_type", "\"prompt-noupdate\"")), ("MODEL.TRANSFER_TYPE", "cls+prompt", To("model.transfer_type", "\"cls+prompt\"")),
    ("MODEL.TRANSFER_TYPE", "cls-reinit+prompt", To("model.transfer_type", "\"cls-reinit+prompt\"")), ("MODEL.TRANSFER_TYPE", "side", To("model.transfer_type", "\"side\"")),
    ("MODEL.TRANSFER_TYPE", "sidetune", To("model.transfer_type", "\"linear\"")),
    ("MODEL.TRANSFER_TYPE", "adapter", To("model.transfer_type", "\"adapter\"")), ("MODEL.TRANSFER_TYPE", "partial-0", ToRefusal("partial-1, partial-2, ..., got \"partial-0\"")),
    ("MODEL.TYPE", "vit", To("model.type", "\"vit\"")), ("MODEL.TYPE", "ssl-vit", To("model.type", "\"vit\"")),
    ("MODEL.TYPE", "swin", To("model.type", "\"swin\"")), ("MODEL.TYPE", "resnet", ToRefusal(ABSENT)), ("MODEL.TYPE", "convnext", ToRefusal(ABSENT)),
    ("MODEL.MLP_NUM", "0", To("model.mlp_num", "0")), ("MODEL.MLP_NUM", "2", To("model.mlp_num", "2")),
    ("MODEL.LINEAR.MLP_SIZES", "[]", ToNothing), ("MODEL.LINEAR.MLP_SIZES", "(10, 20)", ToNothing), ("MODEL.LINEAR.DROPOUT", "0.1", ToNothing),
    ("MODEL.WEIGHT_PATH", "", ToNothing), ("MODEL.WEIGHT_PATH", "x.pth", ToRefusal("model.weight_path: expected an empty text (")),
    ("MODEL.MODEL_ROOT", "weights", To("model.model_root", "\"weights\"")),
    ("MODEL.SAVE_CKPT", "True", ToNothing), ("MODEL.SAVE_CKPT_FINALRUNS", "False", ToNothing),
    ("MODEL.SEGMENTATION", "False", ToNothing), ("MODEL.SEGMENTATION", "True", ToRefusal("model.segmentation: expected false (")),
    ("MODEL.VIS", "False", ToNothing), ("MODEL.VIS", "True", ToRefusal("model.vis: expected false (")),
    ("MODEL.ADAPTER.REDUCATION_FACTOR", "64", To("model.adapter.reduction", "64")), ("MODEL.ADAPTER.STYLE", "Pfeiffer", ToNothing),
    ("MODEL.ADAPTER.STYLE", "Houlsby", ToRefusal("model.adapter.style: expected pfeiffer (")),

    ("MODEL.PROMPT.NUM_TOKENS", "5", To("model.prompt.num_tokens", "5")),
    ("MODEL.PROMPT.DEEP", "False", To("model.prompt.deep", "false")), ("MODEL.PROMPT.ADAPTIVE", "False", To("model.prompt.adaptive", "false")),
    ("MODEL.PROMPT.DROPOUT", "0.1", To("model.prompt.dropout", "0.1")), ("MODEL.PROMPT.DROPOUT", "0", To("model.prompt.dropout", "0.0")),
    ("MODEL.PROMPT.LOCATION", "prepend", To("model.prompt.location", "\"prepend\"")), ("MODEL.PROMPT.LOCATION", "above", ToRefusal("model.prompt.location: expected one of prepend, add, add-1")),
    ("MODEL.PROMPT.INITIATION", "random", To("model.prompt.init", "\"random\"")), ("MODEL.PROMPT.INITIATION", "zeros", ToRefusal("model.prompt.init: expected one of random, sized, tokens, kmeans, vipamin, final-cls, cls-nolastl, cls-nofirstl")),
    ("MODEL.PROMPT.CLSEMB_FOLDER", "", To("model.prompt.init_folder", "\"\"")), ("MODEL.PROMPT.CLSEMB_PATH", "x.npy", To("model.prompt.init_file", "\"x.npy\"")),
    ("MODEL.PROMPT.PROJECT", "-1", To("model.prompt.project", "-1")), ("MODEL.PROMPT.PROJECT", "wide", ToRefusal("model.prompt.project: expected a whole number")),
    ("MODEL.PROMPT.NUM_DEEP_LAYERS", "None", To("model.prompt.num_deep_layers", "0")), ("MODEL.PROMPT.NUM_DEEP_LAYERS", "-2", ToRefusal("model.prompt.num_deep_layers: expected a whole number")),
    ("MODEL.PROMPT.REVERSE_DEEP", "False", To("model.prompt.reverse_deep", "false")), ("MODEL.PROMPT.REVERSE_DEEP", "True", ToRefusal("model.prompt.reverse_deep: expected false (model.prompt.num_deep_layers says")),
    ("MODEL.PROMPT.DEEP_SHARED", "False", To("model.prompt.deep_shared", "false")), ("MODEL.PROMPT.DEEP_SHARED", "2", ToRefusal("model.prompt.deep_shared: expected true or false")),
    ("MODEL.PROMPT.FORWARD_DEEP_NOEXPAND", "False", To("model.prompt.forward_deep_noexpand", "false")),
    ("MODEL.PROMPT.VIT_POOL_TYPE", "original", To("model.prompt.pool", "\"original\"")), ("MODEL.PROMPT.VIT_POOL_TYPE", "img_pool", To("model.prompt.pool", "\"img\"")),
    ("MODEL.PROMPT.VIT_POOL_TYPE", "imgprompt_pool", To("model.prompt.pool", "\"imgprompt\"")), ("MODEL.PROMPT.VIT_POOL_TYPE", "cls", ToRefusal("model.prompt.pool: expected one of auto, original, img, imgprompt, prompt")),
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
    ("SOLVER.OPTIMIZER", "adam", To("solver.optimizer", "\"adam\"")), ("SOLVER.OPTIMIZER", "lion", ToRefusal("expected one of sgd, adam, adamw, got \"lion\"")),
    ("SOLVER.WEIGHT_DECAY", "0.01", To("solver.weight_decay", "0.01")), ("SOLVER.WEIGHT_DECAY_BIAS", "0", ToNothing),
    ("SOLVER.BIAS_MULTIPLIER", "1.0", To("solver.bias_multiplier", "1.0")), ("SOLVER.BIAS_MULTIPLIER", "2", To("solver.bias_multiplier", "2.0")), ("SOLVER.BIAS_MULTIPLIER", "-1", ToRefusal("solver.bias_multiplier: expected a number of at least 0")), ("SOLVER.MOMENTUM", "0.8", To("solver.momentum", "0.8")),
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
    ("DATA.CLASS_WEIGHTS_TYPE", "none", To("data.class_weights", "\"none\"")), ("DATA.CLASS_WEIGHTS_TYPE", "", To("data.class_weights", "\"none\"")),
    ("DATA.CLASS_WEIGHTS_TYPE", "inv", To("data.class_weights", "\"inv\"")), ("DATA.CLASS_WEIGHTS_TYPE", "inv_sqrt", To("data.class_weights", "\"inv_sqrt\"")),
    ("DATA.CLASS_WEIGHTS_TYPE", "often", ToRefusal("data.class_weights: expected one of none, inv, inv_sqrt, got \"often\"")),
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
                assert_eq!(load(&words), load(&[]), "{key} {value}");
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

/// Kinds of prompts that stay where they are: they need more than one word, beside our defaults.
#[test]
fn kinds_of_prompts_are_settings() {
    let rows = [
        ("LOCATION", "add", "location", "\"add\""),
        ("LOCATION", "add-1", "location", "\"add-1\""),
        ("PROJECT", "64", "project", "64"),
        ("NUM_DEEP_LAYERS", "6", "num_deep_layers", "6"),
        ("DEEP_SHARED", "True", "deep_shared", "true"),
        ("VIT_POOL_TYPE", "prompt_pool", "pool", "\"prompt\""),
    ];
    for (key, value, ours, expected) in rows {
        let key = format!("MODEL.PROMPT.{key}");
        let config = load(&["MODEL.PROMPT.ADAPTIVE", "False", &key, value]);
        assert_eq!(leaf(&config, &format!("model.prompt.{ours}")), expected);
        let message = refusal(&[&key, value]);
        assert!(message.starts_with("model.prompt.adaptive: expected false ("), "{message}");
    }
    let words = ["MODEL.PROMPT.NUM_DEEP_LAYERS", "6", "MODEL.PROMPT.REVERSE_DEEP", "True"];
    assert!(load(&words).adaptive(), "these are rows with addresses");
    let words = ["MODEL.PROMPT.NUM_DEEP_LAYERS", "6", "MODEL.PROMPT.FORWARD_DEEP_NOEXPAND", "True"];
    assert!(load(&words).model.prompt.forward_deep_noexpand);
    for location in ["pad", "below", "prepend-pixel", "prepend-pixel-gaussian"] {
        let words = ["MODEL.PROMPT.LOCATION", location, "MODEL.PROMPT.DEEP", "False"];
        assert_eq!(leaf(&load(&words), "model.prompt.location"), format!("\"{location}\""));
        let message = refusal(&words[..2]);
        assert!(message.starts_with("model.prompt.deep: expected false, as only "), "{message}");
    }
    let words = ["MODEL.PROMPT.INITIATION", "final-cls", "MODEL.PROMPT.CLSEMB_PATH", "x.npy"];
    assert_eq!(leaf(&load(&words), "model.prompt.init"), "\"final-cls\"");
    assert!(refusal(&words[..2]).starts_with("model.prompt.init_file: expected an .npy file"));
}

/// A type that the table of methods has is taken; where one is refused, the line says which there
/// are.
#[test]
fn transfer_types_are_those_of_the_methods() {
    let published = "linear end2end partial-1 partial-2 partial-4 tinytl-bias side adapter cls \
        cls-reinit prompt prompt+bias prompt-noupdate cls+prompt cls-reinit+prompt adaptor";
    let settings = METHODS.iter().flat_map(|method| &method.settings);
    let types = settings.filter(|(key, _)| *key == "model.transfer_type");
    let known: BTreeSet<&str> = types.map(|(_, name)| &**name).collect();
    for name in known.iter().copied().chain(published.split_whitespace()) {
        let words = ["MODEL.TRANSFER_TYPE", name].map(str::to_owned);
        match Config::from_args(None, &words) {
            Ok(loaded) => {
                assert_eq!(leaf(&loaded.config, "model.transfer_type"), format!("\"{name}\""));
            }
            Err(error) => {
                let message = error.to_string();
                assert!(!known.contains(name), "{message}");
                assert!(message.starts_with("model.transfer_type: expected one of "), "{message}");
                assert!(
                    message.ends_with(&format!(", got \"{name}\" (command line)")),
                    "{message}"
                );
                let mut listed = known.iter().filter(|known| !known.starts_with("partial-"));
                assert!(listed.all(|known| message.contains(known)), "{message}");
            }
        }
    }
    assert!(refusal(&["MODEL.TRANSFER_TYPE", "adaptor"]).contains(", got \"adaptor\""));
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

/// A setting goes before a published key of the same name, which nobody would hear of then.
#[test]
fn no_published_key_is_a_setting_as_well() {
    let page = provpt::config::render_published();
    for key in keys() {
        for name in key.aliases.iter().copied().chain([&*key.name]) {
            let row = format!("`{}`", name.to_uppercase());
            assert!(!page.contains(&row), "{row} is in config/published.rs, too");
        }
    }
}

#[test]
fn a_later_value_goes_before_a_refused_one() {
    assert_eq!(load(&["DBG", "True", "DBG", "False"]), load(&[]));
    assert!(refusal(&["DBG", "False", "DBG", "True"]).starts_with("dbg: "));
    let words = ["SOLVER.SCHEDULER", "plateau", "solver.scheduler=none"];
    assert_eq!(load(&words).solver.scheduler, Scheduler::None);
}

#[cfg(feature = "yaml")]
mod yaml {
    use super::*;

    /// The base files of VPT, and a task's file, in substance.
    const BASE: &str = "NUM_GPUS: 1\nNUM_SHARDS: 1\nOUTPUT_DIR: \"\"\nRUN_N_TIMES: 1\nMODEL:\n  TRANSFER_TYPE: \"TYPE\"\n  \
        TYPE: \"vit\"\n  LINEAR:\n    MLP_SIZES: []\nSOLVER:\n  SCHEDULER: \"cosine\"\n  PATIENCE: 300\n  \
        LOSS: \"softmax\"\n  OPTIMIZER: \"OPTIMIZER\"\n  MOMENTUM: 0.9\n  WEIGHT_DECAY: 0.0001\n  LOG_EVERY_N: 100\n  \
        WARMUP_EPOCH: 10\n  TOTAL_EPOCH: 100\nDATA:\n  NAME: \"\"\n  NUMBER_CLASSES: -1\n  DATAPATH: \"\"\n  \
        FEATURE: \"sup_vitb16_224\"\n  BATCH_SIZE: 128\n  NUM_WORKERS: 8\n";
    const TASK: &str = "_BASE_: \"../base.yaml\"\nRUN_N_TIMES: 1\nDATA:\n  NAME: \"CUB\"\n  \
        DATAPATH: \"\"\n  NUMBER_CLASSES: 200\n  MULTILABEL: False\nMODEL:\n  TYPE: \"vit\"\n\
        SOLVER:\n  BASE_LR: 0.1\n  WEIGHT_DECAY: 0.01\n";

    /// A task's file beside the base of one of the three families.
    fn published(kind: &str, optimizer: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("prompt")).unwrap();
        let base = BASE.replace("\"TYPE\"", kind).replace("\"OPTIMIZER\"", optimizer);
        std::fs::write(folder.path().join("base.yaml"), base).unwrap();
        let path = folder.path().join("prompt/cub.yaml");
        std::fs::write(&path, TASK).unwrap();
        (folder, path)
    }

    #[test]
    fn published_files_load() {
        let (_folder, path) = published("prompt", "sgd");
        let words = ["OUTPUT_DIR", "runs/cub"].map(str::to_owned);
        let loaded = Config::from_args(Some(&path), &words).unwrap();
        let config = &loaded.config;
        assert_eq!((&*config.data.name, config.data.number_classes), ("CUB", Some(200)));
        assert_eq!((config.data.batch_size, config.solver.base_lr), (128, 0.1));
        assert_eq!((config.solver.weight_decay, config.solver.patience), (0.01, 300));
        assert_eq!(leaf(config, "output_dir"), "\"runs/cub\"");
        let told = |key: &str| loaded.notices.iter().filter(|n| n.starts_with(key)).count();
        let keys = [
            "NUM_GPUS",
            "NUM_SHARDS",
            "RUN_N_TIMES",
            "MODEL.LINEAR.MLP_SIZES",
            "DATA.MULTILABEL",
            "DATA.NUM_WORKERS",
            "SOLVER.LOSS",
            "SOLVER.LOG_EVERY_N",
            "OUTPUT_DIR",
        ];
        assert_eq!(keys.map(told), [1; 9], "{:?}", loaded.notices);
    }

    /// What a file leans on is the default of the program that it was written for.
    #[test]
    fn published_files_load_as_their_program_reads_them() {
        let (_folder, path) = published("linear", "adamw");
        let words = ["published=vpt".to_owned()];
        let config = Config::from_args(Some(&path), &words).unwrap().config;
        assert_eq!((config.data.crop_size, config.solver.rules), (Some(224), Rules::Vpt));
        assert_eq!(config.learning_rate(), 0.1);
        assert_eq!(config.optimizer(), OptimizerKind::Adamw);
    }

    /// The run script of PRO-VPT, which gives a learning rate for its batch of 64.
    #[test]
    fn the_published_run_script_works() {
        let (folder, _) = published("prompt", "sgd");
        let words = "MODEL.TYPE vit DATA.BATCH_SIZE 64 MODEL.PROMPT.DEEP True \
            MODEL.PROMPT.ADAPTIVE True MODEL.PROMPT.PPO True MODEL.PROMPT.GATE_GRADS_IDENT True \
            MODEL.PROMPT.DROPOUT 0.1 MODEL.PROMPT.NUM_TOKENS 20 MODEL.PROMPT.REWARD_WARMUP_EPOCH 1 \
            MODEL.PROMPT.PPO_K_EPOCH 60 SOLVER.SCHEDULER None DATA.FEATURE sup_vitb16 \
            DATA.NAME vtab-cifar(num_classes=100) DATA.NUMBER_CLASSES 100 SOLVER.OPTIMIZER sgd \
            SOLVER.BASE_LR 2.5 SOLVER.WEIGHT_DECAY 0.0001 SEED 18 MODEL.MODEL_ROOT weights \
            DATA.DATAPATH data OUTPUT_DIR out/seed18 published=pro";
        let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        let base = folder.path().join("base.yaml");
        let config = Config::from_args(Some(&base), &words).unwrap().config;
        assert_eq!(provpt::method::Method::of(&config).name, "pro-vpt-ppo");
        assert_eq!(config.learning_rate(), 2.5);
        assert_eq!((config.data.crop_size, config.solver.total_epoch), (Some(224), 100));
        assert_eq!((config.seed, config.model.prompt.dropout), (18, 0.1));
    }

    /// Of the third family only what is learned may be unknown.
    #[test]
    fn published_files_for_full_fine_tuning_are_right_but_for_the_method() {
        let (_folder, path) = published("end2end", "adamw");
        let words = ["MODEL.TRANSFER_TYPE", "linear"].map(str::to_owned);
        Config::from_args(Some(&path), &words).unwrap();
        if let Err(error) = Config::from_args(Some(&path), &[]) {
            assert!(error.to_string().starts_with("model.transfer_type: "), "{error}");
        }
    }

    /// An output folder that a file leaves empty stays what it was; on a command line it is refused.
    #[test]
    fn an_empty_output_folder_in_a_file_says_nothing() {
        let (folder, _) = published("prompt", "sgd");
        let path = folder.path().join("base.yaml");
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
    assert_eq!((config.solver.base_lr, config.learning_rate()), (2.5, 2.5));
    assert_eq!(
        (config.model.prompt.num_tokens, &*provpt::method::Method::of(&config).name),
        (5, "linear")
    );
    assert_eq!((config.solver.total_epoch, config.solver.patience), (30, 300));
    assert_eq!((config.data.crop_size, config.model.prompt.clip_norm), (Some(224), 0.25));

    let vpt = load(&["PUBLISHED", "vpt"]);
    assert_eq!((vpt.data.batch_size, vpt.model.prompt.clip_norm), (32, -1.0));
    assert_eq!((leaf(&vpt, "model.dropout"), leaf(&config, "model.dropout")), {
        let auto = || "\"auto\"".to_owned();
        (auto(), auto())
    });
    assert_eq!(vpt.learning_rate(), 0.01);
    let tune = load(&["published=vpt", "solver.base_lr=5", "solver.lr_scaling=batch"]);
    assert_eq!((tune.solver.base_lr, tune.learning_rate()), (5.0, 0.625));
    let ours = load(&["solver.base_lr=5", "solver.lr_scaling=off"]);
    assert_eq!((ours.learning_rate(), ours.model.prompt.num_tokens), (5.0, 20));
    let told = notices(&["published=pro"]);
    assert!(told.len() == 1 && told[0].starts_with("published = pro: "), "{told:?}");

    let text = provpt::config::render(&vpt);
    assert!(!text.contains("published") && text.contains("lr_scaling = \"off\""), "{text}");
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

/// What a published optimizer makes of its settings is told where it is not what they say.
#[test]
fn a_published_program_brings_its_rules_for_the_optimizer() {
    let rules = |words: &[&str]| load(words).solver.rules;
    assert_eq!(rules(&[]), Rules::Torch);
    assert_eq!(rules(&["published=vpt"]), Rules::Vpt);
    assert_eq!(rules(&["published=pro"]), Rules::Pro);
    assert_eq!(rules(&["published=pro", "solver.rules=torch"]), Rules::Torch);

    let [vpt, pro, adamw] = ["solver.rules=vpt", "solver.rules=pro", "SOLVER.OPTIMIZER=adamw"];
    let told = |words: &[&str]| notices(&[words, &["recipe=published"]].concat()).join("\n");
    let by_vpt = "as published (solver.rules = vpt)";
    let by_pro = "as published (solver.rules = pro)";
    assert_eq!(
        told(&[vpt, adamw]),
        format!("solver.weight_decay = 0.0001 counts as 0.01, {by_vpt}")
    );
    assert_eq!(told(&[vpt, adamw, "solver.weight_decay=0.01"]), "");
    let none = "solver.weight_decay=0";
    for (rules, by) in [(vpt, by_vpt), (pro, by_pro)] {
        let words = [rules, adamw, none];
        assert_eq!(told(&words), format!("solver.optimizer = adamw counts as sgd, {by}"));
        assert_eq!(load(&words).optimizer(), OptimizerKind::Sgd);
    }
    assert_eq!(
        told(&[pro, "SOLVER.OPTIMIZER=adam"]),
        format!("solver.optimizer = adam counts as sgd, {by_pro}")
    );
    let twice = "SOLVER.BIAS_MULTIPLIER=2";
    for (words, by) in [
        (&[pro, twice][..], by_pro),
        (&[vpt, adamw, twice, "solver.weight_decay=0.01"], by_vpt),
        (&[vpt, "SOLVER.OPTIMIZER=adam", none, twice], by_vpt),
    ] {
        assert_eq!(told(words), format!("solver.bias_multiplier = 2 counts as 1, {by}"));
        assert_eq!(load(words).bias_multiplier(), 1.0);
    }
    for words in [&[vpt, twice][..], &[vpt, "SOLVER.OPTIMIZER=adam", twice], &[adamw, none, twice]]
    {
        assert_eq!((told(words), load(words).bias_multiplier()), (String::new(), 2.0));
    }
}

/// The published code counts classes, not images, so that all its weights are 1.
#[test]
fn class_weights_are_by_images_unless_by_published_rules() {
    let inverse = "DATA.CLASS_WEIGHTS_TYPE=inv";
    assert_eq!(load(&[inverse]).class_weights(), ClassWeights::Inverse);
    assert_eq!(notices(&[inverse]), [""; 0]);
    for rules in ["vpt", "pro"] {
        let word = format!("solver.rules={rules}");
        let (word, as_published) = (&*word, "recipe=published");
        let config = load(&[word, inverse, as_published]);
        let both = (config.data.class_weights, config.class_weights());
        assert_eq!(both, (ClassWeights::Inverse, ClassWeights::None));
        let expected = format!(
            "data.class_weights = inv counts as none, as published (solver.rules = {rules})"
        );
        assert_eq!(notices(&[word, inverse, as_published]), [expected]);
    }
}

/// By a norm of 0 the published code multiplies every gradient by 0; with us it is no clipping.
#[test]
fn clipping_that_a_published_program_breaks_on_is_refused() {
    for norm in ["0", "-0.5"] {
        for pro in ["published=pro", "solver.rules=pro"] {
            let message = refusal(&[pro, "MODEL.PROMPT.CLP_MAX_NORM", norm]);
            let start = "model.prompt.clip_norm: expected a number above 0, or -1 for no clipping";
            assert!(message.starts_with(start), "{message}");
            assert!(message.ends_with(" (command line)"), "{message}");
        }
        load(&["MODEL.PROMPT.CLP_MAX_NORM", norm]);
        load(&["published=vpt", "MODEL.PROMPT.CLP_MAX_NORM", norm]);
    }
    load(&["published=pro", "MODEL.PROMPT.CLP_MAX_NORM", "-1"]);
}
