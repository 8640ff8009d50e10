//! How training fits in the memory that it may have.

use provpt_vit::StepMemory;

use super::Setup;
use crate::error::Error;
use crate::learn::model::Model;

/// Where there is a limit, how a step keeps to it.
///
/// # Errors
/// It is too low for one image on each thread.
pub(super) fn told(setup: &Setup) -> Result<Option<String>, Error> {
    let Some(limit) = setup.config.activations() else { return Ok(None) };
    let learner = setup.learner();
    let (parameters, objective) = (&learner.parameters, &learner.objective);
    let model = Model { engine: &setup.engine, parameters, objective };
    let images = setup.config.data.batch_size.min(setup.task.train.len());
    let is_masked = setup.config.model.prompt.dropout > 0.0;
    let memory = model.with_tuned(|tuned| setup.engine.step_memory(images, tuned, is_masked))?;
    Ok(Some(line(&memory, limit)))
}

fn line(memory: &StepMemory, limit: usize) -> String {
    let StepMemory { threads, images, blocks, again, bytes } = *memory;
    let of_blocks = match again {
        0 => String::new(),
        again => format!(", {again} of {blocks} blocks computed again on the way back"),
    };
    format!(
        "memory    {} of {} MiB for activations: {images} image{} at a time on each of {threads} \
         thread{}{of_blocks}",
        bytes.div_ceil(1 << 20),
        limit >> 20,
        if images == 1 { "" } else { "s" },
        if threads == 1 { "" } else { "s" },
    )
}
