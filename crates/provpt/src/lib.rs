//! Distribution-adaptive visual prompt tuning for frozen vision transformers.
//!
//! The method of PRO-VPT (Shang et al., ICCV 2025): training alternates between relocating one
//! prompt, from a block where it is idle to one where it is needed, and tuning all prompts.
//!
//! [`Training`] trains on a task and a backbone at hand; [`train`] does what the program does, from
//! a [`Config`](config::Config) alone, in a run folder. What was learned is a [`Learned`], and its
//! [`Adapter`] is all that has to be kept. [`method::METHODS`] is the table of methods.
//!
//! ```
//! use provpt::prelude::*;
//!
//! # fn main() -> Result<(), Error> {
//! let image = |level| Image::from_rgb(32, 32, vec![level; 3 * 32 * 32]);
//! let images = (0..8).map(|i| Ok((image(20 * i)?, if i < 4 { "dark" } else { "bright" })));
//! let task = Task::of_images("light", images.collect::<Result<Vec<_>, Error>>()?, [0.0, 0.0])?;
//! let backbone = Backbone::pico(&LoadOptions::default())?;
//! let mut config = Method::named("linear")?.config()?;
//! config.solver.total_epoch = 2;
//! let trained = Training::new(backbone, task, config).run()?;
//! let guesses = trained.learned.predict_images([image(5)?], 1)?;
//! assert_eq!(guesses[0].len(), 1);
//! # Ok(())
//! # }
//! ```

pub mod allocators;
pub mod config;
mod error;
mod learn;
mod learned;
mod math;
pub mod method;
mod observer;
pub mod prelude;
mod relocate;
mod run;
#[cfg(test)]
mod sample;
mod setup;

pub use error::Error;
pub use learn::adapter::{Adapter, AdapterConfig};
pub use learn::bank::PromptBank;
pub use learn::evaluate::Evaluation;
pub use learn::form::PromptForm;
pub use learn::head::Head;
pub use learn::network::NetworkRecord;
pub use learn::parameters::Parameters;
pub use learn::preprocessing::PreprocessRecord;
pub use learn::set::{Param, Set};
pub use learned::insertion::{InsertionOptions, study_insertion};
pub use learned::study::{StudyOptions, study_idleness};
pub use learned::{BareBackbone, FinishedRun, Guess, Learned, Part, merged};
pub use math::optimizer::Group;
pub use observer::{Event, Observer, Phase, Silent};
pub use provpt_base::Stream;
pub use run::options::{Ended, TrainOptions};
pub use run::places::{PLACES, TO_LOOK_AT};
pub use run::{
    EpochEnd, FolderRecorder, NoRecorder, Recorder, Saved, Start, Trained, Training, resume, train,
};
