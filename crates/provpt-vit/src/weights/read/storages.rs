use std::collections::HashMap;
use std::io::{BufRead, Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::read::{ZipFile, ZipReadOptions};

use super::archive;
use super::fault::Fault;
use super::pickle::{Pickle, Storage, Value, run};

/// The number that old PyTorch files begin with.
const MAGIC: i128 = 0x1950_a86a_20f9_469c_fc6c;
/// The only version of their layout.
const VERSION: i128 = 1001;
/// The count of elements in front of each of their storages, in bytes.
const COUNT: u64 = 8;

/// Where the storages of a PyTorch file lie.
pub(super) enum Storages<R> {
    /// Entries `ROOT/data/KEY` of a zip archive (since PyTorch 1.6).
    Zip(ZipArchive<R>, String),
    /// One behind the other, at these places (before).
    Legacy(R, HashMap<String, u64>),
}

/// Reads the description of a file's tensors, and where their storages are.
pub(super) fn open<R: BufRead + Seek>(
    mut file: R,
    file_len: u64,
) -> Result<(Pickle, Storages<R>), Fault> {
    let zip = file.fill_buf().map_err(|error| error.to_string())?.starts_with(b"PK");
    if zip { open_zip(file) } else { open_legacy(file, file_len) }
}

fn open_zip<R: BufRead + Seek>(file: R) -> Result<(Pickle, Storages<R>), Fault> {
    let mut archive = archive::open(file)?;
    if archive.has_duplicate_names() {
        return Err("expected entries of different names".into());
    }
    let names = archive.file_names().filter_map(Result::ok);
    let roots = names.filter_map(|name| Some(name.strip_suffix("data.pkl")?.to_owned()));
    let roots = roots.filter(|root| root.is_empty() || root.ends_with('/'));
    let root = roots
        .min_by_key(String::len)
        .ok_or_else(|| Fault::Unreadable("a zip archive without an entry data.pkl".to_owned()))?;
    let byte_order = format!("{root}byteorder");
    if archive.index_for_name(&byte_order).is_some() {
        let mut order = Vec::new();
        entry(&mut archive, &byte_order)?
            .take(16)
            .read_to_end(&mut order)
            .map_err(|error| error.to_string())?;
        if order.trim_ascii() != b"little" {
            return Err(Fault::Unreadable("big-endian bytes".to_owned()));
        }
    }
    let mut pickled = std::io::BufReader::new(entry(&mut archive, &format!("{root}data.pkl"))?);
    let pickle = run(&mut pickled)?;
    // The archive checks an entry's sum where it ends.
    let trailing = std::io::copy(&mut pickled.take(1), &mut std::io::sink());
    if trailing.map_err(|error| error.to_string())? != 0 {
        return Err("expected a pickle's end, got more bytes".into());
    }
    Ok((pickle, Storages::Zip(archive, root)))
}

fn open_legacy<R: BufRead + Seek>(
    mut file: R,
    file_len: u64,
) -> Result<(Pickle, Storages<R>), Fault> {
    if !matches!(run(&mut file)?.root(), Value::Int(MAGIC)) {
        return Err("expected the number that torch.save begins with, got another".into());
    }
    if !matches!(run(&mut file)?.root(), Value::Int(VERSION)) {
        return Err(Fault::Unreadable(format!("another version of its layout than {VERSION}")));
    }
    if !is_little_endian(&run(&mut file)?) {
        return Err(Fault::Unreadable("big-endian bytes".to_owned()));
    }
    let pickle = run(&mut file)?;
    let keys = run(&mut file)?;
    let start = file.stream_position().map_err(|error| error.to_string())?;
    let places = places(&keys, &pickle.storages, start, file_len)?;
    Ok((pickle, Storages::Legacy(file, places)))
}

fn is_little_endian(system: &Pickle) -> bool {
    let Value::Dict(pairs) = system.root() else { return false };
    pairs.iter().any(|(key, value)| {
        let named = matches!(system.get(*key), Value::Text(name) if name == "little_endian");
        named && matches!(system.get(*value), Value::Bool(true))
    })
}

/// The storages follow the list of their names, in its order; their sizes stand in the tensors.
fn places(
    keys: &Pickle,
    storages: &[Storage],
    start: u64,
    file_len: u64,
) -> Result<HashMap<String, u64>, String> {
    let Value::List(list) = keys.root() else {
        return Err("expected a list of storages".to_owned());
    };
    let sizes: HashMap<&str, usize> = storages.iter().map(|s| (s.key.as_str(), s.len)).collect();
    let mut places = HashMap::new();
    let mut at = start;
    for key in list {
        let Value::Text(key) = keys.get(*key) else {
            return Err("expected the name of a storage".to_owned());
        };
        let len = sizes.get(key.as_str()).ok_or_else(|| format!("storage {key} has no tensor"))?;
        let end = at.saturating_add(COUNT).saturating_add(*len as u64);
        if end > file_len {
            return Err(format!("storage {key}: expected {len} bytes, got the end of the file"));
        }
        if places.insert(key.clone(), at).is_some() {
            return Err(format!("storage {key} is there twice"));
        }
        at = end;
    }
    Ok(places)
}

impl<R: BufRead + Seek> Storages<R> {
    /// The bytes of a storage. They are as many as it says: the caller has checked that it does
    /// not say too much.
    pub(super) fn read(&mut self, storage: &Storage) -> Result<Vec<u8>, Fault> {
        let bytes = match self {
            Self::Zip(archive, root) => from_zip(archive, root, storage),
            Self::Legacy(file, places) => match places.get(&storage.key) {
                Some(place) => from_legacy(file, *place, storage).map_err(Fault::from),
                None => Err("expected it in the file's list, got others".into()),
            },
        };
        bytes.map_err(|fault| fault.within(&format!("storage {}", storage.key)))
    }
}

/// An entry by its name, to be read.
fn entry<'a, R: BufRead + Seek>(
    archive: &'a mut ZipArchive<R>,
    name: &str,
) -> Result<ZipFile<'a, R>, Fault> {
    let index = archive.index_for_name(name).ok_or("expected an entry, got none")?;
    let sum = archive.by_index_raw(index).map_err(archive::fault)?.crc32();
    // `torch.save` can be told to leave the sums out, and then writes zeros.
    let options = ZipReadOptions::new().ignore_crc32(sum == 0);
    archive.by_index_with_options(index, options).map_err(archive::fault)
}

