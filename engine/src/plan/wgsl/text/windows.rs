//! Depthwise convolution, pooling and local response normalisation.

use crate::plan::wgsl::shader::Unit;

/// Four neighbouring positions of a channel, or of four, a thread.
pub(in crate::plan::wgsl) const DEPTHWISE: &str = "
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x + id.y * p.line;
  if (at >= p.count) { return; }
  let tile = at / p.y_channels;
  let c = at - tile * p.y_channels;
  let row = tile / p.tiles;
  let first = (tile - row * p.tiles) * 4u;
  let last = p.y_width - 1u;
  let c1 = min(first + 1u, last);
  let c2 = min(first + 2u, last);
  let c3 = min(first + 3u, last);
  let start = p.x_start + row * p.step_y + c;
  let a0 = start + first * p.step_x;
  let a1 = start + c1 * p.step_x;
  let a2 = start + c2 * p.step_x;
  let a3 = start + c3 * p.step_x;
  var s0 = w[p.second + c];
  var s1 = s0;
  var s2 = s0;
  var s3 = s0;
  var k = c;
  for (var ty = 0u; ty < p.tall; ty++) {
    for (var tx = 0u; tx < p.wide; tx++) {
      let off = ty * p.down + tx * p.right;
      let v = w[k];
      s0 += x[a0 + off] * v;
      s1 += x[a1 + off] * v;
      s2 += x[a2 + off] * v;
      s3 += x[a3 + off] * v;
      k += p.y_channels;
    }
  }
  let to = p.y_start + row * p.y_row + c;
  y[to + first * p.y_pitch] = then(s0);
  if (first + 1u <= last) { y[to + c1 * p.y_pitch] = then(s1); }
  if (first + 2u <= last) { y[to + c2 * p.y_pitch] = then(s2); }
  if (first + 3u <= last) { y[to + c3 * p.y_pitch] = then(s3); }
}
";

/// The largest value, the mean or the scaled sum of ranges; `w` has the ranges of rows, those of
/// columns, then scales and shifts.
pub(in crate::plan::wgsl) fn pool(unit: Unit) -> String {
    // Each channel `groups` times, which vectors do not do.
    let (channel, scale) = match unit {
        Unit::One => (
            "c / p.groups",
            "bitcast<f32>(w[p.depth + c]) * sum + bitcast<f32>(w[p.depth + p.y_channels + c])",
        ),
        Unit::Four => (
            "c",
            "four(p.depth + 4u * c) * sum + four(p.depth + 4u * (p.y_channels + c))",
        ),
    };
    let four = match unit {
        Unit::One => "",
        Unit::Four => {
            "
fn four(at: u32) -> V {
  return bitcast<V>(vec4<u32>(w[at], w[at + 1u], w[at + 2u], w[at + 3u]));
}
"
        }
    };
    format!(
        "{four}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
  let at = id.x + id.y * p.line;
  if (at >= p.count) {{ return; }}
  let place = at / p.y_channels;
  let c = at - place * p.y_channels;
  let py = place / p.y_width;
  let px = place - py * p.y_width;
  let top = w[3u * py];
  let bottom = w[3u * py + 1u];
  let left = w[p.second + 3u * px];
  let right = w[p.second + 3u * px + 1u];
  let start = p.x_start + {channel};
  let to = p.y_start + py * p.y_row + px * p.y_pitch + c;
  if (p.reduce == 0u) {{
    var most = V(-3.4028234e38);
    if (top < bottom && left < right) {{ most = x[start + top * p.x_row + left * p.x_pitch]; }}
    for (var r = top; r < bottom; r++) {{
      for (var q = left; q < right; q++) {{ most = max(most, x[start + r * p.x_row + q * p.x_pitch]); }}
    }}
    y[to] = most;
    return;
  }}
  var sum = V(0.0);
  for (var r = top; r < bottom; r++) {{
    for (var q = left; q < right; q++) {{ sum += x[start + r * p.x_row + q * p.x_pitch]; }}
  }}
  if (p.reduce == 1u) {{
    y[to] = sum * (1.0 / f32(w[3u * py + 2u] * w[p.second + 3u * px + 2u]));
  }} else {{
    y[to] = {scale};
  }}
}}
"
    )
}

/// `x / (a + b · Σ x²)^c` over `run` channels; with `pool` the largest of a window of them.
pub(in crate::plan::wgsl) fn lrn(pool: bool) -> String {
    let body = if pool {
        "  let top = w[3u * py];
  let bottom = w[3u * py + 1u];
  let left = w[p.second + 3u * px];
  let right = w[p.second + 3u * px + 1u];
  var most = -3.4028234e38;
  for (var r = top; r < bottom; r++) {
    for (var q = left; q < right; q++) { most = max(most, normal(r, q, c)); }
  }
  y[to] = most;"
    } else {
        "  y[to] = normal(py, px, c);"
    };
    format!(
        "
fn normal(row: u32, column: u32, c: u32) -> f32 {{
  let start = p.x_start + row * p.x_row + column * p.x_pitch;
  let before = p.run / 2u;
  let first = max(c, before) - before;
  let end = min(c + p.run - before, p.x_channels);
  var squares = 0.0;
  for (var i = first; i < end; i++) {{
    let v = x[start + i];
    squares += v * v;
  }}
  let base = p.a + p.b * squares;
  if (p.c == 0.75) {{
    let root = sqrt(base);
    return x[start + c] / (root * sqrt(root));
  }}
  return x[start + c] / pow(base, p.c);
}}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
  let at = id.x + id.y * p.line;
  if (at >= p.count) {{ return; }}
  let place = at / p.y_channels;
  let c = at - place * p.y_channels;
  let py = place / p.y_width;
  let px = place - py * p.y_width;
  let to = p.y_start + py * p.y_row + px * p.y_pitch + c;
{body}
}}
"
    )
}
