// The gradient of attention. Probabilities are made again from the log of each row's sum. First a lane
// has a query, then a column; what is added up over images is written down for each, and added up
// afterwards.

@group(0) @binding(0) var<storage, read_write> d_query: array<f32>;
@group(0) @binding(1) var<storage, read_write> delta_out: array<f32>;

@group(0) @binding(0) var<storage, read_write> d_kv: array<f32>;
// `[images, prompts, 2 width]`.
@group(0) @binding(1) var<storage, read_write> prompt_parts: array<f32>;
// `[images, heads, columns]`.
@group(0) @binding(2) var<storage, read_write> logit_parts: array<f32>;

@group(0) @binding(0) var<storage, read_write> d_bias: array<f32>;

@group(0) @binding(9) var<storage, read> d_out: array<f32>;
@group(0) @binding(10) var<storage, read> log_sum: array<f32>;
// Of each query, the mean of what its probabilities get.
@group(0) @binding(11) var<storage, read> delta: array<f32>;

var<workgroup> tile_log_sum: array<f32, TILE>;
var<workgroup> tile_delta: array<f32, TILE>;

fn out_or_0(at: u32, i: u32) -> f32 {
    if (i < p.values) { return d_out[at + i]; }
    return 0.0;
}

fn out_four(at: u32, i: u32) -> vec4<f32> {
    let j = 4u * i;
    return vec4(out_or_0(at, j), out_or_0(at, j + 1u), out_or_0(at, j + 2u), out_or_0(at, j + 3u));
}

fn put_d_query(at: u32, i: u32, four: vec4<f32>) {
    let j = 4u * i;
    d_query[at + j] = four.x;
    if (j + 1u < p.values) { d_query[at + j + 1u] = four.y; }
    if (j + 2u < p.values) { d_query[at + j + 2u] = four.z; }
    if (j + 3u < p.values) { d_query[at + j + 3u] = four.w; }
}

fn put_d_kv(at: u32, i: u32, four: vec4<f32>) {
    let j = 4u * i;
    d_kv[at + j] = four.x;
    if (j + 1u < p.values) { d_kv[at + j + 1u] = four.y; }
    if (j + 2u < p.values) { d_kv[at + j + 2u] = four.z; }
    if (j + 3u < p.values) { d_kv[at + j + 3u] = four.w; }
}

fn put_prompt(at: u32, i: u32, four: vec4<f32>) {
    let j = 4u * i;
    prompt_parts[at + j] = four.x;
    if (j + 1u < p.values) { prompt_parts[at + j + 1u] = four.y; }
    if (j + 2u < p.values) { prompt_parts[at + j + 2u] = four.z; }
    if (j + 3u < p.values) { prompt_parts[at + j + 3u] = four.w; }
}

fn total(four: vec4<f32>) -> f32 { return four.x + four.y + four.z + four.w; }

@compute @workgroup_size(64)
fn attention_grad_queries(@builtin(workgroup_id) group: vec3<u32>,
                          @builtin(num_workgroups) groups: vec3<u32>,
                          @builtin(local_invocation_index) lane: u32) {
    let job = job_of(group_of(group, groups), p.queries);
    if (job.image >= p.images) { return; }
    let row = job.first + lane;
    let safe = min(row, p.queries - 1u);
    let at = query_at(job, safe);
    let own_log_sum = log_sum[number_at(job, safe)];
    var q: array<vec4<f32>, FOURS>;
    var d: array<vec4<f32>, FOURS>;
    // unroll
    for (var i = 0u; i < FOURS; i++) {
        q[i] = p.scale * query_four(at, i);
        d[i] = out_four(at, i);
    }
    var dq: array<vec4<f32>, FOURS>;
    var mean = 0.0;
    // Once over the columns for the mean, once more for the gradient, if anybody wants it.
    for (var turn = 0u; turn < select(1u, 2u, (p.has & 4u) != 0u); turn++) {
        for (var first = 0u; first < columns(); first += TILE) {
            load_columns(job, first, lane);
            for (var c = 0u; c < TILE; c++) {
                if (first + c < columns()) {
                    var score = vec4(0.0);
                    var d_share = vec4(0.0);
                    // unroll
                    for (var i = 0u; i < FOURS; i++) {
                        score += q[i] * tile_a[c * FOURS + i];
                        d_share += d[i] * tile_b[c * FOURS + i];
                    }
                    let share = exp_of(total(score) + added(job, safe, first + c) - own_log_sum);
                    if (turn == 0u) {
                        mean += share * total(d_share);
                    } else {
                        let d_score = p.scale * share * (total(d_share) - mean);
                        // unroll
                        for (var i = 0u; i < FOURS; i++) { dq[i] += d_score * tile_a[c * FOURS + i]; }
                    }
                }
            }
        }
    }
    if (row < p.queries) {
        delta_out[number_at(job, row)] = mean;
        if ((p.has & 4u) != 0u) {
            // unroll
            for (var i = 0u; i < FOURS; i++) { put_d_query(at, i, dq[i]); }
        }
    }
}

