//! What makes two trials the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::words::{DEVICE, OUTPUT, THREADS};

/// Where a trial is written and worked on, which does not change what it is.
const PLACES: [&str; 3] = [OUTPUT, THREADS, DEVICE];

/// 16 hexadecimal digits of a hash of the configuration, but for where it is written and on what
/// device and how many threads it is worked on; for a final trial also of what settles the rest of it.
pub(super) fn id(config: &Map<String, Value>, settled_by: &[&str]) -> String {
    // The order of keys in a map depends on how serde_json was built.
    let sorted: BTreeMap<&String, &Value> =
        config.iter().filter(|(key, _)| !PLACES.contains(&key.as_str())).collect();
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
        let other = map(json!({"seed": 2, "solver.base_lr": 2.5}));
        assert_ne!(id(&config, &[]), id(&other, &[]));
        assert_ne!(id(&config, &["a"]), id(&config, &["b"]));
        assert_ne!(id(&config, &["ab"]), id(&config, &["a", "b"]));
        assert_eq!(id(&config, &["a", "b"]), "735c2213c7fb6c11");
    }
}
