use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use provpt::{Guess, Learned};
use provpt_base::quoted;
use serde::Serialize;

use crate::app::App;
use crate::failure::Failure;
use crate::images::Images;
use crate::text;

/// Predict the classes of images
///
/// An image that cannot be read does not keep the others from being predicted; it is named, and
/// the exit code is 2.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt predict runs/flowers photo.jpg more/ --top 3 --format csv")]
pub(crate) struct Predict {
    /// The run's folder, or an adapter's alone
    run: PathBuf,
    /// Image files, and folders of them
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<PathBuf>,
    /// Classes per image
    #[arg(long, value_name = "K", default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    /// Average the logits of each image and its mirror image
    #[arg(long)]
    flip: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// A setting to change, as `key=value`; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// `path: class 97.3%, class 1.2%`
    #[default]
    Text,
    /// An object with `path` and `guesses` per line
    Jsonl,
    /// A row per guess: path, rank, class, index, probability
    Csv,
}

#[derive(Serialize)]
struct Line<'a> {
    /// As text: names of files need not be any.
    path: String,
    guesses: &'a [Guess],
}

impl Predict {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let images = Images::find(&self.images);
        let learned = Learned::open(&self.run, &app.overrides(&self.set))?.with_flips(self.flip);
        app.tell_assumptions(learned.assumptions());
        // Heard or not: what is wrong with the images is found all the same.
        let headed = match self.format {
            Format::Csv => app.terminal.result("path,rank,class,index,probability"),
            Format::Text | Format::Jsonl => Ok(()),
        };
        images.each(
            app,
            |batch| learned.predict(batch, self.top as usize),
            |batch, all| {
                let mut lines = batch.iter().zip(&all);
                lines.try_for_each(|(path, guesses)| self.print(app, &Line::new(path, guesses)))
            },
        )?;
        headed
    }

    fn print(&self, app: &App, line: &Line<'_>) -> Result<(), Failure> {
        match self.format {
            Format::Text => app.terminal.result(&line.text()),
            Format::Jsonl => app.terminal.json(line),
            Format::Csv => app.terminal.result(&line.csv()?),
        }
    }
}

impl<'a> Line<'a> {
    fn new(path: &Path, guesses: &'a [Guess]) -> Self {
        Self { path: path.display().to_string(), guesses }
    }

    fn text(&self) -> String {
        let guess = |g: &Guess| format!("{} {}", quoted(&g.class), text::percent(g.probability));
        let guesses: Vec<String> = self.guesses.iter().map(guess).collect();
        format!("{}: {}", quoted(&self.path), guesses.join(", "))
    }

    fn csv(&self) -> Result<String, Failure> {
        let failed = |cause: &dyn std::fmt::Display| Failure::encode(Path::new(&self.path), cause);
        let mut rows = csv::Writer::from_writer(Vec::new());
        for (rank, guess) in self.guesses.iter().enumerate() {
            let row = (&self.path, rank + 1, &guess.class, guess.index, guess.probability);
            rows.serialize(row).map_err(|e| failed(&e))?;
        }
        let bytes = rows.into_inner().map_err(|e| failed(&e))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
