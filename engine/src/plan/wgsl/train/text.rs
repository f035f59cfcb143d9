//! The WGSL of a training step. A value is a vector: that of four pictures.

use std::fmt::Write;

/// The head of a shader in which each thread has its own result.
const THREAD: &str = "
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x + id.y * p.line;
  if (at >= p.count) { return; }
";

/// Convolution; a linear layer is one of 1 × 1 on a map of one position.
pub(super) fn conv(own: usize) -> String {
    let mut text = String::from(THREAD);
    text.push_str(
        "  let places = p.out_height * p.out_width;
  let place = at % places;
  let rest = at / places;
  let block = rest % p.blocks;
  let group = (rest / p.blocks) % p.groups;
  let chunk = rest / (p.blocks * p.groups);
  let row = place / p.out_width;
  let column = place - row * p.out_width;
  let area = p.kernel_y * p.kernel_x;
  let depth = p.each_in * area;
  let last = p.each_out - 1u;
",
    );
    for n in 0..own {
        let _ = writeln!(
            text,
            "  let c{n} = group * p.each_out + min(block * {own}u + {n}u, last);
  let w{n} = p.weight + c{n} * depth;
  var s{n} = vec4<f32>(0.0);
  if (p.has_bias == 1u) {{ s{n} = vec4<f32>(w[p.bias + c{n}]); }}"
        );
    }
    text.push_str(
        "  for (var i = 0u; i < p.each_in; i++) {
    let plane = (chunk * p.in_channels + group * p.each_in + i) * p.in_height * p.in_width;
    for (var ky = 0u; ky < p.kernel_y; ky++) {
      let down = row * p.stride_y + ky * p.dilation_y;
      if (down < p.top || down - p.top >= p.in_height) { continue; }
      let line = plane + (down - p.top) * p.in_width;
      let k = i * area + ky * p.kernel_x;
      for (var kx = 0u; kx < p.kernel_x; kx++) {
        let right = column * p.stride_x + kx * p.dilation_x;
        if (right < p.left || right - p.left >= p.in_width) { continue; }
        let v = x[line + right - p.left];
",
    );
    for n in 0..own {
        let _ = writeln!(text, "        s{n} += v * w[w{n} + k + kx];");
    }
    text.push_str("      }\n    }\n  }\n");
    for n in 0..own {
        let _ = writeln!(
            text,
            "  if (block * {own}u + {n}u <= last) {{
    y[(chunk * p.out_channels + c{n}) * places + place] = then(s{n});
  }}"
        );
    }
    text + "}\n"
}

