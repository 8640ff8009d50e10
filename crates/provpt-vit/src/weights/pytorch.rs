use std::collections::BTreeMap;
use std::path::Path;

use pytorch_reader::{DType, PytorchReader};

use super::StateDict;
use super::decode::Dtype;
use super::state::{byte_len, check_expansion};

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

/// Reads what `torch.save` wrote; the error says what is damaged. Nothing in the pickle is
/// executed, and tensors outside the state dict are not read.
pub(super) fn read(path: &Path, file_len: u64) -> Result<StateDict, String> {
    let reader = PytorchReader::new(path).map_err(|error| error.to_string())?;
    let tensors: BTreeMap<_, _> = reader.into_tensors().into_iter().collect();
    let (names, skipped) = unwrap(tensors.keys().cloned().collect());
    let wrapper = names.first().and_then(|(full, name)| full.strip_suffix(name.as_str()));
    let wrapper = wrapper.unwrap_or_default().to_owned();
    let mut state = StateDict { skipped, wrapper, ..StateDict::default() };
    let mut content = 0_u64;
    for (full, name) in names {
        let Some(tensor) = tensors.get(&full) else { continue };
        let dtype = match tensor.dtype() {
            DType::F16 => Dtype::F16,
            DType::BF16 => Dtype::Bf16,
            DType::F32 => Dtype::F32,
            DType::F64 => Dtype::F64,
            _ => {
                state.skipped.push(full);
                continue;
            }
        };
        // A view can claim more than its storage holds.
        let bytes = byte_len(tensor.shape(), dtype.size()).unwrap_or(usize::MAX);
        content = content.saturating_add(bytes as u64);
        check_expansion(content, file_len)?;
        let bytes = tensor.read().map_err(|error| error.to_string())?;
        state.insert(&name, tensor.shape().to_vec(), dtype, &bytes)?;
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
