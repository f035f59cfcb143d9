// The tables of the comparison, for docs/bench.md.

/** The value that this share of the values does not exceed (nearest rank). */
function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

const median = (result) => quantile(result.times, 0.5);

/** Three digits are more than a noisy machine knows. */
function shown(number) {
  if (number >= 100) return number.toFixed(0);
  return number >= 10 ? number.toFixed(1) : number.toFixed(2);
}

function line(cells) {
  return `| ${cells.join(" | ")} |`;
}

function table(head, rows) {
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** `macs` of a pass, where it is one. */
function time(result, macs) {
  if (!result) return "–";
  if (result.fails) return "does not run";
  const ms = `${shown(median(result))} (${shown(quantile(result.times, 0.95))})`;
  return macs ? `${ms}, ${shown((2 * macs) / median(result) / 1e6)}` : ms;
}

/** How many times as long as ours on the same kind of device. */
function ratio(result, ours) {
  if (!result || result.fails || !ours || ours.fails) return "–";
  return `${shown(median(result) / median(ours))}×`;
}

/** One kind of device: our column, the rivals', and their ratios. */
function section(engines, rows, ours) {
  const rivals = engines.filter(({ against }) => against === ours);
  const head = ["ms: median (95 %), GFLOP/s", ours, ...rivals.map(({ title }) => title)];
  const ratios = rivals.map(({ title }) => `${title} ÷ ours`);
  const body = rows.map(({ title, results, macs }) => [
    title,
    time(results.get(ours), macs),
    ...rivals.map((rival) => time(results.get(rival.title), macs)),
    ...rivals.map((rival) => ratio(results.get(rival.title), results.get(ours))),
  ]);
  return table([...head, ...ratios], body);
}

/** Every failure of an engine at a task, in its own words, and what was timed all the same. */
function failures(rows) {
  const all = rows.flatMap(({ title, results }) =>
    [...results].flatMap(([engine, { failed, fails, setting }]) =>
      failed.map((words) => {
        const instead = fails ? "" : `; timed with ${Object.values(setting).join()} instead`;
        return `- ${engine}, ${title}: ${words}${instead}`;
      }),
    ),
  );
  return all.length === 0 ? "" : `\nDid not run, or gave other values:\n${all.join("\n")}\n`;
}

function versionOf(rows, start) {
  const found = rows
    .flatMap(({ results }) => [...results])
    .find(([engine, { version }]) => engine.startsWith(start) && version);
  return found?.[1].version ?? "(did not start)";
}

/** The section “Beside other engines”. */
export function report({ engines, rows, rounds, tolerance, adapter, chromium, machine }) {
  const passes = rows.flatMap(({ results }) => [...results.values()])
    .filter(({ fails }) => !fails)
    .map(({ times }) => times.length);
  const differences = rows.flatMap(({ results }) => [...results.values()])
    .filter(({ fails }) => !fails)
    .map(({ difference }) => difference);
  return `## Beside other engines
Written by \`cargo xtask bench peers\`. Chromium ${chromium}, headless; ${machine}; WebGPU adapter:
${adapter}. TensorFlow.js ${versionOf(rows, "TF.js")}, ONNX Runtime Web ${versionOf(rows, "ORT")},
LiteRT.js ${versionOf(rows, "LiteRT")}, jax-js ${versionOf(rows, "jax-js")}; all on one thread. The adapter is a software renderer, so the second table shows how much work each engine
gives a GPU, not how fast a GPU is. A load above the number of cores means that other programs used the
machine: the times are then too long, and only large ratios mean anything.

The zoo's graphs as published, with the same seeded random weights and the same input; batch 1 except
for training. Each engine runs in a worker of a fresh page; each pass is requested by a message. Times
are taken inside the worker: they include passing the input to the engine, the pass and reading the
answer back, not the message. The pages are cross-origin isolated (timer resolution 5 µs); ${rounds} rounds,
in both orders of the engines; ${Math.min(...passes)} to ${Math.max(...passes)} passes were timed, after a warm-up
of at least 3 passes and one second of passes without a pause (one pass if it takes longer than 2.5 s).
A ratio above 1 means that ours took less time.

Before timing, each engine's logits were compared with those of ours on the CPU: the largest
difference is ${Math.max(...differences).toExponential(1)} of the largest logit (at most ${tolerance} is accepted).

${["ours, CPU", "ours, WebGPU"]
  .filter((ours) => engines.some(({ title }) => title === ours))
  .map((ours) => section(engines, rows, ours))
  .join("\n\n")}
${failures(rows)}
How each engine gets the networks. ONNX: one operation a node (opset 17); the runtime's own optimiser
folds batch norm and fuses activations; “captured” records the commands of a pass once. TensorFlow.js:
its operations in NHWC layout, bias and ReLU fused into the operation before and batch norm folded as
its converter does; SIMD without threads. LiteRT.js: files that TensorFlow's converter makes
(\`tests/e2e/bench/peers/tflite.py\`); by itself it takes relaxed SIMD where the browser has it. jax-js:
one compiled function, batch norm folded. The training step is plain SGD on softmax cross-entropy at a
learning rate of 0: forward, backward and update; ONNX Runtime Web and LiteRT.js do not train. The other engines are packages of
\`tests/e2e/bench/peers\`; nothing of them is shipped, so NOTICE does not name them.
`;
}
