//! The kernels one by one, on one thread: `cargo bench -p provpt-vit --features bench`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use provpt_vit::bench::cases;

#[allow(clippy::expect_used)] // A bench has nobody to tell.
fn kernels(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("kernels");
    let cases = cases().expect("operands of a few megabytes");
    for mut case in cases {
        group.throughput(Throughput::Elements(case.work as u64));
        group.bench_function(case.name, |bencher| bencher.iter(|| (case.run)()));
    }
    group.finish();
}

criterion_group!(benches, kernels);
criterion_main!(benches);