/// The slopes of its input: what each output that reads a value passes back. `x` has the slopes of
/// the outputs.
pub(super) fn conv_input(own: usize, strided: bool) -> String {
    let mut text = String::from(THREAD);
    text.push_str(
        "  let places = p.in_height * p.in_width;
  let place = at % places;
  let rest = at / places;
  let block = rest % p.blocks;
  let group = (rest / p.blocks) % p.groups;
  let chunk = rest / (p.blocks * p.groups);
  let row = place / p.in_width;
  let column = place - row * p.in_width;
  let area = p.kernel_y * p.kernel_x;
  let depth = p.each_in * area;
  let last = p.each_in - 1u;
",
    );
    for n in 0..own {
        let _ = writeln!(
            text,
            "  let c{n} = min(block * {own}u + {n}u, last);
  var s{n} = vec4<f32>(0.0);"
        );
    }
    // The row and column of the output that reads this input by this weight, or the next weight. A stride
    // needs a division and its remainder. Without one, unsigned differences below zero wrap around to
    // more than any height or width, so that one comparison finds both ends.
    let [row, column] = if strided {
        [
            "if (row + p.top < ky * p.dilation_y) { break; }
      let down = row + p.top - ky * p.dilation_y;
      let r = down / p.stride_y;
      if (r * p.stride_y != down || r >= p.out_height) { continue; }",
            "if (column + p.left < kx * p.dilation_x) { break; }
        let right = column + p.left - kx * p.dilation_x;
        let c = right / p.stride_x;
        if (c * p.stride_x != right || c >= p.out_width) { continue; }",
        ]
    } else {
        [
            "let r = row + p.top - ky * p.dilation_y;
      if (r >= p.out_height) { continue; }",
            "let c = column + p.left - kx * p.dilation_x;
        if (c >= p.out_width) { continue; }",
        ]
    };
    let _ = write!(
        text,
        "  for (var i = 0u; i < p.each_out; i++) {{
    let channel = group * p.each_out + i;
    let plane = (chunk * p.out_channels + channel) * p.out_height * p.out_width;
    let weights = p.weight + channel * depth;
    for (var ky = 0u; ky < p.kernel_y; ky++) {{
      {row}
      let line = plane + r * p.out_width;
      for (var kx = 0u; kx < p.kernel_x; kx++) {{
        {column}
        let v = x[line + c];
        let k = weights + ky * p.kernel_x + kx;
"
    );
    for n in 0..own {
        let _ = writeln!(text, "        s{n} += v * w[k + c{n} * area];");
    }
    text.push_str("      }\n    }\n  }\n");
    for n in 0..own {
        let _ = writeln!(
            text,
            "  if (block * {own}u + {n}u <= last) {{
    let to = (chunk * p.in_channels + group * p.each_in + c{n}) * places + place;
    if (p.add == 1u) {{ s{n} += y[to]; }}
    y[to] = s{n};
  }}"
        );
    }
    text + "}\n"
}

/// The slopes of weights: each the sum over pictures and positions of input times slope, in slices
/// that are summed afterwards. `x` has the inputs, `o` the slopes of the outputs.
pub(super) fn conv_weights(own: usize) -> String {
    let mut text = String::from(THREAD);
    text.push_str(
        "  let area = p.kernel_y * p.kernel_x;
  let depth = p.each_in * area;
  let slice = at / (p.groups * p.blocks * depth);
  let weight = at % (p.groups * p.blocks * depth);
  let k = weight % depth;
  let block = (weight / depth) % p.blocks;
  let group = weight / (depth * p.blocks);
  let i = k / area;
  let ky = (k - i * area) / p.kernel_x;
  let kx = k - i * area - ky * p.kernel_x;
  let places = p.out_height * p.out_width;
  let last = p.each_out - 1u;
",
    );
    for n in 0..own {
        let _ = writeln!(
            text,
            "  let c{n} = group * p.each_out + min(block * {own}u + {n}u, last);
  var s{n} = 0.0;"
        );
    }
    text.push_str(
        "  let end = min((slice + 1u) * p.rows, p.chunks * p.out_height);
  for (var line = slice * p.rows; line < end; line++) {
    let chunk = line / p.out_height;
    let row = line - chunk * p.out_height;
    let down = row * p.stride_y + ky * p.dilation_y;
    if (down < p.top || down - p.top >= p.in_height) { continue; }
    let channel = chunk * p.in_channels + group * p.each_in + i;
    let base = (channel * p.in_height + down - p.top) * p.in_width;
",
    );
    for n in 0..own {
        let _ = writeln!(
            text,
            "    let o{n} = (chunk * p.out_channels + c{n}) * places + row * p.out_width;"
        );
    }
    text.push_str(
        "    for (var column = 0u; column < p.out_width; column++) {
      let right = column * p.stride_x + kx * p.dilation_x;
      if (right < p.left || right - p.left >= p.in_width) { continue; }
      let v = x[base + right - p.left];
",
    );
    for n in 0..own {
        let _ = writeln!(text, "      s{n} += dot(v, o[o{n} + column]);");
    }
    text.push_str(
        "    }
  }
  let to = p.target_at + slice * p.out_channels * depth + k;
",
    );
    for n in 0..own {
        let _ = writeln!(
            text,
            "  if (block * {own}u + {n}u <= last) {{ y[to + c{n} * depth] = s{n}; }}"
        );
    }
    text + "}\n"
}

pub(super) const SUM: &str = "
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x + id.y * p.line;
  if (at >= p.count) { return; }
  var s = 0.0;
  for (var slice = 0u; slice < p.slices; slice++) { s += x[p.source + slice * p.count + at]; }
  y[p.target_at + at] = s;
}
";

/// A workgroup has a channel.
pub(super) const BIAS: &str = "
var<workgroup> part: array<vec4<f32>, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let places = p.out_height * p.out_width;
  let channel = group.x;
  var s = vec4<f32>(0.0);
  for (var n = t; n < p.chunks * places; n += 64u) {
    let chunk = n / places;
    s += x[(chunk * p.out_channels + channel) * places + n - chunk * places];
  }
  part[t] = s;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half = half / 2u) {
    if (t < half) { part[t] += part[t + half]; }
    workgroupBarrier();
  }
  if (t == 0u) { y[p.target_at + channel] = dot(part[0], vec4<f32>(1.0)); }
}
";

pub(super) const SLOPE: &str = "
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x + id.y * p.line;
  if (at >= p.count) { return; }
  y[at] *= slope_of(x[at]);
}
";

