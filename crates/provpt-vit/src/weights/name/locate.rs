//! Where in a file the names of a backbone begin: what wrappers put in front of all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::Naming;
use super::convention::Convention;
use super::naming::CONVENTIONS;

/// Wrappers that often stand side by side in one file, the preferred ones first: the weights
/// before their running mean, DINO's teacher before its student (its published evaluations use the
/// teacher), MoCo's base encoder before its momentum encoder (MoBY calls them
/// `encoder` and `encoder_k`).
const WRAPPERS: [&str; 25] = [
    "params",
    "target",
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "teacher",
    "student",
    "base_encoder",
    "momentum_encoder",
    "encoder",
    "encoder_q",
    "encoder_k",
    "online_encoder",
    "target_encoder",
    "module",
    "_orig_mod",
    "_forward_module",
    "backbone",
    "ema_state_dict",
    "state_dict_ema",
    "model_ema",
    "ema_model",
    "ema",
    "teacher_ema",
];

/// What stands in front of an optimizer's copies of all weights.
const OPTIMIZERS: [&str; 7] =
    ["mu", "nu", "exp_avg", "exp_avg_sq", "momentum_buffer", "param_states", "grad_ema"];

/// A backbone's place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::weights) struct Place {
    pub(in crate::weights) naming: Naming,
    /// What stands in front of the backbone's names.
    pub(in crate::weights) prefix: String,
    /// The name that told it.
    pub(in crate::weights) example: String,
}

/// What names show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::weights) enum Located {
    /// No naming that is known.
    Nowhere,
    /// One backbone, or one of several that is to be preferred.
    At(Place),
    /// Several backbones, none of which is to be preferred: what stands in front of each.
    Several(Vec<String>),
}

/// Finds the backbone's names; `wanted` is what must stand in front of them.
pub(in crate::weights) fn locate<'n>(
    names: impl Iterator<Item = &'n str> + Clone,
    wanted: Option<&str>,
) -> Located {
    let by_kernel = CONVENTIONS.into_iter().map(|c| (c, fronts(c.patch_kernel, names.clone())));
    for (convention, mut places) in by_kernel {
        if let Some(wanted) = wanted {
            places.retain(|prefix| prefix == wanted);
        }
        match preferred(&places) {
            Preferred::One(prefix) => {
                let example = format!("{prefix}{}", convention.patch_kernel);
                let (naming, prefix) = (convention.naming, prefix.to_owned());
                return Located::At(Place { naming, prefix, example });
            }
            Preferred::None => {}
            Preferred::Undecided => return Located::Several(places.into_iter().collect()),
        }
    }
    let by_start = CONVENTIONS.into_iter().find_map(|c| begins(c, names.clone(), wanted));
    by_start.map_or(Located::Nowhere, Located::At)
}

/// What stands in front of the names of a network that has an array of this name, if there is one.
///
/// # Errors
/// There are several, none of which is to be preferred.
pub(in crate::weights) fn front<'n>(
    kernel: &str,
    names: impl Iterator<Item = &'n str>,
) -> Result<Option<String>, Vec<String>> {
    let places = fronts(kernel, names);
    match preferred(&places) {
        Preferred::None => Ok(None),
        Preferred::One(prefix) => Ok(Some(prefix.to_owned())),
        Preferred::Undecided => Err(places.into_iter().collect()),
    }
}

/// What stands in front of each array of such a name, such as a patch embedding.
fn fronts<'n>(kernel: &str, names: impl Iterator<Item = &'n str>) -> BTreeSet<String> {
    let front = |name: &'n str| name.strip_suffix(kernel);
    let is_model = |front: &&str| {
        is_whole(front) && !front.split(['.', '/']).any(|part| OPTIMIZERS.contains(&part))
    };
    names.filter_map(front).filter(is_model).map(str::to_owned).collect()
}

/// For files without a patch embedding: what most often stands in front of the beginnings of names
/// that belong to one naming alone.
fn begins<'n>(
    convention: &Convention,
    names: impl Iterator<Item = &'n str>,
    wanted: Option<&str>,
) -> Option<Place> {
    let mut fronts: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for name in names {
        let starts = convention.starts.iter().filter_map(|start| name.find(start));
        let fits = |at: &usize| {
            let front = &name[..*at];
            is_whole(front) && wanted.is_none_or(|wanted| wanted == front)
        };
        if let Some(at) = starts.filter(fits).min() {
            fronts.entry(&name[..at]).or_insert((0, name)).0 += 1;
        }
    }
    // Of equals, the shortest.
    let most = fronts
        .into_iter()
        .max_by_key(|(front, (count, _))| (*count, std::cmp::Reverse(front.len())));
    most.map(|(front, (_, example))| Place {
        naming: convention.naming,
        prefix: front.to_owned(),
        example: example.to_owned(),
    })
}

