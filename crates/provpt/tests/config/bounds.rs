//! Settings that cannot learn, and numbers that nobody means.

use super::{load, notices, refusal};

#[test]
fn numbers_that_nobody_means_are_refused_at_once() {
    let most = [
        ("model.heads", "1024"),
        ("model.prompt.num_tokens", "10000"),
        ("model.prompt.verify", "1000000"),
        ("model.prompt.verify_samples", "1000000000"),
        ("model.prompt.scoring_samples", "1000000000"),
        ("model.prompt.reward_warmup_epoch", "1000000"),
        ("model.prompt.ppo_update_every", "1000000"),
        ("model.prompt.ppo_k_epoch", "1000000"),
        ("data.number_classes", "65536"),
        ("data.batch_size", "1000000"),
        ("data.crop_size", "4096"),
        ("activations_mb", "1000000000"),
        ("data.cache_mb", "1000000000"),
        ("data.pixels_mb", "1000000000"),
        ("data.cache_dir_mb", "1000000000"),
        ("solver.warmup_epoch", "1000000"),
        ("solver.total_epoch", "1000000"),
        ("solver.patience", "1000000"),
    ];
    for (key, most) in most {
        assert_eq!(super::leaf(&load(&[key, most]), key), most);
        let more = format!("{}", most.parse::<u64>().unwrap() + 1);
        let message = refusal(&[key, &more]);
        let expected = format!(", at most {most}, got {more} (command line)");
        assert!(message.starts_with(key) && message.ends_with(&expected), "{message}");
        assert!(refusal(&[key, "9223372036854775807"]).contains(&format!("at most {most}")));
    }
}

#[test]
fn threads_are_bounded_and_that_is_told() {
    let config = load(&["threads=10000"]);
    let cores = std::thread::available_parallelism().unwrap().get();
    assert_eq!((config.threads, config.thread_count()), (10_000, cores.max(256)));
    let told = format!("threads = 10000 is bounded to {}", cores.max(256));
    assert_eq!(notices(&["threads=10000"]), [told]);
    for threads in [0, 1, 2, 64, 256] {
        let word = format!("threads={threads}");
        assert_eq!(load(&[&word]).thread_count(), threads);
        assert_eq!(notices(&[&word]), [""; 0]);
    }
}

/// With the warm-up that is the default, one epoch had learning rate 0.
#[test]
fn warm_up_leaves_an_epoch_with_the_full_learning_rate() {
    for (warmup, total, used) in [(10, 1, 0), (10, 2, 1), (10, 10, 9), (3, 3, 2), (1, 1, 0)] {
        let words = [
            &*format!("solver.warmup_epoch={warmup}"),
            &format!("solver.total_epoch={total}"),
            "model.prompt.adaptive=false",
        ];
        assert_eq!(load(&words).warmup_epochs(), used, "{words:?}");
        let told = notices(&words);
        let expected = format!("solver.warmup_epoch = {warmup} is bounded to {used}: ");
        assert!(told.len() == 1 && told[0].starts_with(&expected), "{told:?}");
        let constant = [&words[..], &["solver.scheduler=none"]].concat();
        assert_eq!(notices(&constant), [""; 0], "a constant rate has no warm-up");
    }
    for (warmup, total) in [(10, 11), (10, 100), (0, 1), (1, 2)] {
        let words =
            [&*format!("solver.warmup_epoch={warmup}"), &format!("solver.total_epoch={total}")];
        let config = load(&words);
        assert_eq!(config.warmup_epochs(), warmup, "what was right stays as it was");
    }
    assert_eq!(load(&["solver.total_epoch=1"]).solver.warmup_epoch, 10, "the file keeps it");
}

#[test]
fn settings_that_cannot_learn_are_told() {
    assert_eq!(
        notices(&["solver.base_lr=0", "recipe=published"]),
        ["solver.base_lr = 0: nothing is learned"]
    );
    let late = ["model.prompt.reward_warmup_epoch=20", "solver.total_epoch=20"];
    let expected =
        "model.prompt.reward_warmup_epoch = 20: no prompt moves in solver.total_epoch = 20";
    assert_eq!(notices(&late), [expected]);
    for other in ["model.prompt.adaptive=false", "model.transfer_type=linear"] {
        assert_eq!(notices(&[late[0], late[1], other]), [""; 0], "nothing was to move");
    }
    assert_eq!(notices(&[]), [""; 0]);
}

/// Pixels are divided by the deviations, in 32 bits.
#[test]
fn levels_that_are_no_numbers_to_compute_with_are_refused() {
    for (key, expected, bad) in [
        ("data.std", "three numbers above 0", "0"),
        ("data.std", "three numbers above 0", "-0.5"),
        ("data.std", "three numbers above 0", "1e-50"),
        ("data.std", "three numbers above 0", "1e-39"),
        ("data.std", "auto or three numbers", "nan"),
        ("data.std", "auto or three numbers", "inf"),
        ("data.mean", "auto or three numbers", "nan"),
        ("data.mean", "auto or three numbers", "-inf"),
        ("data.mean", "three finite numbers", "1e39"),
    ] {
        for place in 0..3 {
            let mut values = ["0.5"; 3];
            values[place] = bad;
            let message = refusal(&[key, &format!("[{}]", values.join(", "))]);
            assert!(
                message.starts_with(&format!("{key}: expected {expected}, got [")),
                "{message}"
            );
        }
    }
    let short = ["[]", "[0.5]", "[0.5, 0.5]", "[0.5, 0.5, 0.5, 0.5]", "0.5", "half", "[a, b, c]"];
    for (key, list) in
        ["data.mean", "data.std"].iter().flat_map(|key| short.map(|list| (key, list)))
    {
        let message = refusal(&[key, list]);
        assert!(
            message.starts_with(&format!("{key}: expected auto or three numbers, got ")),
            "{message}"
        );
    }
    let config = load(&["data.mean=[-1, 0, 2]", "data.std=[1e-3, 1, 255]"]);
    assert_eq!(
        (config.data.mean, config.data.std),
        (Some([-1.0, 0.0, 2.0]), Some([1e-3, 1.0, 255.0]))
    );
}