pub(super) const COPY: &str = "
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x + id.y * p.line;
  if (at >= p.count) { return; }
  var v = x[at];
  if (p.add == 1u) { v += y[at]; }
  y[at] = then(v);
}
";

/// `w` has the ranges of rows and columns: start, end, divisor of each.
pub(super) const POOL: &str = "
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x + id.y * p.line;
  if (at >= p.count) { return; }
  let places = p.out_height * p.out_width;
  let plane = at / places;
  let place = at - plane * places;
  let row = place / p.out_width;
  let rows = 3u * row;
  let columns = 3u * (p.out_height + place - row * p.out_width);
  let base = plane * p.in_height * p.in_width;
  var v = vec4<f32>(0.0);
  if (p.reduce == 0u) { v = x[base + w[rows] * p.in_width + w[columns]]; }
  for (var r = w[rows]; r < w[rows + 1u]; r++) {
    for (var c = w[columns]; c < w[columns + 1u]; c++) {
      let u = x[base + r * p.in_width + c];
      if (p.reduce == 0u) { v = max(v, u); } else { v += u; }
    }
  }
  if (p.reduce == 1u) { v = v / f32(w[rows + 2u] * w[columns + 2u]); }
  y[at] = v;
}
";

/// Behind the ranges `w` has for each row and column of the input the first range that has it, and
/// the one behind the last. The first of equal largest values has the slope.
pub(super) const POOL_SLOPES: &str = "
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x + id.y * p.line;
  if (at >= p.count) { return; }
  let places = p.in_height * p.in_width;
  let plane = at / places;
  let base = plane * places;
  let place = at - base;
  let row = place / p.in_width;
  let column = place - row * p.in_width;
  let of_row = 3u * (p.out_height + p.out_width) + 2u * row;
  let of_column = 3u * (p.out_height + p.out_width) + 2u * (p.in_height + column);
  let own = x[at];
  var s = vec4<f32>(0.0);
  for (var r = w[of_row]; r < w[of_row + 1u]; r++) {
    for (var c = w[of_column]; c < w[of_column + 1u]; c++) {
      let rows = 3u * r;
      let columns = 3u * (p.out_height + c);
      let slope = o[(plane * p.out_height + r) * p.out_width + c];
      if (p.reduce == 1u) {
        s += slope / f32(w[rows + 2u] * w[columns + 2u]);
        continue;
      }
      var first = vec4<bool>(true);
      for (var i = w[rows]; i < w[rows + 1u]; i++) {
        for (var j = w[columns]; j < w[columns + 1u]; j++) {
          let other = i * p.in_width + j;
          let u = x[base + other];
          if (other < place) { first = first & (own > u); }
          if (other > place) { first = first & (own >= u); }
        }
      }
      s += select(vec4<f32>(0.0), slope, first);
    }
  }
  if (p.add == 1u) { s += y[at]; }
  y[at] = s;
}
";

/// 1 for each of a chunk's four pictures that is there.
pub(super) const VALID: &str = "
fn valid(chunk: u32) -> vec4<f32> {
  let number = vec4<u32>(0u, 1u, 2u, 3u) + 4u * chunk;
  return select(vec4<f32>(0.0), vec4<f32>(1.0), number < vec4<u32>(p.pictures));
}
";

/// A workgroup has a channel, and sums over its values with `total`.
pub(super) fn channel_sums(body: &str) -> String {
    format!(
        "{VALID}
var<workgroup> part: array<vec4<f32>, 64>;

fn total(t: u32, v: vec4<f32>) -> f32 {{
  part[t] = v;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half = half / 2u) {{
    if (t < half) {{ part[t] += part[t + half]; }}
    workgroupBarrier();
  }}
  let all = dot(part[0], vec4<f32>(1.0));
  workgroupBarrier();
  return all;
}}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {{
  let places = p.out_height * p.out_width;
  let channel = group.x;
  let values = p.chunks * places;
{body}}}
"
    )
}

/// Gives mean, variance, weight and bias of each channel, one array behind the other.
pub(super) const NORM_SUMS: &str = "
  var s = vec4<f32>(0.0);
  for (var n = t; n < values; n += 64u) {
    let chunk = n / places;
    s += x[(chunk * p.out_channels + channel) * places + n - chunk * places] * valid(chunk);
  }
  let mean = total(t, s) * p.a;
  s = vec4<f32>(0.0);
  for (var n = t; n < values; n += 64u) {
    let chunk = n / places;
    let d = x[(chunk * p.out_channels + channel) * places + n - chunk * places] - mean;
    s += d * d * valid(chunk);
  }
  let variance = total(t, s) * p.a;
  if (t == 0u) {
    y[channel] = mean;
    y[p.out_channels + channel] = variance;
    var weight = 1.0;
    var bias = 0.0;
    if (p.has_weight == 1u) { weight = w[p.weight + channel]; }
    if (p.has_bias == 1u) { bias = w[p.bias + channel]; }
    y[2u * p.out_channels + channel] = weight;
    y[3u * p.out_channels + channel] = bias;
  }