@compute @workgroup_size(64)
fn attention_grad_columns(@builtin(workgroup_id) group: vec3<u32>,
                          @builtin(num_workgroups) groups: vec3<u32>,
                          @builtin(local_invocation_index) lane: u32) {
    let job = job_of(group_of(group, groups), columns());
    if (job.image >= p.images) { return; }
    let column = job.first + lane;
    let safe = min(column, columns() - 1u);
    let is_prompt = safe < p.prompts;
    let at = column_at(job, safe);
    var k: array<vec4<f32>, FOURS>;
    var v: array<vec4<f32>, FOURS>;
    // unroll
    for (var i = 0u; i < FOURS; i++) {
        k[i] = kv_four(is_prompt, at, i);
        v[i] = kv_four(is_prompt, at + width(), i);
    }
    var dk: array<vec4<f32>, FOURS>;
    var dv: array<vec4<f32>, FOURS>;
    var sum = 0.0;
    for (var first = 0u; first < p.queries; first += TILE) {
        workgroupBarrier();
        for (var e = lane; e < TILE * FOURS; e += LANES) {
            let row = min(first + e / FOURS, p.queries - 1u);
            tile_a[e] = p.scale * query_four(query_at(job, row), e % FOURS);
            tile_b[e] = out_four(query_at(job, row), e % FOURS);
        }
        for (var e = lane; e < TILE; e += LANES) {
            let number = number_at(job, min(first + e, p.queries - 1u));
            tile_log_sum[e] = log_sum[number];
            tile_delta[e] = delta[number];
        }
        workgroupBarrier();
        for (var r = 0u; r < TILE; r++) {
            if (first + r < p.queries) {
                var score = vec4(0.0);
                var d_share = vec4(0.0);
                // unroll
                for (var i = 0u; i < FOURS; i++) {
                    score += k[i] * tile_a[r * FOURS + i];
                    d_share += v[i] * tile_b[r * FOURS + i];
                }
                let share = exp_of(total(score) + added(job, first + r, safe) - tile_log_sum[r]);
                let d_score = share * (total(d_share) - tile_delta[r]);
                sum += d_score;
                // unroll
                for (var i = 0u; i < FOURS; i++) {
                    dk[i] += d_score * tile_a[r * FOURS + i];
                    dv[i] += share * tile_b[r * FOURS + i];
                }
            }
        }
    }
    if (column >= columns()) { return; }
    logit_parts[(job.image * p.heads + job.head) * columns() + column] = sum;
    if (is_prompt) {
        let to = (job.image * p.prompts + column) * 2u * width() + job.head * p.values;
        // unroll
        for (var i = 0u; i < FOURS; i++) {
            put_prompt(to, i, dk[i]);
            put_prompt(to + width(), i, dv[i]);
        }
    } else if ((p.has & 4u) != 0u) {
        // unroll
        for (var i = 0u; i < FOURS; i++) {
            put_d_kv(at, i, dk[i]);
            put_d_kv(at + width(), i, dv[i]);
        }
    }
}

// A lane a value of the bias, over all windows.
@compute @workgroup_size(64)
fn attention_grad_bias(@builtin(workgroup_id) group: vec3<u32>,
                       @builtin(num_workgroups) groups: vec3<u32>,
                       @builtin(local_invocation_index) lane: u32) {
    let tokens = p.side * p.side;
    let i = group_of(group, groups) * LANES + lane;
    if (i >= p.heads * tokens * tokens) { return; }
    let row = i / tokens % tokens + p.inserted;
    let column = i % tokens + p.prompts + p.inserted;
    var sum = 0.0;
    for (var image = 0u; image < p.images; image++) {
        let job = Job(image, i / tokens / tokens, 0u);
        let origin = query_at(job, row);
        let at = column_at(job, column);
        var score = 0.0;
        var d_share = 0.0;
        for (var j = 0u; j < p.values; j++) {
            score += p.scale * query[origin + j] * kv[at + j];
            d_share += d_out[origin + j] * kv[at + width() + j];
        }
        let number = number_at(job, row);
        let share = exp_of(score + added(job, row, column) - log_sum[number]);
        sum += share * (d_share - delta[number]);
    }
    d_bias[i] += sum;
}
