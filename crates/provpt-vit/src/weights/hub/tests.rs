use std::path::Path;

use super::*;
use crate::weights::{Backbone, LoadOptions, Source};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn settings(cache: &Path, offline: bool) -> Settings {
    let endpoint = "http://127.0.0.1:9".to_owned();
    Settings { cache: cache.to_owned(), offline, endpoint, token: None }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/backbones")).join(name)
}

/// A cache with one repository, as Hugging Face's libraries leave it: files are links to blobs.
fn cache_of(files: &[(&str, &str)]) -> tempfile::TempDir {
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().join("models--owner--tiny-vit");
    let snapshot = folder.join("snapshots").join(COMMIT);
    for folder in [&snapshot, &folder.join("refs"), &folder.join("blobs")] {
        std::fs::create_dir_all(folder).unwrap();
    }
    std::fs::write(folder.join("refs/main"), COMMIT).unwrap();
    for (i, (name, from)) in files.iter().enumerate() {
        let blob = folder.join(format!("blobs/{i}"));
        std::fs::copy(fixture(from), &blob).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(format!("../../blobs/{i}"), snapshot.join(name)).unwrap();
        #[cfg(not(unix))]
        std::fs::copy(&blob, snapshot.join(name)).unwrap();
    }
    cache
}

fn message(settings: &Settings, reference: &str) -> String {
    match resolve_with(settings, reference) {
        Ok(cached) => cached.path.display().to_string(),
        Err(error) => error.to_string().replace(&settings.cache.display().to_string(), "CACHE"),
    }
}

#[test]
fn a_cached_file_is_used_without_a_network() {
    let files = [
        ("ViT-tiny.npz", "augreg.npz"),
        ("model.safetensors", "vit.hf/model.safetensors"),
        ("pytorch_model.bin", "vit.hf.memory.bin"),
    ];
    let cache = cache_of(&files);
    let options = LoadOptions { heads: Some(2), ..LoadOptions::default() };
    for offline in [true, false] {
        for (reference, file) in [
            ("hf://owner/tiny-vit".to_owned(), "model.safetensors"),
            ("hf://owner/tiny-vit@main:ViT-tiny.npz".to_owned(), "ViT-tiny.npz"),
            (format!("hf://owner/tiny-vit@{COMMIT}:pytorch_model.bin"), "pytorch_model.bin"),
        ] {
            let cached = resolve_with(&settings(cache.path(), offline), &reference).unwrap();
            assert!(cached.path.ends_with(Path::new(COMMIT).join(file)), "{:?}", cached.path);
            let source = Source::Hub { name: cached.name, path: cached.path };
            let backbone = Backbone::open(&source, &options).unwrap();
            assert_eq!(backbone.name, "tiny-vit");
        }
    }
}

#[test]
fn a_checkpoint_in_parts_is_cached_if_all_its_parts_are() {
    let parts = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
        .map(|part| (part, format!("dinov2.hf/{part}")));
    let index = "model.safetensors.index.json";
    let whole = [
        (index, "dinov2.hf/model.safetensors.index.json"),
        (parts[0].0, &parts[0].1),
        (parts[1].0, &parts[1].1),
    ];
    let cache = cache_of(&whole);
    let found = message(&settings(cache.path(), true), "hf://owner/tiny-vit");
    assert!(found.ends_with(index), "{found}");
    let cache = cache_of(&whole[..2]);
    let absent = message(&settings(cache.path(), true), "hf://owner/tiny-vit");
    assert!(absent.ends_with("got none, and HF_HUB_OFFLINE is set"), "{absent}");
}

#[test]
fn what_is_not_cached_is_named_with_the_reason() {
    let cache = cache_of(&[("model.safetensors", "vit.hf/model.safetensors")]);
    let settings = settings(cache.path(), true);
    assert_eq!(
        message(&settings, "hf://owner/tiny-vit@v2:a.npz"),
        "backbone hf://owner/tiny-vit@v2:a.npz: expected a.npz (revision v2) in \
         CACHE/models--owner--tiny-vit, got none, and HF_HUB_OFFLINE is set"
    );
    let text = message(&settings, "hf://owner/other");
    assert!(text.contains("expected model.safetensors, pytorch_model.bin or one "), "{text}");
    assert!(text.contains("CACHE/models--owner--other, got none"), "{text}");
}

#[cfg(not(feature = "hf-hub"))]
#[test]
fn without_the_feature_it_is_said_what_to_build() {
    let cache = cache_of(&[]);
    let text = message(&settings(cache.path(), false), "hf://owner/tiny-vit");
    assert!(text.ends_with("built without the feature hf-hub, which fetches"), "{text}");
}

