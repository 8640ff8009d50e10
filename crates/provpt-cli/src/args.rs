//! What can be typed.

use clap::{ArgAction, Args, Parser};

use crate::commands::Command;

/// Learns where the prompts of a frozen vision transformer should go, and what they should be.
#[derive(Debug, Parser)]
#[command(
    name = "provpt",
    version,
    propagate_version = true,
    after_help = "Start with `provpt demo`: it needs no file and no argument."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Log more to stderr (twice: everything). RUST_LOG, if set, decides instead
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Show no progress and no notices: results and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Threads to work on, as the key `threads` (0 or nothing: one per core)
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        fn check(command: &clap::Command) {
            for sub in command.get_subcommands() {
                if sub.has_subcommands() {
                    check(sub);
                } else {
                    let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
                    assert!(help.starts_with("Example:\n  provpt "), "{}: {help}", sub.get_name());
                }
            }
        }
        check(&Cli::command());
    }
}
