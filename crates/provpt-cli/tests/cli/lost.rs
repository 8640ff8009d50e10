//! Files of runs and sweeps that are gone, or hold what cannot be computed with.

use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::TensorView;

use crate::common::{Said, adapter, json, run, succeed, temp, trained};

const MODEL: &str = "adapter/adapter_model.safetensors";

fn command(words: &[&str], run_folder: &Path) -> Said {
    run(words.iter().map(Path::new).chain([run_folder]))
}

/// A finished run is not done while what it learned is missing, whatever its result says.
#[test]
fn a_finished_run_makes_the_adapter_again_that_it_lost() {
    let (_folder, _, out) = trained(&["solver.total_epoch=1"]);
    let (before, test) = (adapter(&out), json(&out.join("result.json"))["test"].clone());
    for lost in [&[MODEL][..], &["adapter", "checkpoint"]] {
        for name in lost {
            let path = out.join(name);
            if path.is_dir() {
                std::fs::remove_dir_all(path).unwrap();
            } else {
                std::fs::remove_file(path).unwrap();
            }
        }
        let none = "expected a run that has learned something, got one without adapter";
        for words in [&["eval"][..], &["study", "idleness"]] {
            command(words, &out).failed(2, none, "provpt train --resume RUN");
        }
        succeed(["train".as_ref(), "--resume".as_ref(), out.as_os_str()]);
        assert!(adapter(&out) == before, "{lost:?}");
        assert_eq!(json(&out.join("result.json"))["test"], test, "{lost:?}");
        assert_eq!(command(&["eval"], &out).code, Some(0), "{lost:?}");
    }
}

/// The head's weights as large as numbers get.
fn swell(out: &Path) {
    let bytes = adapter(out);
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let large = 3e38_f32.to_le_bytes().repeat(3 * 128);
    let tensors = file.iter().map(|(name, view)| {
        let data = if name == "head.weight" { &large[..] } else { view.data() };
        (name, TensorView::new(view.dtype(), view.shape().to_vec(), data).unwrap())
    });
    let swollen = safetensors::serialize(tensors, metadata.metadata().clone()).unwrap();
    std::fs::write(out.join(MODEL), swollen).unwrap();
}

#[test]
fn a_study_of_what_cannot_be_computed_is_no_study() {
    let (_folder, _, out) = trained(&["solver.total_epoch=1"]);
    swell(&out);
    let error = "study of 24 images: losses and scores: expected finite numbers, got others";
    command(&["study", "idleness"], &out).failed(1, error, "lower solver.base_lr");
    assert!(!out.join("study.json").exists());
    command(&["eval"], &out).failed(1, "evaluating 12 images: loss: expected finite numbers", "");
}

#[test]
fn a_sweep_without_its_plan_is_none() {
    let folder = temp();
    for command in ["status", "run", "worker"] {
        let said = run(["sweep".as_ref(), command.as_ref(), folder.path().as_os_str()]);
        said.failed(2, "sweep.json: cannot read: ", "provpt sweep plan");
    }
}
