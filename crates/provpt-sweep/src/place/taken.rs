//! What trials that have ended took.

use provpt_runs::RunResult;

use super::Room;
use crate::Sweep;

/// So much memory, and what trials that have ended took of it.
pub(crate) fn room(sweep: &Sweep, memory: Option<u64>) -> Room {
    let mut room = Room::new(memory);
    if room.is_limited() {
        for trial in 0..sweep.trials.len() {
            let bytes = taken_by(sweep, trial);
            bytes.into_iter().for_each(|bytes| room.learn(sweep.group_of(trial), bytes));
        }
    }
    room
}

/// The memory that a trial took, if it has ended. A result that cannot be read is an error where it
/// is needed.
pub(crate) fn taken_by(sweep: &Sweep, trial: usize) -> Option<u64> {
    let run = sweep.folder.run(&sweep.trials[trial]);
    RunResult::load(&run.result()).ok()?.peak_memory_bytes
}
