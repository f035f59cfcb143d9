// The lab's engine in its worker, asked as the page asks it.

import { fetchBytes, fetchDocument, fetchInput } from "./fetch.mjs";
import { decode, encode } from "./wire.mjs";

/** A worker; `ask` sends a command and gives its answer. */
async function start(backend) {
  const device = backend === "webgpu" ? "gpu" : "cpu";
  const worker = new Worker(new URL(`../../worker.js?device=${device}&name=peers`, import.meta.url));
  const waiting = [];
  const settle = (event) => {
    const { resolve, reject } = waiting.shift();
    if (event.data.failed) return reject(new Error(event.data.failed));
    const message = decode(event.data);
    if (message.header.event === "failed") return reject(new Error(message.header.message));
    return resolve(message);
  };
  const answer = () => new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  const ready = answer();
  worker.onmessage = settle;
  worker.onerror = (event) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(event.message));
  };
  await ready;
  return (command, payload) => {
    const buffer = encode(command, payload);
    worker.postMessage(buffer, [buffer]);
    return answer();
  };
}

/** `backend` is "cpu" or "webgpu". */
export async function startOurs({ name, backend }) {
  const ask = await start(backend);
  const { graph, logits } = await fetchDocument(name);
  const weights = await fetchBytes(`${name}.safetensors`);
  const input = await fetchInput(name);
  await ask({ command: "load", graph, weights: { from: "payload" } }, weights);
  let generation = 0;
  const run = (source, maps, payload) => {
    generation += 1;
    return ask({ command: "run", generation, input: { input: source }, maps }, payload);
  };
  // The input stays in the worker for the passes to come.
  const whole = { node: logits, first: 0, channels: null, side: null };
  const { header, payload } = await run("values", [whole], input);
  return {
    /** The values before a last softmax. */
    async logits() {
      const [{ offset, sent }] = header.maps;
      return payload.slice(offset, offset + sent.channels * sent.height * sent.width);
    },
    /** One forward pass, handing the input over and reading the answer included; milliseconds. */
    async forward() {
      const { header } = await run("last", []);
      return header.forward_ms;
    },
    /** Forward passes one after the other. */
    async keepRunning(seconds) {
      const until = performance.now() + seconds * 1000;
      while (performance.now() < until) {
        await ask({ command: "measure", runs: 10, pass: { pass: "forward" } });
      }
    },
    /** One step of SGD on the mean cross-entropy of `batch` examples; milliseconds. */
    async trainingStep(batch) {
      const pass = { pass: "training", batch };
      const { header } = await ask({ command: "measure", runs: 1, pass });
      return header.ms;
    },
  };
}
