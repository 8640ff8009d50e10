//! The identity of a worker.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// Who holds a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Another one for each worker of a process.
    pub worker: String,
    /// The machine's name.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// What tells this process from a later one of the same number; Linux only.
    pub process: Option<Process>,
    /// The Slurm job, if it is one.
    pub slurm: Option<SlurmTask>,
}

/// A process for sure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The machine's boot.
    pub boot: String,
    /// The namespace that the process's number counts in: containers have their own.
    pub space: String,
    /// When it started, in clock ticks after the boot.
    pub started: u64,
}

/// A task of a Slurm array, or a job of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlurmTask {
    /// The (array's) job.
    pub job: String,
    /// Its place in the array.
    pub task: Option<String>,
    /// How often Slurm has started it again.
    pub restarts: u64,
}

impl Holder {
    /// This process, as its worker number `worker`.
    pub fn here(worker: usize) -> Self {
        let host = gethostname::gethostname().to_string_lossy().into_owned();
        let pid = std::process::id();
        Self {
            worker: format!("{host}-{pid}-{worker}"),
            host,
            pid,
            process: process(pid),
            slurm: SlurmTask::here(|name| std::env::var(name).ok()),
        }
    }

    /// Whether `other` is known to have ended, as seen from here. Workers on other machines cannot
    /// be seen.
    pub(crate) fn knows_gone(&self, other: &Self) -> bool {
        let restarted = match (&self.slurm, &other.slurm) {
            (Some(mine), Some(its)) => {
                mine.job == its.job && mine.task == its.task && mine.restarts > its.restarts
            }
            _ => false,
        };
        let gone = match (&self.process, &other.process) {
            (Some(mine), Some(its)) if mine.boot == its.boot && mine.space == its.space => {
                self.host == other.host && started(other.pid) != Some(its.started)
            }
            _ => false,
        };
        restarted || gone
    }
}

impl SlurmTask {
    /// What Slurm's variables say.
    pub(crate) fn here(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let array = variable("SLURM_ARRAY_JOB_ID");
        let job = array.or_else(|| variable("SLURM_JOB_ID"))?;
        let restarts = variable("SLURM_RESTART_COUNT").and_then(|n| n.parse().ok());
        let task = variable("SLURM_ARRAY_TASK_ID");
        Some(Self { job, task, restarts: restarts.unwrap_or(0) })
    }

    /// As Slurm's commands take it: `12_3`.
    pub fn name(&self) -> String {
        self.task.as_ref().map_or_else(|| self.job.clone(), |task| format!("{}_{task}", self.job))
    }
}

fn process(pid: u32) -> Option<Process> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
    let space = std::fs::read_link("/proc/self/ns/pid").ok()?.to_string_lossy().into_owned();
    Some(Process { boot, space, started: started(pid)? })
}

/// When a living process started. One that has ended but still waits for its parent is not alive.
fn started(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    let stat = stat.ok()?;
    // The name, in parentheses, may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let alive = !matches!(fields.next()?, "Z" | "X");
    alive.then(|| fields.nth(18)?.parse().ok())?
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn of(pid: u32) -> Holder {
        Holder { pid, process: process(pid), ..Holder::here(0) }
    }

    #[test]
    fn a_process_is_gone_when_it_ended_and_not_before() {
        let here = Holder::here(0);
        assert!(!here.knows_gone(&Holder::here(1)), "ourselves");
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let holder = of(child.id());
        assert!(!here.knows_gone(&holder));
        child.kill().unwrap();
        while started(child.id()).is_some() {
            std::thread::yield_now();
        }
        assert!(here.knows_gone(&holder), "ended, though its parent has not looked");
        child.wait().unwrap();
        assert!(here.knows_gone(&holder));
    }

    #[test]
    fn a_number_taken_by_another_process_is_not_the_old_one() {
        let here = Holder::here(0);
        let mut old = Holder::here(0);
        old.process.as_mut().unwrap().started += 1;
        assert!(here.knows_gone(&old));
    }

    #[test]
    fn other_machines_boots_and_containers_cannot_be_seen() {
        let here = Holder::here(0);
        let dead = Holder { pid: u32::MAX, ..Holder::here(0) };
        assert!(here.knows_gone(&dead));
        assert!(!here.knows_gone(&Holder { host: "other".to_owned(), ..dead.clone() }));
        assert!(!here.knows_gone(&Holder { process: None, ..dead.clone() }));
        for other in ["boot", "space"] {
            let mut elsewhere = dead.clone();
            let process = elsewhere.process.as_mut().unwrap();
            *(if other == "boot" { &mut process.boot } else { &mut process.space }) = "x".into();
            assert!(!here.knows_gone(&elsewhere), "{other}");
        }
    }

    #[test]
    fn a_slurm_task_that_was_started_again_is_gone_before() {
        let slurm = |task: &str, restarts: &str| {
            let variables = [
                ("SLURM_ARRAY_JOB_ID", "7"),
                ("SLURM_JOB_ID", "9"),
                ("SLURM_ARRAY_TASK_ID", task),
                ("SLURM_RESTART_COUNT", restarts),
            ];
            let find = |name: &str| variables.iter().find(|(n, _)| *n == name);
            let slurm = SlurmTask::here(|name| find(name).map(|(_, value)| (*value).to_owned()));
            Holder { host: restarts.to_owned(), slurm, ..Holder::default() }
        };
        assert_eq!(slurm("3", "").slurm.unwrap().name(), "7_3");
        assert!(slurm("3", "1").knows_gone(&slurm("3", "")));
        assert!(!slurm("3", "1").knows_gone(&slurm("3", "1")));
        assert!(!slurm("3", "1").knows_gone(&slurm("3", "2")), "it is later than this one");
        assert!(!slurm("3", "1").knows_gone(&slurm("4", "0")));
        let mut elsewhere = slurm("3", "0");
        elsewhere.slurm.as_mut().unwrap().job = "8".to_owned();
        assert!(!slurm("3", "1").knows_gone(&elsewhere));
        assert!(!slurm("3", "1").knows_gone(&Holder::default()));
    }

    #[test]
    fn a_slurm_job_of_its_own_has_no_task() {
        let variable = |name: &str| match name {
            "SLURM_JOB_ID" => Some("9".to_owned()),
            "SLURM_RESTART_COUNT" => Some("2".to_owned()),
            _ => None,
        };
        let job = SlurmTask::here(variable).unwrap();
        assert_eq!(job, SlurmTask { job: "9".to_owned(), task: None, restarts: 2 });
        assert_eq!(job.name(), "9");
        assert_eq!(SlurmTask::here(|_| None), None);
    }

    #[test]
    fn a_later_process_has_a_later_start() {
        let own = started(std::process::id()).unwrap();
        assert!(own > 0);
        assert_eq!(started(std::process::id()), Some(own));
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        assert!(started(child.id()).is_some_and(|start| start >= own));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(started(child.id()), None);
    }

    #[test]
    fn workers_of_a_process_are_told_apart() {
        let (first, second) = (Holder::here(0), Holder::here(1));
        assert_ne!(first.worker, second.worker);
        assert_eq!((first.pid, &first.host), (std::process::id(), &second.host));
    }
}
