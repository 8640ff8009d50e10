// Pixels to patches, and merges of each four tokens of a grid.

struct Params {
    // Values that are written.
    len: u32,
    // Of an image or of a grid.
    side: u32,
    // Pixels of zeros around an image.
    frame: u32,
    // Side of a patch, or rows in front of a grid.
    size: u32,
    // Patches along a side, or values of a token before the merge.
    many: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read> a: array<f32>;

@compute @workgroup_size(256)
fn patches(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
           @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let values = 3u * p.size * p.size;
    let patch_index = i / values;
    let inside = i % values;
    let channel = inside / p.size / p.size;
    let row = patch_index / p.many % p.many * p.size + inside / p.size % p.size;
    let column = patch_index % p.many * p.size + inside % p.size;
    var value = 0.0;
    if (row >= p.frame && row < p.frame + p.side && column >= p.frame && column < p.frame + p.side) {
        let line = (patch_index / p.many / p.many * 3u + channel) * p.side + row - p.frame;
        value = a[line * p.side + column - p.frame];
    }
    y[i] = value;
}

@compute @workgroup_size(256)
fn merge(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
         @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let width = p.many;
    let half = p.side / 2u;
    let after = p.size + half * half;
    let row = i / (4u * width);
    let token = row % after;
    let part = i / width % 4u;
    var origin = token;
    if (token >= p.size) {
        let cell = token - p.size;
        origin = p.size + (2u * (cell / half) + part % 2u) * p.side + 2u * (cell % half) + part / 2u;
    }
    y[i] = a[(row / after * (p.size + p.side * p.side) + origin) * width + i % width];
}

@compute @workgroup_size(256)
fn merge_grad(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
              @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let width = p.many;
    let half = p.side / 2u;
    let before = p.size + p.side * p.side;
    let row = i / width;
    let token = row % before;
    let first = row / before * (p.size + half * half);
    if (token < p.size) {
        let origin = (first + token) * 4u * width + i % width;
        y[i] = a[origin] + a[origin + width] + a[origin + 2u * width] + a[origin + 3u * width];
    } else {
        let line = (token - p.size) / p.side;
        let column = (token - p.size) % p.side;
        let to = first + p.size + line / 2u * half + column / 2u;
        let part = line % 2u + 2u * (column % 2u);
        y[i] = a[(to * 4u + part) * width + i % width];
    }
}
