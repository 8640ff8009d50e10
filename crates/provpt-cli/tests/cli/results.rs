//! What was measured, and is kept in the repository.

use std::path::Path;

use crate::common::{status, succeed, temp, text};

/// Whoever adds a setting, or changes a default, would rename trials that are done.
#[test]
fn results_still_belong_to_the_trials_of_their_specs() {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/results");
    for name in [
        "backbones",
        "choices",
        "distribution",
        "found",
        "ladder",
        "lengths",
        "mechanisms",
        "pruning",
        "rates",
    ] {
        let spec = results.join(name).join(name).with_extension("toml");
        let folder = temp();
        let sweep = folder.path().join("sweep");
        succeed(["sweep", "plan", text(&spec), "--output", text(&sweep)]);
        // What is part of the ladder, too, is kept there alone.
        for kept in ["ladder", name] {
            let kept = results.join(kept).join("results.jsonl");
            succeed(["sweep", "restore", text(&sweep), text(&kept)]);
        }
        let trials = &status(&sweep)["trials"];
        assert!(trials["waiting"] == 0 && trials["done"] != 0, "{name}: {trials}");
    }
}
