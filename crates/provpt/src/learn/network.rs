//! What a backbone computes beyond what its weights show: settings and descriptions beside the file
//! say it, and may say something else the next time.

use std::path::Path;

use provpt_vit::{Architecture, Backbone, Mlp, Pooling, registry};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The part of an architecture that the hash of the weights does not vouch for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkRecord {
    /// Attention heads.
    pub heads: usize,
    /// Whether nobody said so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub heads_guessed: bool,
    /// How features are read.
    pub pooling: Pooling,
    /// The kind of MLP.
    pub mlp: Mlp,
    /// Epsilon of the norms.
    pub norm_eps: f32,
}

impl NetworkRecord {
    /// Of a backbone; none if it computes what a registered model of its name does.
    pub(crate) fn of(backbone: &Backbone) -> Option<Self> {
        let own = Self {
            heads_guessed: backbone.report.heads_guess.is_some(),
            ..Self::shape(&backbone.architecture)
        };
        let registered = registry::find(&backbone.name);
        let registered = registered.map(|record| Self::shape(&record.architecture));
        (registered.as_ref() != Some(&own)).then_some(own)
    }

    fn shape(a: &Architecture) -> Self {
        let &Architecture { heads, pooling, mlp, norm_eps, .. } = a;
        Self { heads, heads_guessed: false, pooling, mlp, norm_eps }
    }

    /// Checks that a backbone of the same weights computes the same; `path` is named otherwise.
    pub(crate) fn belongs_to(&self, path: &Path, architecture: &Architecture) -> Result<(), Error> {
        let now = Self::shape(architecture);
        let other = |what, expected: String, got: String| {
            let path = path.to_owned();
            (expected != got).then_some(Error::OtherNetwork { path, what, expected, got })
        };
        let heads = other("heads", self.heads.to_string(), now.heads.to_string());
        let error = heads
            .or_else(|| other("pooling", words(&self.pooling), words(&now.pooling)))
            .or_else(|| other("MLP", words(&self.mlp), words(&now.mlp)))
            .or_else(|| {
                let [expected, got] = [self.norm_eps, now.norm_eps].map(|eps| format!("{eps:e}"));
                other("epsilon of the norms", expected, got)
            });
        error.map_or(Ok(()), Err)
    }
}

/// A choice in small letters, as files have it.
fn words(choice: &impl std::fmt::Debug) -> String {
    format!("{choice:?}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use provpt_vit::weights::LoadOptions;

    use super::*;

    fn pico(heads: Option<usize>) -> Backbone {
        Backbone::pico(&LoadOptions { heads, ..LoadOptions::default() }).unwrap()
    }

    #[test]
    fn what_the_registry_says_is_not_written_down() {
        assert_eq!(NetworkRecord::of(&pico(None)), None);
        let record = NetworkRecord::of(&pico(Some(2))).unwrap();
        assert_eq!(record.heads, 2);
        let json = serde_json::to_string(&record).unwrap();
        let expected = r#"{"heads":2,"pooling":"cls","mlp":"gelu","norm_eps":0.000001}"#;
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<NetworkRecord>(&json).unwrap(), record);
    }

    #[test]
    fn the_same_weights_in_another_network_are_refused() {
        let record = NetworkRecord::of(&pico(Some(2))).unwrap();
        let path = Path::new("a.json");
        assert!(record.belongs_to(path, &pico(Some(2)).architecture).is_ok());
        let mut now = pico(None).architecture;
        let message = record.belongs_to(path, &now).unwrap_err().to_string();
        let expected = "a.json: heads of the backbone: expected 2, as it was learned with, got 4";
        assert_eq!(message, expected);
        now.heads = 2;
        now.norm_eps = 1e-2;
        let message = record.belongs_to(path, &now).unwrap_err().to_string();
        assert!(
            message.contains("epsilon of the norms of the backbone: expected 1e-6, "),
            "{message}"
        );
    }
}