#[cfg(feature = "hf-hub")]
mod fetching {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// Answers as the hub does, with files of the fixtures, and notes what was asked for.
    fn hub(files: &'static [(&'static str, &'static str)]) -> (String, Asked) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Asked::default();
        let noted = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                noted.0.lock().unwrap().push(answer(stream, files));
            }
        });
        (endpoint, asked)
    }

    #[derive(Clone, Default)]
    struct Asked(std::sync::Arc<std::sync::Mutex<Vec<String>>>);

    /// One request, one answer; the request's first line and its token.
    fn answer(mut stream: TcpStream, files: &[(&str, &str)]) -> String {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
        let request = lines.next().unwrap_or_default();
        let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let header = |name: &str| {
            let of = |line: &String| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            };
            headers.iter().find_map(of)
        };
        let path = request.split(' ').nth(1).unwrap_or_default();
        let (status, body, more) = if path.contains("/api/models/owner/tiny-vit/revision/") {
            let list = files.iter().map(|(name, _)| format!(r#"{{"rfilename": "{name}"}}"#));
            let list = list.collect::<Vec<_>>().join(", ");
            let json = format!(r#"{{"siblings": [{list}], "sha": "{COMMIT}"}}"#);
            ("200 OK", json.into_bytes(), String::new())
        } else if let Some((name, from)) =
            files.iter().find(|(name, _)| path.ends_with(&format!("/{name}")))
        {
            let whole = std::fs::read(fixture(from)).unwrap();
            let range = header("range").unwrap_or_default();
            let range = range.trim_start_matches("bytes=").to_owned();
            let (start, end) = range.split_once('-').unwrap_or(("0", ""));
            let start: usize = start.parse().unwrap_or(0);
            let end = end.parse().map_or(whole.len(), |end: usize| end + 1);
            let more = format!(
                "Content-Range: bytes {start}-{}/{}\r\nETag: \"etag-{}\"\r\nX-Repo-Commit: {COMMIT}\r\n",
                end - 1,
                whole.len(),
                name.replace('.', "-"),
            );
            ("206 Partial Content", whole[start..end].to_vec(), more)
        } else {
            ("404 Not Found", Vec::new(), String::new())
        };
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n"
        );
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        format!("{path} {}", header("authorization").unwrap_or_default())
    }

    #[test]
    fn a_file_is_fetched_once_and_then_cached() {
        static FILES: &[(&str, &str)] = &[
            ("config.json", "described/heads/config.json"),
            ("model.safetensors", "described/heads/model.safetensors"),
            ("preprocessor_config.json", "described/heads/preprocessor_config.json"),
        ];
        let (endpoint, asked) = hub(FILES);
        let cache = tempfile::tempdir().unwrap();
        let token = Some("hf_secret".to_owned());
        let online = Settings { endpoint, token, ..settings(cache.path(), false) };
        let first = resolve_with(&online, "hf://owner/tiny-vit").unwrap().path;
        let expected = std::fs::read(fixture("described/heads/model.safetensors")).unwrap();
        assert_eq!(std::fs::read(&first).unwrap(), expected);
        // With what describes it.
        let source = Source::Hub { name: "tiny-vit".to_owned(), path: first.clone() };
        let backbone = Backbone::open(&source, &LoadOptions::default()).unwrap();
        assert_eq!((backbone.architecture.heads, backbone.preprocessing.mean[0]), (4, 0.485));
        let requests = asked.0.lock().unwrap().clone();
        assert!(requests.len() >= 5, "{requests:?}");
        assert!(requests.iter().all(|r| r.ends_with(" Bearer hf_secret")), "{requests:?}");
        assert!(requests[0].starts_with("/api/models/owner/tiny-vit/revision/main "));
        for settings in [&online, &settings(cache.path(), true)] {
            assert_eq!(resolve_with(settings, "hf://owner/tiny-vit").unwrap().path, first);
        }
        assert_eq!(asked.0.lock().unwrap().len(), requests.len());
    }

    #[test]
    fn all_files_of_an_index_are_fetched() {
        static FILES: &[(&str, &str)] = &[
            ("model-00001-of-00002.safetensors", "dinov2.hf/model-00001-of-00002.safetensors"),
            ("model-00002-of-00002.safetensors", "dinov2.hf/model-00002-of-00002.safetensors"),
            ("model.safetensors.index.json", "dinov2.hf/model.safetensors.index.json"),
        ];
        let (endpoint, _) = hub(FILES);
        let cache = tempfile::tempdir().unwrap();
        let online = Settings { endpoint, ..settings(cache.path(), false) };
        let Cached { path, name } = resolve_with(&online, "hf://owner/tiny-vit@v1").unwrap();
        let options = LoadOptions { heads: Some(2), ..LoadOptions::default() };
        let hub = Backbone::open(&Source::Hub { name, path }, &options).unwrap();
        let own = Backbone::open(&Source::File(fixture("dinov2.hf")), &options).unwrap();
        assert!(hub.tensors == own.tensors && hub.sha256 == own.sha256);
    }

    #[test]
    fn what_the_hub_does_not_have_is_one_line() {
        let (endpoint, _) = hub(&[("README.md", "registry.json")]);
        let cache = tempfile::tempdir().unwrap();
        let online = Settings { endpoint, ..settings(cache.path(), false) };
        let text = message(&online, "hf://owner/tiny-vit");
        let start = "backbone hf://owner/tiny-vit: cannot fetch: expected model.safetensors, ";
        assert!(text.starts_with(start) && text.ends_with("got none"), "{text}");
        for reference in ["hf://owner/tiny-vit:a.npz", "hf://nobody/nothing"] {
            let text = message(&online, reference);
            let start = format!("backbone {reference}: cannot fetch: ");
            assert!(text.starts_with(&start) && text.contains("404"), "{text}");
            assert!(!text.contains('\n'));
        }
        let nobody = message(&settings(cache.path(), false), "hf://owner/tiny-vit");
        assert!(nobody.contains("cannot fetch: "), "{nobody}");
    }
}
