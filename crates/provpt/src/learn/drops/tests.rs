use std::collections::HashSet;

use provpt_vit::Architecture;
use provpt_vit::registry;
use provpt_vit::weights::LoadOptions;

use super::*;

/// A backbone of a registered shape and name, without its weights.
fn backbone(name: &str) -> Backbone {
    let record = registry::find(name).unwrap();
    let pico = Backbone::pico(&LoadOptions::default()).unwrap();
    Backbone { architecture: record.architecture.clone(), name: record.name.to_owned(), ..pico }
}

#[test]
fn rates_are_those_published() {
    let rates = |name: &str| DropRates::published(&backbone(name)).map(|r| (r.values, r.path));
    assert_eq!(rates("sup_vitb16_imagenet21k"), Some((0.1, 0.0)));
    assert_eq!(rates("mae_vitb16"), Some((0.0, 0.1)));
    assert_eq!(rates("mocov3_vitb"), None);
    assert_eq!(rates("swint_imagenet"), Some((0.0, 0.2)));
    assert_eq!(rates("swins_imagenet"), Some((0.0, 0.3)));
    assert_eq!(rates("swinb_imagenet22k_224"), Some((0.0, 0.5)));
    assert_eq!(rates("swinl_imagenet22k_224"), Some((0.0, 0.5)));
}

#[test]
fn paths_are_dropped_the_more_the_later_they_are() {
    let Architecture { depth, .. } = backbone("swint_imagenet").architecture;
    let rates = DropRates::published(&backbone("swint_imagenet")).unwrap();
    let path = |block| rates.at(DropPlace::MlpPath(block));
    assert_eq!((depth, path(0), path(11)), (12, 0.0, 0.2));
    assert!((path(1) - 0.2 / 11.0).abs() < 1e-12);
    assert_eq!(rates.at(DropPlace::Embedding), 0.0);
}

#[test]
fn only_a_whole_backbone_drops_values() {
    let of = |dropout, transfer_type, name: &str| {
        let mut config = Config::default();
        (config.model.dropout, config.model.transfer_type) = (dropout, transfer_type);
        DropRates::of(&config, &backbone(name)).map_err(|error| error.to_string())
    };
    use BackboneDropout::{Auto, Off, On};
    let (whole, vit) = (TransferType::End2end, "sup_vitb16_imagenet21k");
    assert_eq!(of(Off, whole, vit), Ok(None));
    assert_eq!(of(Auto, TransferType::Linear, vit), Ok(None));
    assert_eq!(of(Auto, whole, "mocov3_vitb"), Ok(None));
    assert!(of(Auto, whole, vit).unwrap().is_some());
    assert_eq!(of(On, whole, vit), of(Auto, whole, vit));
    let error = of(On, whole, "mocov3_vitb").unwrap_err();
    assert!(error.starts_with("model.dropout: expected off, as the published code "), "{error}");
}

#[test]
fn every_image_epoch_and_place_has_a_mask_of_its_own() {
    let rates = DropRates { values: 0.25, path: 0.5, blocks: 3 };
    let mask = |seed, epoch, indices: &[usize], image, place| {
        let mut mask = [0.0; 64];
        Drops { rates, seed, epoch, indices }.fill(image, place, &mut mask);
        mask.map(f32::to_bits)
    };
    let places = [
        DropPlace::Embedding,
        DropPlace::Hidden(0),
        DropPlace::Output(0),
        DropPlace::AttentionPath(1),
        DropPlace::MlpPath(1),
        DropPlace::Hidden(1),
        DropPlace::AttentionPath(2),
    ];
    let (mut seen, mut masks) = (HashSet::new(), 0);
    for (seed, epoch) in [(1, 0), (1, 1), (2, 0)] {
        for place in places {
            for image in 0..4 {
                seen.insert(mask(seed, epoch, &[3, 0, 2, 1], image, place));
                masks += 1;
            }
        }
    }
    assert_eq!(seen.len(), masks);
    // An image's mask is its own, wherever in a batch it stands; few tokens are the first ones.
    let place = DropPlace::Hidden(1);
    assert_eq!(mask(1, 0, &[3, 0, 2, 1], 2, place), mask(1, 0, &[2], 0, place));
    let mut short = [0.0; 16];
    Drops { rates, seed: 1, epoch: 0, indices: &[2] }.fill(0, place, &mut short);
    assert_eq!(short.map(f32::to_bits), mask(1, 0, &[2], 0, place)[..16]);
}

#[test]
fn masks_keep_the_mean() {
    let rates = DropRates { values: 0.2, path: 0.5, blocks: 2 };
    let indices: Vec<usize> = (0..50).collect();
    let drops = Drops { rates, seed: 1, epoch: 3, indices: &indices };
    for (place, kept) in [(DropPlace::Hidden(1), 1.25), (DropPlace::MlpPath(1), 2.0)] {
        let mut all = Vec::new();
        for image in 0..50 {
            let mut mask = [0.0; 64];
            drops.fill(image, place, &mut mask);
            all.extend(mask);
        }
        let mean = all.iter().sum::<f32>() / all.len() as f32;
        assert!((mean - 1.0).abs() < 0.05, "{mean}");
        assert!(all.iter().all(|&m| m == 0.0 || m == kept));
    }
}
