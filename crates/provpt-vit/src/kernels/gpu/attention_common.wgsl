// What attention and its gradient share. FOURS: groups of four values that a head has; TILE: rows that
// a workgroup holds at a time.
//
// Loops below a line `unroll` are written out before they are compiled: drivers keep what has a constant
// index in registers.
//
// Attention within windows is the same on images that are windows, with a bias and a mask.

struct Params {
    // Images, or all windows of all images.
    images: u32,
    queries: u32,
    // Without prompts.
    keys: u32,
    prompts: u32,
    // Whether every image has prompts of its own.
    per_image: u32,
    heads: u32,
    // Values of a head.
    values: u32,
    scale: f32,
    // Bits: 1, something is added to the logits of prompts; 2, there is a bias; 4, own keys and values
    // get gradients.
    has: u32,
    // Windows of an image; 1 in plain attention.
    windows: u32,
    // Of a window's tokens, those in front of its own.
    inserted: u32,
    // Windows along a side, tokens along a window's side, and by how many tokens the grid is rolled.
    across: u32,
    side: u32,
    shift: u32,
}
var<immediate> p: Params;

@group(0) @binding(4) var<storage, read> query: array<f32>;
@group(0) @binding(5) var<storage, read> kv: array<f32>;
@group(0) @binding(6) var<storage, read> prompt_kv: array<f32>;
@group(0) @binding(7) var<storage, read> prompt_logits: array<f32>;
@group(0) @binding(8) var<storage, read> bias: array<f32>;

// Queries, or columns, of a workgroup: one for each lane.
const LANES: u32 = 64u;
// The logit of what is no column.
const NOTHING: f32 = -3.0e38;
// What is added to the logits of tokens in different regions of a window.
const APART: f32 = -100.0;

var<workgroup> tile_a: array<vec4<f32>, TILE * FOURS>;
var<workgroup> tile_b: array<vec4<f32>, TILE * FOURS>;

// Where a workgroup is.
struct Job {
    image: u32,
    head: u32,
    // Its first query or column.
    first: u32,
}

fn job_of(index: u32, rows: u32) -> Job {
    let blocks = (rows + LANES - 1u) / LANES;
    return Job(index / blocks / p.heads, index / blocks % p.heads, index % blocks * LANES);
}

fn columns() -> u32 { return p.prompts + p.keys; }

// Values of all heads.
fn width() -> u32 { return p.heads * p.values; }

// Where a query's part of a head begins.
fn query_at(job: Job, row: u32) -> u32 {
    return (job.image * p.queries + row) * width() + job.head * p.values;
}

// Where a column's key begins, among those of prompts or among own ones; its value is `width()` on.
fn column_at(job: Job, column: u32) -> u32 {
    var row = job.image * p.keys + column - p.prompts;
    if (column < p.prompts) { row = job.image / p.windows * p.per_image * p.prompts + column; }
    return row * 2u * width() + job.head * p.values;
}

// Where a number of a query stands in `[images, heads, windows, queries]`.
fn number_at(job: Job, row: u32) -> u32 {
    let head = job.image / p.windows * p.heads + job.head;
    return (head * p.windows + job.image % p.windows) * p.queries + row;
}

fn query_or_0(at: u32, i: u32) -> f32 {
    if (i < p.values) { return query[at + i]; }
    return 0.0;
}

// Four values of a row of queries, from the `i`th four on.
fn query_four(at: u32, i: u32) -> vec4<f32> {
    let j = 4u * i;
    return vec4(query_or_0(at, j), query_or_0(at, j + 1u), query_or_0(at, j + 2u),
                query_or_0(at, j + 3u));
}

fn kv_or_0(is_prompt: bool, at: u32, i: u32) -> f32 {
    if (i >= p.values) { return 0.0; }
    if (is_prompt) { return prompt_kv[at + i]; }
    return kv[at + i];
}

fn kv_four(is_prompt: bool, at: u32, i: u32) -> vec4<f32> {
    let j = 4u * i;
    return vec4(kv_or_0(is_prompt, at, j), kv_or_0(is_prompt, at, j + 1u),
                kv_or_0(is_prompt, at, j + 2u), kv_or_0(is_prompt, at, j + 3u));
}

// Puts keys and values of columns from `first` on into the tiles; 0 where there are none left.
fn load_columns(job: Job, first: u32, lane: u32) {
    workgroupBarrier();
    for (var e = lane; e < TILE * FOURS; e += LANES) {
        let column = first + e / FOURS;
        tile_a[e] = vec4(0.0);
        tile_b[e] = vec4(0.0);
        if (column < columns()) {
            let at = column_at(job, column);
            tile_a[e] = kv_four(column < p.prompts, at, e % FOURS);
            tile_b[e] = kv_four(column < p.prompts, at + width(), e % FOURS);
        }
    }
    workgroupBarrier();
}

// The region that a token of a window is in.
fn region(window: u32, token: u32) -> u32 {
    let last = p.across - 1u;
    let below = window / p.across == last && token / p.side >= p.side - p.shift;
    let right = window % p.across == last && token % p.side >= p.side - p.shift;
    return 2u * u32(below) + u32(right);
}

// What is added to a logit.
fn added(job: Job, row: u32, column: u32) -> f32 {
    if (column < p.prompts) {
        if ((p.has & 1u) != 0u) { return prompt_logits[column]; }
        return 0.0;
    }
    let own = p.prompts + p.inserted;
    if ((p.has & 2u) == 0u || row < p.inserted || column < own) { return 0.0; }
    let tokens = p.side * p.side;
    let here = row - p.inserted;
    let there = column - own;
    var value = bias[(job.head * tokens + here) * tokens + there];
    let window = job.image % p.windows;
    if (p.shift > 0u && region(window, here) != region(window, there)) { value += APART; }
    return value;
}
