import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { expect } from "@playwright/test";

import { ROOT } from "./cnnlab.ts";

/** One case of the reference, as its list has it; the program knows what to do with the rest. */
interface Case {
  readonly name: string;
  readonly file: string;
}

export interface Outcome {
  readonly compared: number;
  readonly wrong: readonly string[];
}

const reference = resolve(ROOT, process.env.CNN_REFERENCE ?? "tests/reference", "ops");

/**
 * Runs every case of the reference, given as its JSON text and its file. The tolerance is the
 * reference's own for 32-bit arithmetic, the same as for the native test: `rtol` and `atol` at once,
 * some twenty times what another engine's float32 is off by.
 */
export async function expectReference(
  run: (header: string, file: Buffer) => Promise<Outcome>,
): Promise<void> {
  const cases: Case[] = JSON.parse(readFileSync(join(reference, "cases.json"), "utf8"));
  expect(cases.length).toBeGreaterThan(100);
  const wrong: string[] = [];
  let compared = 0;
  for (const one of cases) {
    try {
      const outcome = await run(JSON.stringify(one), readFileSync(join(reference, one.file)));
      wrong.push(...outcome.wrong);
      compared += outcome.compared;
    } catch (error) {
      wrong.push(`${one.name}: ${error}`);
    }
  }
  expect(compared).toBeGreaterThan(cases.length);
  expect(wrong).toEqual([]);
}
