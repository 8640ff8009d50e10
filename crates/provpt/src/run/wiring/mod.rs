//! The trainer does what its parts do when they are called by hand, epoch by epoch: the golden
//! numbers hold for the parts, and a run is more than these only in how it puts them together.

mod alexnet;
mod augmented;
mod by_hand;
mod dropped;
mod ends;
mod goes_on;
mod kinds;
mod parts;
mod prompts;
mod recipe;
mod stages;
mod told;

use provpt_runs::{EpochRecord, RunResult, Seconds, StepRecord};

use crate::allocators::AllocatorKind;
use crate::config::Config;
use crate::error::Error;
use crate::learn::adapter::Adapter;
use crate::learn::parameters::Parameters;
use crate::observer::Silent;
use crate::run::recorder::{EpochEnd, Recorder, Saved, Start};
use crate::run::trainer::Trainer;
use crate::sample;
use crate::setup::Setup;

const EPOCHS: usize = 5;

fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config { threads: 1, seed: 3, ..Config::default() };
    config.data.batch_size = 6;
    config.solver.total_epoch = EPOCHS;
    config.solver.warmup_epoch = 1;
    config.solver.base_lr = 20.0;
    config.model.prompt.num_tokens = 2;
    config.model.prompt.dropout = 0.2;
    config.model.prompt.reward_warmup_epoch = 1;
    config.model.prompt.allocator = Some(AllocatorKind::Random);
    change(&mut config);
    config
}

/// Of twenty images, four validate.
fn setup(config: &Config) -> Setup {
    sample::setup(config, sample::task([0.2, 0.0]))
}

/// Keeps everything in memory.
#[derive(Default)]
struct Memory {
    records: Vec<EpochRecord>,
    steps: Vec<StepRecord>,
    parameters: Vec<Parameters>,
    checkpoints: Vec<Vec<u8>>,
}

impl Recorder for Memory {
    fn saved(&mut self) -> Result<Option<Saved>, Error> {
        Ok(None)
    }

    fn begin(&mut self, start: &Start<'_>) -> Result<(), Error> {
        self.records = start.metrics.to_vec();
        Ok(())
    }

    fn step(&mut self, record: &StepRecord) -> Result<(), Error> {
        self.steps.push(record.clone());
        Ok(())
    }

    fn epoch(&mut self, end: &EpochEnd<'_>) -> Result<(), Error> {
        self.records.push(end.record.clone());
        assert_eq!(end.metrics.to_vec(), self.records, "the records of all epochs so far");
        self.parameters.push(end.adapter.parameters.clone());
        self.checkpoints.push(end.checkpoint.to_vec());
        Ok(())
    }

    fn finish(&mut self, _: &RunResult, adapter: &Adapter) -> Result<(), Error> {
        assert_eq!(Some(&adapter.parameters), self.parameters.last());
        Ok(())
    }
}

fn trained(setup: &Setup) -> (Memory, RunResult) {
    let mut memory = Memory::default();
    let mut silent = Silent;
    let mut trainer = Trainer::new(setup, None, &mut memory, &mut silent).unwrap();
    let result = trainer.run(usize::MAX).unwrap().unwrap();
    (memory, result)
}

/// Records without what the clock says.
fn timeless(records: &[EpochRecord]) -> Vec<EpochRecord> {
    let without =
        |record: &EpochRecord| EpochRecord { seconds: Seconds::default(), ..record.clone() };
    records.iter().map(without).collect()
}
