//! Distribution-adaptive visual prompt tuning for frozen vision transformers.
//!
//! The method of PRO-VPT (Shang et al., ICCV 2025): training alternates between relocating one
//! prompt, from a block where it is idle to one where it is needed, and tuning all prompts. Start
//! with [`train`]; put a run to use with [`Learned`].

mod adapter;
mod backbone;
mod bank;
mod checkpoint;
mod clip;
pub mod config;
mod dropout;
mod error;
mod evaluate;
mod facts;
mod head;
mod idleness;
mod learned;
mod model;
mod observer;
mod optimizer;
mod options;
mod prefix;
mod prepare;
mod preprocessing;
pub mod relocate;
mod relocator;
mod run;
mod schedule;
mod score;
mod settle;
mod setup;
mod source;
mod streams;
mod study;
mod tensors;
mod trainer;
#[cfg(test)]
mod trajectory;
mod tune;
mod vector;
mod verify;

pub use adapter::{Adapter, AdapterConfig};
pub use bank::PromptBank;
pub use error::Error;
pub use evaluate::Evaluation;
pub use head::Head;
pub use learned::{Guess, Learned, Part};
pub use observer::{Event, Observer, Phase, Silent};
pub use options::{Ended, TrainOptions};
pub use preprocessing::PreprocessRecord;
pub use run::{resume, train};
pub use study::{StudyOptions, study_idleness};