fn from_zip<R: BufRead + Seek>(
    archive: &mut ZipArchive<R>,
    root: &str,
    storage: &Storage,
) -> Result<Vec<u8>, Fault> {
    let entry = entry(archive, &format!("{root}data/{}", storage.key))?;
    let (got, len) = (entry.size(), storage.len as u64);
    if got != len {
        return Err(format!("expected {len} bytes, got {got}").into());
    }
    let mut bytes = Vec::new();
    // One byte more, for an entry that holds more than it says; and the sum is checked there.
    entry.take(len + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() != storage.len {
        return Err(format!("expected {len} bytes, got {}", bytes.len()).into());
    }
    Ok(bytes)
}

fn from_legacy(
    file: &mut (impl Read + Seek),
    place: u64,
    storage: &Storage,
) -> Result<Vec<u8>, String> {
    let mut count = [0; COUNT as usize];
    file.seek(SeekFrom::Start(place)).map_err(|error| error.to_string())?;
    file.read_exact(&mut count).map_err(|error| error.to_string())?;
    let (count, expected) = (i64::from_le_bytes(count), storage.len / storage.element_size());
    if usize::try_from(count) != Ok(expected) {
        return Err(format!("expected {expected} elements, got {count}"));
    }
    let mut bytes = vec![0; storage.len];
    file.read_exact(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}
