// One invocation a value.

struct Params {
    len: u32,
    // Values of a row, where there are rows.
    width: u32,
    // Whether there is a scale, or a shift.
    has: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read> a: array<f32>;
@group(0) @binding(5) var<storage, read> b: array<f32>;
@group(0) @binding(6) var<storage, read> c: array<f32>;

// `erfc(t) / 2` for `t >= 0`; our own fit, as on the CPU.
fn half_erfc(t: f32) -> f32 {
    let x = min(t, 5.0);
    var q = -1.0630768e-7;
    q = q * x + 2.6644216e-6;
    q = q * x - 2.9664208e-5;
    q = q * x + 1.9233726e-4;
    q = q * x - 7.8314677e-4;
    q = q * x + 1.840413e-3;
    q = q * x - 2.728728e-4;
    q = q * x - 1.9115822e-2;
    q = q * x + 1.0277335e-1;
    q = q * x + 6.3661915e-1;
    q = q * x + 1.1283792;
    return select(0.5 * exp_of(-(q * x)), 0.0, t > 5.0);
}

// The normal distribution function.
fn phi(x: f32) -> f32 {
    let tail = half_erfc(abs(x) * 0.70710678);
    return select(1.0 - tail, tail, x < 0.0);
}

@compute @workgroup_size(256)
fn gelu(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i < p.len) { y[i] = a[i] * phi(a[i]); }
}

@compute @workgroup_size(256)
fn gelu_grad(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
             @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i < p.len) {
        let x = a[i];
        y[i] *= phi(x) + x * 0.3989423 * exp_of(-0.5 * x * x);
    }
}

@compute @workgroup_size(256)
fn residual(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
            @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i < p.len) {
        var scale = 1.0;
        if (p.has != 0u) { scale = c[i % p.width]; }
        y[i] = a[i] + scale * b[i];
    }
}

// `y = scale * a`, by column.
@compute @workgroup_size(256)
fn scale_columns(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
                 @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i < p.len) { y[i] = a[i] * b[i % p.width]; }
}

@compute @workgroup_size(256)
fn scale_shift(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
               @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i < p.len) {
        var shift = 0.0;
        if (p.has != 0u) { shift = b[i % p.width]; }
        y[i] = a[i % p.width] * y[i] + shift;
    }
}

@compute @workgroup_size(256)
fn add(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
       @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i < p.len) { y[i] += a[i]; }
}

// What is no number stays.
@compute @workgroup_size(256)
fn relu(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i < p.len && y[i] < 0.0) { y[i] = 0.0; }
}

@compute @workgroup_size(256)
fn relu_grad(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
             @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i < p.len && a[i] == 0.0) { y[i] = 0.0; }
}
