//! What this machine has, as Linux tells it; nothing is known of others.

use std::path::Path;

use fs_err::read_to_string;
use provpt_base::kilobytes;

/// Bytes of memory that are free, within what the process may have; none if the system does not tell.
pub fn free_memory() -> Option<u64> {
    let free = kilobytes(&read_to_string("/proc/meminfo").ok()?, "MemAvailable")?;
    Some(free.min(left_in_group().unwrap_or(u64::MAX)))
}

/// The largest resident memory that a process has had so far.
pub(crate) fn peak_of(process: u32) -> Option<u64> {
    kilobytes(&read_to_string(format!("/proc/{process}/status")).ok()?, "VmHWM")
}

/// What the control group leaves, where there is a limit: containers and batch jobs have one.
fn left_in_group() -> Option<u64> {
    let groups = read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let root = Path::new("/sys/fs/cgroup");
    // In a container the group's own name may lead nowhere: its files are at the root.
    [root.join(own), root.to_owned()].iter().find_map(|group| {
        let number = |file: &str| read_to_string(group.join(file)).ok()?.trim().parse::<u64>().ok();
        Some(number("memory.max")?.saturating_sub(number("memory.current")?))
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory() {
        let peak = peak_of(std::process::id()).unwrap();
        assert!(peak > 1 << 20, "{peak}");
        assert!(free_memory().unwrap() > 0);
    }
}
