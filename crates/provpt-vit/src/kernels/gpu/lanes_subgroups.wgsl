// What the lanes of a workgroup have, added up: within subgroups by the device, in its own order, which is
// always the same; then over subgroups one after the other.

const LANES: u32 = 128u;
// A subgroup has 4 lanes at least.
var<workgroup> parts: array<vec2<f32>, LANES / 4u>;

struct Lane {
    @builtin(local_invocation_index) index: u32,
    @builtin(subgroup_invocation_id) in_subgroup: u32,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(num_subgroups) subgroups: u32,
}

// The sum of what all lanes have.
fn sum_of(value: vec2<f32>, lane: Lane) -> vec2<f32> {
    let part = subgroupAdd(value);
    if (lane.in_subgroup == 0u) { parts[lane.subgroup] = part; }
    workgroupBarrier();
    var sum = vec2(0.0, 0.0);
    for (var i = 0u; i < lane.subgroups; i++) { sum += parts[i]; }
    // The next sum is in the same place.
    workgroupBarrier();
    return sum;
}