";

pub(super) const NORM: &str = "
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x + id.y * p.line;
  if (at >= p.count) { return; }
  let channel = (at / (p.out_height * p.out_width)) % p.out_channels;
  let scale = w[2u * p.out_channels + channel] / sqrt(w[p.out_channels + channel] + p.c);
  y[at] = then((x[at] - w[channel]) * scale + w[3u * p.out_channels + channel]);
}
";

/// Behind those arrays: the sums of the slopes times the normal values, and of the slopes.
pub(super) const NORM_SLOPE_SUMS: &str = "
  let mean = y[channel];
  let inverse = 1.0 / sqrt(y[p.out_channels + channel] + p.c);
  var s = vec4<f32>(0.0);
  var products = vec4<f32>(0.0);
  for (var n = t; n < values; n += 64u) {
    let chunk = n / places;
    let place = (chunk * p.out_channels + channel) * places + n - chunk * places;
    let slope = o[place];
    s += slope;
    products += slope * (x[place] - mean) * inverse;
  }
  let of_weight = total(t, products);
  let of_bias = total(t, s);
  if (t == 0u) {
    y[4u * p.out_channels + channel] = of_weight;
    y[5u * p.out_channels + channel] = of_bias;
  }
";

pub(super) const NORM_SLOPES: &str = "
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x + id.y * p.line;
  if (at >= p.count) { return; }
  let plane = at / (p.out_height * p.out_width);
  let chunk = plane / p.out_channels;
  let channel = plane - chunk * p.out_channels;
  let inverse = 1.0 / sqrt(w[p.out_channels + channel] + p.c);
  let normal = (x[at] - w[channel]) * inverse;
  let products = w[4u * p.out_channels + channel] * p.a;
  let slopes = w[5u * p.out_channels + channel] * p.a;
  var s = (o[at] - slopes - normal * products) * valid(chunk);
  s *= w[2u * p.out_channels + channel] * inverse;
  if (p.add == 1u) { s += y[at]; }
  y[at] = s;
}
";

/// `w` has the label of each picture, `p.a` the share of a picture in the mean, `p.b` the share of a
/// target that is spread over the classes.
pub(super) const LOSS: &str = "
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let chunk = id.x + id.y * p.line;
  if (chunk >= p.count) { return; }
  let base = chunk * p.out_channels;
  var most = x[base];
  for (var i = 1u; i < p.out_channels; i++) { most = max(most, x[base + i]); }
  var all = vec4<f32>(0.0);
  for (var i = 0u; i < p.out_channels; i++) { all += exp(x[base + i] - most); }
  let first = 4u * chunk;
  let labels = vec4<u32>(w[first], w[first + 1u], w[first + 2u], w[first + 3u]);
  let share = valid(chunk) * p.a;
  let even = p.b / f32(p.out_channels);
  for (var i = 0u; i < p.out_channels; i++) {
    let is_label = select(vec4<f32>(0.0), vec4<f32>(1.0 - p.b), labels == vec4<u32>(i));
    y[base + i] = (exp(x[base + i] - most) / all - is_label - even) * share;
  }
}
";

/// A workgroup has a channel. The largest value, distance from `p.a`, or negative distance.
pub(super) const EXTREME: &str = "
var<workgroup> part: array<vec4<f32>, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let places = p.out_height * p.out_width;
  let channel = group.x;
  var most = vec4<f32>(-3.0e38);
  for (var n = t; n < p.chunks * places; n += 64u) {
    let chunk = n / places;
    var v = x[(chunk * p.out_channels + channel) * places + n - chunk * places];
    if (p.reduce > 0u) { v = abs(v - p.a); }
    if (p.reduce == 2u) { v = -v; }
    most = select(most, max(most, v), valid(chunk) > vec4<f32>(0.0));
  }
  part[t] = most;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half = half / 2u) {
    if (t < half) { part[t] = max(part[t], part[t + half]); }
    workgroupBarrier();
  }
  if (t == 0u) {
    let all = part[0];
    let value = max(max(all.x, all.y), max(all.z, all.w));
    y[channel] = select(value, -value, p.reduce == 2u);
  }
}
";
