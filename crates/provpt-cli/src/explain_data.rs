//! What goes with errors about tasks and images.

use provpt_data::{Error as DataError, ImageError, ParquetError, TfdsError, catalogue};

use crate::explain::{FAILED, MISTAKE, reading, room};
use crate::setting::SettingStyle;

/// The exit code, and a hint where we know one.
pub(crate) fn advice(error: &DataError, style: SettingStyle) -> (u8, Option<String>) {
    match error {
        DataError::Io(error) => (reading(error), room(error, false)),
        DataError::Image(error) => image(error),
        DataError::Parquet(ParquetError::Io(error)) => (reading(error), None),
        DataError::Index { .. } | DataError::Unkept { .. } | DataError::WriteParquet { .. } => {
            (FAILED, None)
        }
        other => {
            let fixed = || fixed(other).map(str::to_owned);
            (MISTAKE, with_settings(other, style).or_else(fixed))
        }
    }
}

/// Hints that name settings.
fn with_settings(error: &DataError, style: SettingStyle) -> Option<String> {
    let show = |key, value| style.show(key, value);
    Some(match error {
        DataError::NoPath { name, .. } => no_path(name, style)?,
        DataError::Tfds(TfdsError::OfficialSize { .. }) => {
            let version =
                "is it the version that `provpt data list TASK` names, prepared to the end?";
            let percentages = show("data.check_sizes", "false").map_or_else(String::new, |off| {
                format!(" {off} takes the published percentages of what is there")
            });
            format!("{version}{percentages}")
        }
        DataError::Tfds(TfdsError::NotClassification { .. } | TfdsError::OtherDataSet { .. }) => {
            let task = show("data.name", "TASK")?;
            format!("{task} says which task; `provpt data list` prints the tasks")
        }
        DataError::MissingFolder { .. } => {
            let kinds = "a folder, or a .csv, .tsv, .jsonl, .ndjson or .parquet file";
            let where_ = if style == SettingStyle::DATA { "give" } else { "check data.datapath:" };
            format!("{where_} {kinds}")
        }
        DataError::MissingList { .. } => {
            let lists = "which lists are used: train800 or train800val200";
            match show("data.train_split", "trainval") {
                Some(_) => format!("data.train_split says {lists}"),
                None => format!("`provpt train` has data.train_split to say {lists}"),
            }
        }
        DataError::Percentage { .. } => {
            show("data.percentage", "1")?;
            "leave data.percentage at 1: only FGVC tasks have lists of shares".to_owned()
        }
        DataError::Parquet(ParquetError::Configs { .. })
        | DataError::Tfds(TfdsError::Several { .. } | TfdsError::Versions { .. }) => {
            format!("choose one: {}", show("data.datapath", "FOLDER/SUBFOLDER")?)
        }
        DataError::Label { .. } => {
            let number = show("data.number_classes", "N");
            let number = number.map_or_else(String::new, |number| format!(" or {number}"));
            format!("labels count from 0; labels.txt{number} says how many classes there are")
        }
        DataError::EmptySplit { .. } => {
            let shares = match show("data.val_fraction", "0") {
                Some(_) => ": see data.val_fraction and data.test_fraction",
                None => "",
            };
            format!("the split needs images, or the task must do without{shares}")
        }
        DataError::OneClass { .. } => format!(
            "a task is a choice between classes: if a folder lies around the class folders, give \
             the one inside: {}",
            show("data.datapath", "FOLDER/INSIDE")?
        ),
        DataError::ClassCount { .. } => {
            let number = show("data.number_classes", "N")?;
            let name = show("data.name", "ANOTHER")?;
            format!(
                "{number} says how many there are, and so does a name that `provpt data list` \
                 prints, also if it is only the folder's: {name} goes by what is there"
            )
        }
        _ => return None,
    })
}

/// Hints that are the same for all commands.
fn fixed(error: &DataError) -> Option<&'static str> {
    Some(match error {
        DataError::OutputExists { .. } => {
            "choose another name; what is there is neither replaced nor added to"
        }
        DataError::ClassName { .. } => "`--to parquet` takes any name",
        DataError::MissingImage { .. } => "paths in lists are relative to the list's folder",
        DataError::Parquet(error) => parquet(error)?,
        DataError::SameClass { .. } => "give each class a name of its own",
        DataError::OtherClasses { .. } => {
            "the data have names of their own: take labels.txt away, or correct it"
        }
        DataError::UnknownClass { of: "labels.txt", .. } => {
            "labels.txt has a line for each class folder, in the order of the classes"
        }
        DataError::UnknownLabel { of: "labels.txt", .. } => {
            "labels.txt has a line for each class, in the order of the classes"
        }
        DataError::Link { .. } => "take the link away, or get what it leads to",
        DataError::Encoding { .. } => {
            "save the file as UTF-8 (`iconv -f WINDOWS-1252 -t UTF-8 FILE` for one of Windows)"
        }
        DataError::OutputInData { .. } => {
            "what is written there would be read as data the next time: choose another place"
        }
        DataError::EmptyClass { .. } => "every class folder needs an image; remove empty ones",
        DataError::Feature { feature, .. } => match *feature {
            "parquet" => "build the program with `--features parquet`",
            "sheets" => "build the program with `--features sheets`",
            _ => "build the program with this feature",
        },
        _ => return None,
    })
}

fn image(error: &ImageError) -> (u8, Option<String>) {
    match error {
        ImageError::Undecodable { .. } => {
            let hint = "bmp, gif, jpeg, png, pnm, tiff and webp can be read; save the image again \
                        as one of these, replace the file, or take it out";
            (MISTAKE, Some(hint.to_owned()))
        }
        ImageError::Unreadable { cause, .. } => (reading(cause), None),
        ImageError::Pixels { .. } | ImageError::Png { .. } => (FAILED, None),
        _ => (MISTAKE, None),
    }
}

fn parquet(error: &ParquetError) -> Option<&'static str> {
    Some(match error {
        ParquetError::Damaged { .. } | ParquetError::MissingShards { .. } => {
            "was it downloaded to the end? get it again"
        }
        ParquetError::Unsupported { .. } => {
            "write it again with snappy, the usual compression, and not encrypted"
        }
        ParquetError::Foreign { .. } => "get the file itself (`git lfs pull` where Git keeps it)",
        ParquetError::Repeated { .. } => "give each column a name of its own",
        ParquetError::Label { .. } => {
            "a split without labels cannot be used: take its files out of the folder"
        }
        _ => return None,
    })
}

fn no_path(name: &str, style: SettingStyle) -> Option<String> {
    let images = if style == SettingStyle::DATA {
        "give the folder that has the images".to_owned()
    } else {
        format!("{} says where the images are", style.show("data.datapath", "FOLDER")?)
    };
    Some(match catalogue::find(name) {
        Some(_) => images,
        None => format!(
            "{images}; of the tasks that `provpt data list` prints, the nearest is {}",
            catalogue::nearest(name)
        ),
    })
}
