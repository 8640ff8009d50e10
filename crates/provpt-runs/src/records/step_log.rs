use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{Error, StepRecord};

/// `steps.jsonl` while a run writes it: appended to, as it may grow large.
///
/// A kill leaves steps behind that no checkpoint knows of, the last one perhaps unfinished; opening
/// the file again drops them.
#[derive(Debug)]
pub struct StepLog {
    path: PathBuf,
    file: BufWriter<File>,
}

impl StepLog {
    /// Opens the file for the steps of `epoch` (counted from 0) and later; what it has of them
    /// goes.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn open(path: &Path, epoch: usize) -> Result<Self, Error> {
        let open = || {
            let mut options = OpenOptions::new();
            let mut file =
                options.read(true).write(true).create(true).truncate(false).open(path)?;
            let kept = length_before(&file, epoch)?;
            file.set_len(kept)?;
            file.seek(SeekFrom::Start(kept))?;
            Ok(file)
        };
        let file = open().map_err(|cause| Error::Write { path: path.to_owned(), cause })?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    /// Appends the next step.
    ///
    /// # Errors
    /// [`Error::Write`] or [`Error::Encode`].
    pub fn push(&mut self, record: &StepRecord) -> Result<(), Error> {
        let line = serde_json::to_string(record)
            .map_err(|cause| Error::Encode { path: self.path.clone(), cause })?;
        let written = writeln!(self.file, "{line}");
        written.map_err(|cause| Error::Write { path: self.path.clone(), cause })
    }

    /// Sees to it that all steps so far are on disk.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn sync(&mut self) -> Result<(), Error> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_data());
        synced.map_err(|cause| Error::Write { path: self.path.clone(), cause })
    }
}

/// Bytes of the whole lines in front of `epoch`.
fn length_before(file: &File, epoch: usize) -> io::Result<u64> {
    #[derive(Deserialize)]
    struct Line {
        epoch: usize,
    }
    let (mut reader, mut line, mut kept) = (BufReader::new(file), Vec::new(), 0);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        let known = serde_json::from_slice(&line).is_ok_and(|line: Line| line.epoch < epoch);
        if !known || !line.ends_with(b"\n") {
            return Ok(kept);
        }
        kept += length as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Steps;

    fn write(path: &Path, from: usize, epochs: std::ops::Range<usize>) {
        let mut log = StepLog::open(path, from).unwrap();
        for epoch in epochs {
            for step in 0..3 {
                let loss = f64::NAN;
                log.push(&StepRecord { epoch, step, loss, ..StepRecord::default() }).unwrap();
            }
            log.sync().unwrap();
        }
    }

    fn places(path: &Path) -> Vec<(usize, usize)> {
        Steps::load(path).unwrap().iter().map(|step| (step.epoch, step.step)).collect()
    }

    #[test]
    fn a_file_cut_anywhere_goes_on_as_if_it_had_not_been() {
        let folder = tempfile::tempdir().unwrap();
        let (whole, path) = (folder.path().join("whole"), folder.path().join("steps.jsonl"));
        write(&whole, 0, 0..3);
        let bytes = std::fs::read(&whole).unwrap();
        let first_two = bytes.len() * 2 / 3;
        for cut in first_two..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            write(&path, 2, 2..3);
            assert!(std::fs::read(&path).unwrap() == bytes, "cut at {cut}");
        }
        assert_eq!(places(&path).len(), 9);
    }

    #[test]
    fn a_run_from_the_beginning_leaves_nothing_of_an_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("steps.jsonl");
        write(&path, 0, 0..4);
        write(&path, 0, 0..1);
        assert_eq!(places(&path), [(0, 0), (0, 1), (0, 2)]);
        std::fs::write(&path, b"\xff not a record\n").unwrap();
        write(&path, 1, 1..2);
        assert_eq!(places(&path), [(1, 0), (1, 1), (1, 2)]);
    }
}
