import { type BrowserContext, expect, type Page, type Request, test as playwright } from "@playwright/test";

import { Lab } from "./lab.ts";
import { Trace } from "./trace.ts";

export { expect } from "@playwright/test";

/** Chromium's word of a page that starts slowly, which is a matter of the machine. */
const SLOW = /was preloaded using link preload but not used within a few seconds/;

/** Problems in the browser during a test. */
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

/** The page of a request; none of the service worker's, and none of a page that is being created. */
function pageOf(request: Request): Page | undefined {
  try {
    return request.frame().page();
  } catch {
    return undefined;
  }
}

/** Whether the request loads a page's document, not that of a frame in it. */
function isPageLoad(request: Request): boolean {
  const page = request.isNavigationRequest() ? pageOf(request) : undefined;
  return page !== undefined && request.frame() === page.mainFrame();
}

/** Tells the problems of everything that happens in the context; gives what ends that. */
function listen(context: BrowserContext, problems: Problems): () => void {
  // Requests under way, and those whose page has been loaded again since they began.
  const running = new Set<Request>();
  const interrupted = new WeakSet<Request>();
  const heard = {
    request: (request: Request) => {
      if (isPageLoad(request)) {
        // The service worker fetches for the pages.
        for (const earlier of running) {
          if ([pageOf(request), undefined].includes(pageOf(earlier))) {
            interrupted.add(earlier);
          }
        }
      }
      running.add(request);
    },
    requestfinished: (request: Request) => {
      running.delete(request);
    },
    console: (message: import("@playwright/test").ConsoleMessage) => {
      if (["error", "warning", "assert"].includes(message.type()) && !SLOW.test(message.text())) {
        problems.add(`console ${message.type()}: ${message.text()} (${message.location().url})`);
      }
    },
    weberror: (error: import("@playwright/test").WebError) =>
      problems.add(`page error: ${error.error().message}`),
    requestfailed: (request: Request) => {
      running.delete(request);
      const why = request.failure()?.errorText;
      // Loading a page again aborts its requests. The browser fetches the icon late, so that a closed
      // page aborts it as well.
      const expected = interrupted.has(request) || request.url().endsWith("/favicon.svg");
      if (!expected || why !== "net::ERR_ABORTED") {
        problems.add(`request failed: ${request.url()}: ${why}`);
      }
    },
    response: (response: import("@playwright/test").Response) => {
      if (response.status() >= 400) {
        problems.add(`response ${response.status()}: ${response.url()}`);
      }
    },
  };
  context.on("console", heard.console);
  context.on("weberror", heard.weberror);
  context.on("request", heard.request);
  context.on("requestfinished", heard.requestfinished);
  context.on("requestfailed", heard.requestfailed);
  context.on("response", heard.response);
  return () => {
    context.off("console", heard.console);
    context.off("weberror", heard.weberror);
    context.off("request", heard.request);
    context.off("requestfinished", heard.requestfinished);
    context.off("requestfailed", heard.requestfailed);
    context.off("response", heard.response);
  };
}

/** A test of the lab: any console error or warning, error of a script or failed request fails it. */
export const test = playwright.extend<{ problems: Problems; tasks: void; lab: Lab }>({
  problems: [
    async ({ context }, use) => {
      const problems = new Problems();
      const end = listen(context, problems);
      await use(problems);
      end();
      expect(problems.remaining(), "what went wrong in the browser").toEqual([]);
    },
    // `auto`: also for tests that do not use it.
    { auto: true },
  ],
  // For `cargo xtask bench tasks`; printed by the reporter in tasks.mjs.
  tasks: [
    async ({ browser, context }, use, info) => {
      if (!process.env.TASKS) {
        await use();
        return;
      }
      const trace = await Trace.begin(browser);
      await use();
      // The record ends at once when its pages and their service worker are gone, else after seconds.
      context.removeAllListeners("requestfailed");
      await context.close();
      const description = JSON.stringify(await trace.tasks());
      info.annotations.push({ type: "tasks", description });
    },
    { auto: true },
  ],
  lab: async ({ page }, use) => {
    await use(new Lab(page));
  },
});

const VIEWPORT = { width: 1280, height: 800 };

const sharing = test.extend<object, { opened: Page }>({
  opened: [
    async ({ browser }, use) => {
      const context = await browser.newContext({ baseURL: process.env.BASE_URL, viewport: VIEWPORT });
      const page = await context.newPage();
      await new Lab(page).open();
      await use(page);
      await context.close();
    },
    { scope: "worker" },
  ],
  context: async ({ opened }, use) => {
    await use(opened.context());
  },
  page: async ({ opened }, use) => {
    await use(opened);
    // Restores LeNet-5 in the graph view for the next story.
    const lab = new Lab(opened);
    await opened.keyboard.press("Escape");
    await opened.setViewportSize(VIEWPORT);
    // Here the panel lies over the network's buttons.
    const close = opened.getByTestId("close-look");
    if (await close.isVisible()) {
      await close.click();
    }
    await expect(lab.undoEdit, "the story has left an edit").toBeDisabled();
    await expect(lab.networkName).toHaveText("LeNet-5");
    await lab.showPicture();
  },
});

/**
 * For stories that look and change nothing: the lab is opened once for all of them, and
 * `lab.open()` is not called. Recorded tasks belong to one story, so then each has its own page.
 */
export const looking = process.env.TASKS
  ? test.extend({
      lab: async ({ lab }, use) => {
        await lab.open();
        await use(lab);
      },
    })
  : sharing;
