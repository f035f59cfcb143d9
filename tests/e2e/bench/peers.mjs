// Measures the lab's engine beside TensorFlow.js, ONNX Runtime Web, LiteRT.js and jax-js: in one Chromium,
// with the same networks, weights and inputs. It prints the tables and writes them into docs/bench.md. All it
// asserts is that ours runs everything and that nothing was timed that computes something else:
// times belong to a machine. PEERS_ONLY=resnet-18,lenet-5 measures those alone, PEERS_DEVICE=cpu that
// device alone, PEERS_ENGINES=LiteRT,ORT these and ours; all three write nothing. TFLITE_PYTHON names a Python with TensorFlow (tensorflow-cpu from
// PyPI), which makes LiteRT.js's files; without one LiteRT.js is left out.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "@playwright/test";

import { FLAGS } from "../chromium.mjs";
import { writeSection } from "../report.mjs";
import { install } from "./peers/install.mjs";
import { NETWORKS, makeNetwork } from "./peers/networks.mjs";
import { toOnnx } from "./peers/onnx.mjs";
import { encode } from "./peers/page/safetensors.mjs";
import { serve } from "./peers/server.mjs";
import { report } from "./peers/tables.mjs";

const { BASE_URL, CHROMIUM, PEERS_ONLY, PEERS_DEVICE, PEERS_ENGINES, TFLITE_PYTHON } = process.env;
if (!BASE_URL || !CHROMIUM) {
  throw new Error("BASE_URL or CHROMIUM is not set; start this with `cargo xtask bench peers`");
}

/** Ours first: the others' answers are compared with those of our CPU. */
const ALL = [
  { title: "ours, CPU", module: "ours", backend: "cpu" },
  { title: "ORT wasm", module: "ort", backend: "wasm", against: "ours, CPU" },
  { title: "TF.js wasm", module: "tfjs", backend: "wasm", against: "ours, CPU" },
  { title: "TF.js cpu", module: "tfjs", backend: "cpu", against: "ours, CPU" },
  { title: "LiteRT wasm", module: "litert", backend: "wasm", against: "ours, CPU" },
  {
    title: "LiteRT wasm, threaded build",
    module: "litert",
    backend: "wasm",
    against: "ours, CPU",
    settings: [{ threads: true }],
  },
  { title: "jax-js wasm", module: "jax", backend: "wasm", against: "ours, CPU", trains: true },
  { title: "ours, WebGPU", module: "ours", backend: "webgpu" },
  {
    title: "ORT webgpu",
    module: "ort",
    backend: "webgpu",
    against: "ours, WebGPU",
    // Its default first. With it 1.30 computes wrong values where a convolution of 3×3 or larger has
    // 6 channels in and 16 out, as LeNet-5's second (https://github.com/microsoft/onnxruntime/issues/29651
    // tells of the like); then the other.
    settings: [{ layout: "NHWC" }, { layout: "NCHW" }],
  },
  {
    title: "ORT webgpu, captured",
    module: "ort",
    backend: "webgpu",
    against: "ours, WebGPU",
    settings: [
      { layout: "NHWC", capture: true },
      { layout: "NCHW", capture: true },
    ],
  },
  { title: "TF.js webgpu", module: "tfjs", backend: "webgpu", against: "ours, WebGPU" },
  { title: "LiteRT webgpu", module: "litert", backend: "webgpu", against: "ours, WebGPU" },
  { title: "jax-js webgpu", module: "jax", backend: "webgpu", against: "ours, WebGPU" },
];
const isOnDevice = ({ backend }) =>
  !PEERS_DEVICE || (backend === "webgpu") === (PEERS_DEVICE === "webgpu");
const isNamed = ({ title, module }) =>
  !PEERS_ENGINES || module === "ours" || PEERS_ENGINES.split(",").some((name) => title.startsWith(name));
