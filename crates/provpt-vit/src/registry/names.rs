use super::{ModelRecord, RECORDS};

/// Endings of timm's names (and of files) that do not change shape or preprocessing.
const TAGS: [&str; 15] = [
    ".augreg_in1k",
    ".augreg_in21k",
    ".augreg_in21k_ft_in1k",
    ".augreg2_in21k_ft_in1k",
    ".orig_in21k",
    ".orig_in21k_ft_in1k",
    ".sam_in1k",
    ".lvd142m",
    ".ms_in1k",
    ".ms_in22k",
    ".ms_in22k_ft_in1k",
    ".bf16",
    ".f16",
    ".f32",
    ".fp16",
];

/// Endings of checkpoint files, the preferred ones first.
pub(crate) const EXTENSIONS: [&str; 6] =
    [".safetensors", ".npz", ".pth", ".pth.tar", ".pt", ".bin"];

/// The record of a name or alias, without regard to case. timm's pretraining tags
/// (`vit_base_patch16_224.augreg_in21k`) are accepted.
pub fn find(name: &str) -> Option<&'static ModelRecord> {
    let is_named = |record: &&ModelRecord| {
        record.name.eq_ignore_ascii_case(name)
            || record.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    };
    let found = RECORDS.iter().find(is_named);
    found.or_else(|| TAGS.iter().find_map(|tag| find(strip_end(name, tag)?)))
}

/// All names and aliases, in order of the table.
pub fn names() -> impl Iterator<Item = &'static str> {
    RECORDS
        .iter()
        .flat_map(|record| std::iter::once(record.name).chain(record.aliases.iter().copied()))
}

/// The record whose published file, or whose name, a file bears.
pub(crate) fn find_by_file(file_name: &str) -> Option<&'static ModelRecord> {
    let is_file = |record: &&ModelRecord| {
        record.files.iter().any(|published| published.eq_ignore_ascii_case(file_name))
    };
    RECORDS.iter().find(is_file).or_else(|| find(split_extension(file_name)?.0))
}

/// A checkpoint's file name without its extension, and the extension's rank.
pub(crate) fn split_extension(file_name: &str) -> Option<(&str, usize)> {
    let ranked = EXTENSIONS.iter().enumerate();
    ranked.into_iter().find_map(|(rank, end)| Some((strip_end(file_name, end)?, rank)))
}

fn strip_end<'n>(name: &'n str, end: &str) -> Option<&'n str> {
    let (stem, tail) = name.split_at_checked(name.len().checked_sub(end.len())?)?;
    (tail.eq_ignore_ascii_case(end) && !stem.is_empty()).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(found: Option<&ModelRecord>) -> &'static str {
        found.map_or("nothing", |record| record.name)
    }

    #[test]
    fn names_are_found_without_case_and_with_tags() {
        assert_eq!(name(find("ViT_Base_Patch16_224")), "vit_base_patch16_224");
        assert_eq!(name(find("vit_base_patch16_224.augreg_in21k")), "vit_base_patch16_224");
        assert_eq!(name(find("vit_base_patch16_224.MAE")), "vit_base_patch16_224.mae");
        assert_eq!(name(find("SUP_VITB16_IMAGENET21K")), "sup_vitb16_imagenet21k");
        assert_eq!(name(find("vit_tiny_patch16_224.mae")), "nothing");
        assert_eq!(
            name(find("swin_base_patch4_window7_224_in22k")),
            "swin_base_patch4_window7_224"
        );
        assert_eq!(name(find("swin-large-patch4-window12-384")), "swin_large_patch4_window12_384");
        assert_eq!(
            name(find("swin_tiny_patch4_window7_224.ms_in22k_ft_in1k")),
            "swin_tiny_patch4_window7_224"
        );
        assert_eq!(name(find("")), "nothing");
    }

    #[test]
    fn files_are_found_by_published_name_or_by_stem() {
        assert_eq!(
            name(find_by_file("provpt_pico_patch4_32.f16.safetensors")),
            "provpt_pico_patch4_32"
        );
        assert_eq!(name(find_by_file("imagenet21k_vit-b_16.npz")), "sup_vitb16_imagenet21k");
        assert_eq!(name(find_by_file("mae_pretrain_vit_base.pth")), "mae_vitb16");
        assert_eq!(name(find_by_file("mocov3_vitb.pth.tar")), "mocov3_vitb");
        assert_eq!(
            name(find_by_file("swin_base_patch4_window7_224_22k.pth")),
            "swinb_imagenet22k_224"
        );
        assert_eq!(
            name(find_by_file("swin_base_patch4_window7_224.safetensors")),
            "swin_base_patch4_window7_224"
        );
        assert_eq!(name(find_by_file("vit_base_patch16_224")), "nothing");
        assert_eq!(name(find_by_file("ünïcode.npz")), "nothing");
    }
}
