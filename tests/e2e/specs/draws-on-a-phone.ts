import type { Page } from "@playwright/test";

import { type Point, SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";
import { Fingers } from "../pages/touch.ts";

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

const scrolled = (page: Page) => page.evaluate(() => window.scrollY);

test("A finger draws a seven, and the page stays where it is", async ({ lab, page }) => {
  await lab.open();
  await lab.clear();
  await lab.padBox();
  const before = await scrolled(page);
  const room = await page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
  expect(room, "the page could scroll").toBeGreaterThan(100);

  await new Fingers(page).drag([await lab.onScreen(SEVEN)]);
  await expect(lab.predicted).toHaveText("7");
  expect(await scrolled(page)).toBe(before);
  await expect(lab.predicted).toBeInViewport({ ratio: 1 });

  // Straight up and straight down are what scrolls a page.
  const up: Point[] = [
    [0.5, 0.9],
    [0.5, 0.1],
  ];
  await new Fingers(page).drag([await lab.onScreen(up)]);
  await new Fingers(page).drag([await lab.onScreen([...up].reverse())]);
  expect(await scrolled(page)).toBe(before);
});

test("The same movement beside the pad does scroll the page", async ({ lab, page }) => {
  await lab.open();
  const { y, height } = await lab.padBox();
  const below = Math.min(y + height + 60, 700);
  await new Fingers(page).drag([
    [
      [195, below],
      [195, below - 300],
    ],
  ]);
  await expect.poll(() => scrolled(page)).toBeGreaterThan(0);
});

test("The answer and the totals stay in view on every tab", async ({ lab }) => {
  await lab.open();
  for (const name of ["Network", "Inspector", "Input"] as const) {
    await lab.tab(name).tap();
    await expect(lab.tab(name)).toHaveAttribute("aria-selected", "true");
    await expect(lab.column(name)).toBeVisible();
    await expect(lab.predicted).toBeInViewport({ ratio: 1 });
    await expect(lab.totalParams).toBeInViewport({ ratio: 1 });
    await expect(lab.totalMacs).toBeInViewport({ ratio: 1 });
    for (const other of ["Network", "Inspector", "Input"] as const) {
      await expect(lab.column(other)).toBeVisible({ visible: other === name });
    }
  }
});
