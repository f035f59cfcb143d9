import { expect, test as playwright } from "@playwright/test";

import { Lab } from "./lab.ts";
import { Thread } from "./thread.ts";
import { Trace } from "./trace.ts";

export { expect } from "@playwright/test";

/** What went wrong in the browser during a test. */
export class Problems {
  readonly #found: string[] = [];
  readonly #allowed: { pattern: RegExp; met: boolean }[] = [];

  add(problem: string): void {
    this.#found.push(problem);
  }

  /**
   * Says that the test itself provokes problems of this description. The allowance must be met:
   * one that is never met is too wide or too late, and fails the test.
   */
  allow(pattern: RegExp): void {
    this.#allowed.push({ pattern, met: false });
  }

  /** Says that problems of this description may come, as it happens: what is ended may be on its way. */
  tolerate(pattern: RegExp): void {
    this.#allowed.push({ pattern, met: true });
  }

  /** Problems that no allowance covers, and allowances that covered nothing. */
  remaining(): string[] {
    const remaining = this.#found.filter((problem) => {
      const allowing = this.#allowed.filter(({ pattern }) => pattern.test(problem));
      for (const allowance of allowing) {
        allowance.met = true;
      }
      return allowing.length === 0;
    });
    const unmet = this.#allowed.filter(({ met }) => !met);
    return [...remaining, ...unmet.map(({ pattern }) => `allowed, but did not happen: ${pattern}`)];
  }
}

/** A test of the lab: any console error or warning, error of a script or failed request fails it. */
export const test = playwright.extend<{ problems: Problems; stalls: void; lab: Lab }>({
  problems: [
    async ({ context }, use) => {
      const problems = new Problems();
      context.on("console", (message) => {
        if (["error", "warning", "assert"].includes(message.type())) {
          problems.add(`console ${message.type()}: ${message.text()} (${message.location().url})`);
        }
      });
      context.on("weberror", (error) => problems.add(`page error: ${error.error().message}`));
      context.on("requestfailed", (request) => {
        problems.add(`request failed: ${request.url()}: ${request.failure()?.errorText}`);
      });
      context.on("response", (response) => {
        if (response.status() >= 400) {
          problems.add(`response ${response.status()}: ${response.url()}`);
        }
      });
      await use(problems);
      expect(problems.remaining(), "what went wrong in the browser").toEqual([]);
    },
    // Also for tests that do not name it.
    { auto: true },
  ],
  // Told by the reporters in stalls.mjs and tasks.mjs.
  stalls: [
    async ({ browser, context }, use, info) => {
      if (process.env.TASKS) {
        const trace = await Trace.begin(browser);
        await use();
        // The record ends at once when its pages and their service worker are gone, else after seconds.
        context.removeAllListeners("requestfailed");
        await context.close();
        const description = JSON.stringify(await trace.tasks());
        info.annotations.push({ type: "tasks", description });
        return;
      }
      const thread = await Thread.watch(context);
      await use();
      await Thread.settle(context);
      const description = JSON.stringify(thread.longest());
      info.annotations.push({ type: "longest tasks", description });
    },
    { auto: true },
  ],
  lab: async ({ page }, use) => {
    await use(new Lab(page));
  },
});
