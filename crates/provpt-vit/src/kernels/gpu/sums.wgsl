// Sums over rows, added to what is there.

struct Params {
    rows: u32,
    width: u32,
    // What is added up: 0, x; 1, x y; 2, x times what y is when it is normalized.
    kind: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read_write> sum: array<f32>;
@group(0) @binding(4) var<storage, read> x: array<f32>;
@group(0) @binding(5) var<storage, read> y: array<f32>;
@group(0) @binding(6) var<storage, read> stats: array<f32>;

// A workgroup has 16 columns; each of its 16 lines of lanes adds up every 16th row.
var<workgroup> parts: array<f32, 256>;

@compute @workgroup_size(256)
fn column_sums(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
               @builtin(local_invocation_index) lane: u32) {
    let column = group_of(group, groups) * 16u + lane % 16u;
    var own = 0.0;
    if (column < p.width) {
        for (var row = lane / 16u; row < p.rows; row += 16u) {
            let i = row * p.width + column;
            var value = x[i];
            if (p.kind == 1u) { value *= y[i]; }
            if (p.kind == 2u) { value *= (y[i] - stats[2u * row]) * stats[2u * row + 1u]; }
            own += value;
        }
    }
    parts[lane] = own;
    workgroupBarrier();
    for (var half = 128u; half >= 16u; half /= 2u) {
        if (lane < half) { parts[lane] += parts[lane + half]; }
        workgroupBarrier();
    }
    if (lane < 16u && column < p.width) { sum[column] += parts[lane]; }
}

// Parts of `len` values, `rows` for each of `width` sums: a group's parts lie one behind the other.
@compute @workgroup_size(256)
fn sum_parts(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
             @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    let len = p.kind;
    if (i >= p.width * len) { return; }
    var at = i / len * p.rows * len + i % len;
    var own = 0.0;
    for (var part = 0u; part < p.rows; part++) {
        own += x[at];
        at += len;
    }
    sum[i] += own;
}
