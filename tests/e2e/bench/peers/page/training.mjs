// A training of the lab's engine in its worker, asked as the page asks it.

import { start } from "./ours.mjs";
import { fetchDocument } from "./fetch.mjs";

const SET = 1;
const SITE = new URL("../../", import.meta.url);

async function file(path) {
  const response = await fetch(new URL(path, SITE));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Sends all images of the site's MNIST. */
async function sendData(ask) {
  const folder = "data/mnist/";
  const manifest = JSON.parse(new TextDecoder().decode(await file(`${folder}manifest.json`)));
  for (const { split, images, labels } of manifest.chunks) {
    const files = [await file(folder + images.file), await file(folder + labels.file)];
    const part = { part: "files", lengths: files.map(({ length }) => length) };
    const held_out = split === "test";
    const bytes = new Uint8Array(await new Blob(files).arrayBuffer());
    await ask({ command: "data", set: SET, classes: manifest.classes, held_out, part }, bytes);
  }
}

/**
 * Trains the network `name` from fresh weights, with the default settings but for `settings`, epoch
 * by epoch until the accuracy on the test images is `wanted` or the training is over. Gives the
 * milliseconds of each step and, for each epoch, how long all steps took so far in seconds and the
 * accuracy.
 */
export async function train({ name, settings, wanted }) {
  const ask = await start("cpu");
  const { graph } = await fetchDocument(name);
  await ask({ command: "load", graph, weights: { from: "seeded", seed: settings.seed } });
  await sendData(ask);
  const task = { settings, split: { validation: 0 } };
  const [steps, epochs] = [[], []];
  const hear = ({ fields }) => {
    for (const { examples_per_second } of fields.points ?? []) {
      steps.push((settings.batch / examples_per_second) * 1000);
    }
  };
  let seconds = 0;
  for (let command = "train"; ; command = "resume") {
    const from = performance.now();
    const asked = { command, set: SET, snapshots: { pause_after_epoch: true } };
    if (command === "train") asked.task = task;
    const { fields } = await ask(asked, undefined, hear);
    hear({ fields });
    seconds += (performance.now() - from) / 1000;
    const evaluated = await ask({ command: "evaluate", set: SET, task, part: "test" });
    const { accuracy, examples } = evaluated.fields.evaluation;
    epochs.push({ seconds, accuracy, examples, step: fields.position.step });
    if (fields.end !== "paused" || accuracy >= wanted) return { steps, epochs };
  }
}
