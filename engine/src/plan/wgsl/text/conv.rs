//! Convolution: a thread has some positions and the eight outputs of a panel in sums that are named,
//! because compilers of shaders keep an array that is indexed in memory.

use std::fmt::Write;

use crate::plan::wgsl::shader::Unit;

/// With `halving` of four positions, which are a square.
pub(in crate::plan::wgsl) fn conv(
    [read, write]: [Unit; 2],
    halving: bool,
    positions: usize,
) -> String {
    let mut text = String::from(
        "
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x + id.y * p.line;
  if (at >= p.count) { return; }
  let panel = at / p.tiles;
  let tile = at - panel * p.tiles;
  let group = panel / p.panels;
  let start = p.x_start + group * p.each_in;
",
    );
    places(&mut text, halving, positions);
    for at in 0..positions {
        let _ = writeln!(text, "  var s{at} = w[p.second + 2u * panel];");
        let _ = writeln!(text, "  var t{at} = w[p.second + 2u * panel + 1u];");
    }
    sums(&mut text, read, positions);
    text.push_str("  let first = (panel - group * p.panels) * 8u;\n");
    if halving {
        text.push_str("  let s = halved(then(s0), then(s1), then(s2), then(s3));\n");
        text.push_str("  let t = halved(then(t0), then(t1), then(t2), then(t3));\n");
        text.push_str("  let to = p.y_start + row * p.y_row + column * p.y_pitch;\n");
        store(&mut text, write, "s", "t");
    } else {
        for at in 0..positions {
            let _ = writeln!(
                text,
                "  if (n + {at}u <= last) {{
    let to = p.y_start + r{at} * p.y_row + c{at} * p.y_pitch;"
            );
            residual(&mut text, write, at);
            let _ = writeln!(text, "    let s = then(s{at});\n    let t = then(t{at});");
            store(&mut text, write, "s", "t");
            text.push_str("  }\n");
        }
    }
    text.push_str("}\n");
    if halving {
        text.push_str(
            "
fn halved(a: V, b: V, c: V, d: V) -> V {
  if (p.reduce == 0u) { return max(max(a, b), max(c, d)); }
  return (a + b + c + d) * 0.25;
}
",
        );
    }
    text
}

/// Where the windows of the positions begin.
fn places(text: &mut String, halving: bool, positions: usize) {
    if halving {
        text.push_str(
            "  let row = tile / p.y_width;
  let column = tile - row * p.y_width;
  let a0 = start + 2u * row * p.step_y + 2u * column * p.step_x;
  let a1 = a0 + p.step_x;
  let a2 = a0 + p.step_y;
  let a3 = a2 + p.step_x;
",
        );
        return;
    }
    let _ = writeln!(
        text,
        "  let last = p.y_height * p.y_width - 1u;\n  let n = tile * {positions}u;"
    );
    for at in 0..positions {
        let _ = writeln!(
            text,
            "  let n{at} = min(n + {at}u, last);
  let r{at} = n{at} / p.y_width;
  let c{at} = n{at} - r{at} * p.y_width;
  let a{at} = start + r{at} * p.step_y + c{at} * p.step_x;"
        );
    }
}

/// The loop over a window.
fn sums(text: &mut String, read: Unit, positions: usize) {
    text.push_str(
        "  var k = panel * p.depth;
  for (var ty = 0u; ty < p.tall; ty++) {
    for (var tx = 0u; tx < p.wide; tx++) {
      let off = ty * p.down + tx * p.right;
",
    );
    for at in 0..positions {
        let _ = writeln!(text, "      let b{at} = a{at} + off;");
    }
    text.push_str("      for (var i = 0u; i < p.run; i++) {\n");
    for at in 0..positions {
        let _ = writeln!(text, "        let x{at} = x[b{at} + i];");
    }
    let parts: &[&str] = match read {
        Unit::One => &[""],
        Unit::Four => &[".x", ".y", ".z", ".w"],
    };
    for (number, part) in parts.iter().enumerate() {
        let place = 2 * number;
        let _ = writeln!(
            text,
            "        let u{number} = w[k + {place}u];\n        let v{number} = w[k + {}u];",
            place + 1
        );
        for at in 0..positions {
            let _ = writeln!(
                text,
                "        s{at} += x{at}{part} * u{number};\n        t{at} += x{at}{part} * v{number};"
            );
        }
    }
    let _ = writeln!(
        text,
        "        k += {}u;\n      }}\n    }}\n  }}",
        2 * parts.len()
    );
}

/// Adds another map's values to the sums of a position.
fn residual(text: &mut String, write: Unit, at: usize) {
    let _ = writeln!(
        text,
        "    if (p.residual == 1u) {{
      let source = p.o_start + r{at} * p.o_row + c{at} * p.o_pitch;"
    );
    match write {
        Unit::Four => {
            let _ = writeln!(
                text,
                "      let q = source + group * (p.each / 4u) + first / 4u;
      s{at} += o[q];
      if (first + 4u < p.each) {{ t{at} += o[q + 1u]; }}"
            );
        }
        Unit::One => {
            let _ = writeln!(text, "      let q = source + group * p.each + first;");
            for (place, (sums, part)) in lanes("s", "t").enumerate() {
                let _ = writeln!(
                    text,
                    "      if (first + {place}u < p.each) {{ {sums}{at}.{part} += o[q + {place}u]; }}"
                );
            }
        }
    }
    text.push_str("    }\n");
}

/// Writes a position's eight outputs, fewer in the last panel.
fn store(text: &mut String, write: Unit, s: &str, t: &str) {
    match write {
        Unit::Four => {
            let _ = writeln!(
                text,
                "    let e = to + group * (p.each / 4u) + first / 4u;
    y[e] = {s};
    if (first + 4u < p.each) {{ y[e + 1u] = {t}; }}"
            );
        }
        Unit::One => {
            text.push_str("    let e = to + group * p.each + first;\n");
            for (place, (sums, part)) in lanes(s, t).enumerate() {
                let _ = writeln!(
                    text,
                    "    if (first + {place}u < p.each) {{ y[e + {place}u] = {sums}.{part}; }}"
                );
            }
        }
    }
}

/// The eight outputs of a position.
fn lanes<'a>(s: &'a str, t: &'a str) -> impl Iterator<Item = (&'a str, char)> {
    [s, t]
        .into_iter()
        .flat_map(|sums| "xyzw".chars().map(move |part| (sums, part)))
}
