use clap::Args;
use provpt_data::Fit;
use provpt_data::catalogue::{self, Benchmark, CatalogueTask, Part, Recipe, Splits};

use crate::app::App;
use crate::failure::Failure;

/// Print the tasks of VTAB-1k, FGVC and the drawn miniature; with a name, all that is known of one
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt data list clevr_count

Tasks called mini-* need no file: their images are drawn.")]
pub(crate) struct List {
    /// A task, in any spelling in use
    name: Option<String>,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let task = self.name.as_deref().map(find).transpose()?;
        match (task, self.json) {
            (Some(task), true) => app.terminal.json(task),
            (None, true) => app.terminal.json(&catalogue::all()),
            (Some(task), false) => app.terminal.result(&described(task)),
            (None, false) => app.terminal.result(&table(catalogue::all())),
        }
    }
}

fn find(name: &str) -> Result<&'static CatalogueTask, Failure> {
    catalogue::find(name).ok_or_else(|| {
        let nearest = catalogue::nearest(name);
        Failure::usage(format!(
            "task: expected a name that `provpt data list` prints, got {name}; the nearest is \
             {nearest}"
        ))
    })
}

/// A line per task, in columns.
fn table(tasks: &[CatalogueTask]) -> String {
    let head = ["task", "group", "classes", "train", "val", "test", "images", "label"];
    let rows = tasks.iter().map(|task| {
        let [train, val, test] = task.splits.sizes().map(|size| size.to_string());
        let classes = task.classes.to_string();
        let (group, images) = (task.group.as_str().to_owned(), images(task));
        [task.name.to_owned(), group, classes, train, val, test, images, task.label.describe()]
    });
    let rows: Vec<_> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: [usize; 8] = std::array::from_fn(width);
    let line = |row: &[String; 8]| {
        let mut line = String::new();
        for (column, (text, width)) in row.iter().zip(widths).enumerate() {
            // Numbers to the right.
            let cell = if (2..6).contains(&column) {
                format!("{text:>width$}  ")
            } else {
                format!("{text:<width$}  ")
            };
            line.push_str(&cell);
        }
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}

/// `32x32 png`, `jpeg of any size`.
fn images(task: &CatalogueTask) -> String {
    let format = match (task.benchmark(), task.images.lossless) {
        (Benchmark::Mini, _) => "drawn",
        (_, true) => "png",
        (_, false) => "jpeg",
    };
    match task.images.size {
        Some([width, height]) => format!("{width}x{height} {format}"),
        None => format!("{format}, any size"),
    }
}

/// Everything about one task.
fn described(task: &CatalogueTask) -> String {
    let mut lines = vec![
        ("task", task.name.to_owned()),
        ("also", task.aliases.join(", ")),
        ("group", task.group.as_str().to_owned()),
        ("classes", task.classes.to_string()),
        ("label", task.label.describe()),
    ];
    lines.extend(splits(&task.splits));
    lines.push(("images", images(task)));
    lines.extend(task.recipe.iter().flat_map(recipe));
    lines.extend([
        ("metric", task.metric.to_owned()),
        ("source", task.homepage.to_owned()),
        ("licence", format!("{} (check there before use)", task.licence)),
    ]);
    let said = lines.iter().filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| format!("{name:<11}{value}\n")).collect()
}

fn recipe(recipe: &Recipe) -> [(&'static str, String); 3] {
    let augment = if recipe.augment { "; random crop and flip in training" } else { "" };
    [
        ("fit", format!("{}{augment}", fit(recipe.fit))),
        ("resize", recipe.interpolation.to_string()),
        ("mean, std", format!("{:?}, {:?}", recipe.mean, recipe.std)),
    ]
}

fn fit(fit: Fit) -> String {
    match fit {
        Fit::Squash => "squash to a square".to_owned(),
        Fit::ShortSideCrop { resize } => format!("short side to {resize}, then crop (for 224)"),
    }
}

fn splits(splits: &Splits) -> Vec<(&'static str, String)> {
    let part = |part: &Part| {
        let Part { split, start, end, published } = part;
        format!("{split}[{start}:{end}], {} images ({published})", part.len())
    };
    match splits {
        Splits::Tfds { dataset, config, version, official, train, val, test } => {
            let config = config.map_or_else(String::new, |config| format!("/{config}"));
            let sizes: Vec<String> =
                official.iter().map(|(split, size)| format!("{split} {size}")).collect();
            vec![
                ("data set", format!("tensorflow-datasets {dataset}{config}:{version}")),
                ("", format!("of {} examples", sizes.join(", "))),
                ("train800", part(train)),
                ("val200", part(val)),
                ("test", part(test)),
            ]
        }
        Splits::Lists { images, train, val, test } => {
            let root = if images.is_empty() { "the folder itself" } else { images };
            vec![
                ("data set", format!("train.json, val.json, test.json; images in {root}")),
                ("splits", format!("train {train}, val {val}, test {test} images")),
            ]
        }
        Splits::Drawn { train, val, test } => {
            vec![("splits", format!("train {train}, val {val}, test {test} images; drawn by seed"))]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_task_is_described_in_full() {
        let clevr = described(find("vtab-clevr(task=\"count_all\")").unwrap());
        let lines = [
            "task       clevr_count\n",
            "label      count of objects/size, less 3\n",
            "data set   tensorflow-datasets clevr:3.1.0\n",
            "val200     train[63000:63200], 200 images (train[90%:+200])\n",
            "images     480x320 png\n",
            "fit        squash to a square\n",
            "resize     bilinear\n",
        ];
        for line in lines {
            assert!(clevr.contains(line), "{line} in {clevr}");
        }
        let cub = described(find("CUB").unwrap());
        assert!(cub.contains("train.json, val.json, test.json; images in images\n"), "{cub}");
        assert!(cub.contains("splits     train 5394, val 600, test 5794 images\n"), "{cub}");
        let mini = described(find("mini_digits").unwrap());
        assert!(mini.contains("splits     train 800, val 200, test 2000 images; drawn by seed\n"));
        assert!(mini.contains("images     64x64 drawn\n") && !mini.contains("also"), "{mini}");
        assert!(!mini.contains("mean, std"), "the backbone decides: {mini}");
    }

    #[test]
    fn the_table_has_aligned_columns() {
        let table = table(catalogue::all());
        let column = |line: &str, text: &str| line.find(text).unwrap();
        let lines: Vec<&str> = table.lines().collect();
        let cifar = lines.iter().find(|line| line.starts_with("cifar100")).unwrap();
        assert_eq!(column(cifar, "32x32 png"), column(lines[0], "images"));
        assert_eq!(column(cifar, "label as stored"), column(lines[0], "label"));
    }

    #[test]
    fn an_unknown_name_is_told_the_nearest() {
        let message = find("clver_count").unwrap_err().to_string();
        assert!(message.ends_with("got clver_count; the nearest is clevr_count"), "{message}");
    }
}
