//! A process that ends with the one that started it.
//!
//! Whoever starts a run and must not be survived by it keeps the writing end of a pipe, gives the
//! run the reading end as standard input and sets `PROVPT_LIFELINE=stdin`. However the holder ends,
//! the system closes its end, and the run sees the end of its input. There is nothing to ask, and
//! no process id to mix up.

use std::io::{self, Read};
use std::{env, process, thread};

use crate::failure::Failure;
use crate::logging::STORY;

/// As of a process that SIGTERM ended, in the words of shells.
const ENDED: i32 = 143;

/// Ends this process once its lifeline is cut, if it hangs on one.
pub(crate) fn hold() -> Result<(), Failure> {
    match env::var_os("PROVPT_LIFELINE") {
        None => return Ok(()),
        Some(word) if word == "stdin" => {}
        Some(word) => {
            let got = word.to_string_lossy();
            return Err(Failure::usage(format!("PROVPT_LIFELINE: expected stdin, got {got:?}")));
        }
    }
    thread::Builder::new().name("lifeline".to_owned()).spawn(wait_for_end)?;
    Ok(())
}

// Nothing can be left half done: what a kill may not break, this may not either.
#[allow(clippy::exit)]
fn wait_for_end() {
    let mut input = io::stdin().lock();
    let mut buffer = [0; 1024];
    loop {
        match input.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(1..) => {}
            Ok(0) | Err(_) => break,
        }
    }
    tracing::warn!(target: STORY, "ended     whoever started this run has ended");
    process::exit(ENDED);
}
