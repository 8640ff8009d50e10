// What the lanes of a workgroup have, added up: in pairs, by way of the workgroup's memory.

const LANES: u32 = 128u;
var<workgroup> parts: array<vec2<f32>, LANES>;

struct Lane {
    @builtin(local_invocation_index) index: u32,
}

// The sum of what all lanes have.
fn sum_of(value: vec2<f32>, lane: Lane) -> vec2<f32> {
    parts[lane.index] = value;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if (lane.index < half) { parts[lane.index] += parts[lane.index + half]; }
        workgroupBarrier();
    }
    let sum = workgroupUniformLoad(&parts[0]);
    return sum;
}
