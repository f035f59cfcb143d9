// The same clockwork for every engine.

/** Passes at least, before the clock counts; and at most, for one that does not settle. */
const WARM_UP = [3, 12];
/** A pass that changes less than this share from the one before has settled. */
const SETTLED = 0.1;
/** A pass longer than this is warmed up once and timed a few times only. */
const LONG_MS = 2500;
const LONG_PASSES = 2;
const LEAST_PASSES = 5;
const SECONDS = 1;

/** Milliseconds of passes, after those that warm up. */
async function timed(pass) {
  const [least, most] = WARM_UP;
  let last = await pass();
  for (let count = 1; count < most && last < LONG_MS; count += 1) {
    const now = await pass();
    const settled = Math.abs(now - last) <= SETTLED * last;
    last = now;
    if (count + 1 >= least && settled) break;
  }
  const times = [];
  const until = performance.now() + SECONDS * 1000;
  const wanted = last < LONG_MS ? LEAST_PASSES : LONG_PASSES;
  while (times.length < wanted || (last < LONG_MS && performance.now() < until)) {
    times.push(await pass());
  }
  return times;
}

/**
 * Opens an engine (`module` is ours, tfjs or ort), asks for its logits where they are wanted, and
 * times forward passes, or steps of training on `batch` examples.
 */
export async function measure({ module, name, backend, setting, wantLogits, training }) {
  const { open } = await import(`./${module}.mjs`);
  const engine = await open({ name, backend, setting });
  const logits = wantLogits ? Array.from(await engine.logits()) : undefined;
  const pass = training
    ? engine.trainer(training.batch, training.rate)
    : () => engine.forward();
  return { version: engine.version, logits, times: await timed(pass) };
}
