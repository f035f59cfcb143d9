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
  /** Passes and gradients by the compiled plan that were compared as well. */
  readonly planned: number;
  readonly gradients: number;
  readonly wrong: readonly string[];
}

const reference = resolve(ROOT, process.env.CNN_REFERENCE ?? "tests/reference", "ops");

/**
 * Runs every case of the reference, given as its JSON text and its file. The tolerance is the
 * reference's own for 32-bit arithmetic, the same as for the native test: `rtol` and `atol` at once,
 * some twenty times what another engine's float32 is off by. Gives how many cases the compiled plan
 * ran forward, and for how many its training step gave the gradients.
 */
export async function expectReference(
  run: (header: string, file: Buffer) => Promise<Outcome>,
): Promise<{ planned: number; gradients: number }> {
  const cases: Case[] = JSON.parse(readFileSync(join(reference, "cases.json"), "utf8"));
  expect(cases.length).toBeGreaterThan(100);
  const wrong: string[] = [];
  let [compared, planned, gradients] = [0, 0, 0];
  for (const one of cases) {
    try {
      const outcome = await run(JSON.stringify(one), readFileSync(join(reference, one.file)));
      wrong.push(...outcome.wrong);
      compared += outcome.compared;
      planned += outcome.planned > 0 ? 1 : 0;
      gradients += outcome.gradients > 0 ? 1 : 0;
    } catch (error) {
      wrong.push(`${one.name}: ${error}`);
    }
  }
  expect(compared).toBeGreaterThan(cases.length);
  expect(wrong).toEqual([]);
  return { planned, gradients };
}
