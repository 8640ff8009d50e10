//! From the hub into the cache.

use std::path::PathBuf;

use hf_hub::api::sync::{ApiBuilder, ApiError, ApiRepo};
use hf_hub::{Cache, Repo, RepoType};

use super::choice::{self, choose};
use super::reference::Reference;
use super::settings::Settings;
use crate::error::Error;
use crate::weights::describe;
use crate::weights::read::shards;

/// Fetches a reference's file, and what describes it; of an index, also the files that it names.
pub(super) fn fetch(settings: &Settings, reference: &Reference<'_>) -> Result<PathBuf, Error> {
    let failed = |error: ApiError| failure(reference, &error);
    let hub = repository(settings, reference).map_err(failed)?;
    let siblings = hub.info().map_err(failed)?.siblings;
    let names: Vec<String> = siblings.into_iter().map(|file| file.rfilename).collect();
    let file = match reference.file {
        Some(file) => file.to_owned(),
        None => choose(&names).map(str::to_owned).ok_or_else(|| Error::Hub {
            reference: reference.text.to_owned(),
            cause: format!("expected {}, got none", choice::EXPECTED),
        })?,
    };
    // First, so that whoever finds the weights in the cache finds their description, too.
    for description in describe::FILES.map(|name| beside(&file, name)) {
        if names.contains(&description) {
            hub.download(&description).map_err(failed)?;
        }
    }
    let path = hub.download(&file).map_err(failed)?;
    if shards::is_index(&path) {
        for shard in shards::files(&path)? {
            let name = shard.file_name().unwrap_or_default().to_string_lossy().into_owned();
            hub.download(&beside(&file, &name)).map_err(failed)?;
        }
    }
    Ok(path)
}

fn repository(settings: &Settings, reference: &Reference<'_>) -> Result<ApiRepo, ApiError> {
    let (name, revision) = (reference.repository.to_owned(), reference.revision.to_owned());
    // Libraries show nothing: no progress.
    let api = ApiBuilder::from_cache(Cache::new(settings.cache.clone()))
        .with_endpoint(settings.endpoint.clone())
        .with_token(settings.token.clone())
        .with_retries(2)
        .with_progress(false)
        .build()?;
    Ok(api.repo(Repo::with_revision(name, RepoType::Model, revision)))
}

/// A file in the folder of another.
fn beside(file: &str, name: &str) -> String {
    file.rsplit_once('/').map_or(name.to_owned(), |(folder, _)| format!("{folder}/{name}"))
}

/// One line, whatever the cause.
fn failure(reference: &Reference<'_>, error: &ApiError) -> Error {
    let cause = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    Error::Hub { reference: reference.text.to_owned(), cause }
}
