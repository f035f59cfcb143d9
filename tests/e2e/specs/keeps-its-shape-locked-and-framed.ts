import type { Page } from "@playwright/test";

import { Keep } from "../pages/keep.ts";
import { expect, test } from "../pages/test.ts";

const SIZES = [
  [390, 844],
  [1024, 768],
  [1440, 900],
] as const;
/** The sizes of frames that courses use. */
const FRAMES = [
  [420, 700],
  [800, 600],
  [1024, 640],
] as const;
const LOCKED = [
  "network",
  "presets",
  "palette",
  "fields",
  "undo",
  "input",
  "recipe",
  "device",
  "view",
  "compare",
  "share",
] as const;
const HIDDEN = [...LOCKED, "answer", "inspector", "totals"] as const;
/** The least width and height in pixels of the pad, the network and the answer. */
const LEAST = { "draw-pad": [130, 130], network: [190, 160], prediction: [10, 20] } as const;

/** What is smaller than it must be, beyond the window, or over something else. */
function faults(page: Page): Promise<string[]> {
  return page.evaluate((least) => {
    const found: string[] = [];
    const boxes = new Map<string, DOMRect>();
    for (const [name, [width, height]] of Object.entries(least)) {
      const element =
        document.querySelector(`[data-testid="${name}"]`) ?? document.getElementById(name);
      if (!element?.checkVisibility()) {
        continue;
      }
      const box = element.getBoundingClientRect();
      boxes.set(name, box);
      if (box.width < width || box.height < height) {
        found.push(`${name} is ${box.width} × ${box.height}`);
      }
      if (box.left < -1 || box.right > innerWidth + 1) {
        found.push(`${name} is from ${box.left} to ${box.right} of ${innerWidth}`);
      }
    }
    const apart = (one: DOMRect, other: DOMRect) =>
      one.right <= other.left + 1 ||
      other.right <= one.left + 1 ||
      one.bottom <= other.top + 1 ||
      other.bottom <= one.top + 1;
    for (const [name, box] of boxes) {
      for (const [other, there] of boxes) {
        if (name < other && !apart(box, there)) {
          found.push(`${name} overlaps ${other}`);
        }
      }
    }
    if (document.documentElement.scrollWidth > innerWidth) {
      found.push(`the page is ${document.documentElement.scrollWidth} wide of ${innerWidth}`);
    }
    return found;
  }, LEAST);
}

/** Shows input and network in turn, which a phone shows one at a time, and says what is wrong. */
async function walk(page: Page, what: string): Promise<void> {
  const places = page.getByTestId("go");
  const views = (await places.first().isVisible()) ? ["draw", "network"] : [""];
  for (const view of views) {
    if (view) {
      await page.locator(`[data-testid="go"][data-to="${view}"]`).click();
    }
    await expect.soft.poll(() => faults(page), `${what} ${view}`).toEqual([]);
  }
}

test("every lock leaves pad, network and answer their room", async ({ lab, page }) => {
  test.setTimeout(180_000);
  await lab.open();
  const keep = new Keep(page);
  const links: [string, string][] = [["all locked", await keep.exercise([...LOCKED])]];
  for (const control of HIDDEN) {
    await page.goto("about:blank");
    await lab.open();
    links.push([`${control} hidden`, await keep.exercise([], [control])]);
  }
  for (const [what, link] of links) {
    await page.goto("about:blank");
    await lab.open(link);
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await walk(page, `${what} at ${width}`);
    }
  }
});

test("every frame leaves pad, network and answer their room", async ({ lab, page }) => {
  test.setTimeout(180_000);
  for (const parts of ["", "input", "network", "answer", "input,answer", "input,network,answer,totals,inspector"]) {
    await page.goto("about:blank");
    await lab.open(`./?embed=${parts}`);
    for (const [width, height] of [...FRAMES, ...SIZES]) {
      await page.setViewportSize({ width, height });
      await walk(page, `embed=${parts} at ${width}×${height}`);
    }
    await expect(page.getByTestId("palette")).toHaveCount(0);
    await expect(page.getByTestId("area")).toHaveCount(0);
    await expect(page.getByTestId("insert")).toHaveCount(0);
  }
});
