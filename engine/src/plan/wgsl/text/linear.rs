//! A matrix on a vector: a workgroup has 32 outputs, its threads share the inputs and then add their
//! sums.

/// Of so many threads; of the means of the input's channels, and with softmax behind it.
pub(in crate::plan::wgsl) fn linear(threads: u32, means: bool, softmax: bool) -> String {
    let slices = threads / 8;
    let prepare = if means { MEANS } else { "" };
    let value = if means { "means[k]" } else { "input(k)" };
    let memory = if means {
        "var<workgroup> means: array<f32, 2048>;\n"
    } else {
        ""
    };
    let finish = if softmax { SOFTMAX } else { WRITE };
    let results = if softmax {
        "var<workgroup> results: array<V, 8>;\n"
    } else {
        ""
    };
    let input = if means { "" } else { INPUT };
    format!(
        "
const THREADS = {threads}u;
const SLICES = {slices}u;
var<workgroup> part: array<V, {threads}>;
{memory}{results}{input}
@compute @workgroup_size({threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {{
{prepare}
  let quad = t % 8u;
  let slice = t / 8u;
  let fours = min(8u, p.panels - group.x * 8u);
  var sum = V(0.0);
  if (quad < fours) {{
    let start = group.x * 8u * p.depth + quad;
    for (var k = slice; k < p.depth; k += SLICES) {{
      sum += {value} * w[start + k * fours];
    }}
  }}
  part[t] = sum;
  workgroupBarrier();
  for (var half = SLICES / 2u; half > 0u; half = half / 2u) {{
    if (slice < half) {{ part[t] += part[t + half * 8u]; }}
    workgroupBarrier();
  }}
{finish}
}}
"
    )
}

const INPUT: &str = "
fn input(k: u32) -> f32 {
  if (p.tall * p.wide == 1u) { return x[p.x_start + k]; }
  let row = k / p.run;
  let ty = row / p.wide;
  let tx = row - ty * p.wide;
  return x[p.x_start + ty * p.down + tx * p.right + (k - row * p.run)];
}
";

const MEANS: &str = "
  for (var c = t; c < p.depth; c += THREADS) {
    var all = 0.0;
    for (var ty = 0u; ty < p.tall; ty++) {
      for (var tx = 0u; tx < p.wide; tx++) {
        all += x[p.x_start + ty * p.down + tx * p.right + c];
      }
    }
    means[c] = all * p.c;
  }
  workgroupBarrier();
";

const WRITE: &str = "
  if (slice == 0u && quad < fours) {
    let first = group.x * 32u + quad * 4u;
    var v = part[t] + w[p.second + group.x * 8u + quad];
    if (p.residual == 1u) {
      for (var i = 0u; i < 4u; i++) {
        if (first + i < p.each) { v[i] += o[p.o_start + first + i]; }
      }
    }
    v = then(v);
    let e = p.y_start + first;
    y[e] = v.x;
    if (first + 1u < p.each) { y[e + 1u] = v.y; }
    if (first + 2u < p.each) { y[e + 2u] = v.z; }
    if (first + 3u < p.each) { y[e + 3u] = v.w; }
  }
";

/// All outputs are in one workgroup.
const SOFTMAX: &str = "
  if (slice == 0u && quad < fours) {
    results[quad] = then(part[t] + w[p.second + quad]);
  }
  workgroupBarrier();
  if (t < p.each) {
    var most = results[0].x;
    for (var i = 1u; i < p.each; i++) { most = max(most, results[i / 4u][i % 4u]); }
    var all = 0.0;
    for (var i = 0u; i < p.each; i++) { all += exp(results[i / 4u][i % 4u] - most); }
    let v = results[t / 4u][t % 4u] - most;
    if (p.reduce == 1u) {
      y[p.y_start + t] = v - log(all);
    } else {
      y[p.y_start + t] = exp(v) / all;
    }
  }
";
