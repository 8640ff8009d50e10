// Products of matrices, `c[m, n] = a[m, k] b[k, n]`, whatever way those lie: a workgroup has a square of
// c, 64 SPAN values wide, an invocation 4 SPAN x 4 SPAN values of it. Sums run over k in order. Loops over
// an invocation's values are written out: drivers keep what has a name in registers, but not always what
// has an index.
//
// SPAN: 1 or 2. HALF: whether b is in f16, two values a word.

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

const TILE: u32 = 64u * SPAN;
const DEEP: u32 = 16u;
// Groups of four rows, or columns, and one more, so that what lies below each other is in different banks.
const LINE: u32 = 16u * SPAN + 1u;

var<workgroup> tile_a: array<vec4<f32>, DEEP * LINE>;
var<workgroup> tile_b: array<vec4<f32>, DEEP * LINE>;

fn a_at(row: u32, deep: u32) -> f32 {
    if (row >= p.m || deep >= p.k) { return 0.0; }
    return a[p.a_start + row * p.a_row + deep * p.a_column];
}

fn b_at(deep: u32, column: u32) -> f32 {
    if (column >= p.n || deep >= p.k) { return 0.0; }
    let i = deep * p.b_row + column * p.b_column;
    if (HALF != 0u) {
        return unpack2x16float(b[i >> 1u])[i & 1u];
    }
    return bitcast<f32>(b[i]);
}

// Which four rows or columns a lane fetches, and how deep: neighbours read what lies side by side.
fn place(lane: u32, deep_first: bool) -> vec2<u32> {
    return select(vec2(lane % 16u, lane / 16u), vec2(lane / 16u, lane % 16u), deep_first);
}

fn fetch(row0: u32, column0: u32, k0: u32, lane: u32) {
    let of_a = place(lane, p.a_column == 1u);
    let of_b = place(lane, p.b_row == 1u);
    for (var i = 0u; i < SPAN; i++) {
        let four = of_a.x + 16u * i;
        let row = row0 + 4u * four;
        let deep = k0 + of_a.y;
        tile_a[of_a.y * LINE + four] =
            vec4(a_at(row, deep), a_at(row + 1u, deep), a_at(row + 2u, deep), a_at(row + 3u, deep));
        let four_b = of_b.x + 16u * i;
        let column = column0 + 4u * four_b;
        let deep_b = k0 + of_b.y;
        tile_b[of_b.y * LINE + four_b] = vec4(b_at(deep_b, column), b_at(deep_b, column + 1u),
                                              b_at(deep_b, column + 2u), b_at(deep_b, column + 3u));
    }
}

// Writes four values of a row, as far as there are so many.
fn put(row: u32, column: u32, sums: vec4<f32>) {
    for (var j = 0u; j < 4u; j++) {
        if (row < p.m && column + j < p.n) {
            let i = row * p.n + column + j;
            var value = sums[j];
            if ((p.adds & 1u) != 0u) { value += bias[column + j]; }
            if ((p.adds & 2u) != 0u) { value += c[i]; }
            c[i] = value;
        }
    }
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
    // Rows of a first and a second four, each by columns of a first and a second four.
    var s0 = vec4(0.0); var s1 = vec4(0.0); var s2 = vec4(0.0); var s3 = vec4(0.0);
    var t0 = vec4(0.0); var t1 = vec4(0.0); var t2 = vec4(0.0); var t3 = vec4(0.0);
    var u0 = vec4(0.0); var u1 = vec4(0.0); var u2 = vec4(0.0); var u3 = vec4(0.0);
    var v0 = vec4(0.0); var v1 = vec4(0.0); var v2 = vec4(0.0); var v3 = vec4(0.0);
    for (var k0 = 0u; k0 < p.k; k0 += DEEP) {
        fetch(row0, column0, k0, lane);
        workgroupBarrier();
        for (var deep = 0u; deep < DEEP; deep++) {
            let a0 = tile_a[deep * LINE + y];
            let b0 = tile_b[deep * LINE + x];
            s0 += a0.x * b0; s1 += a0.y * b0; s2 += a0.z * b0; s3 += a0.w * b0;
            if (SPAN == 2u) {
                let a1 = tile_a[deep * LINE + y + 16u];
                let b1 = tile_b[deep * LINE + x + 16u];
                t0 += a0.x * b1; t1 += a0.y * b1; t2 += a0.z * b1; t3 += a0.w * b1;
                u0 += a1.x * b0; u1 += a1.y * b0; u2 += a1.z * b0; u3 += a1.w * b0;
                v0 += a1.x * b1; v1 += a1.y * b1; v2 += a1.z * b1; v3 += a1.w * b1;
            }
        }
        workgroupBarrier();
    }
    let row = row0 + 4u * y;
    let column = column0 + 4u * x;
    put(row, column, s0); put(row + 1u, column, s1);
    put(row + 2u, column, s2); put(row + 3u, column, s3);
    if (SPAN == 2u) {
        put(row, column + 64u, t0); put(row + 1u, column + 64u, t1);
        put(row + 2u, column + 64u, t2); put(row + 3u, column + 64u, t3);
        put(row + 64u, column, u0); put(row + 65u, column, u1);
        put(row + 66u, column, u2); put(row + 67u, column, u3);
        put(row + 64u, column + 64u, v0); put(row + 65u, column + 64u, v1);
        put(row + 66u, column + 64u, v2); put(row + 67u, column + 64u, v3);
    }
}