/// Whether a text ends where a part of a name ends.
fn is_whole(front: &str) -> bool {
    front.is_empty() || front.ends_with(['.', '/'])
}

enum Preferred<'p> {
    None,
    One(&'p str),
    Undecided,
}

/// The only one, or the one that [`WRAPPERS`] prefers to all others.
fn preferred(prefixes: &BTreeSet<String>) -> Preferred<'_> {
    let ranks = |prefix: &str| -> Option<Vec<usize>> {
        let parts = prefix.split(['.', '/']).filter(|part| !part.is_empty());
        parts.map(|part| WRAPPERS.iter().position(|wrapper| *wrapper == part)).collect()
    };
    let mut all = prefixes.iter().map(String::as_str);
    match (all.next(), all.next()) {
        (None, _) => Preferred::None,
        (Some(only), None) => Preferred::One(only),
        _ => {
            let ranked: Option<Vec<_>> =
                prefixes.iter().map(|p| Some((ranks(p)?, p.as_str()))).collect();
            let first = ranked.and_then(|ranked| ranked.into_iter().min());
            first.map_or(Preferred::Undecided, |(_, prefix)| Preferred::One(prefix))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(names: &[&str]) -> Located {
        locate(names.iter().copied(), None)
    }

    fn prefix(names: &[&str]) -> String {
        match located(names) {
            Located::At(place) => place.prefix,
            other => panic!("{names:?}: {other:?}"),
        }
    }

    #[test]
    fn anything_may_stand_in_front() {
        for front in ["", "_orig_mod.", "module._orig_mod.", "net.", "visual.trunk.", "a/b/", "é."]
        {
            for (kernel, naming) in [
                ("patch_embed.proj.weight", Naming::Timm),
                ("embeddings.patch_embeddings.projection.weight", Naming::HuggingFace),
                ("embedding/kernel", Naming::Google),
                ("conv_proj.weight", Naming::TorchVision),
            ] {
                let name = format!("{front}{kernel}");
                let Located::At(place) = located(&[&name, "fc.weight"]) else { panic!("{name}") };
                assert_eq!((place.naming, &*place.prefix), (naming, front));
                assert_eq!(place.example, name);
            }
        }
        assert_eq!(located(&["my_patch_embed.proj.weight"]), Located::Nowhere);
        assert_eq!(located(&[]), Located::Nowhere);
    }

    #[test]
    fn of_well_known_neighbours_one_is_preferred() {
        let of = |fronts: &[&str]| {
            let names: Vec<String> =
                fronts.iter().map(|front| format!("{front}patch_embed.proj.weight")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            match located(&names) {
                Located::Several(all) => format!("several: {}", all.join(" ")),
                _ => prefix(&names),
            }
        };
        assert_eq!(of(&["student.module.backbone.", "teacher.backbone."]), "teacher.backbone.");
        assert_eq!(of(&["model_ema.", "model."]), "model.");
        assert_eq!(of(&["state_dict_ema.", "state_dict."]), "state_dict.");
        let moco = ["state_dict.module.momentum_encoder.", "state_dict.module.base_encoder."];
        assert_eq!(of(&moco), moco[1]);
        assert_eq!(of(&["model.encoder_k.", "model.encoder."]), "model.encoder.");
        assert_eq!(of(&["", "ema."]), "");
        assert_eq!(of(&["params.", "opt.0.mu."]), "params.");
        assert_eq!(of(&["one.", "two."]), "several: one. two.");
        assert_eq!(of(&["model.", "two."]), "several: model. two.");
    }

    #[test]
    fn one_of_several_can_be_asked_for() {
        let names = ["a.patch_embed.proj.weight", "b.patch_embed.proj.weight"];
        let wanted = |wanted: &str| locate(names.into_iter(), Some(wanted));
        assert!(matches!(wanted("b."), Located::At(place) if place.prefix == "b."));
        assert_eq!(wanted("c."), Located::Nowhere);
    }

    #[test]
    fn names_tell_where_the_kernel_is_missing() {
        assert_eq!(prefix(&["x.blocks.0.norm1.bias", "x.blocks.0.norm2.bias", "head.w"]), "x.");
        assert_eq!(prefix(&["vit.encoder.layer.0.output.dense.bias"]), "vit.");
        assert_eq!(prefix(&["blocks.0.norm1.bias", "decoder_blocks.0.norm1.bias"]), "");
    }
}
