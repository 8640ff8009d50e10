// LayerNorm: a workgroup a row. Each lane adds up every 128th value; then what the lanes have is added up,
// as `lanes.wgsl` or `lanes_subgroups.wgsl` has it.

struct Params {
    rows: u32,
    width: u32,
    eps: f32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<storage, read_write> stats_out: array<f32>;
@group(0) @binding(4) var<storage, read> x: array<f32>;
@group(0) @binding(5) var<storage, read> weight: array<f32>;
@group(0) @binding(6) var<storage, read> bias: array<f32>;
@group(0) @binding(7) var<storage, read> stats: array<f32>;
@group(0) @binding(8) var<storage, read> dy: array<f32>;

@compute @workgroup_size(128)
fn norm(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        lane: Lane) {
    let row = group_of(group, groups);
    if (row >= p.rows) { return; }
    let at = row * p.width;
    var sum = 0.0;
    for (var i = lane.index; i < p.width; i += LANES) { sum += x[at + i]; }
    let mean = sum_of(vec2(sum, 0.0), lane).x / f32(p.width);
    sum = 0.0;
    for (var i = lane.index; i < p.width; i += LANES) {
        let off = x[at + i] - mean;
        sum += off * off;
    }
    let variance = sum_of(vec2(sum, 0.0), lane).x / f32(p.width);
    let scale = 1.0 / sqrt(variance + p.eps);
    for (var i = lane.index; i < p.width; i += LANES) {
        y[at + i] = (x[at + i] - mean) * scale * weight[i] + bias[i];
    }
    if (lane.index == 0u) {
        stats_out[2u * row] = mean;
        stats_out[2u * row + 1u] = scale;
    }
}

@compute @workgroup_size(128)
fn norm_grad(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
             lane: Lane) {
    let row = group_of(group, groups);
    if (row >= p.rows) { return; }
    let at = row * p.width;
    let mean = stats[2u * row];
    let scale = stats[2u * row + 1u];
    var sums = vec2(0.0, 0.0);
    for (var i = lane.index; i < p.width; i += LANES) {
        let g = dy[at + i] * weight[i];
        sums += vec2(g, g * (x[at + i] - mean) * scale);
    }
    let means = sum_of(sums, lane) / f32(p.width);
    for (var i = lane.index; i < p.width; i += LANES) {
        let normed = (x[at + i] - mean) * scale;
        y[at + i] += scale * (dy[at + i] * weight[i] - means.x - normed * means.y);
    }
}
