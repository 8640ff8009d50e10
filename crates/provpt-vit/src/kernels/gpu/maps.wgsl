// Maps of channels, and windows that move over them.

struct Params {
    // Values that are written.
    len: u32,
    // Of a map.
    side: u32,
    channels: u32,
    // The window, and how often it fits along a side; or how many cells there are.
    size: u32,
    stride: u32,
    frame: u32,
    steps: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read> a: array<f32>;
@group(0) @binding(5) var<storage, read> b: array<f32>;
@group(0) @binding(6) var<storage, read> c: array<f32>;

// Where a value of a map stands.
fn map_at(image: u32, line: u32, column: u32, channel: u32) -> u32 {
    return ((image * p.side + line) * p.side + column) * p.channels + channel;
}

@compute @workgroup_size(256)
fn unfold(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
          @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let channel = i % p.channels;
    let place = i / p.channels % (p.size * p.size);
    let row = i / p.channels / (p.size * p.size);
    let line = row / p.steps % p.steps * p.stride + place / p.size;
    let column = row % p.steps * p.stride + place % p.size;
    let end = p.frame + p.side;
    var value = 0.0;
    if (line >= p.frame && line < end && column >= p.frame && column < end) {
        value = a[map_at(row / p.steps / p.steps, line - p.frame, column - p.frame, channel)];
    }
    y[i] = value;
}

// The first of the windows that a place is in, along one side.
fn first_window(place: u32) -> u32 {
    if (place < p.size) { return 0u; }
    return (place - p.size) / p.stride + 1u;
}

// The first of the windows behind it that the place is not in.
fn end_window(place: u32) -> u32 {
    return min(place / p.stride + 1u, p.steps);
}

@compute @workgroup_size(256)
fn unfold_grad(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
               @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let place = i / p.channels;
    let line = place / p.side % p.side + p.frame;
    let column = place % p.side + p.frame;
    let image = place / p.side / p.side;
    var sum = 0.0;
    for (var top = first_window(line); top < end_window(line); top++) {
        for (var left = first_window(column); left < end_window(column); left++) {
            let row = (image * p.steps + top) * p.steps + left;
            let inside = (line - top * p.stride) * p.size + column - left * p.stride;
            sum += a[(row * p.size * p.size + inside) * p.channels + i % p.channels];
        }
    }
    y[i] = sum;
}

fn is_no_number(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

@compute @workgroup_size(256)
fn max_pool(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
            @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let channel = i % p.channels;
    let row = i / p.channels;
    let image = row / p.steps / p.steps;
    let top = row / p.steps % p.steps * p.stride;
    let left = row % p.steps * p.stride;
    var most = a[map_at(image, top, left, channel)];
    for (var place = 1u; place < p.size * p.size; place++) {
        let value = a[map_at(image, top + place / p.size, left + place % p.size, channel)];
        if (value > most || is_no_number(value)) { most = value; }
    }
    y[i] = most;
}

// Whether a place is the first of a window that has the window's largest value.
fn is_first(image: u32, top: u32, left: u32, place: u32, channel: u32, most: f32) -> bool {
    for (var other = 0u; other < place; other++) {
        if (b[map_at(image, top + other / p.size, left + other % p.size, channel)] == most) {
            return false;
        }
    }
    return b[map_at(image, top + place / p.size, left + place % p.size, channel)] == most;
}

@compute @workgroup_size(256)
fn max_pool_grad(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
                 @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let channel = i % p.channels;
    let line = i / p.channels / p.side % p.side;
    let column = i / p.channels % p.side;
    let image = i / p.channels / p.side / p.side;
    var sum = 0.0;
    for (var top = first_window(line); top < end_window(line); top++) {
        for (var left = first_window(column); left < end_window(column); left++) {
            let pooled = ((image * p.steps + top) * p.steps + left) * p.channels + channel;
            let place = (line - top * p.stride) * p.size + column - left * p.stride;
            if (is_first(image, top * p.stride, left * p.stride, place, channel, c[pooled])) {
                sum += a[pooled];
            }
        }
    }
    y[i] = sum;
}

// Where a cell begins and ends, along one side.
fn cell_start(cell: u32) -> u32 { return cell * p.side / p.steps; }
fn cell_end(cell: u32) -> u32 { return ((cell + 1u) * p.side + p.steps - 1u) / p.steps; }

@compute @workgroup_size(256)
fn mean_cells(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
              @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let row = i / p.steps % p.steps;
    let across = i % p.steps;
    let channel = i / p.steps / p.steps % p.channels;
    let image = i / p.steps / p.steps / p.channels;
    var sum = 0.0;
    for (var line = cell_start(row); line < cell_end(row); line++) {
        for (var column = cell_start(across); column < cell_end(across); column++) {
            sum += a[map_at(image, line, column, channel)];
        }
    }
    y[i] = sum / f32((cell_end(row) - cell_start(row)) * (cell_end(across) - cell_start(across)));
}

@compute @workgroup_size(256)
fn mean_cells_grad(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
                   @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let channel = i % p.channels;
    let line = i / p.channels / p.side % p.side;
    let column = i / p.channels % p.side;
    let image = i / p.channels / p.side / p.side;
    var sum = 0.0;
    for (var row = 0u; row < p.steps; row++) {
        if (line < cell_start(row) || line >= cell_end(row)) { continue; }
        for (var across = 0u; across < p.steps; across++) {
            if (column < cell_start(across) || column >= cell_end(across)) { continue; }
            let count = (cell_end(row) - cell_start(row)) * (cell_end(across) - cell_start(across));
            let origin = ((image * p.channels + channel) * p.steps + row) * p.steps + across;
            sum += a[origin] / f32(count);
        }
    }
    y[i] = sum;
}
