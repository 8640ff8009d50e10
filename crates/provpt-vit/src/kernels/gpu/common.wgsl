// What every shader may use. Buffers that a shader writes are bound from 0 on, those that it reads
// from 4 on; sizes come as immediates.

// Which of a call's workgroups this is. They are counted along x, then along y, since a device takes
// no more than so many along one dimension: there may be more of them than were asked for.
fn group_of(group: vec3<u32>, groups: vec3<u32>) -> u32 {
    return group.y * groups.x + group.x;
}

// The value that an invocation has to itself, where 256 of them are a workgroup.
fn value_of(group: vec3<u32>, groups: vec3<u32>, lane: u32) -> u32 {
    return group_of(group, groups) * 256u + lane;
}

// `e^x`, 0 for what is so small that f32 has no normal number for it.
fn exp_of(x: f32) -> f32 {
    return select(exp(x), 0.0, x < -87.0);
}
