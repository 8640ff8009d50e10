//! One claimed trial: started (or gone on with), watched, and what became of it.

mod child;
mod files;
mod launch;
mod weighing;

use std::time::{Duration, Instant};

use provpt_runs::sweep::TrialFailure;

pub use launch::Launcher;

use crate::board::Work;
use crate::claim::{Claims, End, How};
use crate::{Error, Place, Sweep};
use child::{Child, Exit};
use weighing::Weighing;

/// How often a trial that signals keep ending is tried.
const ATTEMPTS: usize = 3;

/// What became of a claimed trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It has a result.
    Done,
    /// It stopped after the epochs it was asked for, to be judged.
    Paused,
    /// It failed; with the reason.
    Failed(String),
    /// A signal that was not ours ended it. It will be tried again.
    Crashed,
    /// It was stopped by us, or another process was still at it; it can be gone on with.
    Released,
    /// Another worker has taken it over, for we seemed dead.
    Lost,
}

/// What all of a worker's trials have in common.
#[derive(Clone, Copy)]
pub(crate) struct Shop<'a> {
    pub(crate) sweep: &'a Sweep,
    pub(crate) launcher: &'a Launcher,
    /// Between signs of life.
    pub(crate) beat: Duration,
    /// Whether trials are to be stopped.
    pub(crate) stop: &'a dyn Fn() -> bool,
    pub(crate) place: &'a Place,
    /// Hears how much memory a trial has had so far, once it has done an epoch.
    pub(crate) peak: Option<&'a dyn Fn(u64)>,
}

impl Shop<'_> {
    /// Runs a claimed trial.
    ///
    /// # Errors
    /// A file cannot be written (also by the trial, when the disk is full), or the program cannot
    /// be started. The claim is given back.
    pub(crate) fn run(&self, work: &Work) -> Result<Outcome, Error> {
        let claims = self.sweep.claims(work.trial);
        let outcome = self.attempt(work, &claims);
        let how = match &outcome {
            Ok(Outcome::Done) => How::Done,
            Ok(Outcome::Paused) => How::Rung,
            Ok(Outcome::Failed(_)) => How::Failed,
            Ok(Outcome::Crashed) => How::Crashed,
            // The claim is the other's, the end of ours nobody's concern.
            Ok(Outcome::Lost) => return outcome,
            Ok(Outcome::Released) | Err(_) => How::Released,
        };
        let epochs = work.until.filter(|_| how == How::Rung).unwrap_or(0);
        let ended = claims.end(work.generation, &End { how, epochs });
        // The first error says what went wrong.
        outcome.and_then(|outcome| ended.map(|()| outcome))
    }

    fn attempt(&self, work: &Work, claims: &Claims) -> Result<Outcome, Error> {
        let trial = &self.sweep.trials[work.trial];
        let run = self.sweep.folder.run(trial);
        claims.beat(work.generation)?;
        // Whoever had it before may have ended it and not have come to say so.
        if run.is_finished() {
            return Ok(Outcome::Done);
        }
        let said = claims.file(work.generation, "stderr");
        let start = files::prepare(&run, claims, work)?;
        let command = self.launcher.command(&run, &start, work.until, self.place);
        let mut weighing = Weighing::new(run.metrics());
        let mut child = Child::start(command, &said)?;
        let exit = match self.watch(&mut child, work, claims, &mut weighing) {
            Ok(Some(exit)) => exit,
            Ok(None) => {
                child.kill();
                return Ok(Outcome::Lost);
            }
            Err(error) => {
                child.end();
                return Err(error);
            }
        };
        match exit {
            Exit::Success if run.is_finished() => {}
            Exit::Success if work.until.is_some() => {
                files::forget(&said);
                return Ok(Outcome::Paused);
            }
            exit => return self.bad_end(work, claims, exit),
        }
        files::forget(&said);
        Ok(Outcome::Done)
    }

    /// How the child ended; none if the claim was lost meanwhile.
    fn watch(
        &self,
        child: &mut Child,
        work: &Work,
        claims: &Claims,
        weighing: &mut Weighing,
    ) -> Result<Option<Exit>, Error> {
        let (started, mut beaten) = (Instant::now(), Instant::now());
        loop {
            if let Some(exit) = child.poll()? {
                return Ok(Some(exit));
            }
            if (self.stop)() {
                return Ok(Some(child.end()));
            }
            if let Some(hear) = self.peak {
                weighing.look(child.id()).into_iter().for_each(hear);
            }
            if beaten.elapsed() >= self.beat {
                if claims.is_superseded(work.generation) {
                    return Ok(None);
                }
                claims.beat(work.generation)?;
                beaten = Instant::now();
            }
            // Short trials are noticed at once, long ones cost nothing to wait for.
            let nap = started.elapsed() / 10;
            std::thread::sleep(nap.clamp(Duration::from_millis(1), Duration::from_millis(50)));
        }
    }

    /// A trial that ended without a result.
    fn bad_end(&self, work: &Work, claims: &Claims, exit: Exit) -> Result<Outcome, Error> {
        let said = claims.file(work.generation, "stderr");
        let reason = files::last_error(&said);
        if reason.as_deref().is_some_and(files::disk_is_full) {
            let message = reason.unwrap_or_default();
            return Err(std::io::Error::new(std::io::ErrorKind::StorageFull, message).into());
        }
        if matches!(exit, Exit::Signal(_)) {
            // What ends a whole job signals us, too, but perhaps a little later.
            std::thread::sleep(Duration::from_millis(200));
        }
        let crashes = claims.ends()?.iter().filter(|end| end.how == How::Crashed).count();
        let (exit_code, what) = match exit {
            _ if (self.stop)() => return Ok(Outcome::Released),
            _ if reason.as_deref().is_some_and(files::run_is_taken) => {
                return Ok(Outcome::Released);
            }
            Exit::Signal(_) if crashes + 1 < ATTEMPTS => return Ok(Outcome::Crashed),
            Exit::Signal(signal) => (None, format!("ended by signal {signal}, {ATTEMPTS} times")),
            Exit::Code(code) => (Some(code), format!("ended with exit code {code}")),
            Exit::Success => (Some(0), "ended without a result.json".to_owned()),
        };
        let id = self.sweep.trials[work.trial].id.clone();
        let path = self.sweep.folder.failure(&id);
        let reason = reason.unwrap_or(what);
        let failure = TrialFailure { id, exit_code, reason, attempts: crashes + 1 };
        failure.store(&path)?;
        Ok(Outcome::Failed(failure.reason))
    }
}
