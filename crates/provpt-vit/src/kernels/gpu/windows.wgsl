// Tokens of images to tokens of windows, and back: inserted ones are in every window, those of the grid
// in one.

struct Params {
    // Values that are written.
    len: u32,
    width: u32,
    inserted: u32,
    grid: u32,
    side: u32,
    shift: u32,
    // What inserted tokens are multiplied with.
    share: f32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read> a: array<f32>;

@compute @workgroup_size(256)
fn to_windows(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
              @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let across = p.grid / p.side;
    let tokens = p.inserted + p.side * p.side;
    let row = i / p.width;
    let token = row % tokens;
    let window = row / tokens % (across * across);
    var origin = token;
    var share = p.share;
    if (token >= p.inserted) {
        let place = token - p.inserted;
        let line = (window / across * p.side + place / p.side + p.shift) % p.grid;
        let column = (window % across * p.side + place % p.side + p.shift) % p.grid;
        origin = p.inserted + line * p.grid + column;
        share = 1.0;
    }
    let image = row / tokens / (across * across);
    y[i] = share * a[(image * (p.inserted + p.grid * p.grid) + origin) * p.width + i % p.width];
}

@compute @workgroup_size(256)
fn from_windows(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
                @builtin(local_invocation_index) lane: u32) {
    let i = value_of(group, groups, lane);
    if (i >= p.len) { return; }
    let across = p.grid / p.side;
    let windows = across * across;
    let tokens = p.inserted + p.side * p.side;
    let all = p.inserted + p.grid * p.grid;
    let row = i / p.width;
    let token = row % all;
    let first = row / all * windows;
    if (token < p.inserted) {
        var sum = 0.0;
        for (var window = 0u; window < windows; window++) {
            sum += a[((first + window) * tokens + token) * p.width + i % p.width];
        }
        y[i] = p.share * sum;
    } else {
        let cell = token - p.inserted;
        let line = (cell / p.grid + p.grid - p.shift) % p.grid;
        let column = (cell % p.grid + p.grid - p.shift) % p.grid;
        let window = line / p.side * across + column / p.side;
        let place = p.inserted + line % p.side * p.side + column % p.side;
        y[i] = a[((first + window) * tokens + place) * p.width + i % p.width];
    }
}
