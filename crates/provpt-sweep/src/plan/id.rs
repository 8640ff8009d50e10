//! What makes two trials the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::words::{DEVICE, OUTPUT, THREADS};

/// Where a trial is written and worked on, which does not change what it is.
const PLACES: [&str; 3] = [OUTPUT, THREADS, DEVICE];

/// Settings that came after the results of some trials were kept: by these values a trial is what it was
/// before them, and has the same name.
const LATER: [(&str, f64); 2] = [("model.prompt.max_length", 0.0), ("solver.find_rate", 0.0)];

/// 16 hexadecimal digits of a hash of the configuration, but for where it is written and on what
/// device and how many threads it is worked on; for a final trial also of what settles the rest of it.
pub(super) fn id(config: &Map<String, Value>, settled_by: &[&str]) -> String {
    let counts = |(key, value): &(&String, &Value)| {
        let before = LATER.iter().find(|(later, _)| later == key).map(|(_, value)| *value);
        !PLACES.contains(&key.as_str()) && (before.is_none() || value.as_f64() != before)
    };
    // The order of keys in a map depends on how serde_json was built.
    let sorted: BTreeMap<&String, &Value> = config.iter().filter(counts).collect();
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(&sorted).unwrap_or_default());
    for part in settled_by {
        hash.update([0]);
        hash.update(part);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn only_what_changes_the_result_counts() {
        let config = map(json!({"seed": 1, "solver.base_lr": 2.5}));
        let elsewhere = map(json!({
            "device": "gpu:1", "threads": 4, "solver.base_lr": 2.5, "output_dir": "elsewhere", "seed": 1
        }));
        assert_eq!(id(&config, &[]), id(&elsewhere, &[]));
        assert_eq!(id(&config, &[]), "a515eef36b1f71a2");
        let later = |length: f64| {
            map(json!({"seed": 1, "solver.base_lr": 2.5, "model.prompt.max_length": length}))
        };
        assert_eq!(id(&config, &[]), id(&later(0.0), &[]));
        assert_ne!(id(&config, &[]), id(&later(1.5), &[]));
        let other = map(json!({"seed": 2, "solver.base_lr": 2.5}));
        assert_ne!(id(&config, &[]), id(&other, &[]));
        assert_ne!(id(&config, &["a"]), id(&config, &["b"]));
        assert_ne!(id(&config, &["ab"]), id(&config, &["a", "b"]));
        assert_eq!(id(&config, &["a", "b"]), "735c2213c7fb6c11");
    }
}
