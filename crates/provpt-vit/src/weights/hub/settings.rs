use std::ffi::OsString;
use std::path::PathBuf;

/// What the environment says about the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    /// Folder of the cache.
    pub(super) cache: PathBuf,
    /// Whether nothing may be fetched.
    pub(super) offline: bool,
    /// Where to fetch from, without a slash at the end.
    #[cfg_attr(not(feature = "hf-hub"), allow(dead_code))]
    pub(super) endpoint: String,
    /// Who asks.
    #[cfg_attr(not(feature = "hf-hub"), allow(dead_code))]
    pub(super) token: Option<String>,
}

impl Settings {
    /// Goes by the variables that Hugging Face's own libraries know.
    pub(super) fn from_env(variable: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &str| Some(set(name)?.into_string().ok()?.trim().to_owned());
        let path = |name: &str| set(name).map(PathBuf::from);
        let user = || {
            let home = path("HOME").or_else(|| path("USERPROFILE")).unwrap_or_default();
            path("XDG_CACHE_HOME").unwrap_or_else(|| home.join(".cache")).join("huggingface")
        };
        let home = path("HF_HOME").unwrap_or_else(user);
        let legacy = || path("HUGGINGFACE_HUB_CACHE");
        let cache = path("HF_HUB_CACHE").or_else(legacy).unwrap_or_else(|| home.join("hub"));
        let offline = text("HF_HUB_OFFLINE").unwrap_or_default().to_uppercase();
        let endpoint = text("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".to_owned());
        let stored = || {
            let file = path("HF_TOKEN_PATH").unwrap_or_else(|| home.join("token"));
            Some(fs_err::read_to_string(file).ok()?.trim().to_owned())
        };
        Self {
            cache,
            offline: ["1", "ON", "YES", "TRUE"].contains(&offline.as_str()),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            token: text("HF_TOKEN").or_else(stored).filter(|token| !token.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name);
        Settings::from_env(&|name| find(name).map(|(_, value)| OsString::from(value)))
    }

    #[test]
    fn the_cache_is_where_hugging_face_has_it() {
        let at = |variables: &[(&str, &str)]| settings(variables).cache;
        let home = ("HOME", "/home/u");
        assert_eq!(at(&[home]), PathBuf::from("/home/u/.cache/huggingface/hub"));
        assert_eq!(at(&[home, ("XDG_CACHE_HOME", "/x")]), PathBuf::from("/x/huggingface/hub"));
        assert_eq!(at(&[home, ("HF_HOME", "/hf")]), PathBuf::from("/hf/hub"));
        assert_eq!(at(&[("HF_HOME", "/hf"), ("HF_HUB_CACHE", "/c")]), PathBuf::from("/c"));
        assert_eq!(at(&[home, ("HF_HOME", "")]), PathBuf::from("/home/u/.cache/huggingface/hub"));
    }

    #[test]
    fn offline_and_endpoint_are_understood() {
        assert!(settings(&[("HF_HUB_OFFLINE", "1")]).offline);
        assert!(settings(&[("HF_HUB_OFFLINE", "true")]).offline);
        assert!(!settings(&[("HF_HUB_OFFLINE", "0")]).offline);
        assert!(!settings(&[]).offline);
        assert_eq!(settings(&[]).endpoint, "https://huggingface.co");
        assert_eq!(settings(&[("HF_ENDPOINT", "http://m:1/")]).endpoint, "http://m:1");
    }

    #[test]
    fn a_token_is_said_or_stored() {
        let folder = tempfile::tempdir().unwrap();
        let home = ("HF_HOME", folder.path().to_str().unwrap());
        assert_eq!(settings(&[home]).token, None);
        std::fs::write(folder.path().join("token"), "hf_stored\n").unwrap();
        assert_eq!(settings(&[home]).token.as_deref(), Some("hf_stored"));
        let said = settings(&[home, ("HF_TOKEN", "hf_said")]).token;
        assert_eq!(said.as_deref(), Some("hf_said"));
    }
}
