//! Every instruction set gives the same bits, and portable code is as right as the other.
//!
//! A process chooses once, so each comparison runs this very program again.

use std::env;
use std::hash::Hasher;
use std::process::Command;

use super::super::elementwise::{add, gelu, gelu_grad, scale_columns, scaled_sum, sum};
use super::super::norm::{norm, norm_grad};
use super::super::simd::arch;
use super::super::softmax::{softmax, softmax_again, softmax_grad};
use super::values;

/// Runs some of this program's tests on portable code; what they print.
fn rerun(arguments: &[&str]) -> String {
    let output = Command::new(env::current_exe().unwrap())
        .args(arguments)
        .env("PROVPT_SIMD", "portable")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// One number for many bits; a NaN is a NaN.
fn digest(parts: &[&[f32]]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    for &value in parts.iter().copied().flatten() {
        hasher.write_u32(if value.is_nan() { 1 } else { value.to_bits() });
    }
    hasher.finish()
}

/// All kinds of numbers: one in a thousand of all there are.
fn every_kind() -> Vec<f32> {
    (0..=u32::MAX).step_by(1009).map(f32::from_bits).collect()
}

/// What each kernel makes of the same inputs.
fn fingerprints() -> Vec<(&'static str, u64)> {
    let all = every_kind();
    let mut exp = all.clone();
    softmax_again(&mut exp, all.len(), &[0.0]);
    let mut y = vec![0.0; all.len()];
    gelu(&mut y, &all);
    let mut slope = vec![1.0; all.len()];
    gelu_grad(&mut slope, &all);
    let mut prints =
        vec![("exp", digest(&[&exp])), ("gelu", digest(&[&y])), ("gelu'", digest(&[&slope]))];
    for width in [1, 7, 16, 33, 768] {
        prints.extend(of_rows(width));
    }
    prints
}

fn of_rows(width: usize) -> Vec<(&'static str, u64)> {
    let len = 5 * width;
    let [x, dy, weight, bias] =
        [(1, len), (2, len), (3, width), (4, width)].map(|(seed, len)| values(seed, len, 3.0));
    let (mut y, mut stats) = (vec![0.0; len], vec![0.0; 10]);
    norm(&mut y, &mut stats, &x, &weight, &bias, 1e-6);
    let mut dx = dy.clone();
    norm_grad(&mut dx, &dy, &x, &stats, &weight);
    let (mut p, mut log_sum) = (x.clone(), vec![0.0; 5]);
    softmax(&mut p, width, &mut log_sum);
    let mut again = x.clone();
    softmax_again(&mut again, width, &log_sum);
    let (mut d, mut sums) = (dy.clone(), vec![0.0; width]);
    softmax_grad(&mut d, &p, width, &mut sums);
    let [mut added, mut plain, mut scaled, mut columns] = [(); 4].map(|()| dy.clone());
    add(&mut added, &x);
    sum(&mut plain, &x, &dy);
    scaled_sum(&mut scaled, &x, &dy, &weight);
    scale_columns(&mut columns, &x, &weight);
    vec![
        ("norm", digest(&[&y, &stats])),
        ("norm'", digest(&[&dx])),
        ("softmax", digest(&[&p, &log_sum])),
        ("softmax again", digest(&[&again])),
        ("softmax'", digest(&[&d, &sums])),
        ("sums", digest(&[&added, &plain, &scaled, &columns])),
    ]
}

fn report() -> String {
    let lines = fingerprints().into_iter().map(|(name, bits)| format!("bits of {name}: {bits:x}"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
#[ignore = "prints what another process's test compares"]
fn print_fingerprints() {
    println!("\n{}\nrunning on {:?}", report(), arch());
}

#[test]
fn portable_code_gives_the_same_bits() {
    let name = concat!(module_path!(), "::print_fingerprints");
    let name = name.split_once("::").unwrap().1;
    let text = rerun(&["--exact", name, "--ignored", "--nocapture"]);
    assert!(text.contains("running on Scalar"), "{text}");
    let theirs: Vec<&str> = text.lines().filter(|line| line.starts_with("bits of")).collect();
    assert_eq!(theirs.join("\n"), report());
}

#[test]
fn portable_code_passes_these_tests() {
    let text = rerun(&["kernels::", "--skip", "::bits::"]);
    assert!(text.matches("... ok\n").count() >= 16, "{text}");
}
