//! What Linux tells in text.

/// Bytes that a line `KEY: N kB` says, as `/proc/meminfo` and `/proc/self/status` have them.
pub fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(name, _)| *name == key)?;
    value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_from_lines() {
        let text = "MemTotal:  24 kB\nMemAvailable:    7 kB\nOther: x\n";
        assert_eq!(kilobytes(text, "MemAvailable"), Some(7 * 1024));
        assert_eq!(kilobytes(text, "Other"), None);
        assert_eq!(kilobytes(text, "None"), None);
    }
}
