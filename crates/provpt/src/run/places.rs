//! What may be told anew of a run that has begun: where things are and where it computes, and for those
//! who look at it which images they mean. All else stays as it was.

use crate::config::{Config, leaves};
use crate::error::Error;

/// Settings that say where something is.
pub const PLACES: &[&str] = &[
    "data.datapath",
    "data.cache_dir",
    "model.model_root",
    "model.weights",
    "model.side",
    "device",
];

/// The same, and those that say which images are measured, with how many threads, in which numbers
/// and in how much memory.
pub const TO_LOOK_AT: &[&str] = &[
    "data.datapath",
    "data.cache_dir",
    "model.model_root",
    "model.weights",
    "model.side",
    "data.feature",
    "data.name",
    "data.number_classes",
    "data.train_split",
    "data.test",
    "data.check_sizes",
    "data.val_fraction",
    "data.test_fraction",
    "data.percentage",
    "threads",
    "device",
    "precision",
    "activations_mb",
];

/// Settings that bring an adapter to its backbone.
pub(crate) const TO_ITS_BACKBONE: &[&str] = &[
    "model.weights",
    "model.side",
    "model.model_root",
    "data.feature",
    "model.heads",
    "model.pooling",
    "threads",
    "device",
    "precision",
    "activations_mb",
];

/// The configuration with such settings changed.
///
/// # Errors
/// A setting is unknown, or is not among those that may change.
pub(crate) fn moved(
    began: &Config,
    words: &[String],
    may: &'static [&'static str],
) -> Result<Config, Error> {
    let mut config = began.clone();
    config.apply(words)?;
    let pairs = leaves(began).into_iter().zip(leaves(&config));
    let mut changed = pairs.filter(|((_, then), (_, now))| then != now).map(|((key, _), _)| key);
    match changed.find(|key| !may.contains(&key.as_str())) {
        None => Ok(config),
        Some(key) => Err(Error::Kept { key, may }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(words: &[&str], may: &'static [&'static str]) -> Result<Config, String> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        super::moved(&Config::default(), &words, may).map_err(|error| error.to_string())
    }

    #[test]
    fn every_place_may_be_told_anew() {
        for place in PLACES {
            let elsewhere = if *place == "device" { "gpu:1" } else { "/elsewhere" };
            let config = moved(&[&format!("{place}={elsewhere}")], PLACES).unwrap();
            assert_ne!(config, Config::default(), "{place}");
        }
        assert_eq!(moved(&[], PLACES), Ok(Config::default()));
        let spelled = moved(&["DATA.DATAPATH", "/elsewhere"], PLACES).unwrap();
        assert_eq!(spelled.data.datapath, Some("/elsewhere".into()));
    }

    #[test]
    fn nothing_else_may() {
        for (key, value) in [
            ("seed", "7"),
            ("data.batch_size", "3"),
            ("threads", "1"),
            ("precision", "bf16"),
            ("activations_mb", "100"),
            ("data.name", "other"),
        ] {
            let error = moved(&[&format!("{key}={value}")], PLACES).unwrap_err();
            let expected = "expected only data.datapath, data.cache_dir, model.model_root, \
                            model.weights, model.side, device";
            assert_eq!(error, format!("settings: {expected}, got {key}, which a run keeps"));
        }
        // What would be measured otherwise than it was learned.
        for word in
            ["data.mean=[0,0,0]", "model.heads=2", "model.pooling=mean", "data.crop_size=16"]
        {
            assert!(moved(&[word], TO_LOOK_AT).is_err(), "{word}");
        }
        assert!(moved(&["threads=2", "data.test=false", "precision=bf16"], TO_LOOK_AT).is_ok());
    }

    #[test]
    fn all_keys_are_settings() {
        let all = PLACES.iter().chain(TO_LOOK_AT).chain(TO_ITS_BACKBONE);
        for key in all {
            assert_eq!(crate::config::key(key, "here").unwrap(), *key);
        }
    }
}
