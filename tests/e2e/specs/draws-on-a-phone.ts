import type { Page } from "@playwright/test";

import { type Point, pixelsOf, SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";
import { Fingers } from "../pages/touch.ts";

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

/** How far the view with the pad is scrolled. */
const scrolled = (page: Page) => page.locator(".left").evaluate((left) => left.scrollTop);

test("A finger draws a seven, and the page stays where it is", async ({ lab, page }) => {
  await lab.open();
  await lab.clear();
  await lab.padBox();
  const before = await scrolled(page);
  const room = await page
    .locator(".left")
    .evaluate((left) => left.scrollHeight - left.clientHeight);
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

test("The images of a source that is chosen come into view", async ({ lab, page }) => {
  await lab.open();
  await lab.source("digits").tap();
  await expect(page.getByTestId("sample").first()).toBeInViewport({ ratio: 0.9 });
});

test("Below the pad the maps of the picked layer follow the finger", async ({ lab, page }) => {
  await lab.open();
  const maps = page.getByTestId("live-strip").locator("canvas");
  const picked = (name: string) => page.getByTestId("strip-layer").filter({ hasText: name });
  await expect(picked("C1")).toHaveAttribute("aria-pressed", "true");
  await expect(maps).toHaveAttribute("height", "28");
  const seven = await pixelsOf(maps);
  await lab.clear();
  await new Fingers(page).drag([
    await lab.onScreen([
      [0.5, 0.15],
      [0.5, 0.85],
    ]),
  ]);
  await expect(lab.predicted).toHaveText("1");
  await expect.poll(() => pixelsOf(maps)).not.toEqual(seven);

  await picked("S4").click();
  await expect(picked("S4")).toHaveAttribute("aria-pressed", "true");
  await expect(maps).toHaveAttribute("height", "5");
});

test("Over the network an edit is undone and redone", async ({ lab, page }) => {
  await lab.open();
  await lab.look("network");
  await lab.edit("C1");
  await lab.setField("name", "first");
  await expect(lab.selected).toContainText("first");
  await lab.look("network");
  // The answer stands in their place in the header.
  await expect(lab.undoEdit).toBeHidden();
  await page.getByTestId("network-undo").tap();
  await expect(lab.head("C1")).toBeVisible();
  await page.getByTestId("network-redo").tap();
  await expect(lab.head("first")).toBeVisible();
});
