use std::ffi::OsStr;
use std::path::Path;

use crate::common::{run, start, temp, wait_until};

fn words(output: &Path) -> [&OsStr; 4] {
    ["demo".as_ref(), "--quick".as_ref(), "--output".as_ref(), output.as_os_str()]
}

fn demo(output: &Path) -> String {
    let said = run(words(output));
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    said.stdout
}

#[test]
fn the_demo_compares_three_methods_every_time() {
    let folder = temp();
    let output = folder.path().join("demo");
    let table = demo(&output);
    for (name, run) in
        [("linear probe", "linear"), ("VPT-Deep", "vpt-deep"), ("PRO-VPT", "pro-vpt")]
    {
        assert!(table.lines().any(|line| line.starts_with(name)), "{name}: {table}");
        let report = output.join(run).join("report.html");
        assert!(report.is_file() && table.contains(&report.display().to_string()), "{table}");
    }
    // A run that was stopped goes on; the finished ones beside it stay as they are.
    let result = |run: &str| output.join(run).join("result.json");
    let linear = std::fs::metadata(result("linear")).unwrap().modified().unwrap();
    std::fs::remove_file(result("pro-vpt")).unwrap();
    assert_eq!(demo(&output).lines().count(), table.lines().count());
    assert!(result("pro-vpt").is_file() && !folder.path().join("demo-2").exists());
    assert_eq!(std::fs::metadata(result("linear")).unwrap().modified().unwrap(), linear);
    // Nothing left to do: another one begins beside it.
    let mut child = start(words(&output));
    let config = folder.path().join("demo-2/linear/config.toml");
    wait_until("no second demo", || config.exists());
    child.kill().unwrap();
    child.wait().unwrap();
}
