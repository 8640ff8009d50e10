//! What images go through: the user's word, else the task's recipe, else the backbone's record.

use provpt_data::catalogue::{self, CatalogueTask};
use provpt_data::{Fit as DataFit, Interpolation};
use provpt_vit::Backbone;
use provpt_vit::registry::PreprocessingRecord;
use provpt_vit::weights::PixelSource;

use crate::config::{Config, Data, Fit, Normalization};
use crate::error::Error;
use crate::learn::preprocessing::PreprocessRecord;

/// Preprocessing, and where it comes from.
pub(crate) struct Settled {
    pub(crate) record: PreprocessRecord,
    /// Lines for people.
    pub(crate) facts: Vec<String>,
    /// What nobody said, in one line, if there is something.
    pub(crate) assumed: Option<String>,
}

/// A choice, and who made it.
struct Chosen<T> {
    value: T,
    by: String,
}

const ASSUMED: &str = "assumed: the backbone's file does not tell";

fn choose<T>(given: Option<T>, recipe: Option<T>, otherwise: T, by: &str) -> Chosen<T> {
    let (value, by) = match (given, recipe) {
        (Some(value), _) => (value, "as configured"),
        (None, Some(value)) => (value, "by the task's recipe"),
        (None, None) => (otherwise, by),
    };
    Chosen { value, by: by.to_owned() }
}

/// Who says what the backbone's pixels look like.
fn by_backbone(backbone: &Backbone) -> String {
    match &backbone.report.pixels {
        PixelSource::Assumed => ASSUMED.to_owned(),
        PixelSource::Record(_) | PixelSource::Metadata => "by the backbone's record".to_owned(),
        PixelSource::Beside { .. } | PixelSource::Name(_) => {
            format!("by {}", backbone.report.pixels)
        }
    }
}

/// Settles preprocessing.
pub(crate) fn settle(config: &Config, backbone: &Backbone) -> Result<Settled, Error> {
    let data = &config.data;
    let task = catalogue::find(&data.name);
    let recipe = task.and_then(|task| task.recipe.as_ref());
    if data.normalization == Some(Normalization::Task) && recipe.is_none() {
        let name = if data.name.is_empty() { "none" } else { &data.name };
        return Err(Error::NoRecipe { task: name.to_owned() });
    }
    let size = backbone.architecture.image_size;
    let short = |fit: DataFit| matches!(fit, DataFit::ShortSideCrop { .. });
    let given = data.fit.map(|fit| fit == Fit::Short);
    let crop = choose(given, recipe.map(|recipe| short(recipe.fit)), false, "by default");
    let trained = &backbone.preprocessing;
    let record = &by_backbone(backbone);
    let interpolation = choose(
        data.interpolation,
        recipe.map(|recipe| recipe.interpolation),
        trained.interpolation,
        record,
    );
    let by_recipe = recipe.filter(|_| data.normalization != Some(Normalization::Backbone));
    let mean = choose(levels(data.mean), by_recipe.map(|r| r.mean), trained.mean, record);
    let std = choose(levels(data.std), by_recipe.map(|r| r.std), trained.std, record);
    let resize_short = Chosen { value: crop.value.then(|| short_side(size)), by: crop.by };
    let mut facts = told(size, &resize_short, &interpolation, &mean, &std);
    let open = [&interpolation.by, &mean.by, &std.by].into_iter().any(|by| by == ASSUMED);
    let assumed = open.then(|| {
        let words =
            format!("{}, {} ({})", statistics(&mean, &std), interpolation.value, interpolation.by);
        format!(
            "pixels: {words}; set data.interpolation, data.mean and data.std if you know better"
        )
    });
    if open {
        facts.push(
            "          (set data.interpolation, data.mean and data.std if you know better)"
                .to_owned(),
        );
    }
    facts.extend(task.and_then(|task| mismatch(task, trained, data)));
    let record = PreprocessRecord {
        size,
        resize_short: resize_short.value,
        interpolation: interpolation.value,
        mean: mean.value,
        std: std.value,
        exif_rotation: data.exif_rotation,
    };
    Ok(Settled { record, facts, assumed })
}

/// Preprocessing as a run began with, whatever would be settled today.
pub(crate) fn as_begun(record: &PreprocessRecord) -> Settled {
    let record = record.clone();
    let facts = told(
        record.size,
        &begun(record.resize_short),
        &begun(record.interpolation),
        &begun(record.mean),
        &begun(record.std),
    );
    Settled { record, facts, assumed: None }
}

fn begun<T>(value: T) -> Chosen<T> {
    Chosen { value, by: "as the run began".to_owned() }
}

/// The lines for people, with who chose what.
fn told(
    size: usize,
    resize_short: &Chosen<Option<usize>>,
    interpolation: &Chosen<Interpolation>,
    mean: &Chosen<[f32; 3]>,
    std: &Chosen<[f32; 3]>,
) -> Vec<String> {
    let fit = match resize_short.value {
        None => format!("squashed to {size}x{size}"),
        Some(short) => format!("short side {short}, crop {size}x{size}"),
    };
    let by = &resize_short.by;
    vec![
        format!("pixels    {fit} ({by}), {} ({})", interpolation.value, interpolation.by),
        format!("          {}", statistics(mean, std)),
    ]
}

/// Who chose both is told once.
fn statistics(mean: &Chosen<[f32; 3]>, std: &Chosen<[f32; 3]>) -> String {
    let mean_by = if mean.by == std.by { String::new() } else { format!(" ({})", mean.by) };
    format!("mean {:?}{mean_by}, std {:?} ({})", mean.value, std.value, std.by)
}

fn levels(given: Option<[f64; 3]>) -> Option<[f32; 3]> {
    given.map(|values| values.map(|value| value as f32))
}

/// What is told where recipe and backbone disagree, unless the user has settled it.
fn mismatch(task: &CatalogueTask, trained: &PreprocessingRecord, data: &Data) -> Option<String> {
    let recipe = task.recipe.as_ref()?;
    let open = data.normalization.is_none() && (data.mean.is_none() || data.std.is_none());
    let differs = (recipe.mean, recipe.std) != (trained.mean, trained.std);
    (open && differs).then(|| {
        format!(
            "note      the recipe of {} differs from the pixels that the backbone was trained on \
             (mean {:?}, std {:?}); it is followed, as published: data.normalization=backbone \
             goes by the backbone, data.normalization=task settles it as it is",
            task.name, trained.mean, trained.std
        )
    })
}

/// The short side before the crop: as published for FGVC 256 for 224, 438 for 384, 512 for 448, and
/// else in proportion.
fn short_side(size: usize) -> usize {
    match size {
        384 => 438,
        _ => (size * 8).div_ceil(7),
    }
}

#[cfg(test)]
mod tests {
    use super::short_side;

    #[test]
    fn published_sizes_have_the_published_short_side() {
        assert_eq!([224, 384, 448, 32].map(short_side), [256, 438, 512, 37]);
    }
}
