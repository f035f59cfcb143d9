// The same clockwork for every engine, each in a worker.

import { startOurs } from "./ours.mjs";

/** Passes at least before the clock counts, and seconds, in which the browser compiles what is hot
 * once more and better; and the most seconds for an engine that does not settle. */
const WARM_UP = { passes: 3, seconds: 0.5, most: 3 };
/** A pass that changes less than this share from the one before has settled. */
const SETTLED = 0.1;
/** A pass longer than this is warmed up once and timed a few times only. */
const LONG_MS = 2500;
const LONG_PASSES = 2;
const LEAST_PASSES = 5;
const SECONDS = 1;

/** Milliseconds of passes, after those that warm up. */
async function timed(pass) {
  const from = performance.now();
  let last = await pass();
  for (let count = 1; last < LONG_MS; ) {
    const now = await pass();
    count += 1;
    const settled = Math.abs(now - last) <= SETTLED * last;
    last = now;
    const seconds = (performance.now() - from) / 1000;
    const warm = count >= WARM_UP.passes && seconds >= WARM_UP.seconds;
    if (warm && (settled || seconds >= WARM_UP.most)) break;
  }
  const times = [];
  const until = performance.now() + SECONDS * 1000;
  const wanted = last < LONG_MS ? LEAST_PASSES : LONG_PASSES;
  while (times.length < wanted || (last < LONG_MS && performance.now() < until)) {
    times.push(await pass());
  }
  return times;
}

/** Another engine in a worker of its own. */
async function startRival(asked) {
  const worker = new Worker(new URL("rival.mjs", import.meta.url), { type: "module" });
  const send = (message) => {
    const answer = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) =>
        "failed" in data ? reject(new Error(data.failed)) : resolve(data.value);
      worker.onerror = (event) => reject(new Error(event.message || "the worker cannot start"));
    });
    worker.postMessage(message);
    return answer;
  };
  const version = await send({ open: asked });
  return {
    version,
    logits: () => send({ ask: "logits" }),
    forward: () => send({ ask: "forward" }),
    trainingStep: (batch) => send({ ask: "trainingStep", with: [batch] }),
  };
}

/**
 * Starts an engine (`module` is ours, tfjs or ort) with a network, asks for its logits where they
 * are wanted, and times forward passes, or training steps of `batch` examples where it is given.
 */
export async function measure({ wantLogits, batch, ...asked }) {
  const engine = await (asked.module === "ours" ? startOurs(asked) : startRival(asked));
  const logits = wantLogits ? Array.from(await engine.logits()) : undefined;
  const pass = batch ? () => engine.trainingStep(batch) : () => engine.forward();
  return { version: engine.version, logits, times: await timed(pass) };
}
