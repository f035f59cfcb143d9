import type { Page } from "@playwright/test";

import { DIGITS } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

// 640 and 720: 1280 and 1440 at 200 % zoom.
const WIDTHS = [360, 390, 640, 720, 768, 1024, 1440, 2560];
const COLUMNS = ["Input", "Network", "Inspector"] as const;

/** What reaches beyond the window's right edge, or scrolls sideways inside. */
function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wide: string[] = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) {
      wide.push(`the page: ${root.scrollWidth} in ${root.clientWidth}`);
    }
    for (const element of document.body.querySelectorAll<HTMLElement>("*")) {
      if (!element.checkVisibility() || element.closest(".visually-hidden, .skip")) {
        continue;
      }
      const name = `${element.tagName.toLowerCase()}.${element.className}`;
      const { right } = element.getBoundingClientRect();
      if (right > root.clientWidth + 1) {
        wide.push(`${name} ends at ${right}`);
      }
      const scrolls = ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
      if (scrolls && element.scrollWidth > element.clientWidth) {
        wide.push(`${name}: ${element.scrollWidth} in ${element.clientWidth}`);
      }
    }
    return wide;
  });
}

for (const width of WIDTHS) {
  test(`Nothing scrolls sideways on a screen of ${width} pixels`, async ({ lab, page }) => {
    await page.setViewportSize({ width, height: 800 });
    await lab.open();
    for (const name of COLUMNS) {
      if (await lab.tab(name).isVisible()) {
        await lab.tab(name).click();
      }
      await expect(lab.column(name)).toBeVisible();
      expect(await tooWide(page), name).toEqual([]);
    }
    await expect(lab.predicted).toBeInViewport();
    await expect(lab.totalMacs).toBeInViewport();
  });
}

for (const [width, height] of [
  [1440, 900],
  [1024, 768],
] as const) {
  test(`Pad, digit and every bar are in view at ${width}×${height}`, async ({ lab, page }) => {
    await page.setViewportSize({ width, height });
    await lab.open();
    await expect(lab.pad).toBeInViewport({ ratio: 1 });
    await expect(lab.predicted).toBeInViewport({ ratio: 1 });
    for (const digit of DIGITS) {
      await expect(lab.probability(digit)).toBeInViewport({ ratio: 1 });
    }
  });
}
