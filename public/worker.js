// Starts the engine in a worker. The page names the device and a lock in the address:
// worker.js?device=cpu&name=<lock>. Everything else is Rust.
"use strict";

const query = new URLSearchParams(self.location.search);
const stem = `engine/engine-${query.get("device") === "gpu" ? "gpu" : "cpu"}`;

// Held for the worker's life: the page waits for the same lock and so learns at once of its end.
// Where the browser refuses locks, as it does without storage, the page's request is refused too and
// it goes by the worker's silence instead.
self.navigator.locks?.request(query.get("name"), () => new Promise(() => {})).catch(() => {});

const early = [];
self.onmessage = (event) => early.push(event.data);

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
  try {
    importScripts(`${stem}.js`);
    const response = await fetch(`${stem}.wasm`);
    if (!response.ok) {
      return fail(`The file ${stem}.wasm is missing from the site (${response.status}).`);
    }
    await wasm_bindgen({ module_or_path: response });
  } catch (error) {
    return fail(`The engine (${stem}) could not be loaded: ${error?.message ?? error}`);
  }
  for (const data of early.splice(0)) self.dispatchEvent(new MessageEvent("message", { data }));
}

// After the start a promise that fails is the engine's end; the page starts another.
self.onunhandledrejection = (event) => fail(`The engine stopped: ${event.reason?.message ?? event.reason}`);

start();
