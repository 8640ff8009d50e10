use clap::Args;
use provpt_base::quoted;
use serde::Serialize;

use crate::app::App;
use crate::failure::Failure;

/// List what a backbone can be computed on: what the key `device` takes
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt devices --json

Devices that only compute on the processor are for tests; `gpu` and `auto` pass them over.")]
pub(crate) struct Devices {
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

/// One device.
#[derive(Serialize)]
struct Row {
    /// As the key `device` has it.
    device: String,
    name: String,
}

impl Devices {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let name = provpt_vit::instruction_set()?;
        let cpu = Row { device: "cpu".to_owned(), name };
        let cards = provpt_vit::devices().into_iter().enumerate();
        let cards = cards
            .map(|(number, card)| Row { device: format!("gpu:{number}"), name: card.to_string() });
        let rows: Vec<Row> = std::iter::once(cpu).chain(cards).collect();
        if !provpt_vit::HAS_GPU {
            app.terminal.note(
                "note: this program knows no graphics cards; one that does comes from \
                 `cargo build --release --features gpu`",
            );
        }
        if self.json {
            return app.terminal.json(&rows);
        }
        let line = |row: &Row| format!("{:<8}{}", row.device, quoted(&row.name));
        app.terminal.result(&rows.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}
