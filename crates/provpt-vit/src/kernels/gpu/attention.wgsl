// Attention as one pass over keys and values, which never writes scores down (Dao et al.,
// FlashAttention, NeurIPS 2022): a lane has a query, and mixes values by what it knows so far.

@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@group(0) @binding(1) var<storage, read_write> log_sum_out: array<f32>;

// Of each column of the tile, the scores of all lanes.
var<workgroup> scores: array<f32, TILE * LANES>;

fn put_out(at: u32, i: u32, four: vec4<f32>) {
    let j = 4u * i;
    out[at + j] = four.x;
    if (j + 1u < p.values) { out[at + j + 1u] = four.y; }
    if (j + 2u < p.values) { out[at + j + 2u] = four.z; }
    if (j + 3u < p.values) { out[at + j + 3u] = four.w; }
}

@compute @workgroup_size(64)
fn attention(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
             @builtin(local_invocation_index) lane: u32) {
    let job = job_of(group_of(group, groups), p.queries);
    if (job.image >= p.images) { return; }
    let row = job.first + lane;
    let at = query_at(job, min(row, p.queries - 1u));
    var q: array<vec4<f32>, FOURS>;
    // unroll
    for (var i = 0u; i < FOURS; i++) { q[i] = p.scale * query_four(at, i); }
    var mixed: array<vec4<f32>, FOURS>;
    var peak = NOTHING;
    var sum = 0.0;
    for (var first = 0u; first < columns(); first += TILE) {
        load_columns(job, first, lane);
        var top = peak;
        for (var c = 0u; c < TILE; c++) {
            var products = vec4(0.0);
            // unroll
            for (var i = 0u; i < FOURS; i++) { products += q[i] * tile_a[c * FOURS + i]; }
            var score = NOTHING;
            if (first + c < columns()) {
                score = products.x + products.y + products.z + products.w;
                score += added(job, min(row, p.queries - 1u), first + c);
            }
            scores[c * LANES + lane] = score;
            top = max(top, score);
        }
        let fade = exp_of(peak - top);
        sum *= fade;
        // unroll
        for (var i = 0u; i < FOURS; i++) { mixed[i] *= fade; }
        peak = top;
        for (var c = 0u; c < TILE; c++) {
            let share = exp_of(scores[c * LANES + lane] - top);
            sum += share;
            // unroll
            for (var i = 0u; i < FOURS; i++) { mixed[i] += share * tile_b[c * FOURS + i]; }
        }
    }
    if (row < p.queries) {
        // unroll
        for (var i = 0u; i < FOURS; i++) { put_out(at, i, mixed[i] / sum); }
        log_sum_out[number_at(job, row)] = peak + log(sum);
    }
}
