use super::SCHEME;
use crate::error::Error;

/// `hf://owner/name[@revision][:file]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference<'t> {
    /// As it was given.
    pub(super) text: &'t str,
    /// `owner/name`.
    pub(super) repository: &'t str,
    pub(super) name: &'t str,
    /// A branch, a tag or a commit; `main` if none is given.
    pub(super) revision: &'t str,
    /// A file in the repository, perhaps in folders.
    pub(super) file: Option<&'t str>,
}

impl<'t> Reference<'t> {
    /// Takes a reference apart. All parts become parts of paths, so nothing that climbs passes.
    pub(super) fn parse(text: &'t str) -> Result<Self, Error> {
        let wrong = |got: String| Error::HubReference { reference: text.to_owned(), got };
        let rest = text.strip_prefix(SCHEME).unwrap_or(text);
        let (rest, file) = match rest.split_once(':') {
            Some((rest, file)) => (rest, Some(file)),
            None => (rest, None),
        };
        let (repository, revision) = rest.split_once('@').unwrap_or((rest, "main"));
        let Some((_, name)) = repository.split_once('/').filter(|(_, name)| !name.contains('/'))
        else {
            return Err(wrong(format!("the repository {repository:?}")));
        };
        if !is_path(repository) || repository.contains("--") {
            return Err(wrong(format!("the repository {repository:?}")));
        }
        if !is_path(revision) {
            return Err(wrong(format!("the revision {revision:?}")));
        }
        if let Some(file) = file.filter(|file| !is_path(file)) {
            return Err(wrong(format!("the file {file:?}")));
        }
        Ok(Self { text, repository, name, revision, file })
    }

    /// The repository's folder in a cache.
    pub(super) fn folder(&self) -> String {
        format!("models--{}", self.repository.replace('/', "--"))
    }
}

/// A path of plain names.
fn is_path(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+ ".contains(c);
    let is_name =
        |part: &str| !part.is_empty() && part.chars().all(plain) && !part.chars().all(|c| c == '.');
    text.split('/').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_apart() {
        let parsed = Reference::parse("hf://timm/vit_base.augreg@refs/pr/3:a/model.bin").unwrap();
        assert_eq!((parsed.repository, parsed.name), ("timm/vit_base.augreg", "vit_base.augreg"));
        assert_eq!((parsed.revision, parsed.file), ("refs/pr/3", Some("a/model.bin")));
        assert_eq!(parsed.folder(), "models--timm--vit_base.augreg");
        let parsed = Reference::parse("hf://a/b").unwrap();
        assert_eq!((parsed.revision, parsed.file), ("main", None));
    }

    #[test]
    fn nothing_climbs_out_of_the_cache() {
        for (text, got) in [
            ("hf://gpt2", "the repository \"gpt2\""),
            ("hf://a/b/c", "the repository \"a/b/c\""),
            ("hf://../b", "the repository \"../b\""),
            ("hf:///b", "the repository \"/b\""),
            ("hf://a/", "the repository \"a/\""),
            ("hf://a/b@", "the revision \"\""),
            ("hf://a/b@../../x", "the revision \"../../x\""),
            ("hf://a/b:../x", "the file \"../x\""),
            ("hf://a/b:/etc/passwd", "the file \"/etc/passwd\""),
            ("hf://a/b:c\\d", "the file \"c\\\\d\""),
            ("hf://a/b:", "the file \"\""),
        ] {
            let message = Reference::parse(text).unwrap_err().to_string();
            let start =
                format!("backbone {text}: expected hf://owner/name[@revision][:file], got ");
            assert_eq!(message, format!("{start}{got}"));
        }
    }
}
