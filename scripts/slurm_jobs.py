"""What happens to jobs of the Slurm that `test-slurm` started, and to their processes.

Nothing here depends on how fast the machine is: it waits for what is needed.
"""
import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

# Seconds to wait for what must come, on the slowest machine.
PATIENCE = 1800


def say(text):
    print(f"test-slurm: {text}", flush=True)


def call(*command, **options):
    """Standard output of a command that must succeed."""
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE,
                          **options)
    if done.returncode != 0:
        sys.exit(f"test-slurm: exit code {done.returncode}: {' '.join(map(str, command))}")
    return done.stdout


def wait(what, condition):
    """Until the condition holds; its value."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    sys.exit(f"test-slurm: waited {PATIENCE} s for {what}")


def queue():
    """Array tasks that have not ended, the grid's first."""
    jobs = call("squeue", "-h", "-r", "-o", "%F_%K").split()
    return sorted(jobs, key=lambda job: tuple(map(int, job.split("_"))))


def facts(job):
    """What Slurm knows about an array task."""
    words = call("scontrol", "show", "job", job).split()
    return dict(word.split("=", 1) for word in words if "=" in word)


def has_ended(job):
    return facts(job)["JobState"] not in ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING")


def processes(*variables):
    """Processes of our cluster's jobs; with these environment variables, too."""
    wanted = {f"SLURM_CONF={os.environ['SLURM_CONF']}".encode(), *map(str.encode, variables)}
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        # They come and go.
        with contextlib.suppress(OSError):
            environment = set((folder / "environ").read_bytes().split(b"\0"))
            job = any(word.startswith(b"SLURM_ARRAY_TASK_ID=") for word in environment)
            if folder.name.isdigit() and job and wanted <= environment:
                found.append(int(folder.name))
    return found


def processes_of(job):
    array, task = job.split("_")
    return processes(f"SLURM_ARRAY_JOB_ID={array}", f"SLURM_ARRAY_TASK_ID={task}")


def tell(process, number):
    """Sends a signal, unless the process has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


def stat(process):
    """What the system says about a process from its state on; nothing if it has gone."""
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return []


def state(process):
    """The state as one letter; None if the process has gone."""
    return next(iter(stat(process)), None)


@dataclasses.dataclass
class Caught:
    """A job whose trial is stopped in its middle."""
    job: str
    worker: int
    trial: int

    def let_go(self):
        """Lets the trial run on once its worker has asked it to end, or is gone itself.

        The trial must not come to its end before it is asked. The worker asks by closing the pipe
        that is the trial's standard input.
        """
        with contextlib.suppress(OSError):
            pipe = os.readlink(f"/proc/{self.trial}/fd/0")
            wait("a worker to end its trial", lambda: not has_open(self.worker, pipe))
        tell(self.trial, signal.SIGCONT)


def has_open(process, file):
    with contextlib.suppress(OSError):
        for link in pathlib.Path(f"/proc/{process}/fd").iterdir():
            with contextlib.suppress(OSError):
                if os.readlink(link) == file:
                    return True
    return False


def worker_of(folder, job):
    """The run and the worker's process of the claim that a job holds, if it holds one."""
    array, task = job.split("_")
    for path in folder.glob("claims/*/*.json"):
        claim = json.loads(path.read_text())
        slurm = claim["slurm"] or {}
        mine = (slurm.get("job"), slurm.get("task")) == (array, task)
        if mine and not path.with_suffix(".end").exists():
            return folder / "trials" / path.parent.name, claim["pid"]
    return None


def trial_of(worker):
    """The process of the trial that a worker has started, if there is one."""
    numbers = [int(path.name) for path in pathlib.Path("/proc").iterdir() if path.name.isdigit()]
    return next((number for number in numbers if stat(number)[1:2] == [str(worker)]), None)


def stop(folder, job):
    """Stops the trial of a job between its first checkpoint and its result; None if it cannot yet."""
    held = worker_of(folder, job)
    if held is None or not any(held[0].glob("checkpoint/*")):
        return None
    run, worker = held
    trial = trial_of(worker)
    if trial is None:
        return None
    tell(trial, signal.SIGSTOP)
    # It may have ended instead, and wait for its parent to look (Z) or be gone.
    wait("a process to stop", lambda: state(trial) in ("T", "Z", None))
    if state(trial) == "T" and not (run / "result.json").exists():
        return Caught(job, worker, trial)
    tell(trial, signal.SIGCONT)
    return None


def catch(folder, jobs):
    """The next job that can be stopped in the middle of its trial."""
    for job in jobs:
        call("scontrol", "release", job)
        caught = wait(f"job {job} to train", lambda: stop(folder, job) or has_ended(job))
        if isinstance(caught, Caught):
            return caught
        say(f"job {job} ended before it could be disturbed")
    sys.exit("test-slurm: all jobs ended before they could be disturbed")
