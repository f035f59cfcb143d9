// Another engine in a worker, asked by messages as ours is: so that all work in the same rhythm.
// `{ open: { module, name, backend, setting } }` starts it; `{ ask, with }` calls one of its functions.

let engine;

/** Forward passes one after the other. */
async function keepRunning(seconds) {
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) await engine.forward();
}

async function answer({ open, ask, with: parameters = [] }) {
  if (open) {
    const module = await import(`./${open.module}.mjs`);
    engine = await module.open(open);
    return engine.version;
  }
  return ask === "keepRunning" ? keepRunning(...parameters) : engine[ask](...parameters);
}

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ value: await answer(data) });
  } catch (error) {
    self.postMessage({ failed: error.message ?? String(error) });
  }
};
