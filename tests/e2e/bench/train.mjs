// Measures a training: LeNet-5 on MNIST in the engine's worker, from fresh weights until it knows the
// test images, and the step beside TensorFlow.js on the CPU, whose packages are those of peers/. It
// prints the tables and writes them into docs/bench.md. Times belong to a machine: it asserts only
// that the network learns.

import { cpus, loadavg } from "node:os";

import { chromium } from "@playwright/test";

import { FLAGS } from "../chromium.mjs";
import { writeSection } from "../report.mjs";
import { install } from "./peers/install.mjs";
import { NETWORKS, makeNetwork } from "./peers/networks.mjs";
import { encode } from "./peers/page/safetensors.mjs";
import { serve } from "./peers/server.mjs";

const { BASE_URL, CHROMIUM } = process.env;
if (!BASE_URL || !CHROMIUM) {
  throw new Error("BASE_URL or CHROMIUM is not set; start this with `cargo xtask bench train`");
}

const BATCH = 64;
/** The default settings, in the fewest epochs that reach the accuracy. */
const SETTINGS = { batch: BATCH, length: { epochs: 2 }, seed: 5 };
const WANTED = 0.98;

/** A function of a module of peers/page, in a page of its own. */
async function inPage(browser, address, module, name, asked) {
  const page = await browser.newPage();
  try {
    await page.goto(`${address}peers/`);
    return await page.evaluate(
      async ([module, name, asked]) => {
        const loaded = await import(`${location.href}page/${module}.mjs`);
        return loaded[name](asked);
      },
      [module, name, asked],
    );
  } finally {
    await page.close();
  }
}

function median(values) {
  return values.toSorted((one, other) => one - other)[values.length >> 1];
}

/** Why there is no rival, or its times. */
async function tensorflow(browser, address, name) {
  try {
    install();
    const asked = { module: "tfjs", name, backend: "cpu", setting: {}, batch: BATCH };
    return await inPage(browser, address, "measure", "measure", asked);
  } catch (error) {
    if (!browser.isConnected()) throw error;
    return { why: error.message.split("\n")[0] };
  }
}

const network = makeNetwork(NETWORKS.find(({ name }) => name === "lenet-5"));
const { name, graph, logits, tensors, input } = network;
const data = new Map([
  [`${name}.json`, Buffer.from(JSON.stringify({ graph, logits, hasSoftmax: true }))],
  [`${name}.input`, Buffer.from(input.buffer)],
  [`${name}.safetensors`, Buffer.from(encode(tensors).buffer)],
]);
const server = await serve(BASE_URL, data);
const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
try {
  const [before] = loadavg();
  const asked = { name, settings: SETTINGS, wanted: WANTED };
  const ours = await inPage(browser, server.address, "training", "train", asked);
  const rival = await tensorflow(browser, server.address, name);
  const load = [before, loadavg()[0]].map((value) => value.toFixed(1)).join(" to ");
  const step = median(ours.steps);
  const rows = [["ours, CPU, one thread", step]];
  if (rival.times) rows.push([`TF.js ${rival.version} cpu`, median(rival.times)]);
  const lines = [
    "## Training",
    `Written by \`cargo xtask bench train\`. Chromium ${browser.version()}, headless; ` +
      `${cpus().length} cores (${cpus()[0].model.trim()}), load ${load}. A load above the number of`,
    "cores means that other programs used the machine: the times are then too long.",
    "",
    `LeNet-5, steps of ${BATCH} examples: preparation, forward, backward, Adam; TensorFlow.js with`,
    "plain descent on prepared examples.",
    "",
    "| | ms a step, median | examples a second |",
    "| --- | --- | --- |",
    ...rows.map(([title, ms]) => `| ${title} | ${ms.toFixed(1)} | ${((BATCH / ms) * 1000).toFixed(0)} |`),
    "",
    ...(rival.why ? [`TensorFlow.js was not measured: ${rival.why}`, ""] : []),
    "From fresh weights on all 60,000 training images, by the default settings in " +
      `${SETTINGS.length.epochs} epochs:`,
    "",
    "| epoch | steps | seconds of training | accuracy on 10,000 test images |",
    "| --- | --- | --- | --- |",
    ...ours.epochs.map(
      ({ seconds, step, accuracy }, at) =>
        `| ${at + 1} | ${step} | ${seconds.toFixed(1)} | ${(100 * accuracy).toFixed(2)} % |`,
    ),
  ];
  const text = lines.join("\n");
  console.log(text);
  writeSection("train", text);
  console.log("Written to docs/bench.md.");
  const { accuracy } = ours.epochs.at(-1);
  if (accuracy < WANTED) throw new Error(`the accuracy is ${accuracy}, not ${WANTED}`);
} finally {
  await browser.close();
  server.close();
}
