use std::collections::BTreeMap;
use std::io::{BufRead, Seek};

use super::StateDict;
use super::pickle::View;
use super::state::check_expansion;
use super::storages;

/// Wrappers around a state dict, in the order in which they are looked for. Where one is found,
/// names without it (optimizer state, MoCo's momentum encoder) are passed over.
const WRAPPERS: [&str; 10] = [
    "state_dict.",
    "model.",
    // DINO and DINOv2: features come from the teacher, as in their published evaluations.
    "teacher.",
    "student.",
    "base_encoder.",
    "module.base_encoder.",
    "momentum_encoder.",
    "module.momentum_encoder.",
    "module.",
    "backbone.",
];

/// Reads what `torch.save` wrote, `file_len` bytes long; the error says what is damaged. Nothing in
/// the pickle is executed, and tensors outside the state dict are not read.
pub(super) fn read(file: impl BufRead + Seek, file_len: u64) -> Result<StateDict, String> {
    let (pickle, mut storages) = storages::open(file, file_len)?;
    let mut views = pickle.tensors()?;
    let (names, outside) = unwrap(views.keys().cloned().collect());
    let wrapper = names.first().and_then(|(full, name)| full.strip_suffix(name.as_str()));
    let wrapper = wrapper.unwrap_or_default().to_owned();
    let mut state = StateDict { wrapper, ..StateDict::default() };
    outside.into_iter().try_for_each(|name| state.skip(name))?;
    // Storages can be shared: each is read once, and held while its tensors are taken out.
    let mut wanted: BTreeMap<usize, Vec<(String, View)>> = BTreeMap::new();
    for (full, name) in names {
        match views.remove(&full) {
            Some(view) if view.dtype().is_some() => {
                wanted.entry(view.storage).or_default().push((name, view));
            }
            _ => state.skip(full)?,
        }
    }
    // A view can claim more than its storage holds, and a storage more than the file.
    let stored = wanted.keys().map(|place| pickle.storages[*place].len);
    let viewed = wanted.values().flatten().map(|(_, view)| view.len());
    let content = stored.chain(viewed).fold(0, |sum: u64, len| sum.saturating_add(len as u64));
    check_expansion(content, file_len)?;
    for (place, tensors) in wanted {
        let bytes = storages.read(&pickle.storages[place])?;
        for (name, view) in tensors {
            let (Some(dtype), Some(values)) = (view.dtype(), view.gather(&bytes)) else {
                return Err(format!("{name}: expected it within its storage"));
            };
            state.insert(&name, view.shape, dtype, &values)?;
        }
    }
    Ok(state)
}

/// Names within the state dict, each as (full, bare), and the names outside.
fn unwrap(names: Vec<String>) -> (Vec<(String, String)>, Vec<String>) {
    let mut inside: Vec<(String, String)> = names.into_iter().map(|n| (n.clone(), n)).collect();
    let mut outside = Vec::new();
    for wrapper in WRAPPERS {
        if !inside.iter().any(|(_, name)| name.starts_with(wrapper)) {
            continue;
        }
        let mut kept = Vec::new();
        for (full, name) in inside {
            match name.strip_prefix(wrapper) {
                Some(bare) => kept.push((full, bare.to_owned())),
                None => outside.push(full),
            }
        }
        inside = kept;
    }
    (inside, outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unwrapped(names: &[&str]) -> (Vec<String>, Vec<String>) {
        let (inside, outside) = unwrap(names.iter().map(|n| (*n).to_owned()).collect());
        (inside.into_iter().map(|(_, bare)| bare).collect(), outside)
    }

    #[test]
    fn wrappers_come_off() {
        let (inside, outside) = unwrapped(&["model.norm.weight", "optimizer.state.0.exp_avg"]);
        assert_eq!((inside, outside.len()), (vec!["norm.weight".to_owned()], 1));
        let (inside, _) = unwrapped(&["state_dict.model.cls_token"]);
        assert_eq!(inside, ["cls_token"]);
        let (inside, _) = unwrapped(&["cls_token"]);
        assert_eq!(inside, ["cls_token"]);
    }

    #[test]
    fn mocos_momentum_encoder_stays_outside() {
        let (inside, outside) = unwrapped(&[
            "state_dict.module.base_encoder.cls_token",
            "state_dict.module.momentum_encoder.cls_token",
            "state_dict.module.predictor.0.weight",
        ]);
        assert_eq!(inside, ["cls_token"]);
        assert_eq!(outside.len(), 2);
        let (inside, _) = unwrapped(&["state_dict.module.momentum_encoder.cls_token"]);
        assert_eq!(inside, ["cls_token"]);
    }

    #[test]
    fn dinos_teacher_comes_before_its_student() {
        let (inside, outside) = unwrapped(&[
            "student.module.backbone.cls_token",
            "student.module.head.mlp.0.weight",
            "teacher.backbone.cls_token",
            "teacher.head.mlp.0.weight",
        ]);
        assert_eq!(inside, ["cls_token"]);
        assert_eq!(outside.len(), 3);
        let (inside, _) = unwrapped(&["student.module.backbone.cls_token"]);
        assert_eq!(inside, ["cls_token"]);
    }
}
