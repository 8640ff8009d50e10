use std::path::PathBuf;

use provpt_data::{Error as DataError, ImageError, LeftOut, ParquetError};
use provpt_vit::Error as VitError;

use super::*;

fn check(error: impl Into<Error>, exit_code: u8, hint: &str) {
    let failure = Failure::Library(error.into());
    let advice = explain(&failure, SettingStyle::WORDS);
    assert_eq!(advice.exit_code, exit_code, "{failure}");
    match advice.hint {
        Some(text) => assert!(!hint.is_empty() && text.contains(hint), "{failure}: {text}"),
        None => assert!(hint.is_empty(), "{failure}: expected a hint with {hint}"),
    }
}

fn path() -> PathBuf {
    "some/path".into()
}

fn io(kind: io::ErrorKind) -> io::Error {
    kind.into()
}

#[test]
fn own_failures() {
    let code = |failure| explain(&failure, SettingStyle::WORDS).exit_code;
    assert_eq!(code(Failure::usage("x")), 2);
    assert_eq!(code(Failure::Stdout(io(io::ErrorKind::StorageFull))), 1);
    assert_eq!(code(Failure::encode(&path(), &"x")), 1);
}

#[test]
fn configurations() {
    let unknown = provpt::config::Config::from_args(None, &["no.such_key=1".to_owned()]);
    check(unknown.err().unwrap(), 2, "config print");
}

#[test]
fn the_method() {
    let got = "x".to_owned();
    let other = Error::OtherBackbone {
        path: path(),
        backbone: got.clone(),
        expected: got.clone(),
        got: got.clone(),
    };
    check(other, 2, "model.weights");
    check(Error::LossNotFinite { epoch: 0, step: 1, loss: f64::NAN }, 1, "lower solver.base_lr");
    check(Error::Damaged { path: path(), what: got.clone() }, 2, "not written by provpt");
    check(Error::AdapterShape { what: "head", expected: 1, got: 2 }, 2, "adapter/");
    check(Error::NoPrompts { what: "study", method: got.clone() }, 2, "transfer_type=prompt");
    check(Error::Distribution { depth: 12, got: 3 }, 2, "num_tokens");
    check(Error::NoDistribution { run: path() }, 2, "model.prompt.distribution");
    check(Error::NoSplit { task: got.clone(), split: "val" }, 2, "--split");
    check(Error::Serialize { cause: got }, 1, "");
    check(Error::BlockHasFewer { block: 0, prompts: 1, got: 1 }, 1, "");
}

#[test]
fn files() {
    check(io(io::ErrorKind::NotFound), 2, "");
    check(io(io::ErrorKind::StorageFull), 1, "");
    let cause = || io(io::ErrorKind::NotFound);
    check(RunsError::Read { path: path(), cause: cause() }, 2, "a file was taken away");
    let plan = || path().join("plan.jsonl");
    check(RunsError::Read { path: plan(), cause: cause() }, 2, "`provpt sweep plan`");
    check(RunsError::Write { path: path(), cause: cause() }, 1, "");
    let full = || io::ErrorKind::StorageFull.into();
    let resume =
        "make room there; the run goes on from its last epoch: `provpt train --resume RUN`";
    check(RunsError::Write { path: path(), cause: full() }, 1, resume);
    check(provpt_data::Error::Io(full()), 1, "make room there, or choose another place");
    let locked = || io::ErrorKind::ReadOnlyFilesystem.into();
    check(RunsError::Write { path: path(), cause: locked() }, 1, "choose another place");
    check(RunsError::CreateFolder { path: path(), cause: cause() }, 1, "output_dir");
    check(RunsError::RunExists { path: path() }, 2, "`provpt train --resume some/path`, or");
    check(RunsError::NotARun { path: path() }, 2, "output_dir");
    check(RunsError::Locked { path: path(), holder: String::new() }, 1, "PROVPT_LOCK_WAIT");
    let cause = serde_json::from_str::<u8>("x").unwrap_err();
    check(RunsError::Malformed { path: path(), expected: "x", cause }, 2, "");
    let cause = serde_json::from_str::<u8>("x").unwrap_err();
    check(RunsError::MalformedLine { path: path(), line: 1, expected: "x", cause }, 2, "");
    let cause = serde_json::from_str::<u8>("x").unwrap_err();
    check(RunsError::Encode { path: path(), cause }, 1, "");
}

