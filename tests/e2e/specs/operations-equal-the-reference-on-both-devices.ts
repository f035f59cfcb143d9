import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import type { Page } from "@playwright/test";

import { ROOT } from "../pages/cnnlab.ts";
import { expect, test } from "../pages/test.ts";

/** One case of the reference, as its list has it; the program knows what to do with the rest. */
interface Case {
  readonly name: string;
  readonly file: string;
}

interface Outcome {
  readonly compared: number;
  readonly wrong: readonly string[];
}

const reference = resolve(ROOT, process.env.CNN_REFERENCE ?? "tests/reference", "ops");

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

/**
 * The tolerance is the reference's own for 32-bit arithmetic, the same as for the native test:
 * `rtol` and `atol` at once, some twenty times what another engine's float32 is off by.
 */
for (const device of ["cpu", "gpu"] as const) {
  test(`Every operation of the reference, forward and backward, in a worker: ${device}`, async ({
    page,
  }) => {
    test.setTimeout(1_200_000);
    await open(page, `op-cases-${device}`);
    const cases: Case[] = JSON.parse(readFileSync(join(reference, "cases.json"), "utf8"));
    expect(cases.length).toBeGreaterThan(100);
    const wrong: string[] = [];
    let compared = 0;
    for (const one of cases) {
      const file = readFileSync(join(reference, one.file)).toString("base64");
      try {
        const outcome = await run(page, JSON.stringify(one), file);
        wrong.push(...outcome.wrong);
        compared += outcome.compared;
      } catch (error) {
        wrong.push(`${one.name}: ${error}`);
        // A panic ends the program: the next case gets a new one.
        await page.evaluate(() => {
          (self as unknown as { checker?: unknown }).checker = undefined;
        });
      }
    }
    console.log(`${device}: ${cases.length} cases, ${compared} arrays compared`);
    expect(wrong).toEqual([]);
  });
}
