//! A run that goes on elsewhere: what may be told anew is where things are, and nothing else.

use crate::config::Config;
use crate::error::Error;

/// Settings that say where something is.
const PLACES: &[&str] = &["data.datapath", "data.cache_dir", "model.model_root", "model.weights"];

/// The configuration with its places changed.
///
/// # Errors
/// A setting is unknown, or is not a place.
pub(super) fn moved(began: &Config, places: &[String]) -> Result<Config, Error> {
    let mut config = began.clone();
    config.apply(places)?;
    let mut back = config.clone();
    back.data.datapath.clone_from(&began.data.datapath);
    back.data.cache_dir.clone_from(&began.data.cache_dir);
    back.model.model_root.clone_from(&began.model.model_root);
    back.model.weights.clone_from(&began.model.weights);
    if back == *began { Ok(config) } else { Err(Error::NotAPlace { places: PLACES }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(words: &[&str]) -> Result<Config, String> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        super::moved(&Config::default(), &words).map_err(|error| error.to_string())
    }

    #[test]
    fn every_place_may_be_told_anew() {
        for place in PLACES {
            let config = moved(&[&format!("{place}=/elsewhere")]).unwrap();
            assert_ne!(config, Config::default(), "{place}");
        }
        assert_eq!(moved(&[]), Ok(Config::default()));
        let spelled = moved(&["DATA.DATAPATH", "/elsewhere"]).unwrap();
        assert_eq!(spelled.data.datapath, Some("/elsewhere".into()));
    }

    #[test]
    fn nothing_else_may() {
        for word in ["seed=7", "data.batch_size=3", "threads=1", "data.name=other"] {
            let error = moved(&[word]).unwrap_err();
            assert!(error.contains("expected only settings that say where"), "{word}: {error}");
        }
    }
}
