//! Configuration files and their base files.

use std::path::Path;

use provpt::config::Config;

use super::file;

fn refused(name: &str, text: &[u8]) -> String {
    let (_folder, path) = file(name, "");
    std::fs::write(&path, text).unwrap();
    Config::from_args(Some(&path), &[]).unwrap_err().to_string()
}

#[test]
fn a_bad_file_is_named() {
    let message = refused("c.toml", b"[solver]\nbase_lr = \"x\"\n");
    assert!(message.contains("got \"x\"") && message.contains("c.toml"), "{message}");
    let message = refused("c.toml", b"[solver\n");
    assert!(message.contains("c.toml: ") && !message.contains('\n'), "{message}");
    let message = refused("c.toml", b"seed = 1 # \xff\n");
    assert!(message.contains("c.toml: ") && message.contains("UTF-8"), "{message}");
    let missing = Config::from_args(Some(Path::new("/no/such.toml")), &[]).unwrap_err();
    assert!(missing.to_string().starts_with("/no/such.toml: "), "{missing}");
}

#[test]
fn a_byte_order_mark_and_other_line_ends_are_read_over() {
    let (_folder, path) = file("c.toml", "\u{feff}seed = 3\r\n[solver]\r\nbase_lr = 2\r\n");
    let config = Config::from_args(Some(&path), &[]).unwrap().config;
    assert_eq!((config.seed, config.solver.base_lr), (3, 2.0));
}

/// As shells of Windows write what a program prints.
#[test]
fn utf_16_is_read() {
    let text = "\u{feff}seed = 3\r\n[data]\r\nname = \"b\u{e4}r\"\r\n";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (_folder, path) = file("c.toml", "");
    std::fs::write(&path, &bytes).unwrap();
    let config = Config::from_args(Some(&path), &[]).unwrap().config;
    assert_eq!((config.seed, &*config.data.name), (3, "b\u{e4}r"));
    let message = refused("c.toml", &[b"seed = 3\n", &[0; 16][..]].concat());
    assert!(message.ends_with("expected UTF-8 or UTF-16, got a character of zeros"), "{message}");
}

/// What a number or a truth was written as is lost in a file, and with it the name of a folder.
#[test]
fn text_in_files_needs_quotes_where_it_could_be_another_value() {
    for (name, text, got) in [
        ("c.toml", "data.name = 1.10", "1.1"),
        ("c.toml", "data.datapath = 1e3", "1000.0"),
        ("c.yaml", "DATA:\n  NAME: 012", "12.0"),
        ("c.yaml", "DATA:\n  NAME: no", "false"),
    ] {
        let message = refused(name, text.as_bytes());
        assert!(message.contains(&format!(": expected text in quotes, got {got} (")), "{message}");
    }
    let (_folder, path) = file("c.yaml", "DATA:\n  NAME: 42\n  DATAPATH: '012'\n");
    let data = Config::from_args(Some(&path), &[]).unwrap().config.data;
    assert_eq!((&*data.name, data.datapath.as_deref().and_then(Path::to_str)), ("42", Some("012")));
}

/// On a command line it is there.
#[test]
fn text_on_a_command_line_is_what_is_written() {
    for text in ["1.10", "1e3", "012", "0x10", "1_000", "+5", "True", "nan", "no", "2024-01-01"] {
        for given in [vec![format!("data.name={text}")], vec!["DATA.NAME".into(), text.into()]] {
            let config = Config::from_args(None, &given).unwrap().config;
            assert_eq!(config.data.name, text);
            let mut config = Config::default();
            config.apply(&given).unwrap();
            assert_eq!(config.data.name, text);
        }
    }
    let numbers = ["seed=0x10", "solver.base_lr=1e-1", "data.name='1.10'"].map(str::to_owned);
    let config = Config::from_args(None, &numbers).unwrap().config;
    assert_eq!((config.seed, config.solver.base_lr, &*config.data.name), (16, 0.1, "1.10"));
}

#[test]
fn a_setting_that_stands_twice_in_a_file_is_refused() {
    for text in ["seed = 1\nSEED = 2\n", "[data]\ncropsize = 1\ncrop_size = 2\n"] {
        let message = refused("c.toml", text.as_bytes());
        assert!(message.contains("are the same setting"), "{message}");
    }
}

/// What a base file says is of no account where another file or the command line goes before it.
#[test]
fn only_the_last_word_counts() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("base.toml", "dbg = true\nseed = 1\n[model]\ntransfer_type = 'side'\nvis = true\n");
    write("run.toml", "_base_ = 'base.toml'\nseed = 2\n[model]\ntransfer_type = 'linear'\n");
    let path = folder.path().join("run.toml");
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let given = words(&["DBG", "False", "MODEL.VIS", "False"]);
    let config = Config::from_args(Some(&path), &given).unwrap().config;
    assert_eq!((config.seed, &*provpt::method::Method::of(&config).name), (2, "linear"));
    let message = Config::from_args(Some(&path), &given[..2]).unwrap_err().to_string();
    assert!(message.starts_with("model.vis: expected false ("), "{message}");
    assert!(message.ends_with("base.toml)"), "the file that says it: {message}");
}

