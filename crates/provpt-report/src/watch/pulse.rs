//! Whether files still change.

use std::fs::Metadata;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

/// What changes when a file does.
pub(super) type Stamp = Option<(u64, Option<SystemTime>)>;

pub(super) fn stamp(path: &std::path::Path) -> Stamp {
    let of = |data: Metadata| (data.len(), data.modified().ok());
    std::fs::metadata(path).ok().map(of)
}

/// What was last seen of some files.
#[derive(Debug, Default)]
pub(super) struct Pulse(Option<(Vec<Stamp>, Instant)>);

impl Pulse {
    /// How long none of the files has changed. Between two looks only this machine's monotonic
    /// clock counts; at the first one there is but the files' own time, which a clock that is
    /// ahead may make look younger.
    pub(super) fn silence(&mut self, files: &[PathBuf]) -> Duration {
        let stamps: Vec<Stamp> = files.iter().map(|file| stamp(file)).collect();
        let now = Instant::now();
        let since = match &self.0 {
            Some((old, since)) if *old == stamps => *since,
            Some(_) => now,
            None => {
                let newest = stamps.iter().flatten().filter_map(|(_, modified)| *modified).max();
                let age = newest.and_then(|time| SystemTime::now().duration_since(time).ok());
                now.checked_sub(age.unwrap_or_default()).unwrap_or(now)
            }
        };
        self.0 = Some((stamps, since));
        now.duration_since(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_begins_with_the_last_change() {
        let folder = tempfile::tempdir().unwrap();
        let files = [folder.path().join("a"), folder.path().join("b")];
        std::fs::write(&files[0], "x").unwrap();
        let hour = Duration::from_secs(3600);
        let age = |file: &PathBuf, time| {
            std::fs::File::options().append(true).open(file).unwrap().set_modified(time).unwrap();
        };
        age(&files[0], SystemTime::now() - hour);
        let mut pulse = Pulse::default();
        assert!(pulse.silence(&files) >= hour, "by the file's own time");
        assert!(pulse.silence(&files) >= hour);
        std::fs::write(&files[1], "").unwrap();
        assert!(pulse.silence(&files) < hour, "a file appeared");
        // From now on no clock but ours counts.
        age(&files[0], SystemTime::now() - 2 * hour);
        assert!(pulse.silence(&files) < hour);
        std::fs::remove_file(&files[0]).unwrap();
        assert!(pulse.silence(&files) < hour);

        age(&files[1], SystemTime::now() + hour);
        assert_eq!(Pulse::default().silence(&files).as_secs(), 0, "a clock that is ahead");
    }
}
