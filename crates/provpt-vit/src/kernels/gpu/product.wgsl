// Products of matrices, `c[m, n] = a[m, k] b[k, n]`, whatever way those lie: a workgroup has a square of
// 16 SIDE of c, an invocation SIDE x SIDE values of it, 16 apart. Sums run over k in order.
//
// HALF: whether b is in f16, two values a word.

struct Params {
    m: u32,
    n: u32,
    k: u32,
    // From one row, and from one column, to the next.
    a_row: u32,
    a_column: u32,
    b_row: u32,
    b_column: u32,
    // Where a begins.
    a_start: u32,
    // Bits: 1, a bias for each column is added; 2, what is in c stays and is added to.
    adds: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read_write> c: array<f32>;
@group(0) @binding(4) var<storage, read> a: array<f32>;
@group(0) @binding(5) var<storage, read> b: array<u32>;
@group(0) @binding(6) var<storage, read> bias: array<f32>;

const TILE: u32 = 16u * SIDE;
// One more than the tile has, so that a column of it lies in different banks.
const ROW: u32 = TILE + 1u;
const DEEP: u32 = 16u;

var<workgroup> tile_a: array<f32, DEEP * ROW>;
var<workgroup> tile_b: array<f32, DEEP * ROW>;

fn b_at(i: u32) -> f32 {
    if (HALF != 0u) {
        return unpack2x16float(b[i >> 1u])[i & 1u];
    }
    return bitcast<f32>(b[i]);
}

@compute @workgroup_size(256)
fn product(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
           @builtin(local_invocation_index) lane: u32) {
    let across = (p.n + TILE - 1u) / TILE;
    let tile = group_of(group, groups);
    let row0 = tile / across * TILE;
    let column0 = tile % across * TILE;
    if (row0 >= p.m) { return; }
    let y = lane / 16u;
    let x = lane % 16u;
    var sum: array<f32, SIDE * SIDE>;
    for (var k0 = 0u; k0 < p.k; k0 += DEEP) {
        for (var i = 0u; i < SIDE; i++) {
            // Neighbours read what lies side by side.
            let e = lane + i * 256u;
            let row = select(e % TILE, e / DEEP, p.a_column == 1u);
            let deep = select(e / TILE, e % DEEP, p.a_column == 1u);
            var value = 0.0;
            if (row0 + row < p.m && k0 + deep < p.k) {
                value = a[p.a_start + (row0 + row) * p.a_row + (k0 + deep) * p.a_column];
            }
            tile_a[deep * ROW + row] = value;
            let column = select(e / DEEP, e % TILE, p.b_column == 1u);
            let deep_b = select(e % DEEP, e / TILE, p.b_column == 1u);
            value = 0.0;
            if (column0 + column < p.n && k0 + deep_b < p.k) {
                value = b_at((k0 + deep_b) * p.b_row + (column0 + column) * p.b_column);
            }
            tile_b[deep_b * ROW + column] = value;
        }
        workgroupBarrier();
        for (var deep = 0u; deep < DEEP; deep++) {
            var line: array<f32, SIDE>;
            for (var j = 0u; j < SIDE; j++) { line[j] = tile_b[deep * ROW + x + 16u * j]; }
            for (var i = 0u; i < SIDE; i++) {
                let value = tile_a[deep * ROW + y + 16u * i];
                for (var j = 0u; j < SIDE; j++) { sum[i * SIDE + j] += value * line[j]; }
            }
        }
        workgroupBarrier();
    }
    for (var i = 0u; i < SIDE; i++) {
        let row = row0 + y + 16u * i;
        for (var j = 0u; j < SIDE; j++) {
            let column = column0 + x + 16u * j;
            if (row < p.m && column < p.n) {
                var value = sum[i * SIDE + j];
                if ((p.adds & 1u) != 0u) { value += bias[column]; }
                if ((p.adds & 2u) != 0u) { value += c[row * p.n + column]; }
                c[row * p.n + column] = value;
            }
        }
    }
}