/** LiteRT.js's files need TensorFlow to be made. */
const isThere = ({ module }) => module !== "litert" || TFLITE_PYTHON;
const ENGINES = ALL.filter((it) => isOnDevice(it) && isNamed(it) && isThere(it));
/** Those that have no training step. */
const INFER = ["ort", "litert"];
const TRAINING = { network: "lenet-5", batch: 64 };
const ROUNDS = 2;
/** The largest difference of a logit, relative to the largest logit. */
const TOLERANCE = 1e-3;
/** An engine that is silent for so long does not run. */
const PATIENCE_MS = 10 * 60 * 1000;

/** What the pages are given to load. */
function filesOf(network) {
  const { name, graph, logits, tensors, input } = network;
  const last = graph.nodes.at(-1).id;
  const hasSoftmax = logits !== last;
  const files = new Map([
    [`${name}.json`, Buffer.from(JSON.stringify({ graph, logits, hasSoftmax }))],
    [`${name}.input`, Buffer.from(input.buffer)],
    [`${name}.safetensors`, Buffer.from(encode(tensors).buffer)],
    [`${name}.onnx`, toOnnx(network, last)],
  ]);
  if (hasSoftmax) files.set(`${name}.logits.onnx`, toOnnx(network, logits));
  return files;
}

/** Those of LiteRT.js, made of the others by TensorFlow. */
function tfliteOf({ name }, files) {
  const folder = mkdtempSync(join(tmpdir(), "cnn-lab-peers-"));
  try {
    for (const file of [`${name}.json`, `${name}.safetensors`]) {
      writeFileSync(join(folder, file), files.get(file));
    }
    const script = fileURLToPath(new URL("peers/tflite.py", import.meta.url));
    execFileSync(TFLITE_PYTHON, [script, folder, name], { stdio: ["ignore", "ignore", "pipe"] });
    const made = readdirSync(folder).filter((file) => file.endsWith(".tflite"));
    return new Map(made.map((file) => [file, readFileSync(join(folder, file))]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** How far apart two answers are; infinite when one is not a number. */
function difference(got, wanted) {
  if (got.length !== wanted.length) return Infinity;
  const scale = Math.max(...wanted.map(Math.abs));
  const worst = got.reduce((most, value, at) => Math.max(most, Math.abs(value - wanted[at])), 0);
  return Number.isFinite(worst / scale) ? worst / scale : Infinity;
}

/** One engine in a page of its own. */
async function visit(browser, address, asked) {
  const page = await browser.newPage();
  try {
    await page.goto(`${address}peers/`);
    const patience = new Promise((_, reject) => {
      const late = () => reject(new Error(`no answer in ${PATIENCE_MS / 60_000} minutes`));
      setTimeout(late, PATIENCE_MS).unref();
    });
    const measured = page.evaluate(async (task) => {
      const { measure } = await import(`${location.href}page/measure.mjs`);
      return measure(task);
    }, asked);
    // Said by `patience` alone when it came first.
    measured.catch(() => {});
    return await Promise.race([measured, patience]);
  } finally {
    await page.close();
  }
}

/** The first sentence of an error, without what Playwright puts around it. */
function sentence(error) {
  const [line] = error.message.replace(/^page\.evaluate: (Error: )?/, "").split("\n");
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

/** All engines on one task, round after round; a result for each engine. */
async function compare(browser, address, { name, batch, engines }) {
  const results = new Map(engines.map(({ title }) => [title, { times: [], failed: [] }]));
  let wanted;
  for (let round = 0; round < ROUNDS; round += 1) {
    // There and back again: what slows the machine down for a while hits all alike.
    for (const engine of round % 2 === 0 ? engines : engines.toReversed()) {
      const result = results.get(engine.title);
      if (result.fails) continue;
      const { module, backend } = engine;
      const settings = result.setting ? [result.setting] : (engine.settings ?? [{}]);
      for (const setting of settings) {
        delete result.fails;
        const asked = { module, name, backend, setting, batch, wantLogits: round === 0 };
        try {
          const { version, logits, times } = await visit(browser, address, asked);
          result.version = version;
          if (logits) {
            wanted ??= logits;
            result.difference = difference(logits, wanted);
          }
          if (result.difference > TOLERANCE) {
            const size = result.difference.toPrecision(2);
            result.fails = `gives other values than ours on the CPU (by ${size} of the largest)`;
          } else {
            result.times.push(...times);
            result.setting = setting;
            break;
          }
        } catch (error) {
          // Without the browser nothing is said about an engine.
          if (!browser.isConnected()) throw error;
          result.fails = sentence(error);
        }
        result.failed.push(`${Object.values(setting).join()} ${result.fails}`.trim());
      }
      console.log(`${name}${batch ? ", training" : ""}: ${engine.title}: ${summary(result)}`);
    }
  }
  return results;
}

/** For whoever waits. */
function summary({ fails, times, difference }) {
  if (fails) return fails;
  const sorted = times.toSorted((one, other) => one - other);
  const [least, median] = [sorted[0], sorted[sorted.length >> 1]].map((time) => time.toFixed(2));
  return `median ${median} ms, least ${least} ms of ${times.length}; differs by ${difference}`;
}

async function adapterOf(browser, address) {
  const page = await browser.newPage();
  await page.goto(`${address}peers/`);
  const adapter = await page.evaluate(async () => {
    const found = await navigator.gpu?.requestAdapter();
    if (!found) return "none";
    const { vendor, architecture, description } = found.info;
    return description || `${vendor} ${architecture}`;
  });
  await page.close();
  return adapter;
}

install();
const wanted = NETWORKS.filter(({ name }) => !PEERS_ONLY || PEERS_ONLY.split(",").includes(name));
const data = new Map();
const server = await serve(BASE_URL, data);
const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
let failed = [];
try {
  const adapter = await adapterOf(browser, server.address);
  const [loadBefore] = loadavg();
  const rows = [];
  for (const published of wanted) {
    const network = makeNetwork(published);
    const files = filesOf(network);
    for (const [file, bytes] of files) data.set(file, bytes);
    if (ENGINES.some(({ module }) => module === "litert")) {
      for (const [file, bytes] of tfliteOf(network, files)) data.set(file, bytes);
    }
    const { name, title, exactMacs } = network;
    const task = { name, engines: ENGINES };
    const results = await compare(browser, server.address, task);
    rows.push({ title, macs: exactMacs, results });
    if (name === TRAINING.network) {
      const { batch } = TRAINING;
      const engines = ENGINES.filter(({ module }) => !INFER.includes(module));
      const results = await compare(browser, server.address, { name, batch, engines });
      rows.push({ title: `${title}, training step of ${batch}`, results });
    }
    data.clear();
  }
  const load = [loadBefore, loadavg()[0]].map((load) => load.toFixed(1));
  const machine = `${cpus().length} cores (${cpus()[0].model.trim()}), load ${load.join(" to ")}`;
  const text = report({
    engines: ENGINES,
    rows,
    rounds: ROUNDS,
    tolerance: TOLERANCE,
    adapter,
    chromium: browser.version(),
    machine,
  });
  console.log(text);
  if (PEERS_ONLY || PEERS_DEVICE || PEERS_ENGINES) {
    console.log("Not everything was measured: docs/bench.md stays as it is.");
  } else {
    writeSection("peers", text);
    console.log("Written to docs/bench.md.");
  }
  failed = rows.flatMap(({ title, results }) =>
    [...results]
      .filter(([engine, { fails }]) => fails && engine.startsWith("ours"))
      .map(([engine, { fails }]) => `${engine}, ${title}: ${fails}`),
  );
} finally {
  await browser.close();
  server.close();
}
if (failed.length > 0) {
  throw new Error(failed.join("\n"));
}
