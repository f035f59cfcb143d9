import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Page } from "@playwright/test";

import { expectReference, type Outcome } from "../pages/reference.ts";
import { test } from "../pages/test.ts";

/** The worker: the program and nothing else. A failure anywhere is posted as such. */
const START = (stem: string): string => `
  importScripts("${stem}.js");
  self.onunhandledrejection = (event) => self.postMessage("failed: " + event.reason);
  wasm_bindgen({ module_or_path: "${stem}.wasm" });
`;

/** A page of the site's origin beside the worker, both out of the checks' folder. */
async function open(page: Page, stem: string): Promise<void> {
  const folder = process.env.OP_CASES;
  if (!folder) {
    throw new Error("OP_CASES is not set; `cargo xtask test --browser` builds the programs");
  }
  await page.route("**/checks/*", async (route) => {
    const name = new URL(route.request().url()).pathname.split("/").at(-1) ?? "";
    const types: Record<string, string> = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };
    const contentType = types[name.split(".").at(-1) ?? ""] ?? "text/plain";
    const inline: Record<string, string> = { "page.html": "<!doctype html><title>checks</title>", "start.js": START(stem) };
    const body = inline[name] ?? readFileSync(join(folder, name));
    await route.fulfill({ body, contentType });
  });
  await page.goto("checks/page.html");
}

/** Runs one case in a worker that is kept from case to case. */
function run(page: Page, header: string, file: string): Promise<Outcome> {
  return page.evaluate(
    async ([header, file]) => {
      const kept = self as unknown as { checker?: Promise<Worker> };
      const start = (): Promise<Worker> =>
        new Promise((ready, failed) => {
          const worker = new Worker("start.js");
          worker.onmessage = ({ data }) =>
            data === "ready" ? ready(worker) : failed(new Error(String(data)));
          worker.onerror = (event) => failed(new Error(event.message));
        });
      kept.checker ??= start();
      const worker = await kept.checker;
      const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
      const answer = await new Promise<string>((resolve, reject) => {
        worker.onmessage = ({ data }) =>
          String(data).startsWith("failed:") ? reject(new Error(data)) : resolve(data);
        worker.onerror = (event) => reject(new Error(event.message));
        worker.postMessage([header, bytes]);
      });
      return JSON.parse(answer);
    },
    [header, file] as const,
  );
}

/** The programs: burn-wgpu with gradients, and the WGSL plan without burn. */
const PROGRAMS = {
  "Every operation of the reference, forward and backward, on WebGPU in a browser's worker": "op-cases-gpu",
  "Every operation of the reference through the WGSL plan in a browser's worker": "plan-cases-gpu",
};

for (const [title, stem] of Object.entries(PROGRAMS)) {
  test(title, async ({ page }) => {
    test.setTimeout(1_200_000);
    await open(page, stem);
    await expectReference(async (header, file) => {
      try {
        return await run(page, header, file.toString("base64"));
      } catch (error) {
        // A panic ends the program: the next case gets a new one.
        await page.evaluate(() => {
          (self as unknown as { checker?: unknown }).checker = undefined;
        });
        throw error;
      }
    });
  });
}
