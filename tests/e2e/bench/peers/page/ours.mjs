// The lab's engine in its worker, asked as the page asks it.

import { fetchBytes, fetchDocument, fetchInput } from "./fetch.mjs";
import { decode, encode } from "./wire.mjs";

/** Events that are not the last reply to their request. */
const EARLY = ["started", "progress", "stepped", "validated", "snapshot"];

/**
 * A worker. `ask` sends a command and gives its last reply, `{ event, fields, payload }`; `hear` is
 * called with those before it.
 */
export async function start(backend) {
  const device = backend === "webgpu" ? "gpu" : "cpu";
  const worker = new Worker(new URL(`../../worker.js?device=${device}&name=peers`, import.meta.url));
  const waiting = new Map();
  const fail = (words) => {
    for (const { reject } of waiting.values()) reject(new Error(words));
  };
  worker.onmessage = ({ data }) => {
    if (data.failed) return fail(data.failed);
    const reply = decode(data);
    const { resolve, reject, hear } = waiting.get(reply.id);
    if (EARLY.includes(reply.event)) return hear?.(reply);
    waiting.delete(reply.id);
    if (reply.event === "failed") return reject(new Error(reply.fields.failure.json));
    return resolve(reply);
  };
  worker.onerror = (event) => fail(event.message);
  const answer = (id, hear) =>
    new Promise((resolve, reject) => waiting.set(id, { resolve, reject, hear }));
  // The greeting answers no request.
  await answer(0);
  let last = 0;
  return (command, payload, hear) => {
    const id = (last += 1);
    const buffer = encode({ id, command }, payload);
    worker.postMessage(buffer, [buffer]);
    return answer(id, hear);
  };
}

/** `backend` is "cpu" or "webgpu". */
export async function startOurs({ name, backend }) {
  const ask = await start(backend);
  const { graph, logits } = await fetchDocument(name);
  const weights = await fetchBytes(`${name}.safetensors`);
  const input = await fetchInput(name);
  await ask({ command: "load", graph, weights: { from: "payload" } }, weights);
  const run = (source, maps, payload) =>
    ask({ command: "run", input: { input: source }, maps }, payload);
  // The input stays in the worker for the passes to come.
  const whole = { node: logits, first: 0, channels: null, side: null };
  const { fields, payload } = await run("values", [whole], input);
  return {
    /** The values before a last softmax. */
    async logits() {
      const [{ offset, sent }] = fields.maps;
      return payload.slice(offset, offset + sent.channels * sent.height * sent.width);
    },
    /** One forward pass, handing the input over and reading the answer included; milliseconds. */
    async forward() {
      const { fields } = await run("last", []);
      return fields.forward_ms;
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
      const { fields } = await ask({ command: "measure", runs: 1, pass });
      return fields.ms;
    },
  };
}