#[test]
fn base_files_are_relative_to_the_file_that_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("base.toml", "seed = 1\nthreads = 1\n[data]\nbatch_size = 1\n");
    write("a/middle.toml", "_BASE_ = '../base.toml'\nthreads = 2\n[data]\nbatch_size = 2\n");
    write("a/b/run.toml", "_base_config_ = '../middle.toml'\n[data]\nbatch_size = 3\n");
    let load = |name: &str| Config::from_args(Some(&folder.path().join(name)), &[]);
    let config = load("a/b/run.toml").unwrap().config;
    assert_eq!((config.seed, config.threads, config.data.batch_size), (1, 2, 3));
    write("absolute.toml", &format!("_BASE_ = {:?}\n", folder.path().join("base.toml")));
    assert_eq!(load("absolute.toml").unwrap().config.seed, 1);

    write("lost.toml", "_BASE_ = 'none.toml'\n");
    let message = load("lost.toml").unwrap_err().to_string();
    assert!(message.contains("none.toml: "), "{message}");
    for none in ["7", "''", "['base.toml']"] {
        write("odd.toml", &format!("_BASE_ = {none}\n"));
        let message = load("odd.toml").unwrap_err().to_string();
        assert!(message.contains("_BASE_: expected the path of a file, got "), "{message}");
    }
    write("under.toml", "[data]\n_BASE_ = 'base.toml'\n");
    let message = load("under.toml").unwrap_err().to_string();
    assert!(message.contains("unknown key data._BASE_"), "{message}");
}

#[test]
fn base_files_in_a_circle_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("x")).unwrap();
    let write = |name: &str, base: &str| {
        std::fs::write(folder.path().join(name), format!("_BASE_ = '{base}'\n")).unwrap();
    };
    write("self.toml", "x/../self.toml");
    write("a.toml", "b.toml");
    write("b.toml", "x/../c.toml");
    write("c.toml", "b.toml");
    let load = |name: &str| Config::from_args(Some(&folder.path().join(name)), &[]);
    let message = load("self.toml").unwrap_err().to_string();
    assert!(message.contains("self.toml: base files in a circle: "), "{message}");
    let message = load("a.toml").unwrap_err().to_string();
    assert!(message.contains("b.toml: base files in a circle: "), "{message}");
    assert_eq!(message.matches(" -> ").count(), 2, "{message}");
}

#[cfg(not(feature = "yaml"))]
#[test]
fn yaml_needs_its_feature() {
    for name in ["c.yaml", "c.YML"] {
        let message = refused(name, b"seed: 1\n");
        let expected = "expected a TOML file, or provpt built with its feature `yaml`";
        assert!(message.ends_with(expected), "{message}");
    }
}

#[cfg(feature = "yaml")]
mod yaml {
    use super::{Config, file, refused};

    #[test]
    fn values_are_read_as_python_reads_them() {
        let text = "SEED: null\nOUTPUT_DIR: 'o'\nDATA:\n  NAME: 42\n  TEST: False\n  MEAN: [0.5, 1, 1e-3]\n\
                    MODEL:\n  PROMPT:\n    NUM_DEEP_LAYERS:\n    DEEP: True\nSOLVER:\n  SCHEDULER: None\n  BASE_LR: .5\n";
        for name in ["c.yaml", "c.yml", "c.YAML"] {
            let (_folder, path) = file(name, text);
            let config = Config::from_args(Some(&path), &[]).unwrap().config;
            assert_eq!((config.seed, &*config.data.name, config.data.test), (0, "42", false));
            assert_eq!(config.data.mean, Some([0.5, 1.0, 1e-3]));
            assert_eq!(config.solver.base_lr, 0.5);
            assert_eq!(config.solver.scheduler, provpt::config::Scheduler::None);
        }
    }

    #[test]
    fn a_file_of_nothing_says_nothing() {
        for text in ["", "# nothing\n", "---\n", "MODEL: {}\n"] {
            let (_folder, path) = file("c.yaml", text);
            assert_eq!(Config::from_args(Some(&path), &[]).unwrap().config, crate::load(&[]));
        }
    }

    #[test]
    fn a_bad_file_is_named() {
        for text in
            ["- 1\n- 2\n", "seed\n", "a: [\n", "seed: 1\nseed: 2\n", "1: 2\n", "? [a]\n: b\n"]
        {
            let message = refused("c.yaml", text.as_bytes());
            assert!(message.contains("c.yaml"), "{message}");
            assert!(!message.contains('\n') && !message.contains("Node"), "{message}");
        }
    }
}
