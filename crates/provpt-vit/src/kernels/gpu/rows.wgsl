// Moves of rows: an invocation a value of what is written.

struct Params {
    // Values that are written.
    len: u32,
    images: u32,
    // Rows of an image, without those inserted or added.
    tokens: u32,
    width: u32,
    // Rows that stay in front of those inserted.
    first: u32,
    extra: u32,
    // Whether every image has inserted or added rows of its own.
    per_image: u32,
    // Rows of which there is a mean.
    start: u32,
    end: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read> a: array<f32>;
@group(0) @binding(5) var<storage, read> b: array<f32>;

@compute @workgroup_size(256)
fn assemble(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
            @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let row = i / p.width;
    let token = row % p.tokens;
    var value = b[token * p.width + i % p.width];
    if (token > 0u) { value += a[(row / p.tokens * (p.tokens - 1u) + token - 1u) * p.width + i % p.width]; }
    y[i] = value;
}

@compute @workgroup_size(256)
fn assemble_grad(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
                 @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let row = i / p.width;
    let rest = p.tokens - 1u;
    y[i] = a[(row / rest * p.tokens + row % rest + 1u) * p.width + i % p.width];
}

@compute @workgroup_size(256)
fn insert_rows(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
               @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let column = i % p.width;
    let after = p.tokens + p.extra;
    let image = i / p.width / after;
    let token = i / p.width % after;
    if (token >= p.first && token < p.first + p.extra) {
        y[i] = b[((image * p.per_image) * p.extra + token - p.first) * p.width + column];
    } else {
        let origin = select(token - p.extra, token, token < p.first);
        y[i] = a[(image * p.tokens + origin) * p.width + column];
    }
}

// What an insertion passes on to the rows that were there.
@compute @workgroup_size(256)
fn take_rows(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
             @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let image = i / p.width / p.tokens;
    let token = i / p.width % p.tokens;
    let origin = select(token + p.extra, token, token < p.first);
    y[i] = a[(image * (p.tokens + p.extra) + origin) * p.width + i % p.width];
}

// What it passes on to the inserted rows.
@compute @workgroup_size(256)
fn inserted_grad(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
                 @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let row = i / p.width % p.extra + p.first;
    let own = i / p.width / p.extra;
    var sum = 0.0;
    for (var image = own; image < select(p.images, own + 1u, p.per_image != 0u); image++) {
        sum += a[(image * (p.tokens + p.extra) + row) * p.width + i % p.width];
    }
    y[i] += sum;
}

@compute @workgroup_size(256)
fn first_rows(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
              @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    y[i] = a[i / p.width * p.tokens * p.width + i % p.width];
}

@compute @workgroup_size(256)
fn first_rows_grad(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
                   @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    y[i / p.width * p.tokens * p.width + i % p.width] += a[i];
}

@compute @workgroup_size(256)
fn add_rows(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
            @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let row = i / p.width;
    let origin = row / p.tokens * p.per_image * p.extra + row % p.tokens % p.extra;
    y[i] += a[origin * p.width + i % p.width];
}

@compute @workgroup_size(256)
fn add_rows_grad(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
                 @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let row = i / p.width % p.extra;
    let own = i / p.width / p.extra;
    var sum = 0.0;
    for (var image = own; image < select(p.images, own + 1u, p.per_image != 0u); image++) {
        for (var token = row; token < p.tokens; token += p.extra) {
            sum += a[(image * p.tokens + token) * p.width + i % p.width];
        }
    }
    y[i] += sum;
}

@compute @workgroup_size(256)
fn mean_rows(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
             @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    var sum = 0.0;
    for (var token = p.start; token < p.end; token++) {
        sum += a[(i / p.width * p.tokens + token) * p.width + i % p.width];
    }
    y[i] = sum / f32(max(p.end - p.start, 1u));
}

@compute @workgroup_size(256)
fn mean_rows_grad(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
                  @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let token = i / p.width % p.tokens;
    var value = 0.0;
    if (token >= p.start && token < p.end) {
        value = a[i / p.width / p.tokens * p.width + i % p.width] / f32(p.end - p.start);
    }
    y[i] = value;
}
