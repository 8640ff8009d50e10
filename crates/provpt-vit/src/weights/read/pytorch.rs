use std::collections::BTreeMap;
use std::io::{BufRead, Seek};

use super::StateDict;
use super::fault::Fault;
use super::pickle::View;
use super::state::check_expansion;
use super::storages;
use crate::weights::name::{Located, locate};

/// Reads what `torch.save` wrote, `file_len` bytes long; the error says what is damaged. Nothing in
/// the pickle is executed. If the names show one backbone (behind `wanted`, if that is given), then
/// only what belongs to it is read: checkpoints of training runs hold optimizer state, running
/// means and more.
pub(super) fn read(
    file: impl BufRead + Seek,
    file_len: u64,
    wanted: Option<&str>,
) -> Result<StateDict, Fault> {
    let (pickle, mut storages) = storages::open(file, file_len)?;
    let views = pickle.tensors()?;
    let prefix = match locate(views.keys().map(String::as_str), wanted) {
        Located::At(place) => place.prefix,
        Located::Nowhere | Located::Several(_) => String::new(),
    };
    let mut state = StateDict::default();
    // Storages can be shared: each is read once, and held while its tensors are taken out.
    let mut inside: BTreeMap<usize, Vec<(String, View)>> = BTreeMap::new();
    for (name, view) in views {
        if view.dtype().is_some() && name.starts_with(&prefix) {
            inside.entry(view.storage).or_default().push((name, view));
        } else {
            state.skip(name)?;
        }
    }
    // A view can claim more than its storage holds, and a storage more than the file.
    let stored = inside.keys().map(|place| pickle.storages[*place].len);
    let viewed = inside.values().flatten().map(|(_, view)| view.len());
    let content = stored.chain(viewed).fold(0, |sum: u64, len| sum.saturating_add(len as u64));
    check_expansion(content, file_len)?;
    for (place, tensors) in inside {
        let bytes = storages.read(&pickle.storages[place])?;
        for (name, view) in tensors {
            let (Some(dtype), Some(values)) = (view.dtype(), view.gather(&bytes)) else {
                return Err(format!("{name}: expected it within its storage").into());
            };
            state.insert(&name, view.shape, dtype, &values)?;
        }
    }
    Ok(state)
}
