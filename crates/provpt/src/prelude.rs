//! What most programs that use this library need: `use provpt::prelude::*;`.

pub use provpt_data::{Image, Split, Task};
pub use provpt_runs::{EpochRecord, Metrics, RunFolder, RunResult};
pub use provpt_vit::Backbone;
pub use provpt_vit::weights::{LoadOptions, Source as BackboneSource};

pub use crate::config::Config;
pub use crate::method::{METHODS, Method};
pub use crate::{
    Adapter, BareBackbone, Error, Evaluation, Event, FinishedRun, FolderRecorder, Guess, Learned,
    NoRecorder, Observer, Part, Recorder, Silent, Trained, Training,
};
