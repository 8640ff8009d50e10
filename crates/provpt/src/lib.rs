//! Distribution-adaptive visual prompt tuning for frozen vision transformers.
//!
//! The method of PRO-VPT (Shang et al., ICCV 2025): training alternates between relocating one
//! prompt, from a block where it is idle to one where it is needed, and tuning all prompts. Start
//! with [`train`]; put a run to use with [`Learned`].

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
mod setup;

pub use error::Error;
pub use learn::adapter::{Adapter, AdapterConfig};
pub use learn::bank::PromptBank;
pub use learn::evaluate::Evaluation;
pub use learn::head::Head;
pub use learn::parameters::Parameters;
pub use learn::preprocessing::PreprocessRecord;
pub use learn::set::{Param, Set};
pub use learned::study::{StudyOptions, study_idleness};
pub use learned::{BareBackbone, FinishedRun, Guess, Learned, Part};
pub use math::optimizer::Group;
pub use observer::{Event, Observer, Phase, Silent};
pub use provpt_base::Stream;
pub use run::options::{Ended, TrainOptions};
pub use run::{
    EpochEnd, FolderRecorder, NoRecorder, Recorder, Saved, Trained, Training, resume, train,
};
