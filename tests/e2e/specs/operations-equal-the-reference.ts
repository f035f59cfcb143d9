import { join } from "node:path";
import { Worker } from "node:worker_threads";

import { expect, test } from "@playwright/test";

import { expectReference, type Outcome } from "../pages/reference.ts";

/**
 * A thread of node with what the program needs of a browser's worker: `onmessage` and `postMessage`.
 * A failure anywhere is posted as such.
 */
const START = `
  const { readFileSync } = require("node:fs");
  const { parentPort, workerData: stem } = require("node:worker_threads");
  const { runInThisContext } = require("node:vm");
  const post = (data) => parentPort.postMessage(data);
  Object.assign(globalThis, { self: globalThis, postMessage: post });
  process.on("unhandledRejection", (reason) => post("failed: " + reason));
  parentPort.on("message", (data) => globalThis.onmessage({ data }));
  runInThisContext(readFileSync(stem + ".js", "utf8") + "\\n;globalThis.wasm_bindgen = wasm_bindgen");
  wasm_bindgen({ module_or_path: readFileSync(stem + ".wasm") });
`;

/** The program of the engine's CPU path, in a thread. */
class Program {
  readonly #worker: Worker;

  constructor(folder: string) {
    this.#worker = new Worker(START, { eval: true, workerData: join(folder, "op-cases-cpu") });
  }

  /** The next message; throws the failure of a program that ends. */
  next(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#worker.once("error", reject);
      this.#worker.once("message", (data: string) => {
        this.#worker.off("error", reject);
        if (data.startsWith("failed:")) {
          reject(new Error(data));
        } else {
          resolve(data);
        }
      });
    });
  }

  ask(header: string, file: Buffer): Promise<string> {
    this.#worker.postMessage([header, Uint8Array.from(file)]);
    return this.next();
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

// The same wasm as in a page's worker, and no page.
test("Every operation of the reference, forward and backward, in WebAssembly on the CPU, by burn and by the plan", async () => {
  test.setTimeout(300_000);
  const folder = process.env.OP_CASES;
  if (!folder) {
    throw new Error("OP_CASES is not set; `cargo xtask test --browser` builds the program");
  }
  let program: Program | undefined;
  const { planned, gradients } = await expectReference(async (header, file): Promise<Outcome> => {
    if (!program) {
      program = new Program(folder);
      await program.next();
    }
    try {
      return JSON.parse(await program.ask(header, file));
    } catch (error) {
      // A panic ends the program: the next case gets a new one.
      await program.end();
      program = undefined;
      throw error;
    }
  });
  await program?.end();
  // As many as natively (engine/tests/plan_reference.rs).
  expect(planned).toBeGreaterThan(90);
  expect(gradients).toBeGreaterThan(50);
});
