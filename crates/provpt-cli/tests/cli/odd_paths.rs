//! Names of files need not be text, and every output is.
#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde_json::Value;

use crate::common::{colours, fixture, quick, run, succeed, temp};

/// What stands for the byte that is no text.
const SHOWN: &str = "odd\u{fffd}";

fn odd() -> &'static OsStr {
    OsStr::from_bytes(b"odd\xff")
}

fn json(words: &[&OsStr]) -> Value {
    let said = run(words);
    assert_eq!(said.code, Some(0), "{said:?}");
    serde_json::from_str(&said.stdout).unwrap()
}

fn shown(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains(SHOWN))
}

#[test]
fn names_that_are_no_text_reach_json_as_text() {
    let folder = temp();
    let place = folder.path().join(odd());
    std::fs::create_dir(&place).unwrap();
    let task = colours(&place);
    for split in ["train", "val", "test"] {
        std::fs::rename(task.join(split).join("red"), task.join(split).join(odd())).unwrap();
    }
    let out = folder.path().join("run");
    let mut words: Vec<_> = quick(Path::new("here"), &out).into_iter().map(Into::into).collect();
    let here = words.iter().position(|word: &std::ffi::OsString| word == "data.datapath=here");
    let mut datapath = std::ffi::OsString::from("data.datapath=");
    datapath.push(&task);
    words[here.unwrap()] = datapath;
    let said = run(&words);
    assert!(said.code == Some(2) && said.stderr.contains("invalid UTF-8"), "{said:?}");

    // By another way to the same folder.
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&task, &link).unwrap();
    succeed(quick(&link, &out));
    let data = crate::common::json(&out.join("data.json"));
    assert!(data["classes"].as_array().unwrap().iter().any(shown), "{data}");
    let moved = folder.path().join(OsStr::from_bytes(b"odd\xff-run"));
    std::fs::rename(&out, &moved).unwrap();

    let image = link.join("test").join(odd()).join("0.png");
    let predict = ["predict", "--format", "jsonl"].map(OsStr::new);
    let line = json(&[&predict[..], &[moved.as_os_str(), image.as_os_str()]].concat());
    assert!(shown(&line["path"]), "{line}");
    assert!(
        line["guesses"].as_array().unwrap().iter().any(|guess| shown(&guess["class"])),
        "{line}"
    );
    let eval = json(&[OsStr::new("eval"), OsStr::new("--json"), moved.as_os_str()]);
    assert!(shown(&eval["run"]), "{eval}");
    let check = ["data", "check", "--json"].map(OsStr::new);
    let check = json(&[&check[..], &[task.as_os_str()]].concat());
    let classes = check["checked"]["classes"].as_array().unwrap();
    assert!(shown(&check["path"]) && classes.iter().any(shown), "{check}");

    let weights = folder.path().join(OsStr::from_bytes(b"odd\xff.npz"));
    std::fs::copy(fixture("backbones/augreg.npz"), &weights).unwrap();
    let inspect = ["weights", "inspect", "--json"].map(OsStr::new);
    let said = run([&inspect[..], &[weights.as_os_str()]].concat());
    assert!(said.code == Some(2) && said.stderr.contains("invalid UTF-8"), "{said:?}");
}

#[test]
fn features_name_images_whose_names_are_no_text() {
    let folder = temp();
    let images = folder.path().join("images");
    crate::common::picture(&images.join(OsStr::from_bytes(b"odd\xff.png")), 1, 3);
    let features = |ending: &str| {
        let out = folder.path().join(format!("f.{ending}"));
        let words = ["features", "--backbone", "provpt_pico_patch4_32", "-o"].map(OsStr::new);
        succeed([&words[..], &[out.as_os_str(), images.as_os_str()]].concat());
        String::from_utf8_lossy(&std::fs::read(&out).unwrap()).into_owned()
    };
    assert!(features("csv").contains("images/odd\u{fffd}.png,"));
    assert!(features("safetensors").contains("images/odd\u{fffd}.png"));
    features("npy");
    let paths = std::fs::read_to_string(folder.path().join("f.paths.txt")).unwrap();
    assert!(paths.ends_with("images/odd\u{fffd}.png\n"), "{paths:?}");
}
