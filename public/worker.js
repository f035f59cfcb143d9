// Starts the engine in a worker. The page names the device and a lock in the address:
// worker.js?device=cpu&name=<lock>. On the CPU a small engine answers first; when it has, or when
// something comes that it does not know, the whole one is fetched and goes on in its place
// (engine/src/session/first.rs). Everything else is Rust.
"use strict";

const query = new URLSearchParams(self.location.search);
const device = query.get("device") === "gpu" ? "gpu" : "cpu";
const whole = `engine/engine-${device}`;
const first = "engine/engine-first";

// Held for the worker's life: the page waits for the same lock and so learns at once of its end. The
// engine starts once it is held: the page, which asks when the engine is ready, would else get it first
// at times, and take a worker that runs for one that has ended. Where the browser refuses locks, as it
// does without storage, the page's request is refused too and it goes by the worker's silence instead.
const held = new Promise((resolve) => {
  const hold = () => {
    resolve();
    return new Promise(() => {});
  };
  const asked = self.navigator.locks?.request(query.get("name"), hold);
  if (asked) asked.catch(resolve);
  else resolve();
});

const early = [];
const keepEarly = (event) => early.push(event.data);
self.onmessage = keepEarly;

// To the engine that has put its own function there.
function deliver(messages) {
  for (const data of messages.splice(0)) self.dispatchEvent(new MessageEvent("message", { data }));
}

function fail(sentence) {
  self.postMessage({ failed: sentence });
  self.close();
}

// (func (result v128) i32.const 0 i8x16.splat i8x16.popcnt)
const SIMD = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11,
];

async function start() {
  if (typeof WebAssembly !== "object") {
    return fail("This browser has no WebAssembly, or it is switched off; the engine needs it.");
  }
  if (!WebAssembly.validate(new Uint8Array(SIMD))) {
    return fail(
      "This browser has no WebAssembly SIMD, which the engine needs. Chrome and Edge have it " +
        "from version 91, Firefox from 89, Safari from 16.4.",
    );
  }
  const stem = device === "gpu" ? whole : first;
  try {
    const [response] = await Promise.all([fetched(stem), held]);
    const bind = device === "gpu" ? wasm_bindgen : wasm_bindgen_first;
    await bind({ module_or_path: response });
  } catch (error) {
    return fail(error instanceof Missing ? error.message : notLoaded(stem, error));
  }
  deliver(early);
}

class Missing extends Error {}

const imported = new Set();

// The engine's JavaScript is there, its wasm on its way.
async function fetched(stem) {
  if (!imported.has(stem)) importScripts(`${stem}.js`);
  imported.add(stem);
  const response = await fetch(`${stem}.wasm`);
  if (!response.ok) {
    throw new Missing(`The file ${stem}.wasm is missing from the site (${response.status}).`);
  }
  return response;
}

const notLoaded = (stem, error) =>
  `The engine (${stem}) could not be loaded: ${error?.message ?? error}`;

// Called by the small engine: at most once at a time, and again when `noWhole` was called.
self.wantWhole = async () => {
  let module;
  try {
    const response = await fetched(whole);
    module = await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    return self.noWhole(error instanceof Missing ? error.message : notLoaded(whole, error));
  }
  self.handOver((handed, kept) => {
    self.onmessage = keepEarly;
    self.handed = handed;
    early.unshift(...kept);
    // What holds the small engine's memory.
    self.wantWhole = self.handOver = self.noWhole = undefined;
    wasm_bindgen_first = undefined;
    wasm_bindgen({ module_or_path: module }).then(
      () => {
        self.handed = undefined;
        deliver(early);
      },
      (error) => fail(notLoaded(whole, error)),
    );
  });
};

// After the start a promise that fails is the engine's end; the page starts another.
self.onunhandledrejection = (event) => fail(`The engine stopped: ${event.reason?.message ?? event.reason}`);

start();