#[test]
fn tasks() {
    let (text, list) = (String::new, path());
    check(DataError::Io(io(io::ErrorKind::PermissionDenied)), 2, "");
    check(DataError::NoPath { name: text(), generated: text() }, 2, "data.datapath=");
    check(DataError::MissingFolder { path: path() }, 2, "check data.datapath");
    check(DataError::MissingList { path: path() }, 2, "data.train_split");
    check(DataError::MissingImage { list: list.clone(), line: 1, path: text() }, 2, "relative");
    check(DataError::Label { list, line: 1, classes: 2, got: 2 }, 2, "data.number_classes");
    check(DataError::EmptySplit { split: "val", path: path() }, 2, "data.val_fraction");
    check(
        DataError::EmptyClass { path: path(), left_out: LeftOut::default() },
        2,
        "remove empty ones",
    );
    check(DataError::ClassCount { what: text(), expected: 1, got: 2 }, 2, "number_classes");
    check(ImageError::Undecodable { path: path(), cause: text() }, 2, "jpeg");
    check(DataError::Layout { path: path() }, 2, "");
    check(DataError::Percentage { path: path(), got: 0.1 }, 2, "data.percentage");
    check(DataError::Index { len: 1, index: 1 }, 1, "");
    let denied = || io(io::ErrorKind::PermissionDenied);
    check(ImageError::Unreadable { path: path(), cause: denied() }, 2, "");
    check(ImageError::Pixels { width: 1, height: 1, expected: 3, got: 1 }, 1, "");
}

#[test]
fn parquet() {
    let text = String::new;
    let told = |error: ParquetError, code, part| check(DataError::Parquet(error), code, part);
    told(ParquetError::Io(io(io::ErrorKind::NotFound)), 2, "");
    told(ParquetError::Damaged { path: path(), cause: text() }, 2, "get it again");
    told(ParquetError::MissingShards { path: path(), shards: 2, got: 1 }, 2, "get it again");
    told(ParquetError::Configs { path: path(), found: text() }, 2, "data.datapath=");
    let label = ParquetError::Label { path: path(), row: 0, expected: text(), got: text() };
    told(label, 2, "without labels");
    told(ParquetError::Features { path: path(), cause: text() }, 2, "");
}

#[test]
fn backbones() {
    let (text, format) = (String::new, provpt_vit::weights::Format::Npz);
    check(VitError::Io(io(io::ErrorKind::NotFound)), 2, "");
    check(VitError::UnknownModel { name: text() }, 2, "provpt_pico_patch4_32");
    let none = VitError::NoCheckpoint { name: text(), folder: path(), expected: text() };
    check(none, 2, "model.model_root=");
    check(VitError::NotACheckpoint { path: path(), got: text() }, 2, "get it again");
    check(VitError::Damaged { path: path(), format, cause: text() }, 2, "get it again");
    check(VitError::Unreadable { path: path(), format, got: text() }, 2, "state_dict()");
    check(VitError::UnknownNaming { path: path(), examples: text() }, 2, "weights inspect");
    let mismatch = provpt_vit::Mismatch::default();
    check(VitError::Tensors { path: path(), mismatch }, 2, "weights inspect");
    check(VitError::PositionRows { path: path(), rows: 3 }, 2, "");
    let size = VitError::ImageSize { path: path(), patch_size: 4, max: 8, got: 9 };
    check(size, 2, "data.crop_size");
    check(VitError::Heads { path: path(), expected: text(), got: text() }, 2, "model.heads");
    let nearest = "vit_base_patch14_dinov2";
    let unsupported = VitError::Unsupported { path: path(), what: "x", example: text(), nearest };
    check(unsupported, 2, "such as vit_base_patch14_dinov2");
    check(VitError::SeveralModels { path: path(), prefixes: text() }, 2, "--prefix");
    let (name, got) = (text(), f32::NAN);
    check(VitError::NotFinite { path: path(), name, got, count: 1 }, 2, "diverged");
    let (what, expected, by, got, from) = ("heads", text(), text(), text(), text());
    let contradiction = Box::new(provpt_vit::Contradiction { what, expected, by, got, from });
    let contradiction = VitError::Contradiction { path: path(), contradiction };
    check(contradiction, 2, "correct the one that is wrong");
    check(VitError::Description { path: path(), cause: text() }, 2, "");
    check(VitError::HubReference { reference: text(), got: text() }, 2, "hf://timm/");
    let (reference, expected, folder) = (text(), text(), path());
    let absent = VitError::NotCached { reference, expected, folder, why: "" };
    check(absent, 2, "--features hf-hub");
    check(VitError::Hub { reference: text(), cause: text() }, 1, "HF_TOKEN");
    check(VitError::Threads { cause: text() }, 1, "--threads 1");
    check(VitError::Memory { bytes: 1 }, 1, "--threads 1");
    check(VitError::MissingTensor { name: text() }, 1, "");
    check(VitError::PromptBlock { depth: 1, got: 1 }, 1, "");
}
