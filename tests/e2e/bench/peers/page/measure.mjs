// The same clockwork for every engine, each in a worker.

import { startOurs } from "./ours.mjs";

/** Passes at least before the clock counts. */
const WARM_PASSES = 3;
/** How long short passes follow one another without a pause first: browsers compile what is hot once
 * more and better, which takes thousands of LeNet-5's. */
const WARM_SECONDS = 1;
/** A pass longer than this is warmed up once and timed a few times only. */
const LONG_MS = 2500;
const LONG_PASSES = 2;
const LEAST_PASSES = 5;
const SECONDS = 1;

/** Milliseconds of passes, after those that warm up. `keepRunning` runs them for some seconds. */
async function timed(pass, keepRunning) {
  let last = await pass();
  for (let count = 1; count < WARM_PASSES && last < LONG_MS; count += 1) last = await pass();
  if (keepRunning && last < LONG_MS) {
    await keepRunning(WARM_SECONDS);
    last = await pass();
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
  // Not a module: LiteRT.js loads a script of its own.
  const worker = new Worker(new URL("rival.mjs", import.meta.url));
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
    keepRunning: (seconds) => send({ ask: "keepRunning", with: [seconds] }),
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
  const times = batch
    ? await timed(() => engine.trainingStep(batch))
    : await timed(() => engine.forward(), engine.keepRunning);
  return { version: engine.version, logits, times };
}
