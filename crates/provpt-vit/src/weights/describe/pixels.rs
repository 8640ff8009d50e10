//! What files beside the weights say about pixels.

use serde_json::Value;

use super::{CONFIG, PREPROCESSOR, Pixels, get, side, truth};
use crate::registry::{Interpolation, PreprocessingRecord};

/// timm's `pretrained_cfg`; in older files its keys stand at the top.
pub(super) fn of_timm(json: &Value) -> Option<Pixels> {
    let cfg = get(json, "pretrained_cfg").unwrap_or(json);
    let (mean, std) = (triple(cfg, "mean")?, triple(cfg, "std")?);
    let asked = get(cfg, "interpolation").and_then(Value::as_str).unwrap_or("bicubic");
    let (interpolation, unmet) = by_name(asked);
    let input = get(cfg, "input_size").and_then(Value::as_array);
    let image_size = input.and_then(|size| match &size[..] {
        [_, height, width] if height == width => usize::try_from(height.as_u64()?).ok(),
        _ => None,
    });
    let record = PreprocessingRecord { mean, std, interpolation };
    sound(&record).then_some(Pixels { file: CONFIG, record, image_size, unmet })
}

/// Hugging Face's image processors.
pub(super) fn of_hugging_face(json: &Value) -> Result<Option<Pixels>, String> {
    if truth(json, "do_normalize")? == Some(false) {
        return Ok(Some(pixels(json, [0.0; 3], [1.0; 3])?));
    }
    let (Some(mean), Some(std)) = (triple(json, "image_mean"), triple(json, "image_std")) else {
        return Ok(None);
    };
    Ok(Some(pixels(json, mean, std)?))
}

fn pixels(json: &Value, mean: [f32; 3], std: [f32; 3]) -> Result<Pixels, String> {
    // Pixels are 0..1 here. What a processor makes of 0..255 differs from that by this factor.
    let factor = match truth(json, "do_rescale")? {
        Some(false) => 255.0,
        _ => get(json, "rescale_factor").and_then(Value::as_f64).map_or(1.0, |f| 255.0 * f),
    };
    let scaled = |values: [f32; 3]| match (factor - 1.0_f64).abs() < 1e-9 {
        true => values,
        false => values.map(|v| (f64::from(v) / factor) as f32),
    };
    let (interpolation, unmet) = match get(json, "resample") {
        None => (Interpolation::PilBilinear, None),
        Some(resample) => match resample.as_u64() {
            Some(2) => by_name("bilinear"),
            Some(3) => by_name("bicubic"),
            Some(0) => by_name("nearest"),
            Some(1) => by_name("lanczos"),
            Some(4) => by_name("box"),
            Some(5) => by_name("hamming"),
            _ => return Err(format!("resample: expected 0 to 5, got {resample}")),
        },
    };
    let record = PreprocessingRecord { mean: scaled(mean), std: scaled(std), interpolation };
    if !sound(&record) {
        return Err("expected finite means and positive deviations".to_owned());
    }
    // What is cropped to in the end.
    let crops = truth(json, "do_center_crop")? == Some(true);
    let crop = if crops { side(json, "crop_size").unwrap_or_default() } else { None };
    let image_size = crop.or(side(json, "size").unwrap_or_default());
    Ok(Pixels { file: PREPROCESSOR, record, image_size, unmet })
}

/// The interpolation, or the nearest to one that there is not.
fn by_name(name: &str) -> (Interpolation, Option<String>) {
    match name {
        "bicubic" => (Interpolation::PilBicubic, None),
        "bilinear" => (Interpolation::PilBilinear, None),
        // timm's way to say that a model was trained on a mixture.
        "random" => (Interpolation::PilBicubic, None),
        "lanczos" => (Interpolation::PilBicubic, Some(name.to_owned())),
        _ => (Interpolation::PilBilinear, Some(name.to_owned())),
    }
}

fn triple(json: &Value, key: &str) -> Option<[f32; 3]> {
    let values = get(json, key)?.as_array()?;
    let values: Option<Vec<f32>> = values.iter().map(|v| Some(v.as_f64()? as f32)).collect();
    values?.try_into().ok()
}

/// Whether images stay finite: what a small number is divided by may leave 32 bits.
pub(super) fn sound(record: &PreprocessingRecord) -> bool {
    let finite = record.mean.iter().chain(&record.std).all(|v| v.is_finite());
    finite && record.std.iter().all(|s| *s > 0.0 && s.recip().is_finite())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn levels_that_images_cannot_be_divided_by_are_refused() {
        for (mean, std) in [(0.5, 0.0), (0.5, -0.5), (0.5, 1e-39), (0.5, 1e-50), (1e39, 0.5)] {
            let json = json!({"image_mean": [0.5, mean, 0.5], "image_std": [0.5, 0.5, std]});
            let told = of_hugging_face(&json).unwrap_err();
            assert_eq!(told, "expected finite means and positive deviations", "{mean} {std}");
            let json = json!({"mean": [0.5, mean, 0.5], "std": [0.5, 0.5, std]});
            assert_eq!(of_timm(&json), None, "{mean} {std}");
        }
        let json = json!({"image_mean": [0, 0, 0], "image_std": [1e-3, 1, 255]});
        let record = of_hugging_face(&json).unwrap().unwrap().record;
        assert_eq!((record.mean, record.std), ([0.0; 3], [1e-3, 1.0, 255.0]));
    }
}
