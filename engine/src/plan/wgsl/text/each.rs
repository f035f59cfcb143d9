//! What goes through a map once, value by value, and functions of a whole position.

/// One result a thread; `body` writes `y[to]` from `x[source]`, of channel `c` at `py`, `px`.
pub(in crate::plan::wgsl) fn each(body: &str) -> String {
    format!(
        "
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
  let at = id.x + id.y * p.line;
  if (at >= p.count) {{ return; }}
  let place = at / p.y_channels;
  let c = at - place * p.y_channels;
  let py = place / p.y_width;
  let px = place - py * p.y_width;
  let to = p.y_start + py * p.y_row + px * p.y_pitch + c;
  let source = p.x_start + py * p.x_row + px * p.x_pitch + c;
  {body}
}}
"
    )
}

/// The sum or product of two maps, or of one and what was written before; sides of 1 are repeated.
pub(in crate::plan::wgsl) const fn combine(more: bool) -> &'static str {
    if more {
        "let a = y[to];
  let b = x[p.x_start + min(py, p.x_height - 1u) * p.x_row
    + min(px, p.x_width - 1u) * p.x_pitch + min(c, p.x_channels - 1u)];
  if (p.reduce == 1u) { y[to] = then(a * b); } else { y[to] = then(a + b); }"
    } else {
        "let a = x[p.x_start + min(py, p.x_height - 1u) * p.x_row
    + min(px, p.x_width - 1u) * p.x_pitch + min(c, p.x_channels - 1u)];
  let b = o[p.o_start + min(py, p.o_height - 1u) * p.o_row
    + min(px, p.o_width - 1u) * p.o_pitch + min(c, p.o_channels - 1u)];
  if (p.reduce == 1u) { y[to] = then(a * b); } else { y[to] = then(a + b); }"
    }
}

/// The input `tall` rows and `wide` columns from the top left of a value.
pub(in crate::plan::wgsl) const SURROUND: &str = "var v = p.a;
  if (py >= p.tall && px >= p.wide && py - p.tall < p.x_height && px - p.wide < p.x_width) {
    v = x[p.x_start + (py - p.tall) * p.x_row + (px - p.wide) * p.x_pitch + c];
  }
  y[to] = v;";

pub(in crate::plan::wgsl) const SHUFFLE: &str =
    "y[to] = x[source - c + (c % p.groups) * p.each + c / p.groups];";

/// A map as a vector, channel after channel or position after position.
pub(in crate::plan::wgsl) const FLATTEN: &str = "
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x + id.y * p.line;
  if (at >= p.count) { return; }
  let place = at / p.x_channels;
  let c = at - place * p.x_channels;
  let py = place / p.x_width;
  let px = place - py * p.x_width;
  let v = x[p.x_start + py * p.x_row + px * p.x_pitch + c];
  if (p.reduce == 1u) {
    y[p.y_start + c * p.x_height * p.x_width + place] = v;
  } else {
    y[p.y_start + at] = v;
  }
}
";

/// The squared distance of a vector from each code.
pub(in crate::plan::wgsl) const RBF: &str = "
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x + id.y * p.line;
  if (at >= p.count) { return; }
  var sum = 0.0;
  for (var i = 0u; i < p.x_channels; i++) {
    let d = x[p.x_start + i] - w[at * p.x_channels + i];
    sum += d * d;
  }
  y[p.y_start + at] = sum;
}
";

/// A workgroup a position.
pub(in crate::plan::wgsl) const SOFTMAX: &str = "
var<workgroup> part: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let place = group.x + group.y * p.line;
  let inside = place < p.count;
  let py = place / p.y_width;
  let px = place - py * p.y_width;
  let source = p.x_start + py * p.x_row + px * p.x_pitch;
  let to = p.y_start + py * p.y_row + px * p.y_pitch;
  var most = -3.4028234e38;
  if (inside) {
    for (var c = t; c < p.x_channels; c += 64u) { most = max(most, x[source + c]); }
  }
  part[t] = most;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half = half / 2u) {
    if (t < half) { part[t] = max(part[t], part[t + half]); }
    workgroupBarrier();
  }
  most = part[0];
  workgroupBarrier();
  var all = 0.0;
  if (inside) {
    for (var c = t; c < p.x_channels; c += 64u) { all += exp(x[source + c] - most); }
  }
  part[t] = all;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half = half / 2u) {
    if (t < half) { part[t] += part[t + half]; }
    workgroupBarrier();
  }
  all = part[0];
  if (inside) {
    for (var c = t; c < p.x_channels; c += 64u) {
      let v = x[source + c] - most;
      if (p.reduce == 1u) { y[to + c] = v - log(all); } else { y[to + c] = exp(v) / all; }
    }
  }
}
";

/// Whether a value's exponent has all bits: infinity without more bits, else not a number.
pub(in crate::plan::wgsl) const FINITE: &str = "
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x + id.y * p.line;
  if (at >= p.count) { return; }
  let place = at / p.x_channels;
  let c = at - place * p.x_channels;
  let py = place / p.x_width;
  let px = place - py * p.x_width;
  let bits = bitcast<u32>(x[p.x_start + py * p.x_row + px * p.x_pitch + c]);
  if ((bits & 0x7f800000u) == 0x7f800000u) {
    atomicOr(&y[p.y_start], select(1u, 2u, (bits & 0x7fffffu) != 0u));
  }
}
";
